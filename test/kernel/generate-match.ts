// Random matches of one rule, drawn from the values that traffic is made of.

import { byteMatches, protocolByteMatch } from './generate-bytes.ts';
import { connectionMatches } from './generate-connection.ts';
import { metaMatches } from './generate-meta.ts';
import { rateMatches } from './generate-rate.ts';
import { setMatch } from './generate-set.ts';
import type { Protocol, RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';
import { LENGTHS, PORTS, TOSES, TTLS } from './world.ts';

/** Everything between the chain's name and the target, in the order iptables-save has it. */
export function matchWords(random: Random, context: RuleContext, protocol: Protocol | undefined): string[] {
  const words: string[] = [];
  if (random.chance(0.12)) words.push(...invert(random, 0.25), '-s', addressMask(random, context));
  if (random.chance(0.12)) words.push(...invert(random, 0.25), '-d', addressMask(random, context));
  if (random.chance(0.1) && asksInput(context)) words.push(...invert(random, 0.25), '-i', interfaceName(random, context));
  if (random.chance(0.1) && asksOutput(context)) words.push(...invert(random, 0.25), '-o', interfaceName(random, context));
  if (protocol !== undefined) words.push(...(protocol.inverted ? ['!'] : []), '-p', protocol.name);
  if (context.family === 4 && random.chance(0.04)) words.push(...invert(random, 0.5), '-f');
  const matches: string[][] = [];
  if (protocol?.inverted === false && random.chance(0.6)) matches.push(protocolMatch(random, protocol.name));
  if (protocol?.inverted === false && random.chance(0.4)) {
    const match = protocolByteMatch(random, context, protocol.name);
    if (!matches.some((other) => other[1] === match[1])) matches.push(match);
  }
  for (let more = 0.5; random.chance(more); more = 0.2) {
    const match = otherMatch(random, context);
    // iptables takes a second `-m mark`, but not its options.
    if (!matches.some((other) => other[1] === match[1])) matches.push(match);
  }
  // Mostly the protocol's own match comes first; the order decides when a short header is dropped.
  if (random.chance(0.2)) matches.reverse();
  return [...words, ...matches.flat()];
}

function invert(random: Random, probability: number): string[] {
  return random.chance(probability) ? ['!'] : [];
}

const asksInput = (context: RuleContext) => !['OUTPUT', 'POSTROUTING'].includes(context.chain);
const asksOutput = (context: RuleContext) => !['PREROUTING', 'INPUT'].includes(context.chain);

function interfaceName(random: Random, context: RuleContext): string {
  return random.pick([...context.world.interfaces, 'lo', 'eth+', 'e+', '+', 'eth1+', 'ppp0']);
}

function address(random: Random, context: RuleContext): string {
  const { places, dead } = context.world;
  return random.chance(0.85) ? random.pick(places[context.family]).address : random.pick(dead[context.family]);
}

function addressMask(random: Random, context: RuleContext): string {
  const mask =
    context.family === 4
      ? random.pick(['32', '32', '32', '24', '25', '31', '8', '0', '255.0.0.255', '0.0.0.15'])
      : random.pick(['128', '128', '128', '64', '65', '127', '32', '0', 'ffff:ffff::ff', '::f']);
  return `${address(random, context)}/${mask}`;
}

function portRange(random: Random): string {
  const low = random.pick(PORTS);
  const high = random.pick(PORTS);
  return random.weighted([
    [5, `${low}`],
    [3, low <= high ? `${low}:${high}` : `${high}:${low}`],
    [1, `${low}:`],
    [1, `:${high}`],
  ]);
}

function portWords(random: Random): string[] {
  const words: string[] = [];
  if (random.chance(0.3)) words.push(...invert(random, 0.2), '--sport', portRange(random));
  if (words.length === 0 || random.chance(0.6)) words.push(...invert(random, 0.2), '--dport', portRange(random));
  return words;
}

function protocolMatch(random: Random, protocol: string): string[] {
  switch (protocol) {
    case 'tcp':
      if (random.chance(0.25)) return multiport(random);
      return ['-m', 'tcp', ...(random.chance(0.7) ? portWords(random) : []), ...tcpWords(random)];
    case 'sctp':
      return random.chance(0.25) ? multiport(random) : ['-m', 'sctp', ...portWords(random)];
    case 'udp':
      return random.chance(0.25) ? multiport(random) : ['-m', protocol, ...portWords(random)];
    case 'udplite':
      return multiport(random);
    case 'icmp':
      return [
        '-m',
        'icmp',
        ...invert(random, 0.2),
        '--icmp-type',
        random.pick(['8', '0', '3', '3/3', '3/1', '11', '8/0', 'any']),
      ];
    case 'ipv6-icmp':
      return ['-m', 'icmp6', ...invert(random, 0.2), '--icmpv6-type', random.pick(['128', '129', '1', '1/4', '3', '135', '2'])];
    default:
      return [];
  }
}

function tcpWords(random: Random): string[] {
  const words: string[] = [];
  if (random.chance(0.4)) {
    const flags = random.pick([
      'FIN,SYN,RST,ACK SYN',
      'SYN,ACK SYN,ACK',
      'RST RST',
      'FIN FIN',
      'ALL NONE',
      'ALL ALL',
      'SYN,RST ACK',
    ]);
    words.push(...invert(random, 0.2), '--tcp-flags', flags);
  }
  if (random.chance(0.1)) words.push(...invert(random, 0.3), '--tcp-option', random.pick(['2', '3', '8']));
  return words;
}

function multiport(random: Random): string[] {
  const option = random.pick(['--dports', '--sports', '--ports']);
  const list = random.some(PORTS, 6).map(String);
  if (random.chance(0.4)) list.push('1000:1024');
  return ['-m', 'multiport', ...invert(random, 0.2), option, list.join(',')];
}

function otherMatch(random: Random, context: RuleContext): string[] {
  if (random.chance(0.2)) return random.pick(metaMatches(context))(random, context);
  if (random.chance(0.2)) return random.pick(rateMatches)(random, context);
  const plain = [length, ttl, tos, dscp, iprange, addrtype, pkttype, mark, comment, statistic];
  const tracked = [ctstate, ctstate, ctstate, state, connmark, conntrack, ...connectionMatches];
  if (random.chance(0.35)) return random.pick(byteMatches(context))(random, context);
  const sets = context.sets.length > 0 ? [setMatch, setMatch, setMatch, setMatch] : [];
  return random.pick([...plain, ...sets, ...(context.tracking ? tracked : [])])(random, context);
}

function length(random: Random, context: RuleContext): string[] {
  const header = context.family === 4 ? 28 : 48;
  const low = header + random.pick(LENGTHS);
  const value = random.pick([`${low}`, `${low}:${low + random.pick(LENGTHS)}`, `0:${low}`, `${low}:65535`]);
  return ['-m', 'length', ...invert(random, 0.2), '--length', value];
}

function ttl(random: Random, context: RuleContext): string[] {
  const name = context.family === 4 ? 'ttl' : 'hl';
  const value = `${random.pick(TTLS.filter((t) => t > 0))}`;
  const eq = [...invert(random, 0.3), `--${name}-eq`, value];
  return ['-m', name, ...random.pick([eq, [`--${name}-gt`, value], [`--${name}-lt`, value]])];
}

function tos(random: Random): string[] {
  const value = random.pick(TOSES);
  return ['-m', 'tos', ...invert(random, 0.2), '--tos', `0x${value.toString(16)}/0x${random.pick([255, 63, 3]).toString(16)}`];
}

function dscp(random: Random): string[] {
  return ['-m', 'dscp', ...invert(random, 0.2), '--dscp', `0x${(random.pick(TOSES) >> 2).toString(16)}`];
}

function iprange(random: Random, context: RuleContext): string[] {
  const ranges =
    context.family === 4
      ? ['192.0.2.9-192.0.2.10', '10.0.0.0-10.0.0.7', '10.0.0.8-192.0.2.1', '0.0.0.0-255.255.255.255']
      : ['2001:db8:1::9-2001:db8:1::a', '2001:db8:2::-2001:db8:2::7', '2001:db8:1::a-2001:db8:2::7'];
  return ['-m', 'iprange', ...invert(random, 0.2), random.pick(['--src-range', '--dst-range']), random.pick(ranges)];
}

function addrtype(random: Random, context: RuleContext): string[] {
  const types =
    context.family === 4 ? ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST'] : ['LOCAL', 'UNICAST', 'MULTICAST', 'UNREACHABLE'];
  const limit = ['PREROUTING', 'INPUT'].includes(context.chain)
    ? '--limit-iface-in'
    : ['OUTPUT', 'POSTROUTING'].includes(context.chain)
      ? '--limit-iface-out'
      : undefined;
  const words = [...invert(random, 0.2), random.pick(['--src-type', '--dst-type']), random.some(types, 2).join(',')];
  return ['-m', 'addrtype', ...words, ...(limit !== undefined && random.chance(0.3) ? [limit] : [])];
}

function pkttype(random: Random): string[] {
  return ['-m', 'pkttype', ...invert(random, 0.2), '--pkt-type', random.pick(['unicast', 'broadcast', 'multicast'])];
}

/** Nothing that is left to chance. */
function statistic(random: Random): string[] {
  if (random.chance(0.3)) return ['-m', 'statistic', '--mode', 'random', '--probability', random.pick(['0', '1'])];
  const every = random.int(1, 4);
  const counted = [...invert(random, 0.2), '--every', `${every}`, '--packet', `${random.int(0, every - 1)}`];
  return ['-m', 'statistic', '--mode', 'nth', ...counted];
}

function markValue(random: Random): string {
  return random.pick(['0x0', '0x1', '0x2', '0x3', '0x1/0x1', '0x2/0xf', '0xf0/0xf0', '0x0/0xff']);
}

function mark(random: Random): string[] {
  return ['-m', 'mark', ...invert(random, 0.2), '--mark', markValue(random)];
}

function connmark(random: Random): string[] {
  return ['-m', 'connmark', ...invert(random, 0.2), '--mark', markValue(random)];
}

function comment(): string[] {
  return ['-m', 'comment', '--comment', '"a remark"'];
}

const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

function ctstate(random: Random): string[] {
  return ['-m', 'conntrack', ...invert(random, 0.2), '--ctstate', random.some(STATES, 3).join(',')];
}

function state(random: Random): string[] {
  return ['-m', 'state', ...invert(random, 0.2), '--state', random.some(STATES, 2).join(',')];
}

function conntrack(random: Random, context: RuleContext): string[] {
  const options = [
    ['--ctproto', random.pick(['6', '17', '1', '58'])],
    ['--ctorigsrc', addressMask(random, context)],
    ['--ctorigdst', addressMask(random, context)],
    ['--ctreplsrc', addressMask(random, context)],
    ['--ctorigdstport', `${random.pick(PORTS.filter((port) => port > 0))}`],
    ['--ctreplsrcport', `${random.pick(PORTS.filter((port) => port > 0))}`],
    ['--ctstatus', random.pick(['SEEN_REPLY', 'ASSURED', 'CONFIRMED'])],
  ];
  const chosen = [...invert(random, 0.2), ...random.pick(options)];
  return ['-m', 'conntrack', ...chosen, ...(random.chance(0.3) ? ['--ctdir', random.pick(['ORIGINAL', 'REPLY'])] : [])];
}
