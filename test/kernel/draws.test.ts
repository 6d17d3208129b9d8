// What translations draw at random, by the live kernel and by us: other numbers in each run, but of the range, no two alike, and answers to
// all of them find back. Ranges are small enough to answer to every number of them.

import { afterAll, describe, expect, test } from 'vitest';
import { formatOutcome } from '../support/outcome.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario } from '../support/scenario-replay.ts';
import { Bench, type KernelRun } from './bench.ts';
import { type Entry, parseEntries } from './nat/traffic.ts';
import { missing } from './requirements.ts';

const why = missing();
const bench = why === undefined ? new Bench() : undefined;
afterAll(() => bench?.close());

const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/16, "2001:db8:2::1/64"] }
routes: ["default via 192.0.2.254 dev eth0"]
routes6: ["default via 2001:db8:1::fe dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;

function table(rule: string): string {
  return `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
}

interface Drawn {
  readonly rule: string;
  readonly packets: readonly string[];
  /** Answers to everything that may have been drawn. */
  readonly answers: readonly string[];
  /** What the answering side of a connection may look like. */
  readonly reply: RegExp;
  /** Packets that find nothing free. */
  readonly dropped?: number;
}

const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Inner hosts that use one port each towards one server, and answers to all ports. */
function outward(
  rule: string,
  words: string,
  ports: readonly [number, number],
  answer: (port: number) => string,
  count = 5,
): Drawn {
  return {
    rule: `-A POSTROUTING -o eth0 ${rule}`,
    packets: each(count, (i) => `eth1: 10.0.1.${i + 1} > 198.51.100.7 ${words}`),
    answers: each(ports[1] - ports[0] + 1, (i) => `eth0: 198.51.100.7 > 192.0.2.1 ${answer(ports[0] + i)}`),
    reply: /^198\.51\.100\.7 > 192\.0\.2\.1 /,
    dropped: Math.max(0, count - (ports[1] - ports[0] + 1)),
  };
}

const udp = (port: number): string => `udp 53 > ${port} len 7`;
const CASES: Readonly<Record<string, Drawn>> = {
  'SNAT, clashes': outward('-p udp -j SNAT --to-source 192.0.2.1:5000-5007', 'udp 4000 > 53 len 5', [5000, 5007], udp),
  'SNAT, more connections than ports': outward(
    '-p udp -j SNAT --to-source 192.0.2.1:5000-5003',
    'udp 4000 > 53 len 5',
    [5000, 5003],
    udp,
  ),
  'SNAT --random': outward('-p udp -j SNAT --to-source 192.0.2.1:5000-5007 --random', 'udp 5003 > 53 len 5', [5000, 5007], udp),
  'SNAT --random-fully': outward(
    '-p tcp -j SNAT --to-source 192.0.2.1:5000-5007 --random-fully',
    'tcp 5003 > 80 S seq 1',
    [5000, 5007],
    (port) => `tcp 80 > ${port} SA seq 1 ack 2`,
  ),
  'MASQUERADE --random': outward('-p udp -j MASQUERADE --to-ports 600-607 --random', 'udp 4000 > 53 len 5', [600, 607], udp),
  'MASQUERADE --random-fully': outward(
    '-p udp -j MASQUERADE --to-ports 600-607 --random-fully',
    'udp 600 > 53 len 5',
    [600, 607],
    udp,
  ),
  'ids of ICMP': outward(
    '-p icmp -j SNAT --to-source 192.0.2.1:20-27 --random',
    'icmp 8/0 id 21 seq 1 len 8',
    [20, 27],
    (id) => `icmp 0/0 id ${id} seq 1 len 8`,
  ),
  SCTP: outward(
    '-p sctp -j SNAT --to-source 192.0.2.1:5000-5007 --random',
    'sctp 5003 > 80 vtag 0 chunks init:5',
    [5000, 5007],
    (port) => `sctp 80 > ${port} vtag 5 chunks initack:8`,
  ),
  'low ports, clashes': outward('-p udp -j MASQUERADE', 'udp 2 > 53 len 5', [1, 511], udp),
  'ports from 512 on, clashes': outward('-p udp -j MASQUERADE', 'udp 1023 > 53 len 5', [600, 1023], udp),
  'DNAT --random': {
    rule: '-A PREROUTING -i eth0 -p udp -j DNAT --to-destination 10.0.0.7:7000-7007 --random',
    packets: each(5, (i) => `eth0: 198.51.100.${i + 1} > 192.0.2.1 udp 4000 > 80 len 5`),
    answers: each(5, (i) => each(8, (port) => `eth1: 10.0.0.7 > 198.51.100.${i + 1} udp ${7000 + port} > 4000 len 7`)).flat(),
    reply: /^10\.0\.0\.7 > 198\.51\.100\.\d (700[0-7]) > 4000$/,
  },
  'REDIRECT --random': {
    rule: '-A PREROUTING -i eth0 -p udp -j REDIRECT --to-ports 7000-7007 --random',
    packets: each(5, (i) => `eth0: 198.51.100.${i + 1} > 192.0.2.99 udp 4000 > 80 len 5`),
    answers: [],
    reply: /^192\.0\.2\.1 > 198\.51\.100\.\d (700[0-7]) > 4000$/,
  },
  'SNAT to several addresses, --persistent': {
    rule: '-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.20-192.0.2.29 --persistent --random',
    packets: each(8, (i) => `eth1: 10.0.1.${(i >> 1) + 1} > 198.51.100.${i + 1} udp 4000 > 53 len 5`),
    answers: [],
    reply: /^198\.51\.100\.\d > 192\.0\.2\.2\d 53 > \d+$/,
  },
  'IPv6, SNAT --random': {
    rule: '-A POSTROUTING -o eth0 -p udp -j SNAT --to-source [2001:db8:1::1]:5000-5007 --random',
    packets: each(5, (i) => `eth1: 2001:db8:2::${i + 2} > 2001:db8:f::7 udp 5001 > 53 len 5`),
    answers: each(8, (i) => `eth0: 2001:db8:f::7 > 2001:db8:1::1 ${udp(5000 + i)}`),
    reply: /^2001:db8:f::7 > 2001:db8:1::1 53 > 500[0-7]$/,
  },
  'IPv6, MASQUERADE --random-fully': {
    rule: '-A POSTROUTING -o eth0 -p tcp -j MASQUERADE --to-ports 5000-5007 --random-fully',
    packets: each(5, (i) => `eth1: 2001:db8:2::${i + 2} > 2001:db8:f::7 tcp 5001 > 80 S seq 1`),
    answers: each(8, (i) => `eth0: 2001:db8:f::7 > 2001:db8:1::1 tcp 80 > ${5000 + i} SA seq 1 ack 2`),
    reply: /^2001:db8:f::7 > 2001:db8:1::1 80 > 500[0-7]$/,
  },
};

interface Seen {
  /** What answers each connection, by what opened it. */
  readonly replies: ReadonlyMap<string, string>;
  readonly dropped: number;
  /** Rules and policies that counted each packet. */
  readonly hits: readonly string[];
  /** Devices and bytes of the answers that found their way, in an order of their own. */
  readonly answered: readonly string[];
}

function seen({ packets, answers }: Drawn, { outcomes }: Pick<KernelRun, 'outcomes'>, conntrack: string): Seen {
  const ends = ({ src, dst, sport, dport }: Entry['reply']): string => `${src} > ${dst} ${sport} > ${dport}`;
  // Answers that belong to nothing make connections of their own.
  const asked = packets.map((line) => / (\S+ > \S+) /.exec(line)![1]!);
  const entries = parseEntries(conntrack).filter(({ original: { src, dst } }) => asked.includes(`${src} > ${dst}`));
  const texts = [...packets, ...answers].map((line, i) => formatOutcome(outcomes[i]!, parsePacketLine(line).bytes));
  const answered = outcomes.flatMap(({ egress }, i) => (i >= packets.length && texts[i]!.includes(' but ') ? egress : []));
  const opened = texts.slice(0, packets.length);
  return {
    replies: new Map(entries.map(({ original, reply }) => [ends(original), ends(reply)])),
    dropped: opened.filter((text) => text.startsWith('gone')).length,
    hits: opened.map((text) => text.slice(text.indexOf('|'))),
    answered: answered.map(({ interface: name, bytes }) => `${name} ${Buffer.from(bytes).toString('hex')}`).sort(),
  };
}

/** Whether all is as it must be, whatever was drawn. */
function check({ rule, packets, answers, reply, dropped = 0 }: Drawn, run: Seen): void {
  const count = packets.length - dropped;
  expect(run.dropped).toBe(dropped);
  expect(new Set([...run.replies.values()].filter((text) => reply.test(text))).size).toBe(count);
  if (answers.length > 0) expect(run.answered).toHaveLength(count);
  if (!rule.includes('--persistent')) return;
  const sources = new Set([...run.replies].map(([original, answer]) => `${original.split(' ')[0]} ${answer.split(' ')[2]}`));
  expect(sources.size).toBe(new Set([...run.replies.keys()].map((original) => original.split(' ')[0])).size);
}

describe.skipIf(why !== undefined)('what is drawn', () => {
  test.each(Object.entries(CASES))('%s', async (_, drawn) => {
    const packets = [...drawn.packets, ...drawn.answers].map((line) => parsePacketLine(line));
    const isV6 = drawn.packets[0]!.includes('2001:');
    const scenario = { host: HOST, packets, ...(isV6 ? { rules6: table(drawn.rule) } : { rules: table(drawn.rule) }) };
    const kernel = await bench!.run(scenario);
    const theirs = seen(drawn, kernel, kernel.conntrack.join('\n'));
    check(drawn, theirs);
    const { times, loadedNs, clockNs } = kernel;
    for (const seed of [1, 2, 3]) {
      const run = await replayScenario({ ...scenario, times, loadedNs, clockNs }, { seed });
      const ours = seen(drawn, run, run.conntrack);
      check(drawn, ours);
      expect(ours.hits).toEqual(theirs.hits);
      // Whom the answers come to, and as what, is as certain as who has asked.
      expect(ours.answered).toEqual(theirs.answered);
      expect([...ours.replies.keys()].sort()).toEqual([...theirs.replies.keys()].sort());
    }
  });
});
