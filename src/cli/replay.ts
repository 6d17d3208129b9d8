// `hookline replay`: captures through rulesets.

import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ruleCounters } from '../compile/compile.ts';
import { Engine } from '../engine/engine.ts';
import type { ReplayResult } from '../engine/replay.ts';
import type { Loaded, LoadedRuleset } from '../load.ts';
import { conntrackText } from '../report/conntrack.ts';
import { savedRuleset } from '../report/counters.ts';
import { replayJson } from '../report/json.ts';
import { latency } from '../report/latency.ts';
import { type ReportRules, ruleTexts } from '../report/names.ts';
import { type NdjsonNames, ndjsonWriter } from '../report/ndjson.ts';
import { type ReplayReport, verdictSums, whySums } from '../report/replay.ts';
import { replaySummary } from '../report/summary.ts';
import { captureSource, checkCapture } from './capture.ts';
import { EXIT_BAD_INPUT, EXIT_DONE, fileError, InputError } from './exit.ts';
import { type Output, OutputClosed, openOutput } from './output.ts';
import { openProgress } from './progress.ts';
import { type FirewallOptions, loadOrFail, readFirewall } from './rules.ts';

export interface ReplayCliOptions extends FirewallOptions {
  readonly in?: string;
  readonly workers?: number;
  readonly seed: number;
  readonly format: 'summary' | 'json' | 'ndjson';
  readonly saveCounters?: string;
  readonly conntrack?: string;
}

const UNNAMED = 'Packets of captures that name no interface match no -i and no -o (--in NAME gives one).';
const UNNAMED_ON_HOST =
  'Packets of captures that name no interface cannot come in by any interface of the host (--in NAME gives one).';

/** Runs the command; gives its exit code. */
export async function replayCommand(captures: readonly string[], options: ReplayCliOptions): Promise<number> {
  if (captures.filter((path) => path === '-').length > 1) throw new InputError('- (standard input) can be read only once');
  const sizes = captures.map(checkCapture);
  const input = await readFirewall(options);
  if (!input.rules && !input.rules6) throw new InputError('replay needs --rules or --rules6');
  const loaded = loadOrFail({ ...input, interfaces: options.in === undefined ? [] : [options.in] });
  const workers = options.workers ?? availableParallelism();
  const engine = Engine.open({
    images: loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    sysctl: loaded.host.sysctl,
    workers,
    seed: options.seed,
  });
  const output = openOutput(process.stdout);
  try {
    const replayed = await replayCaptures(engine, loaded, captures, sizes, options, output);
    await writeResults(engine, loaded, replayed, options, workers, output);
    await output.flush();
    return replayed.result.damage.length > 0 ? EXIT_BAD_INPUT : EXIT_DONE;
  } catch (error) {
    // Nothing is worth waiting for any more, a read of standard input that may never end least of all.
    if (error instanceof OutputClosed) process.exit(EXIT_DONE);
    throw error;
  } finally {
    await engine.close();
  }
}

/** A replay and what was learnt of the captures beside its result. */
interface Replayed {
  readonly result: ReplayResult;
  readonly assumptions: readonly string[];
}

async function replayCaptures(
  engine: Engine,
  loaded: Loaded,
  captures: readonly string[],
  sizes: readonly (number | undefined)[],
  options: ReplayCliOptions,
  output: Output,
): Promise<Replayed> {
  const total = sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0);
  const perPacket = options.format === 'ndjson';
  // Lines of packets on the same terminal say enough.
  const progress = perPacket && process.stdout.isTTY ? undefined : openProgress(process.stderr, total);
  const writer = ndjsonWriter({ ...namesOf(loaded.rulesets), interfaces: loaded.interfaces });
  let names: readonly string[] = [];
  const result = await engine.replay(captures.map(captureSource), {
    trace: perPacket,
    egress: perPacket,
    unnamedInterface: options.in ?? '',
    async onBatch(batch, interfaceNames) {
      names = interfaceNames;
      if (perPacket) for (const piece of writer.lines(batch, interfaceNames)) await output.write(piece);
    },
    onProgress: (state) => progress?.update(state),
  });
  progress?.end();
  const assumptions = [...loaded.assumptions];
  if (names.includes('')) assumptions.push(options.host === undefined ? UNNAMED : UNNAMED_ON_HOST);
  for (const damage of result.damage) {
    process.stderr.write(`hookline: warning: ${damage.source}: at byte ${damage.offset}: ${damage.message}\n`);
  }
  if (options.format !== 'json') for (const sentence of assumptions) process.stderr.write(`hookline: assumed: ${sentence}\n`);
  return { result, assumptions };
}

function namesOf(rulesets: readonly LoadedRuleset[]): Pick<NdjsonNames, 'names4' | 'names6'> {
  return Object.fromEntries(rulesets.map(({ family, program }) => [`names${family}`, program.counterNames]));
}

/** Prints the report and writes the files asked for. */
async function writeResults(
  engine: Engine,
  loaded: Loaded,
  { result, assumptions }: Replayed,
  options: ReplayCliOptions,
  workers: number,
  output: Output,
): Promise<void> {
  const counted = loaded.rulesets.map((one) => ({ ...one, counters: ruleCounters(one.program, engine.counters(one.family)) }));
  if (options.saveCounters !== undefined) {
    for (const [i, { tree, ruleset, counters }] of counted.entries()) {
      await writeOut(i === 0 ? options.saveCounters : `${options.saveCounters}.v6`, savedRuleset(tree, ruleset, counters));
    }
  }
  if (options.conntrack !== undefined)
    await writeOut(options.conntrack, conntrackText(engine.views.data, engine.map.conntrack, result.latestNs));
  if (options.format === 'ndjson') return;
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
    verdicts: verdictSums(result),
    whys: whySums(result),
    rules,
    assumptions,
    damage: result.damage,
    workers,
    elapsedMs: result.elapsedMs,
    latency: await latency(result.batchNs, result.packetNs),
  };
  await output.write(options.format === 'json' ? replayJson(report) : replaySummary(report));
}

async function writeOut(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw fileError(path, error);
  }
}
