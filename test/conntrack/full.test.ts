import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VERDICT_ACCEPT, VERDICT_DROP, WHY_CONNTRACK_FULL } from '../../assembly/abi/verdict.ts';
import { ipv4, tcp, udp } from '../../src/packet/packets.ts';
import { openTracker, type Tracked, type TrackedPacket, type Tracker } from './tracker.ts';

const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

function datagram(sport: number, time = START, host = 1, isReply = false): TrackedPacket {
  const [here, there] = [`10.0.0.${host}`, '10.1.0.1'];
  const ends = isReply ? { src: there, dst: here } : { src: here, dst: there };
  const ports = isReply ? { sport: 53, dport: sport } : { sport, dport: 53 };
  return { bytes: ipv4({ ...ends, payload: udp(ports) }), time };
}

function limited(max: number, buckets: number, shards = 16): Tracker {
  const sysctl = { 'net.netfilter.nf_conntrack_max': max, 'net.netfilter.nf_conntrack_buckets': buckets };
  return openTracker({ shards, capacity: max, inOrder: true, sysctl });
}

const flood = (count: number, time = START): TrackedPacket[] =>
  Array.from({ length: count }, (_, i) => datagram(i, time, 1 + (i % 40)));
const dropped = (seen: readonly Tracked[]): number => seen.filter(({ verdict }) => verdict === VERDICT_DROP).length;

test('a packet that finds the table full is dropped, and says so', () => {
  const tracker = limited(64, 262144);
  const seen = tracker.feed(flood(200));
  expect(seen.slice(0, 64).every(({ verdict }) => verdict === VERDICT_ACCEPT)).toBe(true);
  expect(dropped(seen)).toBeGreaterThan(100);
  expect(new Set(seen.filter(({ verdict }) => verdict === VERDICT_DROP).map(({ why }) => why))).toEqual(
    new Set([WHY_CONNTRACK_FULL]),
  );
  expect(tracker.entries().live).toBe(64);
  expect(tracker.statistics().drop).toBe(dropped(seen));
  const again = tracker.feed([datagram(0, START + SECOND)]);
  expect(again[0]).toMatchObject({ state: 'NEW', verdict: VERDICT_ACCEPT });
});

// The kernel, asked for 3000 connections with these two settings, dropped 1861 packets and evicted 139 entries, and 0 and 2001.
test.each([
  { buckets: 262144, evicted: [60, 220], full: [1780, 1940] },
  { buckets: 512, evicted: [2000, 2010], full: [0, 0] },
])('with $buckets buckets early drop finds as much as the kernel', ({ buckets, evicted, full }) => {
  const tracker = limited(1000, buckets);
  const seen = tracker.feed(flood(3000));
  const { drop, earlyDrop } = tracker.statistics();
  expect(drop).toBe(dropped(seen));
  expect(drop).toBeGreaterThanOrEqual(full[0]!);
  expect(drop).toBeLessThanOrEqual(full[1]!);
  expect(earlyDrop).toBeGreaterThanOrEqual(evicted[0]!);
  expect(earlyDrop).toBeLessThanOrEqual(evicted[1]!);
  const { live, created, freed } = tracker.entries();
  expect(created).toBe(3000 - drop);
  expect(created).toBe(freed + live);
  expect(live).toBeLessThanOrEqual(1000);
});

test('memory that runs out before the limit is a fault, and no drop', () => {
  const tracker = openTracker({ shards: 1, capacity: 64, sysctl: { 'net.netfilter.nf_conntrack_max': 0 } });
  expect(() => tracker.feed(flood(4000))).toThrow('refuses the batch');
});

test('the limit has two names', () => {
  const tracker = openTracker({ shards: 4, capacity: 64, inOrder: true, sysctl: { 'net.nf_conntrack_max': 10 } });
  tracker.feed(flood(64));
  expect(tracker.entries().live).toBe(10);
});

test('connections that are assured are not evicted for a new one', () => {
  const tracker = limited(50, 8);
  // Traffic both ways beyond two seconds makes them assured.
  for (let round = 0n; round < 4n; round++) {
    tracker.feed(Array.from({ length: 50 }, (_, i) => datagram(i, START + round * 2n * SECOND, 1, false)));
    tracker.feed(Array.from({ length: 50 }, (_, i) => datagram(i, START + round * 2n * SECOND, 1, true)));
  }
  const late = START + 8n * SECOND;
  expect(tracker.text(late).match(/ASSURED/g)).toHaveLength(50);
  const seen = tracker.feed(Array.from({ length: 30 }, (_, i) => datagram(1000 + i, late)));
  expect(dropped(seen)).toBe(30);
  expect(tracker.statistics()).toMatchObject({ drop: 30, earlyDrop: 0 });
});

test('a flood that fills the table leaves room again once its time is up', () => {
  const tracker = limited(64, 262144);
  tracker.feed(flood(64));
  const later = tracker.feed(flood(64, START + 33n * SECOND));
  expect(dropped(later)).toBe(0);
  expect(tracker.entries()).toEqual({ live: 64, created: 128, freed: 64, slots: 64 });
});

const segment = (port: number, time: bigint, isReply: boolean, flags: string, seq: number, ack: number): TrackedPacket => {
  const ports = isReply ? { sport: 80, dport: port } : { sport: port, dport: 80 };
  const [src, dst] = isReply ? ['10.1.0.1', '10.0.0.1'] : ['10.0.0.1', '10.1.0.1'];
  return { bytes: ipv4({ src, dst, payload: tcp({ ...ports, flags, seq, ack }) }), time };
};

test('after packets were dropped connections that are closing make room', () => {
  const tracker = limited(20, 262144);
  for (let port = 1; port <= 20; port++) {
    const closes = port <= 10;
    tracker.feed([
      segment(port, START, false, 'S', 100, 0),
      segment(port, START, true, 'SA', 500, 101),
      segment(port, START, false, 'A', 101, 501),
      ...(closes ? [segment(port, START, false, 'FA', 101, 501), segment(port, START, true, 'FA', 501, 102)] : []),
    ]);
  }
  expect(tracker.feed([datagram(1, START)])[0]).toMatchObject({ verdict: VERDICT_DROP, why: WHY_CONNTRACK_FULL });
  expect(tracker.feed([datagram(1, START + 2n * SECOND)])[0]).toMatchObject({ verdict: VERDICT_ACCEPT });
  const left = tracker.text(START + 2n * SECOND);
  expect(left.match(/ESTABLISHED/g)).toHaveLength(10);
  expect(left.match(/LAST_ACK/g)?.length ?? 0).toBeLessThan(10);
});

// The kernel, with 6000 assured connections of which every other is closing, and one packet dropped: 257 of those had gone a minute later.
test('the collector takes as many of them at a time as that of the kernel', () => {
  const tracker = limited(6000, 262144);
  for (let first = 1; first <= 6000; first += 500) {
    tracker.feed(
      Array.from({ length: 500 }, (_, i) => first + i).flatMap((port) => [
        segment(port, START, false, 'S', 100, 0),
        segment(port, START, true, 'SA', 500, 101),
        segment(port, START, false, 'A', 101, 501),
        ...(port % 2 ? [segment(port, START, false, 'FA', 101, 501), segment(port, START, true, 'FA', 501, 102)] : []),
      ]),
    );
  }
  expect(dropped(tracker.feed([datagram(1, START)]))).toBe(1);
  expect(dropped(tracker.feed([datagram(1, START + 2n * SECOND)]))).toBe(0);
  expect(tracker.entries().live).toBe(6000 - 257 + 1);
  expect(tracker.text(START + 2n * SECOND).match(/ESTABLISHED/g)).toHaveLength(3000);
});

test('what one shard gives back another can take', () => {
  const tracker = limited(4000, 262144);
  for (let round = 0; round < 12; round++) {
    const time = START + BigInt(round) * 33n * SECOND;
    expect(dropped(tracker.feed(Array.from({ length: 4000 }, (_, i) => datagram(i, time, round))))).toBe(0);
  }
  expect(tracker.entries()).toEqual({ live: 4000, created: 48000, freed: 44000, slots: 4000 });
});

const step = fc.record({
  host: fc.integer({ min: 1, max: 12 }),
  port: fc.integer({ min: 1, max: 12 }),
  isReply: fc.boolean(),
  wait: fc.constantFrom(0n, 1n, SECOND / 3n, SECOND, 31n * SECOND),
});

test('who is dropped and who is evicted does not depend on how many shards there are', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 300 }), fc.constantFrom(4, 64, 1024), (steps, buckets) => {
      let time = START;
      const packets = steps.map(({ host, port, isReply, wait }) => {
        time += wait;
        return datagram(port, time, host, isReply);
      });
      const [one, ...others] = [1, 4, 16, 64].map((shards) => {
        const tracker = limited(20, buckets, shards);
        const seen = tracker.feed(packets);
        const { live, created, freed } = tracker.entries();
        expect(created).toBe(freed + live);
        return { seen, table: tracker.text(time), statistics: tracker.statistics() };
      });
      for (const other of others) expect(other).toEqual(one);
    }),
    { seed: 4, numRuns: 40 },
  );
});
