// The bench checks itself: a bench that lies would make liars of all the others.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Count } from '../support/outcome.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { Bench, type KernelRequest } from './bench.ts';

const HOST = `
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, "2001:db8:2::1/64"] }
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;
const CHAINS = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]'];

function filter(...rules: readonly string[]): string {
  return `${['*filter', ...CHAINS, ...rules, 'COMMIT'].join('\n')}\n`;
}

function request(rules: string, rules6: string, lines: readonly string[]): KernelRequest {
  return { host: HOST, rules, rules6, packets: lines.map((line) => parsePacketLine(line)) };
}

/** Names and checks; a check gives what is wrong. */
export const selfChecks: readonly (readonly [string, (bench: Bench) => Promise<readonly string[]>])[] = [
  ['counters are those that iptables-save reads', countersAgree],
  ['the host sends nothing by itself and every packet is counted once', nothingExtra],
  ['scenarios leave nothing behind', leavesNothing],
  ['two benches do not disturb each other', twoBenches],
  ['a bench that is killed takes its network namespace with it', killed],
];

/** The bench's reading by getsockopt against the program's, in one namespace. */
async function countersAgree(bench: Bench): Promise<string[]> {
  const rules = filter(
    ':one - [0:0]',
    ':two - [0:0]',
    '-A INPUT -p udp -j one',
    '-A INPUT -j DROP',
    '-A one -j two',
    '-A two -p udp',
  );
  const lines = ['eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2 len 5', 'eth0: 192.0.2.9 > 192.0.2.1 tcp 1 > 2 S'];
  const run = await bench.run({
    ...request(rules, rules, [...lines, 'eth0: 2001:db8:1::9 > 2001:db8:1::1 udp 1 > 2']),
    save: true,
  });
  return ([4, 6] as const).flatMap((family) => {
    const saved = savedCounts(run.saved![family]);
    const read = run.totals[family].map(countText).sort();
    return saved.join() === read.join() ? [] : [`IPv${family}: iptables-save\n${saved.join('\n')}\nbench\n${read.join('\n')}`];
  });
}

function countText([table, chain, number, packets, bytes]: Count): string {
  return `${table} ${chain} ${number} [${packets}:${bytes}]`;
}

function savedCounts(text: string): string[] {
  const counts: string[] = [];
  const numbers = new Map<string, number>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const policy = /^:(\S+) [A-Z]+ (\[\d+:\d+\])/.exec(line);
    if (policy !== null) counts.push(`${table} ${policy[1]} 0 ${policy[2]}`);
    const rule = /^(\[\d+:\d+\]) -A (\S+)/.exec(line);
    if (rule === null) continue;
    const number = (numbers.get(`${table} ${rule[2]}`) ?? 0) + 1;
    numbers.set(`${table} ${rule[2]}`, number);
    counts.push(`${table} ${rule[2]} ${number} ${rule[1]}`);
  }
  return counts.sort();
}

async function nothingExtra(bench: Bench): Promise<string[]> {
  const rules = filter('-A INPUT', '-A FORWARD', '-A OUTPUT');
  const lines = Array.from({ length: 50 }, (_, i) => [
    `eth0: 192.0.2.9 > 192.0.2.1 udp ${i} > 2`,
    `eth0: 192.0.2.9 > 10.0.0.7 udp ${i} > 2`,
    `sent: 192.0.2.1 > 192.0.2.9 udp ${i} > 2`,
    `eth0: 2001:db8:1::9 > 2001:db8:1::1 udp ${i} > 2`,
    `eth1: 2001:db8:2::7 > 2001:db8:1::9 udp ${i} > 2`,
    `sent: 2001:db8:1::1 > 2001:db8:1::9 udp ${i} > 2`,
    // The host would answer these two by itself.
    `eth0: 192.0.2.9 > 192.0.2.1 icmp 8/0 id ${i} seq 1`,
    `eth0: 192.0.2.9 > 192.0.2.1 tcp ${i} > 80 S`,
  ]).flat();
  const waiting = lines.map((line, i) => (i % 200 === 199 ? `+1.2 ${line}` : line));
  const run = await bench.run(request(rules, rules, waiting));
  const faults = run.outcomes.flatMap((outcome, i) => {
    const ways = outcome.egress.length + (outcome.delivered ? 1 : 0);
    return ways === 1 && outcome.hits.length === 2 ? [] : [`${lines[i]}: ${ways} ways out, ${outcome.hits.length} hits`];
  });
  const sum = (family: 4 | 6) => run.totals[family].reduce((total, [, , , packets]) => total + packets, 0);
  const expected = { 4: 50 * 5 * 2, 6: 50 * 3 * 2 };
  for (const family of [4, 6] as const) {
    if (sum(family) !== expected[family]) faults.push(`IPv${family}: ${sum(family)} counted, not ${expected[family]}`);
  }
  return faults;
}

/** Runs of one scenario agree whatever ran before it; nothing stays in the machine's own namespace or in the bench. */
async function leavesNothing(bench: Bench): Promise<string[]> {
  const before = machineState();
  const rules = filter('-A INPUT -m conntrack --ctstate NEW', '-A INPUT');
  const scenario = request(rules, rules, ['eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2', 'eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2']);
  const first = await bench.run(scenario);
  const open = openFiles(bench.pid);
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push(await bench.run(scenario));
  const faults = runs
    .filter((run) => JSON.stringify(run.totals) !== JSON.stringify(first.totals) || run.conntrack.length !== 1)
    .map((run) => `another outcome in a later run: ${JSON.stringify(run.totals)}`);
  if (openFiles(bench.pid) !== open) faults.push(`${openFiles(bench.pid)} open files in the bench, ${open} after the first run`);
  if (machineState() !== before) faults.push('the machine has other interfaces or rules than before');
  return faults;
}

function machineState(): string {
  const run = (program: string, ...words: string[]) => execFileSync(program, words, { encoding: 'utf8' });
  const names = readFileSync('/proc/net/ip_tables_names', 'utf8') + readFileSync('/proc/net/ip6_tables_names', 'utf8');
  return [
    run('ip', '-o', 'link').replace(/\bstate.*$/gm, ''),
    run('ip', 'netns', 'list'),
    run('nft', 'list', 'tables'),
    names,
  ].join('\n');
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function twoBenches(bench: Bench): Promise<string[]> {
  const other = new Bench();
  try {
    const rules = filter('-A INPUT -m conntrack --ctstate NEW', '-A FORWARD -p udp -j DROP');
    const lines = Array.from(
      { length: 100 },
      (_, i) => `eth0: 192.0.2.9 > ${i % 2 === 0 ? '192.0.2.1' : '10.0.0.7'} udp ${i} > 2`,
    );
    const runs = await Promise.all([bench, other, bench, other].map((one) => one.run(request(rules, rules, lines))));
    const texts = runs.map((run) => JSON.stringify([run.totals, run.outcomes.map(({ hits, delivered }) => [hits, delivered])]));
    return new Set(texts).size === 1 ? [] : ['benches side by side come to different outcomes'];
  } finally {
    other.close();
  }
}

async function killed(): Promise<string[]> {
  const bench = new Bench();
  const rules = filter('-A INPUT');
  await bench.run(request(rules, rules, ['eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2']));
  const own = readlinkSync(`/proc/${bench.pid}/ns/net`);
  const running = bench.run(request(rules, rules, ['+5 eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2']));
  process.kill(bench.pid, 'SIGKILL');
  const answer = await running.then(
    () => 'an answer from a dead bench',
    () => undefined,
  );
  const faults = answer === undefined ? [] : [answer];
  const holders = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && namespaceOf(pid) === own);
  if (holders.length > 0) faults.push(`processes ${holders.join(', ')} still hold its namespace`);
  return faults;
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
