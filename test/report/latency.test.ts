import { expect, test } from 'vitest';
import { addSample, type Samples } from '../../src/engine/samples.ts';
import { latency } from '../../src/report/latency.ts';

test('percentiles are over packets, not over batches', async () => {
  const samples: Samples = new Map();
  addSample(samples, 100, 900);
  addSample(samples, 200, 90);
  addSample(samples, 1000, 9);
  addSample(samples, 2000, 1);
  const { packet, batch } = await latency(new Map(), samples);
  expect(packet).toMatchObject({ count: 1000, meanNs: 119, p50Ns: 100, p90Ns: 100, p99Ns: 200, p999Ns: 1000, maxNs: 2000 });
  expect(batch).toMatchObject({ count: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 });
});
