// The commands of test/commands and random ones, put to the iptables of this machine: the same exit codes, the same words where
// libiptc or the kernel refuses, the same rules at the end. Needs root, iptables-legacy and network namespaces.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createFirewall, rulesetTree, runCommand } from '../../src/commands/firewall.ts';
import { extensions } from '../../src/extensions/index.ts';
import { answerIptables } from '../../src/record/iptables.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { commandOf, readSession } from '../commands/session.ts';
import { Random } from './random.ts';
import { whyNoIptables } from './requirements.ts';

interface Said {
  readonly steps: readonly string[];
  readonly saved: string;
}

const SAVE = 'iptables-legacy-save -c; ip6tables-legacy-save -c';

/** What the live tools say, and what is loaded in the end. */
function live(lines: readonly string[]): Said {
  const script = [
    'iptables() { iptables-legacy "$@"; }',
    'ip6tables() { ip6tables-legacy "$@"; }',
    ...lines.map((line) => `said=$(${line} 2>&1 >/dev/null </dev/null); printf '%s\\036%s\\035' "$?" "$said"`),
    `printf '\\034'; ${SAVE}`,
  ].join('\n');
  const output = execFileSync('unshare', ['-n', 'sh'], { input: script, encoding: 'utf8', maxBuffer: 1 << 28 });
  const [steps, saved] = output.split('\x1c') as [string, string];
  const said = steps.split('\x1d').slice(0, -1);
  return {
    steps: said.map((step, i) => {
      const [status, text] = step.split('\x1e') as [string, string];
      return `${lines[i]} => ${status}${status === '1' ? ` ${text}` : ''}`;
    }),
    saved: saved
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n'),
  };
}

function ours(lines: readonly string[]): Said {
  const firewall = createFirewall(extensions);
  const steps = lines.map((line) => {
    const { refusal } = runCommand(firewall, commandOf(line), new Diagnostics());
    return `${line} => ${refusal?.status ?? 0}${refusal?.status === 1 ? ` ${refusal.text.trimEnd()}` : ''}`;
  });
  const trees = ([4, 6] as const).flatMap((family) => rulesetTree(firewall, family, { name: '', text: '' }) ?? []);
  return { steps, saved: trees.map((tree) => printRuleset(tree, { counters: true })).join('') };
}

const CHAINS = ['INPUT', 'FORWARD', 'OUTPUT', 'a', 'b', 'c', 'd'];
const MATCHES = [
  '',
  '-p tcp',
  '-p tcp --dport 22',
  '-s 10.0.0.0/8',
  '-s 10.0.0.1,10.0.0.2',
  '-i eth0',
  '-o eth0',
  '-p udp -c 3 4',
];
const TARGETS = [
  '',
  '-j ACCEPT',
  '-j DROP',
  '-j RETURN',
  '-j a',
  '-j b',
  '-j c',
  '-g d',
  '-j LOG',
  '-j MASQUERADE',
  '-j NOTRACK',
];
const TABLES = ['', '', '', '-t nat', '-t raw', '-t mangle'];

/** A command about few chains and few rules, so that they meet. */
function randomCommand(random: Random): string {
  const pick = (list: readonly string[]): string => random.pick(list);
  const chain = pick(CHAINS);
  const number = String(random.int(1, 4));
  const rule = `${pick(MATCHES)} ${pick(TARGETS)}`;
  const command = pick([
    'A',
    'A',
    'A',
    'A',
    'I',
    'I',
    'In',
    'D',
    'Dn',
    'R',
    'C',
    'N',
    'N',
    'X',
    'Xall',
    'E',
    'P',
    'F',
    'Z',
    'Zn',
    'S',
  ]);
  const words: Readonly<Record<string, string>> = {
    In: `-I ${chain} ${number} ${rule}`,
    Dn: `-D ${chain} ${number}`,
    R: `-R ${chain} ${number} ${rule}`,
    N: `-N ${chain}`,
    X: `-X ${chain}`,
    Xall: '-X',
    E: `-E ${chain} ${pick(CHAINS)}`,
    P: `-P ${chain} ${pick(['ACCEPT', 'DROP', 'REJECT'])}`,
    F: random.chance(0.25) ? `-F ${chain}` : `-L ${chain}`,
    Z: `-Z ${chain}`,
    Zn: `-Z ${chain} ${number}`,
    S: `-S ${chain} ${number}`,
  };
  return `iptables ${pick(TABLES)} ${words[command] ?? `-${command} ${chain} ${rule}`}`.replace(/ +/g, ' ').trim();
}

const MORE_MATCHES = [
  '-p sctp',
  '! -p 47',
  '-p 0',
  '-s 10.0.0.0/255.0.255.0',
  '! -d 10.0.0.1',
  '-f',
  '! -i eth+ -o lo',
  '-p icmp -m icmp',
];

/** A command about rules, which may be refused. */
function verbose(random: Random, rule: string): string {
  const more = random.chance(0.5) ? random.pick(MORE_MATCHES) : '';
  const chain = random.pick(['INPUT', 'FORWARD', 'a', 'b']);
  return random.pick([
    `-A ${chain} ${more} ${rule}`,
    `-I ${chain} ${more} ${rule}`,
    `-R ${chain} 1 ${rule}`,
    `-D ${chain} ${rule}`,
    `-D ${chain} 1`,
  ]);
}

/** Standard output of the commands that are carried out. */
function liveTold(lines: readonly string[]): string[] {
  const script = [
    'iptables() { iptables-legacy "$@"; }',
    'ip6tables() { ip6tables-legacy "$@"; }',
    ...lines.map((line) => `said=$(${line} 2>/dev/null </dev/null); printf '%s\\036%s\\035' "$?" "$said"`),
  ].join('\n');
  const output = execFileSync('unshare', ['-n', 'sh'], { input: script, encoding: 'utf8', maxBuffer: 1 << 28 });
  const said = output.split('\x1d').slice(0, -1);
  return said.map((step, i) => `${lines[i]} => ${step.startsWith('0\x1e') ? step.slice(2) : 'refused'}`);
}

function oursTold(lines: readonly string[]): string[] {
  const firewall = createFirewall(extensions);
  return lines.map((line) => {
    const [tool, ...args] = line.trim().split(' ');
    const { status, stdout } = answerIptables(firewall, tool === 'iptables' ? 4 : 6, args);
    return `${line} => ${status === 0 ? stdout.replace(/\n+$/, '') : 'refused'}`;
  });
}

const reason = whyNoIptables();

describe.skipIf(reason)(`commands do what they do with iptables${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('in the session', () => {
    const session = readSession();
    const lines = session.map(({ line }) => line);
    expect(live(lines).steps).toEqual(session.map(({ line, status, text }) => `${line} => ${status}${text && ` ${text}`}`));
    expect(live(lines).saved).toBe(ours(lines).saved);
  });

  it.each([1, 2, 3, 4])('and say what -v says of the rules that they are about, seed %i', (seed) => {
    const random = new Random(seed);
    const rules = Array.from({ length: 150 }, () => `${random.pick(MATCHES)} ${random.pick(TARGETS)}`);
    const lines = rules.map((rule, i) =>
      `${i % 3 === 0 ? 'ip6tables' : 'iptables'} -v ${verbose(random, rule)}`.replace(/ +/g, ' '),
    );
    const all = [
      ...['iptables', 'ip6tables'].flatMap((tool) => ['a', 'b', 'c', 'd'].map((name) => `${tool} -N ${name}`)),
      ...lines,
    ];
    expect(oursTold(all)).toEqual(liveTold(all));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('at random, seed %i', (seed) => {
    const random = new Random(seed);
    const lines = Array.from({ length: 300 }, () => randomCommand(random));
    expect(ours(lines)).toEqual(live(lines));
  });
});
