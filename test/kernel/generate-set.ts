// Random IP sets of the small world, and rules that ask and change them.

import { applyIpsetCommand } from '../../src/ipset/apply.ts';
import { IpsetCollection } from '../../src/ipset/collection.ts';
import { Faults } from '../../src/ipset/fault.ts';
import { splitLine } from '../../src/ipset/words.ts';
import { LIVE_TYPES, randomExtensions } from './generate-ipset.ts';
import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';
import { type Family, PORTS, type World } from './world.ts';

/** A set that rules may name. */
export interface WorldSet {
  /** 0 = rules of both families may name it. */
  readonly family: Family | 0;
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlySet<string>;
}

export interface WorldSets {
  readonly sets: readonly WorldSet[];
  /** ipset save text; undefined without sets. */
  readonly text: string | undefined;
}

const OPTIONS = ['timeout', 'counters', 'comment', 'skbinfo', 'forceadd'];
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '00:00:5e:00:53:01'];

/** Draws some sets for the families whose rules there are. */
export function generateSets(random: Random, world: World, families: readonly Family[]): WorldSets {
  if (random.chance(0.4)) return { sets: [], text: undefined };
  const lines: string[] = [];
  const collection = new IpsetCollection();
  /** Keeps a line that ipset takes. */
  const take = (line: string): boolean => {
    const words = splitLine({ name: 'sets', text: line }, 0, line.length, new Faults());
    const isTaken = applyIpsetCommand(collection, words, { random: () => 1 }).status === 0;
    if (isTaken) lines.push(line);
    return isTaken;
  };
  const sets: WorldSet[] = [];
  for (let i = random.int(1, 5); i > 0; i--) {
    const set = generateSet(random, random.pick(families), `set${i}`, take);
    if (!set) continue;
    sets.push(set);
    const family = set.family || random.pick(families);
    for (let n = random.int(0, 25); n > 0; n--)
      take(`add ${set.name} ${entry(random, world, set.type, family)}${extensions(random, set)}`);
  }
  if (sets.length > 1 && random.chance(0.4)) {
    const options = new Set(random.chance(0.4) ? random.some(['timeout', 'counters', 'skbinfo'], 2) : []);
    const list: WorldSet = { name: 'list', type: 'list:set', family: 0, options };
    if (take(`create list list:set${optionWords(random, options)}`)) {
      for (const { name } of random.some(sets)) take(`add list ${name}${extensions(random, list)}`);
      sets.push(list);
    }
  }
  return { sets, text: `${lines.join('\n')}\n` };
}

function extensions(random: Random, set: WorldSet): string {
  return randomExtensions(random, { ...set, family: set.family || 4, create: '' });
}

function generateSet(random: Random, family: Family, name: string, take: (line: string) => boolean): WorldSet | undefined {
  const type = random.pick(LIVE_TYPES);
  const isHash = type.startsWith('hash:');
  const options = new Set(random.chance(0.6) ? random.some(OPTIONS, 3) : []);
  const words: string[] = [];
  if (type === 'bitmap:port') words.push('range', random.pick(['0-65535', '1-1024']));
  else if (!isHash) words.push('range', random.pick(['10.0.0.0/24', '192.0.2.0/24', '192.0.2.0-192.0.3.9']));
  if (type === 'bitmap:ip' && random.chance(0.3)) words.push('netmask', random.pick(['26', '28', '31']));
  if (isHash) {
    words.push('initval', String(random.int(0, 9)), 'family', family === 4 ? 'inet' : 'inet6');
    if (random.chance(0.3)) words.push('maxelem', random.pick(['1', '3', '6', '30']));
    if (random.chance(0.4)) words.push('hashsize', '64');
    if (random.chance(0.3)) words.push('bucketsize', random.pick(['2', '4']));
    if ((type === 'hash:ip' || type === 'hash:ip,port') && random.chance(0.3)) words.push(...mask(random, family));
  } else options.delete('forceadd');
  if (!take(`create ${name} ${type} ${words.join(' ')}${optionWords(random, options)}`)) return undefined;
  return { name, type, options, family: isHash ? family : type === 'bitmap:port' ? 0 : 4 };
}

function optionWords(random: Random, options: ReadonlySet<string>): string {
  return [...options].map((option) => ` ${option}${option === 'timeout' ? ` ${random.pick(['0', '60', '300'])}` : ''}`).join('');
}

function mask(random: Random, family: Family): string[] {
  if (family === 4)
    return random.pick([
      ['netmask', '24'],
      ['netmask', '31'],
      ['bitmask', '255.0.0.255'],
    ]);
  return random.pick([
    ['netmask', '64'],
    ['bitmask', 'ffff:ffff::ffff'],
  ]);
}

/** Draws an entry from what traffic is made of. */
function entry(random: Random, world: World, type: string, family: Family): string {
  const address = (): string => random.pick(world.places[family]).address;
  const prefix = (): string => random.pick(family === 4 ? ['8', '24', '25', '30', '32', '16'] : ['16', '32', '64', '127', '128']);
  const parts: Readonly<Record<string, () => string>> = {
    ip: address,
    net: () => (random.chance(0.3) ? address() : `${address()}/${random.chance(0.05) ? '0' : prefix()}`),
    port: () => port(random, family),
    mac: () => random.pick(MACS),
    iface: () => random.pick([...world.interfaces, ...world.interfaces, 'lo', 'eth', 'e', 'physdev:eth0']),
  };
  if (type === 'bitmap:port') return String(random.pick(PORTS));
  const [, ...names] = type.split(/[:,]/);
  if (type === 'bitmap:ip,mac' && random.chance(0.5)) return address();
  return names.map((name) => parts[name]!()).join(',');
}

function port(random: Random, family: Family): string {
  const number = random.pick(PORTS);
  const icmp = family === 4 ? ['icmp:8/0', 'icmp:0/0', 'icmp:3/3'] : ['icmpv6:128/0', 'icmpv6:129/0', 'icmpv6:1/4'];
  return random.pick([
    `${number}`,
    `${number}`,
    `udp:${number}`,
    `udp:${number}`,
    `sctp:${number}`,
    `udplite:${number}`,
    'gre:0',
    ...icmp,
  ]);
}

function directions(random: Random, { type }: WorldSet): string {
  const dimensions = type === 'list:set' ? random.int(1, 3) : type.split(',').length;
  const count = random.chance(0.9) ? dimensions : random.int(1, 4);
  return Array.from({ length: count }, () => random.pick(['src', 'dst'])).join(',');
}

/** `-m set`. */
export function setMatch(random: Random, { sets }: RuleContext): string[] {
  const set = random.pick(sets);
  const words = ['-m', 'set', ...(random.chance(0.25) ? ['!'] : []), '--match-set', set.name, directions(random, set)];
  if (random.chance(0.15)) words.push('--return-nomatch');
  if (random.chance(0.15)) words.push('!', '--update-counters');
  if (random.chance(0.15)) words.push('!', '--update-subcounters');
  for (const field of ['packets', 'bytes']) {
    if (!random.chance(set.options.has('counters') ? 0.3 : 0.05)) continue;
    const value = field === 'packets' ? random.int(0, 6) : random.int(0, 400);
    words.push(...random.pick([['!', `--${field}-eq`], [`--${field}-eq`], [`--${field}-lt`], [`--${field}-gt`]]), String(value));
  }
  return words;
}

/** `-j SET`. */
export function setTarget(random: Random, { sets, table, chain }: RuleContext): string[] {
  const words = ['-j', 'SET'];
  const name = (): string[] => {
    const set = random.pick(sets);
    return [set.name, directions(random, set)];
  };
  const kinds = random.some(table === 'mangle' ? ['add', 'add', 'del', 'map'] : ['add', 'add', 'del']);
  if (kinds.includes('add')) {
    words.push('--add-set', ...name());
    if (random.chance(0.4)) words.push('--exist');
    if (random.chance(0.3)) words.push('--timeout', random.pick(['0', '30', '500']));
  }
  if (kinds.includes('del')) words.push('--del-set', ...name());
  if (kinds.includes('map')) {
    words.push('--map-set', ...name(), '--map-mark');
    if (['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain) && random.chance(0.3)) words.push('--map-prio');
  }
  return words;
}
