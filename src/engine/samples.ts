// Durations as they are collected while batches run: rounded values with how often they were seen, so that an endless input
// needs no more memory than a short one.

/** Nanoseconds (rounded to 1 part in 1024 or better) and how many times. */
export type Samples = Map<number, number>;

const DIGITS = 2048;

/** Adds `count` durations of `ns` nanoseconds. */
export function addSample(samples: Samples, ns: number, count: number): void {
  let unit = 1;
  while (ns / unit >= DIGITS) unit *= 2;
  const rounded = Math.max(1, Math.round(ns / unit)) * unit;
  samples.set(rounded, (samples.get(rounded) ?? 0) + count);
}
