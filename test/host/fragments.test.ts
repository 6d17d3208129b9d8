import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../src/packet/bytes.ts';
import { fragmentHeader, ipv4, ipv6, udp } from '../../src/packet/packets.ts';
import { type BenchOutcome, openHostBench } from '../support/host-bench.ts';

const HOST = `
interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8:a::1/64"] }
  eth1: { addresses: [192.0.2.1/24, "2001:db8:b::1/64"], mtu: 9000 }
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;
const RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -p udp -m udp --sport 5 --dport 6
COMMIT
`;
const open = () => openHostBench({ host: HOST, rules: RULES, rules6: RULES });
const SOURCE = { 4: '10.0.0.9', 6: '2001:db8:a::9' } as const;
const TARGET = { 4: '192.0.2.9', 6: '2001:db8:b::9' } as const;
const MATCHED = (outcome: BenchOutcome) => outcome.hits.some(({ chain, rule }) => chain === 'FORWARD' && rule === 1);

type Family = 4 | 6;

/** A datagram's transport, with a right checksum. */
function transport(family: Family, length: number): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, i) => i);
  const ends = { src: SOURCE[family], dst: TARGET[family], payload: udp({ sport: 5, dport: 6, payload }) };
  return family === 4 ? ipv4(ends).subarray(20) : ipv6(ends).subarray(40);
}

function fragment(family: Family, whole: Uint8Array, from: number, to: number, id = 7): Uint8Array {
  const ends = { src: SOURCE[family], dst: TARGET[family], protocol: 17, payload: whole.subarray(from, to) };
  const more = to < whole.length;
  return family === 4
    ? ipv4({ ...ends, id, mf: more, fragmentOffset: from })
    : ipv6({ ...ends, extensions: [fragmentHeader(from, more, id)] });
}

/** Pieces of a datagram in some order, some of them more than once. */
const arrivals = fc
  .tuple(
    fc.constantFrom<Family>(4, 6),
    fc.integer({ min: 20, max: 3000 }),
    fc.array(fc.integer({ min: 1, max: 370 }), { maxLength: 30 }),
  )
  .chain(([family, length, points]) => {
    const end = length + 8;
    const cuts = [...new Set(points.map((point) => point * 8))].filter((at) => at < end).sort((a, b) => a - b);
    const starts = [0, ...cuts];
    const pieces = starts.map((from, i) => [from, starts[i + 1] ?? end] as const);
    const order = fc.shuffledSubarray(pieces, { minLength: pieces.length });
    const repeats = fc.array(fc.nat({ max: pieces.length - 1 }), { maxLength: 3 });
    return fc.tuple(fc.constant(family), fc.constant(length), order, repeats);
  });

test('fragments in any order, some repeated, come to the whole with the last of them', () => {
  fc.assert(
    fc.property(arrivals, ([family, length, order, repeats]) => {
      const whole = transport(family, length);
      if (order.length === 1 && family === 4) return;
      const bench = open();
      const sent = [...order.slice(0, -1), ...repeats.map((i) => order.slice(0, -1)[i]).filter((piece) => piece !== undefined)];
      for (const [from, to] of sent) {
        const outcome = bench.run({ bytes: fragment(family, whole, from, to), interface: 'eth0' });
        expect(['FRAGMENT_HELD', 'FRAGMENT_DUPLICATE']).toContain(outcome.why);
        expect(outcome.hits).toEqual([]);
      }
      const [from, to] = order.at(-1)!;
      const outcome = bench.run({ bytes: fragment(family, whole, from, to), interface: 'eth0' });
      expect([outcome.verdict, outcome.why, outcome.out]).toEqual(['ACCEPT', 'NONE', 'eth1']);
      expect(MATCHED(outcome)).toBe(true);
      const payloads = outcome.left.map((bytes) => {
        if (family === 4) return bytes.subarray(20);
        return bytes[6] === 44 ? bytes.subarray(48) : bytes.subarray(40);
      });
      expect(concat(...payloads)).toEqual(whole);
    }),
    { seed: 1, numRuns: 150 },
  );
});

test('a capture that lacks payload still gives the whole, cut where it lacks it', () => {
  for (const family of [4, 6] as const) {
    const whole = transport(family, 100);
    const bench = open();
    const first = fragment(family, whole, 0, 48);
    bench.run({ bytes: first, captured: first.length - 10, interface: 'eth0' });
    const outcome = bench.run({ bytes: fragment(family, whole, 48, 108), interface: 'eth0' });
    expect([outcome.verdict, outcome.why, MATCHED(outcome)]).toEqual(['ACCEPT', 'NONE', true]);
    expect(outcome.left.map(({ length }) => length)).toEqual(family === 4 ? [20 + 38, 20] : [48 + 38, 48]);
  }
});

test.each([
  [
    'overlap',
    [
      [0, 24],
      [16, 48],
    ],
    'FRAGMENT_OVERLAP',
  ],
  [
    'repeat',
    [
      [0, 24],
      [0, 24],
    ],
    'FRAGMENT_DUPLICATE',
  ],
  [
    'end before others',
    [
      [48, 96],
      [24, 32, 'last'],
    ],
    'FRAGMENT_LENGTH',
  ],
] as const)('fragments that %s are dropped, and the reason is told', (_, pieces, why) => {
  const whole = transport(4, 100);
  const bench = open();
  const outcomes = pieces.map(([from, to, last]) => {
    const bytes = fragment(4, last ? whole.subarray(0, to) : whole, from, to);
    return bench.run({ bytes, interface: 'eth0' });
  });
  expect(outcomes[0]).toMatchObject({ verdict: 'STOLEN', why: 'FRAGMENT_HELD' });
  expect(outcomes[1]).toMatchObject({ verdict: 'DROP', why });
});

test('nothing of a flood of fragments is lost or leaked: what expires makes room again', () => {
  const bench = open();
  const whole = transport(4, 100);
  const start = 1_700_000_000_000_000_000n;
  const flood = (time: bigint) => {
    let held = 0;
    for (let id = 1; id <= 6000; id++) {
      const { why } = bench.run({ bytes: fragment(4, whole, 0, 24, id), interface: 'eth0', time });
      if (why === 'FRAGMENT_HELD') held++;
      else expect(why).toBe('FRAGMENT_FULL');
    }
    return held;
  };
  // 200 bytes for the queue and 832 for the buffer, until they are more than 4 MiB.
  const room = Math.floor((4 << 20) / 1032) + 1;
  expect(flood(start)).toBe(room);
  expect(flood(start + 60_000_000_000n)).toBe(room);
  expect(flood(start + 120_000_000_000n)).toBe(room);
});

test('damaged fragments are outcomes, and never more than that', () => {
  const bench = open();
  const damaged = fc.tuple(
    fc.constantFrom<Family>(4, 6),
    fc.integer({ min: 0, max: 8190 }).map((at) => at * 8),
    fc.boolean(),
    fc.integer({ min: 0, max: 200 }),
    fc.integer({ min: 0, max: 60 }),
    fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 2 }),
  );
  fc.assert(
    fc.property(damaged, ([family, offset, more, length, cut, changes]) => {
      const ends = { src: SOURCE[family], dst: TARGET[family], protocol: 17, payload: new Uint8Array(length) };
      const bytes =
        family === 4
          ? ipv4({ ...ends, mf: more, fragmentOffset: offset })
          : ipv6({ ...ends, extensions: [fragmentHeader(offset, more)] });
      for (const [at, value] of changes) if (at < bytes.length && at >= 20) bytes[at] = value;
      const captured = Math.max(family === 4 ? 20 : 48, bytes.length - cut);
      const { verdict } = bench.run({ bytes, captured: Math.min(captured, bytes.length), interface: 'eth0' });
      expect(['ACCEPT', 'DROP', 'STOLEN', 'NONE']).toContain(verdict);
    }),
    { seed: 1, numRuns: 3000 },
  );
});
