// Latency at parts of what something can do at most: the figures that suites have of it.

import { alternate } from '../rounds.ts';
import { median } from '../statistics.ts';
import { cost, type Figure, gain, reference } from '../suite.ts';
import { closedLoop, openLoop } from './open-loop.ts';

/** Parts of the ceiling. */
const LOADS = [0.5, 0.9];
const PERCENTILES = [50, 90, 99, 99.9];

export interface LoadTarget {
  readonly name: string;
  /** How many at a time find the ceiling. */
  readonly concurrency: number;
  /** Not Hookline's. */
  readonly isReference?: true;
  act(index: number): Promise<void>;
}

export interface LoadOptions {
  readonly rounds: number;
  /** Of each measurement. */
  readonly durationMs: number;
  note(text: string): void;
}

export interface Load {
  readonly figures: readonly Figure[];
  /** How many a second each target did at most, a sample a round. */
  ceilings(name: string): readonly number[];
}

/** The ceilings of all targets in turn, then percentiles at parts of them, each round a measurement of its own. */
export async function measureLoad(targets: readonly LoadTarget[], { rounds, durationMs, note }: LoadOptions): Promise<Load> {
  const samples = await alternate(
    targets.map(({ name, concurrency, act }) => ({
      name,
      measure: async () => ({ ceiling: await closedLoop(durationMs, concurrency, act) }),
    })),
    { rounds },
  );
  const ceilings = (name: string): readonly number[] => samples.of(name, 'ceiling');
  const figures: Figure[] = [];
  for (const target of targets) {
    const ceiling = median(ceilings(target.name));
    note(`${target.name}: ${Math.round(ceiling)} a second`);
    const found = [
      gain(`${target.name}, ceiling`, 'rate', '1/s', ceilings(target.name)),
      ...(await percentileFigures(target, ceiling, { rounds, durationMs })),
    ];
    figures.push(...(target.isReference ? found.map((figure): Figure => ({ ...figure, isReference: true })) : found));
  }
  return { figures, ceilings };
}

async function percentileFigures(
  { name, act }: LoadTarget,
  ceiling: number,
  { rounds, durationMs }: { readonly rounds: number; readonly durationMs: number },
): Promise<Figure[]> {
  const loads = LOADS.map((part) => ({ name: `${name}, at ${part * 100}% of it`, perSecond: ceiling * part }));
  const samples = await alternate(
    loads.map(({ name: load, perSecond }) => ({
      name: load,
      async measure() {
        const histogram = await openLoop({ perSecond, durationMs, act });
        const percentiles = PERCENTILES.map((p) => [`p${p}`, histogram.getValueAtPercentile(p) / 1000] as const);
        return { ...Object.fromEntries(percentiles), max: histogram.maxValue / 1000 };
      },
    })),
    { rounds },
  );
  const columns = [...PERCENTILES.map((p) => `p${p}`), 'max'];
  return loads.flatMap(({ name: load, perSecond }) => [
    reference(load, 'rate', '1/s', [perSecond]),
    ...columns.map((column) => cost(load, column, 'us', samples.of(load, column))),
  ]);
}
