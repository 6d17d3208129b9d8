// What helpers take of the pool they give back; and hostile announcements are outcomes, never more than that.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryTotals } from '../../src/core/flow.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { pcapFile } from '../../src/packet/captures.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { expectText } from '../../src/report/expect.ts';
import { generateHelpers } from '../kernel/helper/generate.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { loadTexts, openEngine } from '../support/replay.ts';

const LINKTYPE_RAW = 101;
const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

const FILTER = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
const PORTS = { ftp: ['tcp', 21], tftp: ['udp', 69], amanda: ['udp', 10080], sane: ['tcp', 6566], irc: ['tcp', 6667] } as const;

function rules(helpers: readonly (keyof typeof PORTS)[]): string {
  const lines = helpers.map((name) => {
    const [protocol, port] = PORTS[name];
    return `-A PREROUTING -p ${protocol} -m ${protocol} --dport ${port} -j CT --helper ${name}`;
  });
  return `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n${FILTER}`;
}

/** A router with one network. Its table is small, so that new connections soon have the reaper get round it. */
const HOST = `interfaces: { eth0: { addresses: [198.18.0.1/24] } }
routes: [default via 198.18.0.2 dev eth0]
sysctl: { net.ipv4.ip_forward: 1, net.netfilter.nf_conntrack_max: 2048 }
`;

const ALL = Object.keys(PORTS) as (keyof typeof PORTS)[];
const IN_PAIRS = ALL.filter((name) => name !== 'irc');

/** Packets of random conversations of several seeds, a tenth of a second apart, IPv4 and received only. */
function conversations(seeds: readonly number[]): { data: Uint8Array; time: bigint }[] {
  const lines = seeds.flatMap((seed) => generateHelpers(seed, 200).packets);
  const received = lines.map((line) => parsePacketLine(line)).filter(({ sent, bytes }) => !sent && bytes[0]! >> 4 === 4);
  return received.map(({ bytes }, i) => ({ data: bytes, time: START + (BigInt(i) * SECOND) / 10n }));
}

async function replayed(
  packets: readonly { data: Uint8Array; time: bigint }[],
  helpers: readonly (keyof typeof PORTS)[],
  shards = 16,
) {
  const engine = openEngine(loadTexts({ rules: rules(helpers), host: HOST }), { shards, batchPackets: 32 });
  try {
    const result = await engine.replay(
      [bytesSource('capture', pcapFile(packets, { linktype: LINKTYPE_RAW, nanoseconds: true }))],
      {
        unnamedInterface: 'eth0',
      },
    );
    const { data: view } = engine.views;
    const table = conntrackText(view, engine.map.conntrack, result.latestNs);
    const expectations = expectText(view, engine.map.conntrack, result.latestNs);
    return { table, expectations, totals: entryTotals(view, engine.map.conntrack) };
  } finally {
    await engine.close();
  }
}

test('what helpers take of the pool they give back when connections end', async () => {
  const packets = conversations([1, 2, 3, 4, 5, 6, 7, 8]);
  const before = await replayed(packets, ALL);
  expect(before.table).toMatch(/helper=ftp/);
  expect(before.expectations).not.toBe('');
  // One-packet connections long after: each has the reaper look on.
  const late = Array.from({ length: 4000 }, (_, i) => ({
    data: parsePacketLine(`eth0: 10.3.${i >> 8}.${i & 255} > 10.4.0.1 udp 1 > 2`).bytes,
    time: START + 30n * DAY + BigInt(i) * 100n * SECOND,
  }));
  const { totals, expectations } = await replayed([...packets, ...late], ALL);
  expect(expectations).toBe('');
  expect(totals.created).toBe(totals.freed + totals.live);
  expect(totals.slots).toBe(totals.live);
  expect(totals.live).toBeLessThan(300);
});

test('helpers that stay with two addresses tell the same in any number of shards', async () => {
  const packets = conversations([11, 12, 13, 14]);
  const one = await replayed(packets, IN_PAIRS, 1);
  expect(one.expectations).not.toBe('');
  for (const shards of [2, 16]) {
    const { table, expectations } = await replayed(packets, IN_PAIRS, shards);
    expect({ table, expectations }).toEqual({ table: one.table, expectations: one.expectations });
  }
});

test('announcements of any bytes are outcomes', async () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const starts = [
    'PORT ',
    'EPRT |',
    '227 ',
    '229 (',
    'PRIVMSG x :\x01DCC SEND f ',
    'CONNECT DATA ',
    '\0\x01',
    '\0\0\0\x07\0\0\0\0',
  ];
  const said = fc.record({
    start: fc.constantFrom(...starts),
    rest: fc.array(fc.oneof(byte, fc.constantFrom(...[...'0123456789,.|: \r\n\x01'].map((c) => c.charCodeAt(0)))), {
      maxLength: 60,
    }),
    helper: fc.constantFrom(...ALL),
    answers: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 20, maxLength: 60 }), async (list) => {
      const lines = list.flatMap(({ start, rest, helper, answers }, i) => {
        const [protocol, port] = PORTS[helper];
        const hex = Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(rest)]).toString('hex');
        const client = `10.0.0.${i + 1}`;
        const there = `eth0: ${client} > 10.1.0.1 ${protocol} 4000 > ${port}`;
        const back = `eth0: 10.1.0.1 > ${client} ${protocol} ${port} > 4000`;
        const say = answers ? back : there;
        if (protocol === 'udp') return [`${there} text x`, `${say} data ${hex}`];
        const open = [
          `${there} S seq 0`,
          `${back} SA seq 0 ack 1`,
          `${there} A seq 1 ack 1`,
          `${there} PA seq 1 ack 1 data 0a`,
          `${back} PA seq 1 ack 2 data 0a`,
        ];
        return [...open, `${say} PA seq 2 ack 2 data ${hex}`];
      });
      const packets = lines.map((line, i) => ({ data: parsePacketLine(line).bytes, time: START + BigInt(i) }));
      const { totals } = await replayed(packets, ALL);
      expect(totals.created).toBe(totals.freed + totals.live);
    }),
    { seed: 5, numRuns: 15 },
  );
});
