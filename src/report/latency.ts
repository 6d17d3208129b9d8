// Latency as HDR percentiles, with what was measured said next to the numbers.

import { DIGITS, type Samples } from '../engine/samples.ts';

export interface Percentiles {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

export interface Latency {
  readonly batch: Percentiles & { readonly measured: string };
  readonly packet: Percentiles & { readonly measured: string };
}

const BATCH_MEASURED = 'from when the batch could have been read, waiting included, to when its last packet was done';
const PACKET_MEASURED = "service time: the mean over a batch's packets of one shard, not the wait before them";

/** Percentiles of the samples of a replay. */
export function latency(batchNs: Samples, packetNs: Samples): Latency {
  return {
    batch: { measured: BATCH_MEASURED, ...percentiles(batchNs) },
    packet: { measured: PACKET_MEASURED, ...percentiles(packetNs) },
  };
}

/** As HdrHistogram gives them with three significant digits: of each class of values that count as one, its largest. */
export function percentiles(samples: Samples): Percentiles {
  const sorted = [...samples].sort(([a], [b]) => a - b);
  const maxNs = sorted.at(-1)?.[0] ?? 0;
  let [count, sumNs] = [0, 0];
  for (const [ns, times] of sorted) {
    count += times;
    sumNs += ns * times;
  }
  const at = (percentile: number): number => {
    const exact = (percentile / 100) * count;
    const wanted = Math.max(1, Math.ceil(exact - ulp(exact))); // what rounding has added to a whole number is no sample more
    let seen = 0;
    for (const [ns, times] of sorted) {
      seen += times;
      if (seen >= wanted) return Math.min(largestLike(ns), maxNs);
    }
    return 0;
  };
  return {
    count,
    meanNs: count === 0 ? 0 : Math.round(sumNs / count),
    p50Ns: at(50),
    p90Ns: at(90),
    p99Ns: at(99),
    p999Ns: at(99.9),
    maxNs,
  };
}

const MANTISSA_BITS = 52;

/** What a number differs from the next one by. */
function ulp(value: number): number {
  return value === 0 ? Number.MIN_VALUE : 2 ** (Math.floor(Math.log2(value)) - MANTISSA_BITS);
}

/** The largest of the values that count as this one. */
function largestLike(ns: number): number {
  let unit = 1;
  while (ns / unit >= DIGITS) unit *= 2;
  return Math.floor(ns / unit) * unit + unit - 1;
}
