// Latency at parts of what something can do at most: the figures that suites have of it.

import { alternate } from '../rounds.ts';
import { median } from '../statistics.ts';
import { cost, type Figure, gain } from '../suite.ts';
import { closedLoop, openLoop } from './open-loop.ts';

/** Parts of the ceiling. */
const LOADS = [0.5, 0.9];
const PERCENTILES = [50, 90, 99, 99.9];

export interface LoadTarget {
  readonly name: string;
  /** How many at a time find the ceiling. */
  readonly concurrency: number;
  act(index: number): Promise<void>;
}

export interface LoadOptions {
  readonly rounds: number;
  /** Of each measurement. */
  readonly durationMs: number;
  note(text: string): void;
}

/** The ceiling in requests a second, then percentiles at parts of it, each round a measurement of its own. */
export async function latencyFigures(target: LoadTarget, { rounds, durationMs, note }: LoadOptions): Promise<Figure[]> {
  const { name, concurrency, act } = target;
  const ceilings = await alternate(
    [{ name, measure: async () => ({ ceiling: await closedLoop(durationMs, concurrency, act) }) }],
    { rounds },
  );
  const ceiling = median(ceilings.of(name, 'ceiling'));
  note(`${name}: ${Math.round(ceiling)} a second`);
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
  return [
    gain(`${name}, ceiling`, 'rate', '1/s', ceilings.of(name, 'ceiling')),
    ...loads.flatMap(({ name: load, perSecond }) => [
      gain(load, 'rate', '1/s', [perSecond]),
      ...columns.map((column) => cost(load, column, 'us', samples.of(load, column))),
    ]),
  ];
}
