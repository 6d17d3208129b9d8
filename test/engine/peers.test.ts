// What this host tells others only so often, whatever their connections: with any number of workers and shards as with one.

import { expect, test } from 'vitest';
import { ANSWERS_LEFT_OUT, ANSWERS_MADE } from '../../assembly/abi/batch.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { loadTexts, openEngine, type ReplayInput, replayText } from '../support/replay.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

const HOST = `
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64", "fe80::1/64"] }
  eth1: { addresses: [10.0.0.1/24] }
routes: [default via 192.0.2.254 dev eth0]
routes6: [default via fe80::fe dev eth0]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;
const filter = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';

const capture = (lines: readonly string[]): Uint8Array => {
  const packets = lines.map((line) => parsePacketLine(line));
  return scenarioCapture(hostInterfaces(HOST), packets, scenarioTimes(packets));
};

function replay(lines: readonly string[], input: Partial<ReplayInput> = {}) {
  const captures = [capture(lines)];
  return replayText({ host: HOST, rules: filter, rules6: filter, captures, answers: 'rules', batchPackets: 64, ...input });
}

/** Packets that go on as they should; and those that go back, of three sources to any destination. */
const ORDINARY = Array.from({ length: 300 }, (_, i) => `eth1: 10.0.0.${1 + (i % 50)} > 203.0.113.${1 + (i % 99)} udp ${i} > 53`);
const BACK = Array.from({ length: 60 }, (_, i) => `+0.004 eth0: 192.0.2.${10 + (i % 3)} > 203.0.113.${i} udp ${i} > 53`);
const BACK6 = Array.from({ length: 60 }, (_, i) => `+0.1 eth0: 2001:db8:1::${10 + (i % 3)} > 2001:db8:9::${i} udp ${i} > 53`);

test.each([
  ['IPv4', BACK],
  ['IPv6', BACK6],
])('redirects of %s are as many as with one shard, whoever works on them', async (_, back) => {
  const one = await replay([...ORDINARY, ...back]);
  expect(one.result.startedOver).toBeUndefined();
  const made = one.result.tally.answers[ANSWERS_MADE]!;
  expect(made).toBeGreaterThan(3);
  expect(made).toBeLessThan(back.length);
  for (const input of [{ workers: 2 }, { workers: 4 }, { shards: 4, workers: 2, batchPackets: 7 }]) {
    const other = await replay([...ORDINARY, ...back], input);
    expect(other.result.startedOver).toBe(ORDINARY.length + 1);
    expect(other.ndjson === one.ndjson).toBe(true);
    expect(other.counters).toBe(one.counters);
    expect(other.sums).toBe(one.sums);
  }
});

test('nobody need look at packets for a replay to start over', async () => {
  const one = await replay([...ORDINARY, ...BACK], { brief: true });
  const other = await replay([...ORDINARY, ...BACK], { brief: true, workers: 2 });
  expect(other.result.startedOver).toBe(ORDINARY.length + 1);
  expect(other.counters).toBe(one.counters);
  expect(other.sums).toBe(one.sums);
});

test('a redirect of IPv6 that would name a link-layer address, if it is known, is left out', async () => {
  const back = BACK6.map((line) => line.replace('eth0: ', 'eth0: mac 02:00:00:00:00:02 '));
  const { result } = await replay(back);
  expect(result.tally.answers[ANSWERS_MADE]).toBe(0);
  expect(result.tally.answers[ANSWERS_LEFT_OUT]).toBeGreaterThan(3);
});

test('nothing starts over where nothing goes back, or nothing is answered', async () => {
  expect((await replay(ORDINARY, { workers: 2 })).result.startedOver).toBeUndefined();
  const silent = await replay([...ORDINARY, ...BACK], { workers: 2, answers: 'none' });
  expect(silent.result.startedOver).toBeUndefined();
});

test('what cannot be read again passes one shard where hosts may be redirected', async () => {
  const loaded = loadTexts({ host: HOST, rules: filter });
  for (const [answers, shards] of [
    ['rules', 1],
    ['none', 16],
  ] as const) {
    const engine = openEngine(loaded, { workers: 2, answers, rereads: false });
    expect(engine.map.shards).toBe(shards);
    await engine.close();
  }
});

const UNHEARD = Array.from({ length: 200 }, (_, i) => `eth0: 192.0.2.${10 + (i % 4)} > 192.0.2.1 udp ${i} > 9`);

/** The host with more sysctls. */
const withSysctls = (sysctls: string): string => HOST.replace('sysctl: {', `sysctl: { ${sysctls}`);

test.each([
  ['net.ipv4.icmp_ratelimit: 1000, ', 24, ORDINARY.length + 1],
  ['net.ipv4.icmp_ratelimit: 1000, net.ipv4.icmp_ratemask: 4112, ', 200, undefined],
  ['', 200, undefined],
])('errors limited by "%s" are as many as with one shard', async (sysctls, made, startedOver) => {
  const input = { host: withSysctls(sysctls), answers: 'host' } as const;
  const one = await replay([...ORDINARY, ...UNHEARD], input);
  expect(one.result.tally.answers[ANSWERS_MADE]).toBe(made);
  const other = await replay([...ORDINARY, ...UNHEARD], { ...input, workers: 2 });
  expect(other.result.startedOver).toBe(startedOver);
  expect(other.ndjson === one.ndjson).toBe(true);
  expect(other.sums).toBe(one.sums);
});

/** Errors that are made of so many packets a second for so long, each from another source. */
async function errorsOf(sysctl: string, count: number, interval: number, seed = 0): Promise<number> {
  const lines = Array.from({ length: count }, (_, i) => {
    return `+${interval} eth0: 192.0.${2 + (i >> 8)}.${i & 255} > 192.0.2.1 udp 1 > 9`;
  });
  const host = withSysctls(`${sysctl}, `).replace('192.0.2.1/24', '192.0.2.1/16');
  const { result } = await replay(lines, { host, answers: 'host', seed });
  return result.tally.answers[ANSWERS_MADE]!;
}

test('what all errors together cost is drawn: one each on the average', async () => {
  const burst = 'net.ipv4.icmp_msgs_per_sec: 500, net.ipv4.icmp_msgs_burst: 500';
  const counts = [];
  for (const seed of [1, 2, 3, 4]) counts.push(await errorsOf(burst, 1500, 0, seed));
  for (const count of counts) expect(Math.abs(count - 520)).toBeLessThan(100);
  expect(new Set(counts).size).toBeGreaterThan(1);
  expect(await errorsOf(burst, 1500, 0, 1)).toBe(counts[0]);
  // The first refill is one second's, whatever there is room for.
  expect(await errorsOf('net.ipv4.icmp_msgs_per_sec: 1, net.ipv4.icmp_msgs_burst: 500', 1500, 0)).toBeLessThan(10);
});

test('they come in time at the rate that is given', async () => {
  const count = await errorsOf('net.ipv4.icmp_msgs_per_sec: 50, net.ipv4.icmp_msgs_burst: 10', 4000, 0.005);
  // Twenty seconds; the first ten are there at once.
  expect(Math.abs(count - 1010)).toBeLessThan(120);
});
