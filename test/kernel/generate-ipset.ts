// Random sets and commands on them: few values, so that elements are met again.

import type { Random } from './random.ts';

/** Types that the kernel under test has, with how their entries are made. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'bitmap:ip': ['ip'],
  'bitmap:ip,mac': ['host', 'mac'],
  'bitmap:port': ['bare-port'],
  'hash:ip': ['ip'],
  'hash:net': ['net'],
  'hash:ip,port': ['ip', 'port'],
  'hash:ip,port,ip': ['ip', 'port', 'host'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:net,port': ['net', 'port'],
  'hash:net,iface': ['net', 'interface'],
};
export const LIVE_TYPES = Object.keys(PARTS);

const HOSTS4 = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.77',
  '10.0.1.1',
  '10.1.2.3',
  '192.0.2.9',
  '0.0.0.0',
  '0.0.0.1',
  '255.255.255.255',
];
const HOSTS6 = ['2001:db8::1', '2001:db8::2', '2001:db8:1::7', '::', '::1', 'ffff::'];
const PREFIXES4 = ['8', '16', '24', '25', '30', '31', '32', '0', '1', '33'];
const PREFIXES6 = ['0', '1', '16', '32', '64', '127', '128', '129'];

export interface RandomSet {
  readonly name: string;
  readonly type: string;
  readonly family: 4 | 6;
  readonly options: ReadonlySet<string>;
  readonly create: string;
}

/** Draws a set of one of the types. */
export function randomSet(random: Random, name: string, types: readonly string[] = LIVE_TYPES, family?: 4 | 6): RandomSet {
  const type = random.pick(types);
  const isHash = type.startsWith('hash:');
  const inet = isHash && family === undefined ? random.pick([4, 4, 6] as const) : isHash ? family! : 4;
  const options = new Set(random.chance(0.6) ? random.some(['timeout', 'counters', 'comment', 'skbinfo', 'forceadd'], 3) : []);
  if (!isHash) options.delete('forceadd');
  const words = [`create ${name} ${type}`];
  if (type === 'bitmap:port') words.push('range', random.pick(['0-65535', '1-1024', '443-80', 'tcp:20-ssh']));
  else if (!isHash) words.push('range', random.pick(['10.0.0.0/24', '10.0.0.1-10.0.1.9', '10.0.0.0/16']));
  if (type === 'bitmap:ip' && random.chance(0.3)) words.push('netmask', random.pick(['24', '28', '30', '32']));
  if (isHash) {
    words.push('initval', String(random.int(0, 9)), ...(inet === 6 ? ['family', 'inet6'] : random.chance(0.2) ? ['-4'] : []));
    if (random.chance(0.3)) words.push('maxelem', random.pick(['0', '1', '3', '10', '200']));
    if (random.chance(0.3)) words.push('hashsize', random.pick(['1', '64', '100', '2048']));
    if (random.chance(0.3)) words.push('bucketsize', random.pick(['1', '2', '3', '4', '12', '14', '255']));
    if ((type === 'hash:ip' || type === 'hash:ip,port') && random.chance(0.4)) words.push(...randomMask(random, inet));
  }
  for (const option of options) words.push(option, ...(option === 'timeout' ? [random.pick(['0', '5', '300'])] : []));
  return { name, type, family: inet, options, create: words.join(' ') };
}

function randomMask(random: Random, family: 4 | 6): string[] {
  if (random.chance(0.5))
    return ['netmask', family === 4 ? random.pick(['8', '24', '31', '32']) : random.pick(['32', '64', '128'])];
  return [
    'bitmask',
    family === 4 ? random.pick(['255.255.0.255', '255.255.255.0', '0.0.0.255']) : random.pick(['ffff::ffff', 'ffff:ffff::']),
  ];
}

/** Draws an entry of a set; `isPlain`: no more than one element. */
export function randomEntry(random: Random, { type, family }: RandomSet, isPlain = false): string {
  return PARTS[type]!.map((part) => randomPart(random, part, family, isPlain)).join(',');
}

function randomPart(random: Random, part: string, family: 4 | 6, isPlain: boolean): string {
  const host = random.pick(family === 4 ? HOSTS4 : HOSTS6);
  switch (part) {
    case 'host':
      return host;
    case 'ip':
      if (isPlain || random.chance(0.6)) return host;
      return random.pick([`${host}/${random.pick(['24', '30', '31', '32'])}`, '10.0.0.250-10.0.1.5']);
    case 'net':
      if (isPlain || random.chance(0.8))
        return random.chance(0.3) ? host : `${host}/${random.pick(family === 4 ? PREFIXES4 : PREFIXES6)}`;
      return random.pick(['10.0.0.3-10.0.0.9', '10.0.0.0-10.0.3.77', '10.9.9.9-10.0.0.1']);
    case 'port':
      return randomPort(random, family, isPlain);
    case 'bare-port':
      return random.pick(
        isPlain ? ['80', '443', '22', '1024'] : ['80', 'udp:53', 'tcp:ssh', '22-30', 'udp:domain-80', '2000', 'http'],
      );
    case 'mac':
      return random.pick(['02:00:00:00:00:01', '2:0:0:0:0:2', '02:00:00:00:00:aB']);
    default:
      return random.pick(['eth0', 'eth1', 'lo', 'eth', 'physdev:eth0', 'ppp']);
  }
}

function randomPort(random: Random, family: 4 | 6, isPlain: boolean): string {
  const plain = ['80', '443', 'tcp:22', 'udp:53', 'udp:4000', family === 4 ? 'icmp:echo-request' : 'icmpv6:128/0'];
  if (isPlain) return random.pick(plain);
  const odd = ['ssh', 'udp:domain', 'sctp:1-3', 'tcp:79-82', '90-85', 'gre:0', 'esp:0', '17:53', '6:http', '0:0', '200:0'];
  // The other family's ICMP is refused in words that tell of a slip in ipset.
  const icmp = family === 4 ? ['icmp:ping', 'icmp:5/1', 'icmp:ROUTER-s', '1:300/1'] : ['icmpv6:3/1', 'icmpv6:pong', '58:1/1'];
  return random.pick([...plain, ...odd, ...icmp, 'udplite:9', 'tcp:x']);
}

/** Draws options for an added entry. */
export function randomExtensions(random: Random, { type, options }: RandomSet): string {
  const words: string[] = [];
  const wants = (option: string): boolean => random.chance(options.has(option) ? 0.4 : type === 'bitmap:port' ? 0 : 0.01);
  if (wants('timeout')) words.push(`timeout ${random.pick(['0', '40', '2147483'])}`);
  if (wants('counters')) words.push(random.pick(['packets 5', 'bytes 7', 'packets 1 bytes 18446744073709551614']));
  if (wants('comment')) words.push(`comment ${random.pick(['x', '"a b"', '"it\'s"'])}`);
  if (wants('skbinfo'))
    words.push(random.pick(['skbmark 0x1', 'skbmark 0x10/0xf0', 'skbprio 1:a', 'skbqueue 3', 'skbmark 0x0/0x0']));
  if (type.includes('net') && random.chance(0.2)) words.push('nomatch');
  if (type === 'hash:net,iface' && random.chance(0.2)) words.push('wildcard');
  return words.map((word) => ` ${word}`).join('');
}

/** Draws commands on a few sets. Sets and entries are printed at the end. */
export function randomIpsetScript(random: Random): string[] {
  const sets = ['a', 'b', 'c'].map((name) => randomSet(random, name));
  const lines = [...sets.map(({ create }) => create), 'create l list:set size 3'];
  for (let i = 0; i < 60; i++) {
    const set = random.pick(sets);
    const exist = random.chance(0.2) ? '-exist ' : '';
    lines.push(
      random.weighted([
        [9, `${exist}add ${set.name} ${randomEntry(random, set)}${randomExtensions(random, set)}`],
        [2, `${exist}del ${set.name} ${randomEntry(random, set)}`],
        [2, `test ${set.name} ${randomEntry(random, set, true)}`],
        [0.1, `flush ${set.name}`],
        [0.4, `${exist}add l ${random.pick(['a', 'b', 'c', 'd', 'l'])}${random.pick(['', '', ' before a', ' after b'])}`],
        [0.3, `del l ${random.pick(['a', 'b', 'c'])}`],
        [0.2, `swap a ${random.pick(['b', 'c'])}`],
        [0.2, `${random.pick(['rename', 'swap'])} ${random.pick(['a', 'c', 'd'])} ${random.pick(['b', 'd'])}`],
        [0.2, `${exist}${set.create}`],
        [0.1, `destroy ${set.name}`],
      ]),
    );
  }
  return [...lines, 'save', 'list -n'];
}
