// A random target for one rule, such as its table and chain allow.

import { ctTarget, hmarkTarget, SYNPROXY } from './generate-connection.ts';
import { setRateest } from './generate-rate.ts';
import { setTarget, type WorldSet } from './generate-set.ts';
import type { Random } from './random.ts';
import { type Family, TOSES, TTLS, type World } from './world.ts';

/** Where a rule is to stand, and what it may use. */
export interface RuleContext {
  readonly family: Family;
  readonly world: World;
  readonly table: string;
  readonly chain: string;
  /** User chains it may jump to. */
  readonly callable: readonly string[];
  /** Matches and targets that make the kernel track connections are wanted. */
  readonly tracking: boolean;
  /** There is a table nat: where reply tuples clash, the kernel chooses another port. */
  readonly translating: boolean;
  /** IP sets there are. */
  readonly sets: readonly WorldSet[];
}

/** The `-p` of a rule. */
export interface Protocol {
  readonly name: string;
  readonly inverted: boolean;
}

/** A target that leaves the packet to the rules behind, or to those of a user chain. */
export function goingOn(random: Random, context: RuleContext): string[] {
  const words =
    random.chance(0.5) && context.callable.length > 0
      ? ['-j', random.pick(context.callable)]
      : targetWords(random, context, undefined);
  return /^-j (ACCEPT|DROP|REJECT|RETURN|NFQUEUE)|^-g/.test(words.join(' ')) ? [] : words;
}

export function targetWords(random: Random, context: RuleContext, protocol: Protocol | undefined): string[] {
  const { table, callable, tracking } = context;
  const kinds: [number, () => string[]][] = [
    [3, () => []],
    [2, () => ['-j', 'ACCEPT']],
    // iptables refuses DROP in nat.
    [table === 'nat' ? 0 : 0.5, () => ['-j', 'DROP']],
    [1.5, () => ['-j', 'RETURN']],
    [callable.length > 0 ? 4 : 0, () => [random.chance(0.25) ? '-g' : '-j', random.pick(callable)]],
    [0.7, () => log(random)],
    [table === 'filter' ? 0.7 : 0, () => reject(random, context, protocol)],
    [table === 'mangle' ? 3 : 0.3, () => setMark(random)],
    [table === 'mangle' ? 1 : 0.1, () => hmarkTarget(random)],
    [mayProxy(context, protocol) ? 2 : 0, () => SYNPROXY],
    [tracking && table === 'mangle' ? 0.2 : 0, () => ['-j', 'CONNSECMARK', random.pick(['--save', '--restore'])]],
    [tracking ? (table === 'mangle' ? 2 : 0.3) : 0, () => setConnmark(random)],
    [
      tracking && table === 'raw' ? 1 : 0,
      () =>
        random.pick([
          () => ['-j', 'CT', '--notrack'],
          () => ['-j', 'NOTRACK'],
          ...Array(4).fill(() => ctTarget(random, context, protocol)),
        ])(),
    ],
    [table === 'raw' ? 0.3 : 0, () => ['-j', 'TRACE']],
    [0.4, () => tell(random, context)],
    [0.1, () => ['-j', 'NFQUEUE', ...random.pick([[], ['--queue-num', '7'], ['--queue-balance', '1:3'], ['--queue-bypass']])]],
    [mayHandOver(context, protocol) ? 4 : 0, () => ['-j', 'TPROXY', '--on-port', '9', '--tproxy-mark', '0x1']],
    [0.2, () => setRateest(random)],
    [table === 'mangle' ? 4 : 0, () => changePacket(random, context, protocol)],
    [context.sets.length > 0 ? 2 : 0, () => setTarget(random, context)],
  ];
  return random.weighted(kinds)();
}

/** A rule for SYN packets, which TCPMSS needs: everything behind the chain's name. */
export function mssRule(random: Random, context: RuleContext): string[] {
  const flags = random.pick(['SYN,RST SYN', 'SYN SYN', 'SYN,ACK SYN']);
  const ports = random.chance(0.3) ? ['--dport', random.pick(['80', '1000:65535', ':443'])] : [];
  const knowsPath = ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(context.chain);
  const size = ['--set-mss', random.pick(['0', '500', '536', '1220', '1459', '1460', '9000'])];
  const option = knowsPath && random.chance(0.5) ? ['--clamp-mss-to-pmtu'] : size;
  return ['-p', 'tcp', '-m', 'tcp', ...ports, '--tcp-flags', flags, '-j', 'TCPMSS', ...option];
}

/** Neighbours of the host that no packet comes from or goes to. */
const GATEWAYS: Readonly<Record<Family, Readonly<Record<string, string>>>> = {
  4: { eth0: '192.0.2.77', eth1: '10.0.0.77', eth2: '172.16.0.77' },
  6: { eth0: '2001:db8:1::77', eth1: '2001:db8:2::77', eth2: '2001:db8:3::77' },
};

/**
 * A rule that copies packets for somebody else: everything behind the chain's name. A copy that came back to this host would be copied
 * again and again.
 */
export function teeRule(random: Random, { family, world }: RuleContext): string[] {
  if (!world.copies) return ['-j', 'MARK', '--set-mark', `${random.int(0, 5)}`];
  const { address } = random.pick(world.places[family].filter((place) => place.interface !== ''));
  const [device, gateway] = random.pick(Object.entries(GATEWAYS[family]).filter(([name]) => world.interfaces.includes(name)));
  return ['-d', address, '-j', 'TEE', '--gateway', gateway, ...(random.chance(0.3) ? ['--oif', device] : [])];
}

/** Targets that tell others of the packet and leave it. */
function tell(random: Random, { table, chain }: RuleContext): string[] {
  const kinds = [
    ['-j', 'AUDIT', '--type', random.pick(['accept', 'drop', 'reject'])],
    ['-j', 'IDLETIMER', '--timeout', '1000', '--label', `bench${random.int(0, 9)}`],
  ];
  const mayClassify = table === 'mangle' && ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain);
  if (mayClassify) kinds.push(['-j', 'CLASSIFY', '--set-class', '1:1']);
  return random.pick(kinds);
}

function changePacket(random: Random, context: RuleContext, protocol: Protocol | undefined): string[] {
  const isTcp = protocol?.name === 'tcp' && !protocol.inverted;
  const kinds = [setTos, setDscp, setTtl, () => ['-j', 'CHECKSUM', '--checksum-fill']];
  if (context.family === 4) kinds.push(() => setEcn(random, isTcp));
  if (isTcp) kinds.push(stripOptions, stripOptions);
  return random.pick(kinds)(random, context);
}

function setTos(random: Random): string[] {
  const value = `0x${random.pick(TOSES).toString(16)}`;
  const option = random.pick([
    ['--set-tos', value],
    ['--set-tos', `${value}/0x3f`],
    ['--and-tos', value],
    ['--or-tos', value],
    ['--xor-tos', value],
  ]);
  return ['-j', 'TOS', ...option];
}

function setDscp(random: Random): string[] {
  const option = random.pick([
    ['--set-dscp', `0x${(random.pick(TOSES) >> 2).toString(16)}`],
    ['--set-dscp-class', random.pick(['EF', 'BE', 'AF11', 'CS7'])],
  ]);
  return ['-j', 'DSCP', ...option];
}

function setTtl(random: Random, { family }: RuleContext): string[] {
  const name = family === 4 ? 'ttl' : 'hl';
  const option = random.pick([
    [`--${name}-set`, `${random.pick(TTLS)}`],
    [`--${name}-inc`, random.pick(['1', '2', '200'])],
    [`--${name}-dec`, random.pick(['1', '2', '62', '200'])],
  ]);
  return ['-j', name.toUpperCase(), ...option];
}

function setEcn(random: Random, isTcp: boolean): string[] {
  const ip = ['--ecn-ip-ect', random.pick(['0', '1', '2', '3'])];
  if (!isTcp) return ['-j', 'ECN', ...ip];
  const option = random.pick([
    ['--ecn-tcp-remove'],
    ['--ecn-tcp-cwr', random.pick(['0', '1'])],
    ['--ecn-tcp-ece', random.pick(['0', '1']), '--ecn-tcp-cwr', random.pick(['0', '1'])],
    ['--ecn-tcp-ece', random.pick(['0', '1']), ...ip],
  ]);
  return ['-j', 'ECN', ...option];
}

function stripOptions(random: Random): string[] {
  const names = ['mss', 'wscale', 'sack-permitted', 'sack', 'timestamp', 'md5', '7', '255'];
  return ['-j', 'TCPOPTSTRIP', '--strip-options', random.some(names, 3).join(',')];
}

function log(random: Random): string[] {
  return random.pick([
    ['-j', 'LOG'],
    ['-j', 'LOG', '--log-prefix', '"seen "', '--log-level', '6'],
    ['-j', 'NFLOG'],
    ['-j', 'NFLOG', '--nflog-group', '5', '--nflog-prefix', 'seen'],
  ]);
}

function reject(random: Random, context: RuleContext, protocol: Protocol | undefined): string[] {
  const words =
    context.family === 4
      ? ['icmp-port-unreachable', 'icmp-host-prohibited', 'icmp-admin-prohibited', 'icmp-net-unreachable']
      : ['icmp6-port-unreachable', 'icmp6-adm-prohibited', 'icmp6-no-route', 'icmp6-addr-unreachable'];
  if (protocol?.name === 'tcp' && !protocol.inverted) words.push('tcp-reset', 'tcp-reset');
  return random.chance(0.3) ? ['-j', 'REJECT'] : ['-j', 'REJECT', '--reject-with', random.pick(words)];
}

/** TPROXY is for TCP and UDP, in mangle's PREROUTING. */
function mayHandOver({ table, chain, tracking }: RuleContext, protocol: Protocol | undefined): boolean {
  if (!tracking || table !== 'mangle' || chain !== 'PREROUTING' || protocol?.inverted !== false) return false;
  return protocol.name === 'tcp' || protocol.name === 'udp';
}

/** SYNPROXY is for TCP, in INPUT and FORWARD. */
function mayProxy({ chain, tracking }: RuleContext, protocol: Protocol | undefined): boolean {
  return tracking && ['INPUT', 'FORWARD'].includes(chain) && protocol?.name === 'tcp' && !protocol.inverted;
}

const MARKS = ['0x0', '0x1', '0x2', '0x3', '0xf0'];

function setMark(random: Random): string[] {
  const value = random.pick(MARKS);
  const option = random.pick([
    ['--set-xmark', `${value}/0xffffffff`],
    ['--set-xmark', `${value}/0xf`],
    ['--set-mark', `${value}/0x3`],
    ['--or-mark', value],
    ['--and-mark', value],
    ['--xor-mark', value],
  ]);
  return ['-j', 'MARK', ...option];
}

function setConnmark(random: Random): string[] {
  const value = random.pick(MARKS);
  const option = random.pick([
    ['--set-xmark', `${value}/0xffffffff`],
    ['--set-xmark', `${value}/0x3`],
    ['--save-mark'],
    ['--save-mark', '--nfmask', '0xf', '--ctmask', '0xff'],
    ['--restore-mark'],
    ['--restore-mark', '--nfmask', '0xf0', '--ctmask', '0xff'],
    ['--or-mark', value],
    ['--xor-mark', value],
  ]);
  const shift = random.chance(0.2) ? [random.pick(['--left-shift-mark', '--right-shift-mark']), `${random.int(1, 31)}`] : [];
  return ['-j', 'CONNMARK', ...option, ...shift];
}
