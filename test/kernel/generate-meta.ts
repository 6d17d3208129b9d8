// Random matches on what the bench knows of itself where a capture would not tell: sockets, bridges, processors; and on its routes.

import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';

type Match = (random: Random, context: RuleContext) => string[];

/** The matches that may stand in the context's chain. In a user chain only those that every hook takes. */
export function metaMatches({ family, table, chain }: RuleContext): Match[] {
  const matches: Match[] = [cpu, physdev];
  const isIn = (...chains: string[]): boolean => chains.includes(chain);
  if (isIn('PREROUTING') && (table === 'raw' || table === 'mangle')) matches.push(rpfilter, rpfilter);
  if (isIn('PREROUTING', 'INPUT')) matches.push(socket);
  if (isIn('PREROUTING', 'INPUT', 'FORWARD')) matches.push(sourceGroup, policyIn);
  if (isIn('FORWARD', 'OUTPUT', 'POSTROUTING')) matches.push(destinationGroup, policyOut);
  if (isIn('OUTPUT', 'POSTROUTING')) matches.push(owner, owner, cgroup);
  if (family === 4 && isIn('INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING')) matches.push(realm, realm);
  return matches;
}

function maybeNot(random: Random): string[] {
  return random.chance(0.3) ? ['!'] : [];
}

function cpu(random: Random): string[] {
  return ['-m', 'cpu', ...maybeNot(random), '--cpu', random.pick(['0', '0', '1'])];
}

function physdev(random: Random): string[] {
  const option = random.pick([['--physdev-in', 'eth0'], ['--physdev-is-in'], ['--physdev-is-bridged']]);
  return ['-m', 'physdev', ...(random.chance(0.6) ? ['!'] : []), ...option];
}

function rpfilter(random: Random): string[] {
  return ['-m', 'rpfilter', ...new Set(random.some(['--loose', '--validmark', '--accept-local', '--invert'], 3))];
}

function socket(random: Random): string[] {
  return ['-m', 'socket', ...new Set(random.some(['--transparent', '--nowildcard', '--restore-skmark'], 2))];
}

function group(random: Random): string {
  return random.pick(['0x5', '0x11', '0x0', '0x1/0x1', '0x10/0x10']);
}

function sourceGroup(random: Random): string[] {
  return ['-m', 'devgroup', ...maybeNot(random), '--src-group', group(random)];
}

function destinationGroup(random: Random): string[] {
  return ['-m', 'devgroup', ...maybeNot(random), '--dst-group', group(random)];
}

function policyIn(random: Random): string[] {
  return ['-m', 'policy', '--dir', 'in', '--pol', random.pick(['none', 'ipsec'])];
}

function policyOut(random: Random): string[] {
  return ['-m', 'policy', '--dir', 'out', '--pol', random.pick(['none', 'ipsec'])];
}

function owner(random: Random): string[] {
  const options = [
    ['--uid-owner', '424242'],
    ['--uid-owner', '0-1000'],
    ['--gid-owner', '0'],
    ['--gid-owner', '7'],
    ['--socket-exists'],
  ];
  const chosen = [...new Set(random.some(options, 2))].filter(([name], i, all) => all.findIndex((one) => one[0] === name) === i);
  return ['-m', 'owner', ...chosen.flatMap((option) => [...maybeNot(random), ...option])];
}

function cgroup(random: Random): string[] {
  return [
    '-m',
    'cgroup',
    ...maybeNot(random),
    ...random.pick([
      ['--cgroup', '0'],
      ['--cgroup', '5'],
      ['--path', '/'],
    ]),
  ];
}

function realm(random: Random): string[] {
  const value = random.pick(['0x9', '0x4/0xff', '0x0/0xffff', '0x90000/0xffff0000', '0x30004', '0x7', '0x0']);
  return ['-m', 'realm', ...maybeNot(random), '--realm', value];
}
