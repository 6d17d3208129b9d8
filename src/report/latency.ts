// Latency as HDR percentiles, with what was measured said next to the numbers.

import type { Samples } from '../engine/samples.ts';

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
const SIGNIFICANT_DIGITS = 3;

/** Percentiles of the samples of a replay. Loads the histogram only now: it is needed once, at the end. */
export async function latency(batchNs: Samples, packetNs: Samples): Promise<Latency> {
  const { build } = await import('hdr-histogram-js');
  const percentiles = (samples: Samples): Percentiles => {
    const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: SIGNIFICANT_DIGITS });
    let sumNs = 0;
    for (const [ns, count] of samples) {
      histogram.recordValueWithCount(ns, count);
      sumNs += ns * count;
    }
    const at = (percentile: number): number => Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
    if (samples.size === 0) return { count: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 };
    return {
      count: histogram.totalCount,
      meanNs: Math.round(sumNs / histogram.totalCount),
      p50Ns: at(50),
      p90Ns: at(90),
      p99Ns: at(99),
      p999Ns: at(99.9),
      maxNs: histogram.maxValue,
    };
  };
  return {
    batch: { measured: BATCH_MEASURED, ...percentiles(batchNs) },
    packet: { measured: PACKET_MEASURED, ...percentiles(packetNs) },
  };
}
