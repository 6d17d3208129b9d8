// Services of a cluster as kube-proxy's rules resolve them, by the live kernel and by us: the same endpoints to choose from, the same
// marks, masquerading and counters; which endpoint of several is drawn by each for itself.

import { afterAll, expect, it } from 'vitest';
import { type KubeCluster, kubeCluster } from '../../bench/traffic/kube.ts';
import { certainCounters, endpointOf, type Visit, visits } from '../support/kube.ts';
import { replayScenario } from '../support/scenario-replay.ts';
import { Bench } from './bench.ts';
import { missing } from './requirements.ts';

const why = missing();
const bench = why === undefined ? new Bench() : undefined;
afterAll(() => bench?.close());

async function compare(cluster: KubeCluster, list: readonly Visit[]): Promise<void> {
  const { host, rules } = cluster;
  const packets = list.map(({ packet }) => packet);
  const kernel = await bench!.run({ host, rules, packets });
  const { times, loadedNs, clockNs } = kernel;
  const ours = await replayScenario({ host, rules, packets, times, loadedNs, clockNs });
  for (const [i, one] of list.entries()) {
    const theirs = endpointOf(one, kernel.outcomes[i]!);
    expect(endpointOf(one, ours.outcomes[i]!) === undefined).toBe(theirs === undefined);
  }
  expect(certainCounters(cluster, ours.totals[4])).toEqual(certainCounters(cluster, kernel.totals[4]));
}

it.skipIf(why !== undefined)(
  '20 services: every way to each of them',
  async () => {
    const cluster = kubeCluster({ services: 20, endpoints: 3, seed: 1 });
    await compare(cluster, [...visits(cluster), ...visits(cluster, 30_000), ...visits(cluster, 40_000)]);
  },
  120_000,
);

it.skipIf(why !== undefined)(
  '2,000 services with 3 endpoints each: a way to each of them',
  async () => {
    const cluster = kubeCluster({ services: 2000, endpoints: 3, seed: 2 });
    const list = visits(cluster).filter((_, i) => i % 4 === 0);
    await compare(cluster, list);
  },
  600_000,
);
