// Random scenarios, each from its seed, through the live kernel and through Hookline.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { toHex } from '../../src/packet/bytes.ts';
import { formatOutcome, type PacketOutcome } from '../support/outcome.ts';
import { parsePacketLine, type ScenarioPacket } from '../support/packet-line.ts';
import { ROOT } from '../support/scenario.ts';
import { type ReplayOptions, replayQuickly, replayScenario } from '../support/scenario-replay.ts';
import { type Bench, type KernelRun, ScenarioRefused } from './bench.ts';
import { compareQuick, compareRuns, type Difference, involvedRules } from './compare.ts';
import { generateConversations } from './conversation/generate.ts';
import type { Coverage } from './coverage.ts';
import { type GeneratedScenario, generateScenario } from './generate.ts';
import { generateHelpers } from './helper/generate.ts';
import { generateTranslations } from './nat/generate.ts';
import { shrink } from './shrink.ts';

type Generate = (seed: number, packets: number) => GeneratedScenario | Promise<GeneratedScenario>;

/** Kinds of random scenarios. */
const KINDS = {
  /** All kinds of rules, and of packets. */
  rules: generateScenario,
  /** Conversations under stateful rules. */
  conversations: generateConversations,
  /** Translated connections. */
  translations: generateTranslations,
  /** Conversations of protocols with helpers. */
  helpers: generateHelpers,
} as const satisfies Record<string, Generate>;

export type SeedKind = keyof typeof KINDS;

export const seedKinds = Object.keys(KINDS) as readonly SeedKind[];

export interface SeedOptions {
  readonly kind: SeedKind;
  readonly seeds: readonly number[];
  readonly packets: number;
  /** Walk every chain linearly. */
  readonly linear: boolean;
  /** Make small reproductions of differences. */
  readonly shrink: boolean;
}

/** Where reproductions are written: not committed; one that shows a bug moves to test/scenarios with its fix. */
const FOUND = join(ROOT, 'dist/found');

/** Differences that no delay explains. */
const NEVER_BY_TIME: ReadonlySet<Difference['kind']> = new Set(['refused', 'fault']);

/** Differences of a scenario that are printed. */
const SHOWN = 4;

export interface SeedTally {
  readonly passed: number;
  readonly failed: number;
  /** Of those that passed, how many differed when they were tried first. */
  readonly again: number;
}

/** Runs the scenarios of some seeds; `coverage` takes note of their rules. */
export async function runSeeds(bench: Bench, options: SeedOptions, coverage: Coverage): Promise<SeedTally> {
  let passed = 0;
  let failed = 0;
  let again = 0;
  const generate: Generate = KINDS[options.kind];
  const scenarios: GeneratedScenario[] = [];
  for (const seed of options.seeds) scenarios.push(await generate(seed, options.packets));
  // The kernel works on the next scenario while Hookline is at this one.
  let next = scenarios[0] && startKernel(bench, scenarios[0], options);
  for (const [i, scenario] of scenarios.entries()) {
    const current = next!;
    next = scenarios[i + 1] && startKernel(bench, scenarios[i + 1]!, options);
    let differences = await compareBoth(scenario, current, options, coverage);
    if (differences.length > 0 && !NEVER_BY_TIME.has(differences[0]!.kind)) {
      // A busy machine may hold the injector up where a packet's time matters; a real difference comes again.
      console.log(`${options.kind}: seed ${scenario.seed} differs, tried again\n${differences[0]!.text}`);
      const before = differences;
      differences = await compareBoth(scenario, startKernel(bench, scenario, options), options);
      if (isDrawn(before, differences)) {
        console.log(`${options.kind}: seed ${scenario.seed}: the kernel draws those ports, others each time`);
        differences = [];
      }
      if (differences.length === 0) again++;
    }
    if (differences.length === 0) passed++;
    else {
      failed++;
      report(scenario, differences, options);
      if (options.shrink) await reproduce(bench, scenario, differences, options);
    }
  }
  return { passed, failed, again };
}

/** Whether all differences of two tries are ports that the kernel has chosen otherwise each time, where it draws them. */
function isDrawn(first: readonly Difference[], second: readonly Difference[]): boolean {
  const blurred = (text: string): string => text.replaceAll(/port=\d+/g, 'port=');
  return (
    first.length > 0 &&
    first.length === second.length &&
    first.every((before, i) => {
      const [of, kernel, ours] = before.text.split('\n');
      const [ofAgain, kernelAgain, oursAgain] = second[i]!.text.split('\n');
      if (!kernel?.startsWith('  kernel ') || !ours?.startsWith('  hookline ') || kernelAgain === undefined) return false;
      const isSame = of === ofAgain && ours === oursAgain && blurred(kernel) === blurred(kernelAgain);
      return isSame && kernel !== kernelAgain && blurred(kernel).slice(10) === blurred(ours).slice(10);
    })
  );
}

/** Every other scenario: a ruleset is compiled to something else where no log is kept. Other kinds are about other things. */
function keepsLog({ seed }: GeneratedScenario, options: SeedOptions): boolean {
  return seed % 2 === 0 && options.kind === 'rules';
}

/** The others, and all that is about connections. */
function listens(scenario: GeneratedScenario, options: SeedOptions): boolean {
  return !keepsLog(scenario, options);
}

/** Half of all the time would go into building large tables: three scenarios out of four have small ones. */
function tableLimits({ seed }: GeneratedScenario): Pick<ReplayOptions, 'limits'> {
  return seed % 4 === 0 ? {} : { limits: { memoryBytes: 2 ** 14, work: 4e5 } };
}

function startKernel(bench: Bench, scenario: GeneratedScenario, options: SeedOptions): Promise<KernelRun> {
  const packets = scenario.packets.map((line) => parsePacketLine(line));
  const run = bench.run({
    host: scenario.host,
    rules: scenario.rules,
    rules6: scenario.rules6,
    ipset: scenario.ipset,
    answers: scenario.answers,
    packets,
    log: keepsLog(scenario, options),
    events: listens(scenario, options),
  });
  run.catch(() => undefined); // looked at when its turn comes
  return run;
}

/**
 * What the host sent is captured where it left, which tells which of several paths it took. It does not where its destination was translated: that
 * sent it another way than it had taken at first.
 */
function capturedWhereItLeft(packet: ScenarioPacket, { egress }: PacketOutcome): ScenarioPacket {
  const [left] = egress;
  if (!packet.sent || left === undefined) return packet;
  const [from, to] = packet.bytes[0]! >> 4 === 6 ? [24, 40] : [16, 20];
  const isTranslated = toHex(left.bytes.subarray(from, to)) !== toHex(packet.bytes.subarray(from, to));
  return isTranslated ? packet : { ...packet, interface: left.interface };
}

/** Runs Hookline beside the kernel. That either cannot run a scenario is a difference too. */
async function compareBoth(
  scenario: GeneratedScenario,
  running: Promise<KernelRun>,
  options: SeedOptions,
  coverage?: Coverage,
): Promise<readonly Difference[]> {
  try {
    const kernel = await running;
    const packets = scenario.packets
      .map((line) => parsePacketLine(line))
      .map((packet, i) => capturedWhereItLeft(packet, kernel.outcomes[i]!));
    const { host, rules, rules6, ipset, answers } = scenario;
    const { times, loadedNs, clockNs, dumpedNs, endNs } = kernel;
    const input = {
      host,
      rules,
      rules6,
      ipset,
      answers,
      packets,
      times,
      loadedNs,
      clockNs,
      dumpedNs,
      endNs,
      log: keepsLog(scenario, options),
      events: listens(scenario, options),
    };
    const how = { linear: options.linear, ...tableLimits(scenario) };
    const ours = await replayScenario(input, how);
    for (const tree of ours.trees) coverage?.addRandom(tree, kernel.totals[tree.family]);
    return [...compareRuns(packets, kernel, ours), ...compareQuick(ours, await replayQuickly(input, how))];
  } catch (error) {
    return [{ kind: error instanceof ScenarioRefused ? 'refused' : 'fault', text: `  ${(error as Error).message}` }];
  }
}

/** Prints the first differences with the rules in which they show. */
function report(scenario: GeneratedScenario, differences: readonly Difference[], { kind }: SeedOptions): void {
  console.log(`FAILED ${kind}, seed ${scenario.seed}: ${differences.length} differences`);
  for (const { packet, text } of differences.slice(0, SHOWN)) {
    if (packet !== undefined) console.log(`packet ${packet + 1}: ${scenario.packets[packet]}`);
    console.log(text);
    const isV6 =
      packet === undefined ? text.includes(' IPv6 ') : (parsePacketLine(scenario.packets[packet]!).bytes[0] ?? 0) >> 4 === 6;
    for (const rule of involvedRules(text, (isV6 ? scenario.rules6 : scenario.rules) ?? '')) console.log(rule);
  }
}

/** Looks for a small scenario with the same kind of difference, and writes it down. */
async function reproduce(
  bench: Bench,
  scenario: GeneratedScenario,
  differences: readonly Difference[],
  options: SeedOptions,
): Promise<void> {
  const { kind, packet } = differences[0]!;
  if (kind === 'refused') return;
  const differs = async (candidate: GeneratedScenario) => {
    const found = await compareBoth(candidate, startKernel(bench, candidate, options), options);
    return found.some((difference) => difference.kind === kind);
  };
  const reduced = await shrink(scenario, packet, differs);
  const again = await compareBoth(reduced, startKernel(bench, reduced, options), options);
  const first = again.find((difference) => difference.kind === kind);
  if (first?.packet !== undefined) console.log(`made small: ${reduced.packets[first.packet]}`);
  if (first !== undefined) console.log(first.text);
  console.log(`reproduction: ${writeReproduction(reduced, await startKernel(bench, reduced, options), options)}`);
}

/** Writes a scenario file with what the kernel did, and gives its path. */
function writeReproduction(scenario: GeneratedScenario, kernel: KernelRun, { kind }: SeedOptions): string {
  const fence = (name: string, text: string | undefined) =>
    text === undefined ? '' : `\`\`\`${name}\n${text.trimEnd()}\n\`\`\`\n\n`;
  const packets = scenario.packets.map((line, i) => {
    return `${line}\n  => ${formatOutcome(kernel.outcomes[i]!, parsePacketLine(line).bytes)}`;
  });
  const parts = [
    `# Random ${kind}, seed ${scenario.seed}, made small\n\nWhat the kernel did is recorded.\n\n`,
    scenario.answers === 'none' ? '' : `Answers: ${scenario.answers}\n\n`,
    fence('host', scenario.host),
    fence('rules', scenario.rules),
    fence('rules6', scenario.rules6),
    fence('ipset', scenario.ipset),
    fence('packets', packets.join('\n')),
    kernel.conntrack.length > 0 ? fence('conntrack', kernel.conntrack.join('\n')) : '',
    kernel.sets === '' ? '' : fence('sets', kernel.sets),
  ];
  mkdirSync(FOUND, { recursive: true });
  const path = join(FOUND, `${kind}-${scenario.seed}.md`);
  writeFileSync(path, `${parts.join('').trimEnd()}\n`);
  return relative(process.cwd(), path);
}
