// `hookline replay`: captures through rulesets.

import { availableParallelism, constants } from 'node:os';
import { ruleCounters } from '../compile/compile.ts';
import { Engine, enginePlan } from '../engine/engine.ts';
import type { ReplayOptions, ReplayResult } from '../engine/replay.ts';
import { nameFault } from '../host/interface-text.ts';
import { messageLimits } from '../host/sysctl.ts';
import type { Loaded } from '../load.ts';
import { assumedAnswers } from '../report/answers.ts';
import { type OutputUse, outputFault, parseOutput } from '../report/conntrack/output.ts';
import { conntrackPieces } from '../report/conntrack.ts';
import { savedRuleset } from '../report/counters.ts';
import { expectText } from '../report/expect.ts';
import { replayJson } from '../report/json.ts';
import { latency } from '../report/latency.ts';
import { namedRules, type ReportRules, ruleTexts } from '../report/names.ts';
import { ndjsonWriter, type PacketWriter } from '../report/ndjson.ts';
import { planJson, planText } from '../report/plan.ts';
import { connectionSums, type ReplayReport, verdictSums, whySums } from '../report/replay.ts';
import { plural, replaySummary } from '../report/summary.ts';
import { assumedLimit } from '../report/table-full.ts';
import { textWriter } from '../report/text.ts';
import { captureSource, checkCapture } from './capture.ts';
import { openDropped, openEgress } from './capture-file.ts';
import { openEvents, openExpectEvents } from './event-file.ts';
import { EXIT_BAD_INPUT, EXIT_DONE, InputError } from './exit.ts';
import { openLog } from './log-file.ts';
import { type Output, OutputClosed, openOutput } from './output.ts';
import { openProgress } from './progress.ts';
import { checkRecent, loadRecent, recentTexts } from './recent.ts';
import { checkResultFiles, writeResult } from './result-files.ts';
import { answersOf, type FirewallOptions, loadOrFail, readFirewall, readSource } from './rules.ts';
import { readSavedConnections, type SavedConnections } from './saved-connections.ts';
import { setsText } from './sets.ts';

export interface ReplayCliOptions extends FirewallOptions {
  readonly in?: string;
  readonly workers?: number;
  readonly seed: number;
  readonly format: 'summary' | 'json' | 'ndjson' | 'text';
  readonly saveCounters?: string;
  readonly conntrack?: string;
  readonly conntrackOutput?: string;
  readonly expectations?: string;
  readonly conntrackEvents?: string;
  readonly conntrackEventsOutput?: string;
  readonly expectationsEvents?: string;
  readonly loadConntrack?: string;
  readonly saveIpset?: string;
  readonly loadRecent?: string;
  readonly saveRecent?: string;
  readonly log?: string;
  readonly plan?: true;
  readonly write?: string;
  readonly writeDropped?: string;
}

const UNNAMED = 'Packets of captures that name no interface match no -i and no -o (--in NAME gives one).';
const UNNAMED_ON_HOST =
  'Packets of captures that name no interface cannot come in by any interface of the host (--in NAME gives one).';

/** What a shell adds to the number of a signal that ended a program. */
const EXIT_SIGNAL = 128;

/** Runs the command; gives its exit code. */
export async function replayCommand(captures: readonly string[], options: ReplayCliOptions): Promise<number> {
  if (captures.filter((path) => path === '-').length > 1) throw new InputError('- (standard input) can be read only once');
  const sizes = captures.map(checkCapture);
  checkResults(captures, options);
  checkOutput('--conntrack', options.conntrack, options.conntrackOutput, 'table');
  checkOutput('--conntrack-events', options.conntrackEvents, options.conntrackEventsOutput, 'events');
  const input = await readFirewall(options);
  if (!input.rules && !input.rules6) throw new InputError('replay needs --rules or --rules6');
  const loaded = loadOrFail({
    ...input,
    interfaces: options.in === undefined ? [] : [options.in],
    log: options.log !== undefined,
  });
  checkInterface(options.in, loaded);
  if (options.saveRecent !== undefined) checkRecent(options.saveRecent, loaded);
  const workers = options.workers ?? availableParallelism();
  const rereads = sizes.every((size) => size !== undefined);
  if (options.plan) return printPlan(loaded, workers, rereads, options);
  const connections = options.loadConntrack === undefined ? input.connections : readSource(options.loadConntrack);
  const saved = connections && readSavedConnections(connections, loaded);
  const engine = Engine.open({
    ...(saved?.needsOneShard ? { shards: 1 } : {}),
    images: loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    sysctl: loaded.host.sysctl,
    clockNs: loaded.host.clockNs,
    workers,
    rereads,
    seed: options.seed,
    answers: answersOf(options),
    log: options.log !== undefined,
    events: options.conntrackEvents !== undefined || options.expectationsEvents !== undefined,
  });
  const output = openOutput(process.stdout);
  const interruption = openInterruption();
  let code = EXIT_DONE;
  try {
    const recent = options.loadRecent ?? input.recent;
    const assumed = recent === undefined ? [] : loadRecent(recent, engine, loaded);
    const replayed = await replayCaptures(
      engine,
      { ...loaded, assumptions: [...loaded.assumptions, ...assumed], notes: [...loaded.notes, ...savedNotes(saved)] },
      saved,
      captures,
      sizes,
      options,
      output,
      interruption.signal,
    );
    const faults = await writeResults(engine, loaded, replayed, options, workers, output);
    await output.flush();
    for (const { message } of faults) process.stderr.write(`hookline: ${message}\n`);
    if (faults.length > 0 || replayed.result.damage.length > 0) code = EXIT_BAD_INPUT;
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  } finally {
    await engine.close();
  }
  return interruption.exitCode ?? code;
}

/** Says how packets would be spread, and runs none. */
async function printPlan(
  { images, spanning, tells, outside, host }: Loaded,
  workers: number,
  rereads: boolean,
  options: ReplayCliOptions,
): Promise<number> {
  const answers = answersOf(options);
  const plan = {
    ...enginePlan({ images, workers, rereads, answers }),
    ...(outside ? { outside } : {}),
    ...{ workers, rereads, spanning, tells: answers === 'none' ? [] : tells, sysctl: host.sysctl },
  };
  const output = openOutput(process.stdout);
  await output.write(options.format === 'summary' ? planText(plan) : planJson(plan));
  await output.flush();
  return EXIT_DONE;
}

/** The first SIGINT or SIGTERM ends the input; the next one ends the program. */
function openInterruption(): { readonly signal: AbortSignal; readonly exitCode: number | undefined } {
  const controller = new AbortController();
  let exitCode: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (exitCode !== undefined) process.exit(exitCode);
      exitCode = EXIT_SIGNAL + constants.signals[name];
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}

function checkResults(captures: readonly string[], options: ReplayCliOptions): void {
  const { rules, rules6, ipset, saveCounters, saveIpset, conntrack, expectations, conntrackEvents, expectationsEvents } = options;
  const { log, write, writeDropped } = options;
  const results = [
    saveCounters,
    rules6 === undefined || saveCounters === undefined ? undefined : both(saveCounters),
    conntrack,
    expectations,
    conntrackEvents,
    expectationsEvents,
    saveIpset,
    log,
    write,
    writeDropped,
  ];
  const inputs = [...captures, rules, rules6, ipset, options.loadConntrack].filter((path) => path !== undefined && path !== '-');
  checkResultFiles(
    results.filter((path) => path !== undefined),
    inputs as string[],
  );
}

function checkOutput(option: string, file: string | undefined, forms: string | undefined, use: OutputUse): void {
  if (forms === undefined) return;
  if (file === undefined) throw new InputError(`${option}-output says how ${option} writes, which is not given`);
  const fault = outputFault(forms, use);
  if (fault !== undefined) throw new InputError(`${option}-output: ${fault}`);
}

/** Where the IPv6 counters go when there are IPv4 counters too. */
function both(saveCounters: string): string {
  return `${saveCounters}.v6`;
}

function checkInterface(name: string | undefined, { host }: Loaded): void {
  if (name === undefined) return;
  const fault = nameFault(name);
  if (fault) throw new InputError(`--in: ${fault}`);
  if (host.assumed || host.interfaces.some((one) => one.name === name)) return;
  const names = host.interfaces.map((one) => one.name).join(', ');
  throw new InputError(`--in: the host has no interface "${name}", only ${names}`);
}

function savedNotes(saved: SavedConnections | undefined): readonly string[] {
  if (saved === undefined) return [];
  const { source, count, needsOneShard } = saved;
  const there = `${plural(count, 'connection')} of ${source} ${count === 1 ? 'is' : 'are'} in the table when the first packet comes.`;
  if (!needsOneShard) return [there];
  return [
    there,
    'All packets pass one shard, in their order: connections that were there before are translated, so that replies have other addresses.',
  ];
}

/** What prints each packet; undefined for forms that are about all of them together. */
function packetWriter(format: ReplayCliOptions['format'], { rulesets, interfaces }: Loaded): PacketWriter | undefined {
  if (format === 'text') return textWriter({ interfaces, ...namedRules(rulesets) });
  if (format !== 'ndjson') return undefined;
  const names = Object.fromEntries(rulesets.map(({ family, program }) => [`names${family}`, program.counterNames]));
  return ndjsonWriter({ ...names, interfaces });
}

function startedOver(packet: number): string {
  return `how packet ${packet} is translated or answered may depend on packets of another shard: the captures were read again, for one shard`;
}

/** A replay and what was learnt of the captures beside its result. */
interface Replayed {
  readonly result: ReplayResult;
  readonly assumptions: readonly string[];
}

async function replayCaptures(
  engine: Engine,
  loaded: Loaded,
  saved: SavedConnections | undefined,
  captures: readonly string[],
  sizes: readonly (number | undefined)[],
  options: ReplayCliOptions,
  output: Output,
  signal: AbortSignal,
): Promise<Replayed> {
  const total = sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0);
  const writer = packetWriter(options.format, loaded);
  const perPacket = writer !== undefined;
  // Lines of packets on the same terminal say enough.
  const progress = perPacket && process.stdout.isTTY ? undefined : openProgress(process.stderr, total);
  const log = options.log === undefined ? undefined : openLog(options.log, engine, loaded);
  const { conntrackEvents, expectationsEvents } = options;
  const events = [
    ...(conntrackEvents === undefined
      ? []
      : [openEvents(conntrackEvents, engine, parseOutput(options.conntrackEventsOutput, loaded.host.kernel.labels))]),
    ...(expectationsEvents === undefined ? [] : [openExpectEvents(expectationsEvents, parseOutput('timestamp'))]),
  ];
  const left = options.write === undefined ? undefined : openEgress(options.write, engine, loaded);
  const dropped = options.writeDropped === undefined ? undefined : openDropped(options.writeDropped, engine, loaded);
  const followers = [log, left, dropped].filter((file) => file !== undefined);
  const onBatch: ReplayOptions['onBatch'] = async (batch, interfaceNames) => {
    for (const file of followers) await file.write(batch, interfaceNames);
    if (writer) for (const piece of writer.lines(batch, interfaceNames)) await output.write(piece);
  };
  const replay = engine.replay(captures.map(captureSource), {
    trace: perPacket || log?.needsTrace === true,
    egress: perPacket || left !== undefined,
    unnamedInterface: options.in ?? '',
    signal,
    // Where nobody asks for single packets, nothing is written down of them.
    ...(perPacket || followers.length > 0 ? { onBatch } : {}),
    onStart: (firstNs) => saved?.start(engine, firstNs),
    async onEvents(chunks) {
      for (const file of events) await file.write(chunks);
    },
    onProgress: (state) => progress?.update(state),
  });
  const result = await replay.finally(() => progress?.end());
  for (const file of followers) await file.end();
  for (const file of events) await file.end();
  if (signal.aborted) {
    process.stderr.write(`hookline: interrupted: the results are those of the first ${plural(result.packets, 'packet')}\n`);
  }
  const assumptions = [...loaded.assumptions];
  if (result.packets > 0 && result.interfaceNames.includes(''))
    assumptions.push(options.host === undefined ? UNNAMED : UNNAMED_ON_HOST);
  const limit = assumedLimit(result.tally, engine.connections(), loaded.host.sysctl);
  if (limit !== undefined) assumptions.push(limit);
  const { absent } = messageLimits(loaded.host.sysctl);
  assumptions.push(...assumedAnswers(result.tally, { assumed: loaded.host.assumed, limits: absent }));
  for (const damage of result.damage) {
    process.stderr.write(`hookline: warning: ${damage.source}: at byte ${damage.offset}: ${damage.message}\n`);
  }
  if (result.startedOver !== undefined) process.stderr.write(`hookline: note: ${startedOver(result.startedOver)}\n`);
  if (options.format !== 'json') {
    for (const sentence of assumptions) process.stderr.write(`hookline: assumed: ${sentence}\n`);
    for (const sentence of loaded.notes) process.stderr.write(`hookline: note: ${sentence}\n`);
  }
  return { result, assumptions };
}

/** Writes the files asked for and prints the report. Gives what is wrong with files that could not be written. */
async function writeResults(
  engine: Engine,
  loaded: Loaded,
  { result, assumptions }: Replayed,
  options: ReplayCliOptions,
  workers: number,
  output: Output,
): Promise<readonly InputError[]> {
  const counted = loaded.rulesets.map((one) => ({ ...one, counters: ruleCounters(one.program, engine.counters(one.family)) }));
  const { saveCounters, saveIpset, saveRecent, conntrack } = options;
  const faults: InputError[] = [];
  const write = (path: string, text: string | Iterable<string>): Promise<unknown> =>
    writeResult(path, text).catch((error: InputError) => faults.push(error));
  if (saveCounters !== undefined) {
    for (const [i, { tree, ruleset, counters }] of counted.entries()) {
      await write(i === 0 ? saveCounters : both(saveCounters), savedRuleset(tree, ruleset, counters));
    }
  }
  if (saveIpset !== undefined) await write(saveIpset, setsText(engine, loaded, result.latestNs));
  if (saveRecent !== undefined) {
    for (const { path, text } of recentTexts(saveRecent, engine, loaded)) await write(path, text);
  }
  if (conntrack !== undefined) {
    const forms = parseOutput(options.conntrackOutput, loaded.host.kernel.labels);
    await write(conntrack, conntrackPieces(engine.views.data, engine.map.conntrack, result.latestNs, forms));
  }
  if (options.expectations !== undefined) {
    await write(options.expectations, expectText(engine.views.data, engine.map.conntrack, result.latestNs));
  }
  if (options.format === 'ndjson' || options.format === 'text') return faults;
  const rules = counted.map(
    ({ family, tree, ruleset, program, counters }): ReportRules => ({
      family,
      source: tree.source.name,
      names: program.counterNames,
      texts: ruleTexts(ruleset),
      counters,
    }),
  );
  const report: ReplayReport = {
    captures: result.captures,
    packets: result.packets,
    captureBytes: result.bytes,
    answers: result.tally.answers[0]!,
    verdicts: verdictSums(result),
    whys: whySums(result),
    connections: enginePlan({ images: loaded.images, workers }).tracks ? connectionSums(engine, result) : undefined,
    rules,
    assumptions,
    notes: loaded.notes,
    damage: result.damage,
    workers,
    elapsedMs: result.elapsedMs,
    latency: await latency(result.batchNs, result.packetNs),
  };
  await output.write(options.format === 'json' ? replayJson(report) : replaySummary(report));
  return faults;
}
