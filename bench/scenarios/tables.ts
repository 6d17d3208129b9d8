// Question: what does a look-up in the decision tables cost, for sets of rules as ClassBench has them, beside DPDK's access lists?
//
// Five fields, one chain, headers that are dissected already, in batches: tables alone. Headers are drawn from the rules, or random, which
// mostly match nothing. It cannot show what remembered flows save, nor chains, states and sets. Each answer is held against the linear walk:
// of large sets for some of the headers, spread over all.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compile } from '../../src/compile/compile.ts';
import { chainOffset, type TableShape, tableShape } from '../../src/compile/shape.ts';
import type { Family } from '../../src/ir/ir.ts';
import { DpdkAcl, whyNoDpdk } from '../peers/dpdk.ts';
import { alternate, type Contestant, type Samples } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, type Scale, type Suite, sizesOf } from '../suite.ts';
import { type ClassRule, drawnHeaders, randomHeaders, readClassBench, rulesetOf } from '../traffic/class-rules.ts';
import { classRules, STYLES } from '../traffic/classbench.ts';
import { Records } from './records.ts';

const SIZES = { tiny: [200], quick: [1000, 10_000], usual: [1000, 10_000, 100_000], full: [1000, 10_000, 100_000] };
const HEADERS: Readonly<Record<Scale, number>> = { tiny: 4096, quick: 65_536, usual: 131_072, full: 131_072 };
/** Folders of CORPUS/classbench/rules that have sets of each size. */
const CORPUS_FOLDERS: Readonly<Record<number, string>> = { 1000: '1k', 10000: '10k', 100000: '100k-generated' };
/** A twentieth of the rules counts and goes on. */
const GOING_ON = 0.05;
/** Rule visits that holding a trace against the linear walk may take. */
const LINEAR_VISITS = 100_000_000;
const TRACES = ['drawn', 'random'] as const;
/**
 * So many records are timed at once, several times in a row, so that they are in the cache, and of their times in a round the least is taken,
 * as of the peer's: what interrupts a round is not a look-up. A round goes over all for so long that a processor is awake and a short
 * disturbance over.
 */
const SLICE = 8192;
const SLICE_RUNS = 5;
const ROUND_MS = 60;

const BARS: Readonly<Record<number, number>> = { 1000: 1.15, 10000: 0.6, 100000: 0.45 };
const RANDOM_BAR = { bar: 1.2, aim: 0.9 };
const GOING_ON_BAR = { bar: 1.5 };
const IPV6_BAR = { bar: 2 };

interface TestSet {
  readonly name: string;
  readonly family: Family;
  readonly rules: readonly ClassRule[];
  /** Its nominal size. */
  readonly size: number;
  /** What set it is measured against, and what that must come to. */
  readonly beside?: { readonly name: string; readonly limits: { readonly bar: number } };
}

export const tables: Suite = {
  name: 'tables',
  title: 'look-ups in decision tables, headers dissected, one thread',
  async run(run) {
    const why = whyNoDpdk();
    const notices = [
      ...(why === undefined ? [] : [`Not beside DPDK: ${why}.`]),
      ...(process.env['CORPUS'] ? [] : ['Without the sets of others: CORPUS names no folder.']),
    ];
    const figures: Figure[] = [];
    for (const size of sizesOf(run, 'rules', SIZES)) {
      const sets = [...generated(size, run.seed), ...corpus(size)];
      const measured = new Map<string, Samples>();
      for (const set of sets) figures.push(...(await measure(set, run, measured, notices)));
    }
    return { figures, notices };
  },
};

/** Our own sets: each style for IPv4, with rules that go on, and for IPv6. */
function generated(size: number, seed: number): TestSet[] {
  return STYLES.flatMap((style): TestSet[] => {
    const base = `${style} ${size.toLocaleString('en')}`;
    return [
      { name: base, family: 4, size, rules: classRules({ style, family: 4, count: size, seed }) },
      {
        name: `${base}, 5 % go on`,
        family: 4,
        size,
        rules: classRules({ style, family: 4, count: size, seed, goingOn: GOING_ON }),
        beside: { name: base, limits: GOING_ON_BAR },
      },
      {
        name: `${base}, IPv6`,
        family: 6,
        size,
        rules: classRules({ style, family: 6, count: size, seed }),
        beside: { name: base, limits: IPV6_BAR },
      },
    ];
  });
}

function corpus(size: number): TestSet[] {
  const folder = CORPUS_FOLDERS[size];
  const root = process.env['CORPUS'];
  if (!root || folder === undefined) return [];
  const path = join(root, 'classbench', 'rules', folder);
  return readdirSync(path).map((file) => {
    const bytes = readFileSync(join(path, file));
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    return { name: file.replace(/\.gz$/, ''), family: 4, size, rules: readClassBench(text) };
  });
}

async function measure(set: TestSet, run: BenchRun, before: Map<string, Samples>, notices: string[]): Promise<Figure[]> {
  const { name, family, rules, size, beside } = set;
  const started = performance.now();
  const program = compile(rulesetOf(rules, family));
  const builtMs = performance.now() - started;
  const shape = tableShape(program.image, chainOffset(program.image, 'filter', 'FORWARD'));
  notices.push(`${name}: ${rules.length} rules, ${shapeText(shape)}`);
  const count = HEADERS[run.scale];
  const traces = { drawn: drawnHeaders(rules, count, run.seed), random: randomHeaders(family, count, run.seed) };
  const isPlain = family === 4 && !beside;
  const dpdk = isPlain && whyNoDpdk() === undefined ? new DpdkAcl(rules, traces) : undefined;
  const records = new Records(program, count);
  const contestants = TRACES.map((trace): Contestant => {
    return {
      name: trace,
      async measure() {
        records.load(traces[trace]);
        const ns = leastCost(records, count);
        return dpdk ? { ns, dpdk: await dpdk.best(trace) } : { ns };
      },
    };
  });
  try {
    for (const trace of TRACES) {
      records.load(traces[trace]);
      holdAgainstLinear(records, count, rules.length, `${name}, ${trace} headers`);
    }
    const samples = await alternate(contestants, { rounds: run.rounds, note: (text) => run.note(`${name}: ${text}`) });
    before.set(name, samples);
    return [
      ...lookups(name, size, samples, beside, before),
      cost(name, 'built', 'ms', [builtMs]),
      cost(name, 'tables', 'bytes', [shape.bytes]),
    ];
  } finally {
    dpdk?.close();
  }
}

function lookups(
  name: string,
  size: number,
  samples: Samples,
  beside: TestSet['beside'],
  before: Map<string, Samples>,
): Figure[] {
  return TRACES.flatMap((trace): Figure[] => {
    const own = samples.of(trace, 'ns');
    const figures = [cost(name, trace, 'ns', own)];
    const dpdk = samples.has(trace, 'dpdk') ? samples.of(trace, 'dpdk') : undefined;
    if (dpdk) {
      const bar = BARS[size];
      const limits = trace === 'random' ? RANDOM_BAR : bar === undefined ? {} : { bar };
      figures.push(cost(name, `DPDK, ${trace}`, 'ns', dpdk), cost(name, `${trace} to DPDK`, 'x', ratios(own, dpdk), limits));
    }
    const other = beside && before.get(beside.name)?.of(trace, 'ns');
    if (other) figures.push(cost(name, `${trace} to plain`, 'x', ratios(own, other), beside.limits));
    return figures;
  });
}

/** Nanoseconds of a look-up: of each slice the least of some runs. */
function leastCost(records: Records, count: number): number {
  const least = new Float64Array(Math.ceil(count / SLICE)).fill(Number.POSITIVE_INFINITY);
  const lengthOf = (slice: number): number => Math.min(SLICE, count - slice * SLICE);
  const started = performance.now();
  do {
    for (let slice = 0; slice < least.length; slice++)
      for (let k = 0; k < SLICE_RUNS; k++)
        least[slice] = Math.min(least[slice]!, records.run(false, slice * SLICE, lengthOf(slice)));
  } while (performance.now() - started < ROUND_MS);
  return least.reduce((sum, ns, slice) => sum + ns * lengthOf(slice), 0) / count;
}

/** Throws unless the tables decide the records by the rules that the linear walk decides them by. */
function holdAgainstLinear(records: Records, count: number, rules: number, what: string): void {
  const checked = Math.min(count, Math.max(1024, Math.floor(LINEAR_VISITS / rules)));
  records.run(true, 0, checked);
  const right = records.decided(checked);
  records.run(false, 0, checked);
  const got = records.decided(checked);
  const wrong = right.findIndex((rule, i) => rule !== got[i]);
  if (wrong >= 0)
    throw new Error(`${what}: the tables decide header ${wrong} by ${got[wrong]}, the linear walk by ${right[wrong]}`);
}

function shapeText({ trees, depth, leaves, largestLeaf, steps }: TableShape): string {
  const average = (steps / Math.max(1, leaves)).toFixed(1);
  return `${trees} ${trees === 1 ? 'tree' : 'trees'}, at most ${depth} deep, ${leaves} leaves of ${average} rules, at most ${largestLeaf}`;
}
