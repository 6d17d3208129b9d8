import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VERDICT_ACCEPT } from '../../assembly/abi/verdict.ts';
import { conntrackEntryBytes, conntrackRegionBytes } from '../../src/core/conntrack.ts';
import { icmp, ipv4, ipv6, tcp, udp } from '../../src/packet/packets.ts';
import { openTracker, type TrackedPacket } from './tracker.ts';

const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

function datagram(sport: number, time = START, host = 1): TrackedPacket {
  return { bytes: ipv4({ src: `10.0.0.${host}`, dst: '10.1.0.1', payload: udp({ sport, dport: 53 }) }), time };
}

describe('memory for entries', () => {
  test('an entry takes at most 256 bytes, its part of the buckets included', () => {
    for (const capacity of [65536, 262144, 1_000_000, 10_000_000])
      for (const shards of [1, 16, 64]) expect(conntrackEntryBytes({ shards, capacity })).toBeLessThanOrEqual(256);
    expect(conntrackRegionBytes({ shards: 16, capacity: 10_000_000 })).toBeLessThan(3 * 2 ** 30);
  });

  test('entries past their time make room', () => {
    const tracker = openTracker({ shards: 1, capacity: 64 });
    tracker.feed(Array.from({ length: 64 }, (_, i) => datagram(i)));
    const later = tracker.feed(Array.from({ length: 50 }, (_, i) => datagram(1000 + i, START + 31n * SECOND)));
    expect(later.every(({ state, verdict }) => state === 'NEW' && verdict === VERDICT_ACCEPT)).toBe(true);
  });

  test('a packet that is INVALID keeps no entry', () => {
    const tracker = openTracker({ shards: 1, capacity: 64 });
    const bytes = ipv4({ src: '10.0.0.1', dst: '10.1.0.1', payload: tcp({ flags: 'RA' }) });
    tracker.feed(Array.from({ length: 500 }, () => ({ bytes, time: START })));
    expect(tracker.entries()).toEqual({ live: 0, created: 500, freed: 500, slots: 0 });
  });

  test('with churning flows no entry is lost', () => {
    const tracker = openTracker({ shards: 4, capacity: 256 });
    for (let batch = 0; batch < 40; batch++) {
      const time = START + BigInt(batch) * 20n * SECOND;
      tracker.feed(Array.from({ length: 100 }, (_, i) => datagram(batch * 100 + i, time, 1 + (i % 8))));
    }
    const { live, created, freed } = tracker.entries();
    expect(created).toBe(4000);
    expect(live).toBe(created - freed);
    expect(live).toBeLessThan(512);
    expect(tracker.text(START + 780n * SECOND).split('\n').length - 1).toBe(200);
  });
});

/** One packet of a few hosts that talk over a few ports, over and over. */
const packet = fc.record({
  kind: fc.constantFrom('tcp', 'udp', 'echo', 'udp6'),
  left: fc.integer({ min: 1, max: 4 }),
  right: fc.integer({ min: 1, max: 4 }),
  port: fc.integer({ min: 1, max: 3 }),
  isReply: fc.boolean(),
  flags: fc.constantFrom('S', 'SA', 'A', 'FA', 'R'),
  wait: fc.constantFrom(0n, 1n, SECOND, 40n * SECOND),
});

function bytesOf({
  kind,
  left,
  right,
  port,
  isReply,
  flags,
}: typeof packet extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const ports = isReply ? { sport: 80, dport: port } : { sport: port, dport: 80 };
  const family = kind === 'udp6' ? (n: number) => `2001:db8::${n}` : (n: number) => `10.0.0.${n}`;
  const [src, dst] = isReply ? [family(10 + right), family(left)] : [family(left), family(10 + right)];
  const sequence = { seq: isReply ? 500 : 100, ack: flags === 'S' ? 0 : isReply ? 101 : 501 };
  if (kind === 'udp6') return ipv6({ src, dst, payload: udp(ports) });
  if (kind === 'echo') return ipv4({ src, dst, payload: icmp({ type: isReply ? 0 : 8, id: port }) });
  return ipv4({ src, dst, payload: kind === 'udp' ? udp(ports) : tcp({ ...ports, flags, ...sequence }) });
}

describe('shards', () => {
  test('what is seen and what is kept does not depend on how many there are', () => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 120 }), (list) => {
        let time = START;
        const packets = list.map((each) => {
          time += each.wait;
          return { bytes: bytesOf(each), time };
        });
        const [one, ...others] = [1, 4, 16].map((shards) => {
          const tracker = openTracker({ shards, capacity: 256 });
          return { seen: tracker.feed(packets), table: tracker.text(time) };
        });
        for (const other of others) expect(other).toEqual(one);
      }),
      { seed: 20240611, numRuns: 40 },
    );
  });

  test('batches do not matter either', () => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 80 }), (list) => {
        const packets = list.map((each, i) => ({ bytes: bytesOf(each), time: START + BigInt(i) * SECOND }));
        const whole = openTracker();
        const single = openTracker();
        expect(packets.flatMap((each) => single.feed([each]))).toEqual(whole.feed(packets));
        expect(single.text(START)).toBe(whole.text(START));
      }),
      { seed: 7, numRuns: 30 },
    );
  });
});

describe('packets the host sends', () => {
  test('are believed whatever their checksum says', () => {
    const bytes = ipv4({ src: '10.0.0.1', dst: '10.1.0.1', payload: udp({ checksum: 1 }) });
    expect(openTracker().feed([{ bytes, time: START, sent: true }])[0]?.state).toBe('NEW');
    expect(openTracker().feed([{ bytes, time: START }])[0]?.state).toBe('INVALID');
  });
});
