import { expect, test } from 'vitest';
import { kubeCluster, serviceChain } from '../../bench/traffic/kube.ts';
import { endpointOf, visits } from '../support/kube.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

const cluster = kubeCluster({ services: 20, endpoints: 3, seed: 1 });

/** Source address of a packet that left, and where it went. */
const way = (bytes: Uint8Array): string => `${bytes.subarray(12, 16).join('.')} > ${bytes.subarray(16, 20).join('.')}`;

async function replay(lines: readonly string[], seed?: number) {
  const packets = lines.map((line) => parsePacketLine(line));
  const input = { host: cluster.host, rules: cluster.rules, packets, times: scenarioTimes(packets) };
  return await replayScenario(input, seed === undefined ? {} : { seed });
}

test('chains have the names that kube-proxy gives them', () => {
  expect(serviceChain('SVC', { name: 'default/kubernetes:https', protocol: 'tcp' })).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
});

test('every way to every service leads to one of its endpoints, masqueraded where it must be, or is turned away', async () => {
  const list = visits(cluster);
  const packets = list.map(({ packet }) => packet);
  const { outcomes } = await replayScenario({ host: cluster.host, rules: cluster.rules, packets, times: scenarioTimes(packets) });
  const reached = list.map((one, i) => endpointOf(one, outcomes[i]!));
  expect(reached.filter((endpoint) => endpoint === undefined).length).toBeGreaterThan(4);
  expect(new Set(reached).size).toBeGreaterThan(30);
});

test('an endpoint that comes to itself by its service is masqueraded, so that the answer goes the same way', async () => {
  const service = cluster.services.find(({ clusterIp, endpoints }) => clusterIp && endpoints[0]?.startsWith('10.244.1.'))!;
  const [address] = service.endpoints[0]!.split(':');
  const lines = Array.from(
    { length: 60 },
    (_, i) => `cni0: ${address} > ${service.clusterIp} ${service.protocol} ${30_000 + i} > ${service.port} S`,
  );
  const { outcomes } = await replay(lines);
  const ways = new Set(outcomes.map(({ egress }) => way(egress[0]!.bytes)));
  expect(ways).toContain(`10.244.1.1 > ${address}`);
  expect([...ways].filter((one) => one.startsWith(`${address} > `))).toHaveLength(2);
});

test('replies come from the address that the client asked', async () => {
  const service = cluster.services.find(
    ({ clusterIp, protocol, endpoints }) => clusterIp && protocol === 'tcp' && endpoints.length,
  )!;
  const ask = `cni0: 10.244.1.253 > ${service.clusterIp} tcp 40000 > ${service.port} S`;
  const { outcomes: first } = await replay([ask]);
  const [, endpoint] = way(first[0]!.egress[0]!.bytes).split(' > ');
  const { bytes } = first[0]!.egress[0]!;
  const answer = `eth0: ${endpoint} > 10.244.1.253 tcp ${(bytes[22]! << 8) | bytes[23]!} > 40000 SA ack 1`;
  const { outcomes } = await replay([ask, answer]);
  expect(way(outcomes[1]!.egress[0]!.bytes)).toBe(`${service.clusterIp} > 10.244.1.253`);
});

test('clients of a service with affinity stay with their endpoint', async () => {
  const service = cluster.services.find(({ hasAffinity }) => hasAffinity)!;
  const lines = Array.from(
    { length: 60 },
    (_, i) => `cni0: 10.244.1.${100 + (i % 6)} > ${service.clusterIp} tcp ${30_000 + i} > ${service.port} S`,
  );
  const { outcomes } = await replay(lines);
  const endpoints = new Map<number, Set<string>>();
  outcomes.forEach(({ egress }, i) => {
    const client = i % 6;
    endpoints.set(client, (endpoints.get(client) ?? new Set()).add(way(egress[0]!.bytes)));
  });
  expect([...endpoints.values()].map((set) => set.size)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('endpoints are chosen alike, the same with the same seed, others with another', async () => {
  const service = cluster.services.find(({ clusterIp, protocol, hasAffinity, endpoints }) => {
    return clusterIp && protocol === 'tcp' && !hasAffinity && endpoints.length === 3;
  })!;
  const count = 3000;
  const lines = Array.from(
    { length: count },
    (_, i) => `cni0: 10.244.1.253 > ${service.clusterIp} tcp ${20_000 + i} > ${service.port} S`,
  );
  const chosen = async (seed: number) => (await replay(lines, seed)).outcomes.map(({ egress }) => way(egress[0]!.bytes));
  const once = await chosen(1);
  const shares = [...new Set(once)].map((one) => once.filter((other) => other === one).length / count);
  expect(shares).toHaveLength(3);
  // Five standard deviations of a fair choice.
  for (const share of shares) expect(Math.abs(share - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / count));
  expect(await chosen(1)).toEqual(once);
  expect(await chosen(2)).not.toEqual(once);
});
