// Translated connections with any number of workers: as with one shard, and with several of them in use.

import { expect, test } from 'vitest';
import { PACKET_SHARD } from '../../assembly/abi/packet.ts';
import { packetWord } from '../../src/core/batch.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { GATEWAY_HOST, GATEWAY_RULES, GATEWAY_RULES6, gatewayCapture, gatewayLines } from '../support/gateway.ts';
import { loadTexts, openEngine, parseLines, type ReplayInput, type ReplayText, replayText } from '../support/replay.ts';
import { readScenarios } from '../support/scenario.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

const LINES = gatewayLines(60);
const GATEWAY: ReplayInput = {
  host: GATEWAY_HOST,
  rules: GATEWAY_RULES,
  rules6: GATEWAY_RULES6,
  captures: [gatewayCapture(LINES)],
  batchPackets: 100,
};
const reference = replayText(GATEWAY);

function expectSame(other: ReplayText, one: ReplayText): void {
  expect(other.counters).toBe(one.counters);
  expect(other.conntrack).toBe(one.conntrack);
  expect(other.ndjson === one.ndjson).toBe(true);
}

test('everything comes through the gateway, translated', async () => {
  const { ndjson, conntrack } = await reference;
  const packets = parseLines(ndjson);
  expect(packets).toHaveLength(LINES.length);
  expect(packets.filter(({ verdict }) => verdict !== 'ACCEPT')).toEqual([]);
  expect(new Set(packets.map(({ ctstate }) => ctstate))).toEqual(new Set(['NEW', 'ESTABLISHED', 'RELATED']));
  expect(conntrack).toMatch(/src=10\.0\.1\.\d+ dst=\S+ sport=\d+ dport=80 src=\S+ dst=192\.0\.2\.1/);
  expect(conntrack).toMatch(/src=2001:db8:ffff::\S+ dst=2001:db8:1::1 sport=\d+ dport=8080 src=2001:db8:2::80 .* sport=80/);
});

test.each([1, 2, 3, 4, 8])('%i workers tell the same of it, and none starts over', async (workers) => {
  const other = await replayText({ ...GATEWAY, workers });
  expect(other.result.startedOver).toBeUndefined();
  expectSame(other, await reference);
});

test('its packets are spread over all shards, both directions of a connection in one', async () => {
  const engine = openEngine(loadTexts(GATEWAY), { ...GATEWAY, workers: 2 });
  const counts = new Array<number>(engine.map.shards).fill(0);
  try {
    await engine.replay([bytesSource('capture', GATEWAY.captures[0] as Uint8Array)], {
      onBatch(batch) {
        for (let i = 0; i < batch.count; i++) counts[packetWord(batch, i, PACKET_SHARD)]! += 1;
      },
    });
  } finally {
    await engine.close();
  }
  expect(counts).toHaveLength(16);
  expect(Math.min(...counts)).toBeGreaterThan(LINES.length / 100);
});

/** What no plan foresees: a host outside is sent on to another one outside, and has its source changed on the way. */
const STRAY = 'eth0: 198.51.100.5 > 198.51.100.7 udp 4000 > 53 len 30';

test.each([0, 1, 99, 100, 777])(
  'a replay whose packet %i takes another way starts over, and tells each packet once',
  async (at) => {
    const captures = [gatewayCapture([...LINES.slice(0, at), STRAY, ...LINES.slice(at)])];
    const one = await replayText({ ...GATEWAY, captures });
    expect(one.result.startedOver).toBeUndefined();
    for (const workers of [2, 4]) {
      const other = await replayText({ ...GATEWAY, captures, workers });
      expect(other.result.startedOver).toBe(at + 1);
      expect(other.result.packets).toBe(LINES.length + 1);
      expectSame(other, one);
    }
  },
);

/** Two clients have the same port for one server, so that one gets another; it then asks a server of another shard. */
function clash(server: string): string[] {
  return [
    'eth1: 10.0.1.1 > 198.51.100.200 udp 7000 > 53 len 1',
    'eth1: 10.0.1.2 > 198.51.100.200 udp 7000 > 53 len 2',
    `eth1: 10.0.1.2 > ${server} udp 7000 > 53 len 3`,
  ];
}

test('a source that was given another port is given it by all shards', async () => {
  const overs: (number | undefined)[] = [];
  for (let i = 201; i < 209; i++) {
    const captures = [gatewayCapture([...LINES.slice(0, 100), ...clash(`198.51.100.${i}`), ...LINES.slice(100)])];
    const one = await replayText({ ...GATEWAY, captures });
    const ports = [...one.conntrack.matchAll(/src=10\.0\.1\.2 .* sport=7000 dport=53 .*\[UNREPLIED\] .* dport=(\d+)/g)].map(
      ([, port]) => port,
    );
    expect(ports).toHaveLength(2);
    expect(ports[1]).toBe(ports[0]);
    const other = await replayText({ ...GATEWAY, captures, workers: 2 });
    overs.push(other.result.startedOver);
    expectSame(other, one);
  }
  expect(new Set(overs)).toEqual(new Set([103]));
});

test('one that is forgotten by then is not waited for', async () => {
  const gone = [...clash('198.51.100.201').slice(0, 2), ...LINES, `+40 ${clash('198.51.100.201')[2]}`];
  const captures = [gatewayCapture(gone)];
  const other = await replayText({ ...GATEWAY, captures, workers: 2 });
  expect(other.result.startedOver).toBeUndefined();
  expectSame(other, await replayText({ ...GATEWAY, captures }));
});

test('what cannot be read again passes one shard, or fails where it should start over', async () => {
  const once = (bytes: Uint8Array) => {
    const { again, ...source } = bytesSource('once', bytes);
    return again ? source : expect.unreachable();
  };
  const captures = [once(gatewayCapture([...LINES, STRAY]))];
  await expect(replayText({ ...GATEWAY, captures, workers: 2 })).rejects.toThrow(
    /packet \d+ might fare otherwise .* cannot be read again/,
  );
  const other = await replayText({ ...GATEWAY, captures: [once(GATEWAY.captures[0] as Uint8Array)], workers: 2, rereads: false });
  expectSame(other, await reference);
});

const translating = readScenarios().filter(({ rules = '', rules6 = '' }) => {
  return /-j (SNAT|DNAT|MASQUERADE|REDIRECT|NETMAP|SNPT|DNPT)/.test(rules + rules6);
});

test.each(translating.map((scenario) => [scenario.name, scenario] as const))(
  '%s comes out the same where the plan is held to whatever its rules are',
  async (_, { host, rules, rules6, packets: lines }) => {
    const packets = lines.map(({ packet }) => packet);
    const input: ReplayInput = {
      host,
      ...(rules === undefined ? {} : { rules }),
      ...(rules6 === undefined ? {} : { rules6 }),
      captures: [scenarioCapture(hostInterfaces(host), packets, scenarioTimes(packets))],
      batchPackets: 3,
      answers: 'host',
    };
    const one = await replayText(input);
    expectSame(await replayText({ ...input, workers: 2, spreads: true }), one);
  },
);
