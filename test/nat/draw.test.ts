// What is drawn where translations have a choice: other numbers for another seed, always of the range, and never such that replies to two
// connections could not be told apart.

import { describe, expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

const HOST = `
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/16, "2001:db8:2::1/64"] }
routes:
  - default via 192.0.2.254 dev eth0
routes6:
  - default via 2001:db8:1::fe dev eth0
sysctl:
  net.ipv4.ip_forward: 1
  net.ipv6.conf.all.forwarding: 1
`;

function table(rule: string): string {
  return `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
}

interface Answer {
  /** What answers a connection: its addresses and numbers. */
  readonly whole: string;
  readonly sport: number;
  /** The destination port of the answer, or the id. */
  readonly number: number;
}

/** The reply tuples after some packets under a rule. */
async function answers(rule: string, lines: readonly string[], seed = 0, family: 4 | 6 = 4): Promise<Answer[]> {
  const packets = lines.map((line) => parsePacketLine(line));
  const rules = family === 4 ? { rules: table(rule) } : { rules6: table(rule) };
  const { conntrack } = await replayScenario({ host: HOST, ...rules, packets, times: scenarioTimes(packets) }, { seed });
  return conntrack
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const whole = line.slice(line.lastIndexOf(' src=') + 1).replace(/ (\[|mark).*/, '');
      const field = (name: string): number => Number(new RegExp(`\\b${name}=(\\d+)`).exec(whole)?.[1]);
      return { whole, sport: field('sport'), number: whole.includes('id=') ? field('id') : field('dport') };
    });
}

/** Many hosts inside that use one port each to the same server. */
function many(count: number, words: (i: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => `eth1: 10.0.${1 + (i >> 7)}.${1 + (i & 127)} > 198.51.100.7 ${words(i)}`);
}

const numbers = (list: readonly Answer[]): number[] => list.map(({ number }) => number);

describe('where two connections would have the same replies', () => {
  test.each([
    ['udp 4000 > 53 len 5', 1024, 65535],
    ['udp 600 > 53 len 5', 600, 1023],
    ['udp 511 > 53 len 5', 1, 511],
    ['tcp 1023 > 80 S seq 1', 600, 1023],
    ['icmp 8/0 id 7 seq 1', 0, 65535],
  ])('%s: the later ones get another number from %i to %i', async (words, first, last) => {
    const list = await answers(
      '-A POSTROUTING -o eth0 -j MASQUERADE',
      many(100, () => words),
    );
    expect(new Set(list.map(({ whole }) => whole)).size).toBe(100);
    expect(numbers(list).every((number) => number >= first && number <= last)).toBe(true);
  });

  test('a range of ports is used up to the last, and then the connection is dropped', async () => {
    const rule = '-A POSTROUTING -p udp -o eth0 -j SNAT --to-source 192.0.2.1:5000-5039';
    const list = await answers(
      rule,
      many(60, () => 'udp 4000 > 53 len 5'),
    );
    expect(numbers(list).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => 5000 + i));
  });

  test('a TCP connection that is over makes room for a new one with later numbers', async () => {
    const rule = '-A POSTROUTING -p tcp -o eth0 -j SNAT --to-source 192.0.2.1:5000-5001';
    const closed = (host: string, port: number) => [
      `eth1: ${host} > 198.51.100.7 tcp 4000 > 80 S seq 1000`,
      `eth0: 198.51.100.7 > 192.0.2.1 tcp 80 > ${port} SA seq 1 ack 1001`,
      `eth1: ${host} > 198.51.100.7 tcp 4000 > 80 R seq 1001`,
    ];
    const first = await answers(rule, closed('10.0.0.7', 0).slice(0, 1));
    const port = first[0]!.number;
    const lines = [...closed('10.0.0.7', port), 'eth1: 10.0.0.8 > 198.51.100.7 tcp 4000 > 80 S seq 1000'];
    const other = port === 5000 ? 5001 : 5000;
    expect(numbers(await answers(rule, lines)).sort()).toEqual([5000, 5001]);
    const late = 'eth1: 10.0.0.9 > 198.51.100.7 tcp 4000 > 80 S seq 5000';
    expect(numbers(await answers(rule, [...lines, late])).sort()).toEqual([5000, 5001]);
    const early = 'eth1: 10.0.0.9 > 198.51.100.7 tcp 4000 > 80 S seq 5';
    const kept = await answers(rule, [...lines, early]);
    expect(numbers(kept)).toContain(other);
  });
});

describe('where numbers are to be random', () => {
  const lines = many(50, (i) => `tcp ${4000 + i} > 80 S seq 1`);

  test.each(['--random', '--random-fully'])('SNAT %s gives a port that says nothing of the one before', async (flag) => {
    const rule = `-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1 ${flag}`;
    const list = numbers(await answers(rule, lines));
    expect(new Set(list).size).toBe(50);
    expect(list.every((port) => port >= 1024)).toBe(true);
    expect(list).not.toEqual(numbers(await answers(rule, lines, 1)));
    expect(list).toEqual(numbers(await answers(rule, lines, 0)));
  });

  test('MASQUERADE --to-ports --random-fully stays within the ports, in IPv6 too', async () => {
    const inside = Array.from({ length: 20 }, (_, i) => `eth1: 2001:db8:2::${i + 2} > 2001:db8:ffff::7 udp 4000 > 53 len 5`);
    const rule = '-A POSTROUTING -p udp -o eth0 -j MASQUERADE --to-ports 5000-5100 --random-fully';
    const list = numbers(await answers(rule, inside, 0, 6));
    expect(new Set(list).size).toBe(20);
    expect(list.every((port) => port >= 5000 && port <= 5100)).toBe(true);
  });

  test.each(['DNAT --to-destination 10.0.0.7:5000-5999', 'REDIRECT --to-ports 5000-5999'])(
    '%s --random takes any port of the range, without it the first',
    async (target) => {
      const clients = Array.from({ length: 20 }, (_, i) => `eth0: 198.51.100.${i + 1} > 192.0.2.1 tcp 4000 > 80 S seq 1`);
      const ports = (list: readonly Answer[]): Set<number> => new Set(list.map(({ sport }) => sport));
      expect(ports(await answers(`-A PREROUTING -p tcp -i eth0 -j ${target}`, clients))).toEqual(new Set([5000]));
      const random = ports(await answers(`-A PREROUTING -p tcp -i eth0 -j ${target} --random`, clients));
      expect(random.size).toBeGreaterThan(10);
      expect([...random].every((port) => port >= 5000 && port <= 5999)).toBe(true);
    },
  );
});
