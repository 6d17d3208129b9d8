import { expect, test } from 'vitest';
import { WHY_CONNTRACK_FULL } from '../../assembly/abi/verdict.ts';
import { traceLength } from '../../src/core/batch.ts';
import { entryTotals } from '../../src/core/flow.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { concat } from '../../src/packet/bytes.ts';
import { pcapFile, pcapng } from '../../src/packet/captures.ts';
import { ipv4, udp } from '../../src/packet/packets.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { loadTexts, openEngine, replayText } from '../support/replay.ts';

const LINKTYPE_RAW = 101;
const START = 1_700_000_000_000_000_000n;
const HEAD = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n';
const TRACKED = `${HEAD}-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n`;

const datagram = (host: number, dst = '10.1.0.1', ttl = 64) =>
  ipv4({ src: `10.0.${host >> 8}.${host & 255}`, dst, ttl, payload: udp({ sport: 1000, dport: 53 }) });

/** A ruleset whose packets hit `callers` × `body` rules and a few more. */
function counting(callers: number, body: number): string {
  const calls = '-A INPUT -j body\n'.repeat(callers);
  return `${HEAD}:body - [0:0]\n${calls}${'-A body\n'.repeat(body)}COMMIT\n`;
}

test('many hits of every packet are all told, however many packets a batch has', async () => {
  const capture = pcapFile(
    Array.from({ length: 1000 }, () => ({ data: datagram(1) })),
    { linktype: LINKTYPE_RAW },
  );
  const engine = openEngine(loadTexts({ rules: counting(60, 100) }));
  let packets = 0;
  await engine.replay([bytesSource('capture', capture)], {
    trace: true,
    onBatch(batch) {
      packets += batch.count;
      for (let i = 0; i < batch.count; i++)
        if (traceLength(batch, i) !== 60 * 101 + 1) throw new Error(`packet ${i}: hits are missing`);
    },
  });
  expect(packets).toBe(1000);
  await engine.close();
});

test('a packet that hits more rules than a trace can hold is an error, and no shorter list', async () => {
  const captures = [pcapFile([{ data: datagram(1) }], { linktype: LINKTYPE_RAW })];
  const rules = counting(400, 400);
  await expect(replayText({ rules, captures })).rejects.toThrow('packet 1 hits more rules than can be listed for one packet');
});

test('a connection that only a dropped copy could have confirmed is given back', async () => {
  const rules = `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING DROP [0:0]\nCOMMIT\n${TRACKED}`;
  const blocks = pcapng();
  const capture = concat(
    blocks.section(),
    blocks.describe({ name: 'eth0', linktype: LINKTYPE_RAW }),
    ...Array.from({ length: 20 }, (_, i) => blocks.enhanced({ data: datagram(i + 1, '239.1.2.3', 0), direction: 'out' })),
  );
  const host = 'interfaces:\n  eth0: { addresses: [10.0.0.1/16] }\nroutes: ["default via 10.0.0.254 dev eth0"]\n';
  const engine = openEngine(loadTexts({ rules, host }));
  await engine.replay([bytesSource('capture', capture)]);
  expect(entryTotals(engine.views.data, engine.map.conntrack)).toEqual({ live: 0, created: 20, freed: 20, slots: 0 });
  await engine.close();
});

test('connections of several replays are listed by age, whatever their packets were numbered', async () => {
  const engine = openEngine(loadTexts({ rules: TRACKED }));
  const replay = (first: number, time: bigint) => {
    const packets = Array.from({ length: 40 }, (_, i) => ({ data: datagram(first + i), time: time + BigInt(i) * 1000n }));
    return engine.replay([bytesSource('capture', pcapFile(packets, { linktype: LINKTYPE_RAW }))]);
  };
  await replay(100, START);
  const { latestNs } = await replay(0, START + 1_000_000_000n);
  const hosts = [...conntrackText(engine.views.data, engine.map.conntrack, latestNs).matchAll(/src=10\.0\.0\.(\d+)/g)].map(
    ([, host]) => Number(host),
  );
  expect(hosts).toEqual([...Array.from({ length: 40 }, (_, i) => 100 + i), ...Array.from({ length: 40 }, (_, i) => i)]);
  await engine.close();
});

test('where the table gets full, the output is the same with any number of workers, shards and packets a batch', async () => {
  const packets = Array.from({ length: 6000 }, (_, i) => ({
    data: ipv4({
      src: `10.${i % 7}.0.${i % 90}`,
      dst: `10.99.0.${i % 3}`,
      payload: udp({ sport: 1 + ((i * 7) % 900), dport: 53 }),
    }),
    time: START + BigInt(i) * 20_000_000n,
  }));
  const captures = [pcapFile(packets, { linktype: LINKTYPE_RAW })];
  const sysctl = { 'net.netfilter.nf_conntrack_max': 1200, 'net.netfilter.nf_conntrack_buckets': 65536 };
  const one = await replayText({ rules: TRACKED, captures, sysctl, shards: 1 });
  expect(one.result.tally.whys[WHY_CONNTRACK_FULL]).toBeGreaterThan(100);
  for (const input of [
    { workers: 0, shards: 16 },
    { workers: 1, shards: 16, batchPackets: 500 },
    { workers: 2, shards: 64, batchPackets: 333 },
    { workers: 4, shards: 4, batchPackets: 64 },
  ]) {
    const other = await replayText({ rules: TRACKED, captures, sysctl, ...input });
    expect(other.ndjson === one.ndjson).toBe(true);
    expect(other.conntrack).toBe(one.conntrack);
  }
});
