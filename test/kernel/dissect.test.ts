// What the core makes of damaged packets, against the live kernel: whether the IP layer takes them, their length, protocol,
// fragment offset, and whether the transport header that a match asks for is there.

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_LENGTH,
  PACKET_PROTO,
  PACKET_WHY,
} from '../../assembly/abi/packet.ts';
import { WHY_NONE } from '../../assembly/abi/verdict.ts';
import { toHex } from '../../src/packet/bytes.ts';
import { openCore } from '../support/core.ts';
import { dissectFrames } from '../support/dissection.ts';
import { malformedPacket } from '../support/malformed.ts';
import { Bench } from './bench.ts';
import { missing } from './requirements.ts';

const LINKTYPE_RAW = 101;
const RUNS = 4;
const PACKETS = 500;

/** Protocols with a match that asks for their header, and that match: one that always holds when the header is there. */
const MATCHES: Readonly<Record<4 | 6, readonly (readonly [protocol: number, match: string])[]>> = {
  4: [
    [6, 'tcp --sport 0:65535'],
    [17, 'udp --sport 0:65535'],
    [1, 'icmp --icmp-type any'],
    [132, 'sctp --sport 0:65535'],
  ],
  6: [
    [6, 'tcp --sport 0:65535'],
    [17, 'udp --sport 0:65535'],
    [58, 'icmp6 ! --icmpv6-type 255'],
    [132, 'sctp --sport 0:65535'],
  ],
};

/** Counts everything, then by protocol, then by fragment; asks for transport headers last, since that may drop. */
function rules(family: 4 | 6): { text: string; conditions: readonly string[] } {
  const asked = MATCHES[family];
  const conditions = [
    '',
    ...asked.map(([protocol]) => `-p ${protocol}`),
    ...(family === 4 ? ['-f'] : []),
    ...asked.map(([protocol, match]) => `-p ${protocol} -m ${match}`),
  ];
  const lines = [...conditions, '-j DROP'].map((condition) => `-A PREROUTING -i eth0 ${condition}`);
  return { text: ['*raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT DROP [0:0]', ...lines, 'COMMIT', ''].join('\n'), conditions };
}

/** Conditions that hold for a packet by its record, in the order of the rules. */
function expected(word: (field: number) => number): string[] {
  if (word(PACKET_WHY) !== WHY_NONE) return [];
  const flags = word(PACKET_FLAGS);
  const family = (flags & PACKET_FLAG_IPV6) !== 0 ? 6 : 4;
  if ((flags & PACKET_FLAG_BAD_CHAIN) !== 0) return [''];
  const later = (flags & PACKET_FLAG_LATER_FRAGMENT) !== 0;
  const mine = MATCHES[family].find(([protocol]) => protocol === word(PACKET_PROTO));
  const held = [''];
  if (mine !== undefined) held.push(`-p ${mine[0]}`);
  if (family === 4 && later) held.push('-f');
  if (mine !== undefined && (flags & PACKET_FLAG_PLAIN) !== 0) held.push(`-p ${mine[0]} -m ${mine[1]}`);
  return held;
}

const why = missing();
if (why !== undefined) console.warn(`dissection against the kernel is skipped: ${why}`);

describe.skipIf(why !== undefined)('damaged packets', () => {
  const bench = why === undefined ? new Bench() : undefined;
  afterAll(() => bench?.close());
  const four = rules(4);
  const six = rules(6);

  test.each(Array.from({ length: RUNS }, (_, i) => i + 1))('of seed %i are read as the kernel reads them', async (seed) => {
    const packets = fc.sample(malformedPacket, { seed, numRuns: PACKETS });
    const { outcomes, totals } = await bench!.run({
      host: 'interfaces: { eth0: { addresses: ["10.0.0.1/24", "2001:db8::1/64"] } }',
      rules: four.text,
      rules6: six.text,
      packets: packets.map((bytes) => ({ interface: 'eth0', bytes, sent: false, wait: 0 })),
    });
    const { word } = dissectFrames(
      packets.map((data) => ({ data, linktype: LINKTYPE_RAW })),
      16,
      openCore(),
    );
    const lengths = { 4: 0, 6: 0 };
    outcomes.forEach(({ hits }, i) => {
      const conditions = (word(i, PACKET_FLAGS) & PACKET_FLAG_IPV6) !== 0 ? six.conditions : four.conditions;
      const met = hits.flatMap(({ table, chain, number }) =>
        table === 'raw' && chain === 'PREROUTING' && number > 0 ? (conditions[number - 1] ?? []) : [],
      );
      expect(met, toHex(packets[i]!)).toEqual(expected((field) => word(i, field)));
      if (met.length > 0) lengths[conditions === six.conditions ? 6 : 4] += word(i, PACKET_LENGTH);
    });
    for (const family of [4, 6] as const) {
      const first = totals[family].find(([table, chain, number]) => table === 'raw' && chain === 'PREROUTING' && number === 1);
      expect(first?.[4]).toBe(lengths[family]);
      expect(lengths[family]).toBeGreaterThan(PACKETS);
    }
  });
});
