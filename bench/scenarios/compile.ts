// Question: how long does a ruleset take from its text to an image that the core runs, and how much memory?
//
// Each load in a process of its own, as users start one, so that no code is warm: reading, lowering, compiling with decision tables. Sets in
// the manner of ClassBench as `iptables-save` text, a cluster's services as kube-proxy writes them, and every ruleset of CORPUS, of which the
// slowest is told. It cannot show what a second load in a warm process takes.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadedOnce } from '../load/once.ts';
import { inCheckout } from '../root.ts';
import { alternate, type Samples } from '../rounds.ts';
import { type BenchRun, cost, type Figure, type Scale, type Suite, sizesOf } from '../suite.ts';
import { rulesText } from '../traffic/class-rules.ts';
import { classRules, STYLES } from '../traffic/classbench.ts';
import { kubeCluster } from '../traffic/kube.ts';

const SIZES = { tiny: [100], quick: [10_000], usual: [1000, 10_000, 100_000], full: [1000, 10_000, 100_000] };
const SERVICES: Readonly<Record<Scale, number>> = { tiny: 5, quick: 2000, usual: 2000, full: 2000 };
const ENDPOINTS = 3;
const LOADER = 'dist/bench/load/once.js';
const MS_BARS: Readonly<Record<number, number>> = { 10000: 1000, 100000: 10_000 };
const PEAK_BAR = 2 ** 30;
const IMAGE_BAR = 256 * 2 ** 20;
const OUTPUT_MAX = 2 ** 20;

const run = promisify(execFile);

interface Text {
  readonly name: string;
  readonly path: string;
  readonly barMs?: number;
}

export const compileSuite: Suite = {
  name: 'compile',
  title: 'from the text of a ruleset to an image, each in a cold process',
  async run(bench) {
    if (!existsSync(inCheckout(LOADER)))
      return { figures: [], notices: [`Left out: there is no ${LOADER}; npm run build makes it.`] };
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    try {
      const texts = writeTexts(folder, bench);
      const samples = await alternate(
        texts.map(({ name, path }) => ({ name, measure: () => loadOnce(path) })),
        { rounds: bench.rounds, note: bench.note },
      );
      const figures = texts.flatMap(({ name, barMs }) => figuresOf(name, samples, barMs));
      return { figures: [...figures, ...(await corpusFigures(bench))], notices: corpusNotices() };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function writeTexts(folder: string, bench: BenchRun): Text[] {
  const write = (name: string, text: string, barMs?: number): Text => {
    const path = join(folder, name.replaceAll(/[ ,]/g, '-'));
    writeFileSync(path, text);
    return { name, path, ...(barMs === undefined ? {} : { barMs }) };
  };
  const { seed } = bench;
  const sets = sizesOf(bench, 'rules', SIZES).flatMap((count) =>
    STYLES.flatMap((style) =>
      ([4, 6] as const).map((family) => {
        const name = `${style} ${count.toLocaleString('en')}${family === 6 ? ', IPv6' : ''}`;
        return write(name, rulesText(classRules({ style, family, count, seed }), family), MS_BARS[count]);
      }),
    ),
  );
  const services = SERVICES[bench.scale];
  const { rules } = kubeCluster({ services, endpoints: ENDPOINTS, seed });
  return [...sets, write(`${services.toLocaleString('en')} services of ${ENDPOINTS} endpoints`, rules, MS_BARS[10_000])];
}

async function load(path: string): Promise<LoadedOnce> {
  const { stdout } = await run(process.execPath, [inCheckout(LOADER), path], { maxBuffer: OUTPUT_MAX });
  return JSON.parse(stdout) as LoadedOnce;
}

async function loadOnce(path: string): Promise<Record<'ms' | 'cpu' | 'peak' | 'image', number>> {
  const { ms, cpuMs, peakBytes, imageBytes, isRefused } = await load(path);
  if (isRefused) throw new Error(`${path} was refused`);
  return { ms, cpu: cpuMs, peak: peakBytes, image: imageBytes };
}

function figuresOf(name: string, samples: Samples, barMs?: number): Figure[] {
  return [
    cost(name, 'load', 'ms', samples.of(name, 'ms'), barMs === undefined ? {} : { bar: barMs }),
    cost(name, 'processor', 'ms', samples.of(name, 'cpu')),
    cost(name, 'peak memory', 'bytes', samples.of(name, 'peak'), { bar: PEAK_BAR }),
    cost(name, 'image', 'bytes', samples.of(name, 'image'), { bar: IMAGE_BAR }),
  ];
}

// ── The rulesets of others ────────────────────────────────────────────────────────────────────────────────────────────────

function corpusFolder(): string | undefined {
  const root = process.env['CORPUS'];
  const folder = root === undefined ? '' : join(root, 'rulesets');
  return root !== undefined && existsSync(folder) ? folder : undefined;
}

function corpusNotices(): string[] {
  return corpusFolder() === undefined ? ['Without the rulesets of others: CORPUS names no folder that has some.'] : [];
}

/** The slowest of all files, and the one that takes the most memory. Files that name what only their machine has are refused, which takes time too. */
async function corpusFigures({ scale, note }: BenchRun): Promise<Figure[]> {
  const folder = corpusFolder();
  if (folder === undefined || scale === 'tiny') return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.rules'));
  note(`${files.length} rulesets of CORPUS`);
  let slowest = { ms: 0, file: '' };
  let largest = 0;
  for (const file of files) {
    const { ms, peakBytes } = await load(join(folder, file));
    if (ms > slowest.ms) slowest = { ms, file };
    largest = Math.max(largest, peakBytes);
  }
  const name = `${files.length} rulesets, the slowest (${slowest.file})`;
  return [
    cost(name, 'load', 'ms', [slowest.ms], { bar: MS_BARS[10_000]! }),
    cost(name, 'peak memory', 'bytes', [largest], { bar: PEAK_BAR }),
  ];
}
