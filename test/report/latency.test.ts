import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { addSample, type Samples } from '../../src/engine/samples.ts';
import { percentiles } from '../../src/report/latency.ts';

test('percentiles are those of HdrHistogram', () => {
  const durations = fc.array(fc.tuple(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.integer({ min: 1, max: 100_000 })), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(durations, fc.integer({ min: 0, max: 40 }), (drawn, shift) => {
      const samples: Samples = new Map();
      for (const [ns, count] of drawn) addSample(samples, ns / 2 ** shift, count);
      const histogram = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3 });
      for (const [ns, count] of samples) histogram.recordValueWithCount(ns, count);
      const at = (percentile: number): number => Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
      expect(percentiles(samples)).toMatchObject({
        count: histogram.totalCount,
        p50Ns: at(50),
        p90Ns: at(90),
        p99Ns: at(99),
        p999Ns: at(99.9),
        maxNs: histogram.maxValue,
      });
    }),
    { numRuns: 500 },
  );
});

test('without samples all is 0', () => {
  expect(percentiles(new Map())).toEqual({ count: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 });
});
