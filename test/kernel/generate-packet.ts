// Random matches on what packets consist of: headers of little used protocols, options, extension headers; and packets for them.

import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';
import { type Family, PORTS } from './world.ts';

type MakeWords = (random: Random, context: RuleContext) => string[];

function invert(random: Random): string[] {
  return random.chance(0.25) ? ['!'] : [];
}

/** Some of a few options, each by chance, but at least one. */
function some(random: Random, options: readonly (() => string[])[], most = 2): string[] {
  return random.some(options, most).flatMap((make) => make());
}

// ── Protocols of their own ──────────────────────────────────────────────────────────────────────────────────────────────

/** Protocols that have a match of their own, by the name `-p` prints. */
export const PACKET_PROTOCOLS: Readonly<Record<Family, readonly string[]>> = {
  4: ['ah', 'esp', 'ipcomp', 'dccp'],
  6: ['esp', 'ipcomp', 'dccp', 'mobility-header'],
};

const SPIS = ['7', '8', '0:7', '7:4294967295', '0:4294967295', '9:4294967295'];

/** The match of one of these protocols, or none. */
export function packetProtocolMatch(random: Random, protocol: string): string[] {
  switch (protocol) {
    case 'ah':
      return ['-m', 'ah', ...invert(random), '--ahspi', random.pick(SPIS)];
    case 'esp':
      return ['-m', 'esp', ...invert(random), '--espspi', random.pick(SPIS)];
    case 'ipcomp':
      return ['-m', 'ipcomp', ...invert(random), '--ipcompspi', random.pick(['7', '8', '0:7', '7:65535'])];
    case 'dccp':
      return [
        '-m',
        'dccp',
        ...some(
          random,
          DCCP.map((make) => () => make(random)),
        ),
      ];
    case 'mobility-header':
      return ['-m', 'mh', ...invert(random), '--mh-type', random.pick(['5', '3:6', '0', 'binding-update', '0:255'])];
    default:
      return [];
  }
}

const DCCP: readonly ((random: Random) => string[])[] = [
  (random) => ['--sport', `${random.pick(PORTS)}`],
  (random) => [...invert(random), '--dport', `${random.pick(PORTS)}`],
  (random) => [...invert(random), '--dccp-types', random.pick(['REQUEST', 'REQUEST,DATA,ACK', 'INVALID', 'RESET,CLOSE'])],
  (random) => [...invert(random), '--dccp-option', random.pick(['2', '38', '1'])],
];

/** SCTP's chunks. */
export function chunkWords(random: Random): string[] {
  const types = random.pick(['DATA', 'INIT', 'DATA,SACK', 'INIT,INIT_ACK', 'ABORT', 'DATA:BE', 'ABORT:T', 'ALL', 'NONE']);
  return [...invert(random), '--chunk-types', random.pick(['any', 'all', 'only']), types];
}

/** TCP's maximum segment size, and its flags of congestion. */
export function segmentMatch(random: Random): string[] {
  if (random.chance(0.5))
    return ['-m', 'tcpmss', ...invert(random), '--mss', random.pick(['1460', '536', '400:1400', '0:65535'])];
  return [
    '-m',
    'ecn',
    ...some(
      random,
      ECN.map((make) => () => [...invert(random), ...make(random)]),
    ),
  ];
}

const ECN: readonly ((random: Random) => string[])[] = [
  () => ['--ecn-tcp-cwr'],
  () => ['--ecn-tcp-ece'],
  (random) => ['--ecn-ip-ect', `${random.int(0, 3)}`],
];

// ── Matches for any protocol ────────────────────────────────────────────────────────────────────────────────────────────

function ecn(random: Random): string[] {
  return ['-m', 'ecn', ...invert(random), '--ecn-ip-ect', `${random.int(0, 3)}`];
}

/** dst and hbh. */
function options(name: string): MakeWords {
  const length = (random: Random) => [...invert(random), `--${name}-len`, random.pick(['8', '16'])];
  const list = (random: Random) => [`--${name}-opts`, random.pick(['1:4', '5:2', '5:2,1:0', '1', '5', '30', '1:4,5:2'])];
  return (random) => ['-m', name, ...some(random, [() => length(random), () => list(random)])];
}

function frag(random: Random): string[] {
  const flags = ['--fragfirst', '--fraglast', '--fragmore', '--fragres'];
  const choices = [() => [...invert(random), '--fragid', random.pick(['1', '0:7', '2:9'])], () => [random.pick(flags)]];
  return ['-m', 'frag', ...some(random, choices)];
}

function rt(random: Random): string[] {
  const choices = [
    () => [...invert(random), '--rt-type', random.pick(['0', '4', '2'])],
    () => [...invert(random), '--rt-segsleft', random.pick(['0', '1', '0:5'])],
    () => [...invert(random), '--rt-len', random.pick(['8', '24'])],
  ];
  return ['-m', 'rt', ...some(random, choices)];
}

function srh(random: Random): string[] {
  const choices = [
    () => [...invert(random), '--srh-next-hdr', random.pick(['6', '17', '58'])],
    () => [...invert(random), '--srh-hdr-len-eq', random.pick(['2', '4'])],
    () => [...invert(random), '--srh-segs-left-gt', random.pick(['0', '1'])],
    () => [...invert(random), '--srh-last-entry-eq', random.pick(['0', '1'])],
    () => [...invert(random), '--srh-tag', random.pick(['0', '256'])],
  ];
  return ['-m', 'srh', ...some(random, choices)];
}

function ah6(random: Random): string[] {
  return ['-m', 'ah', ...invert(random), '--ahspi', random.pick(SPIS), ...(random.chance(0.3) ? ['--ahlen', '24'] : [])];
}

function ipv6header(random: Random): string[] {
  const names = ['hop', 'dst', 'route', 'frag', 'auth', 'esp', 'none', 'prot'];
  return [
    '-m',
    'ipv6header',
    ...invert(random),
    '--header',
    random.some(names, 3).join(','),
    ...(random.chance(0.5) ? ['--soft'] : []),
  ];
}

export const packetMatches: Readonly<Record<Family, readonly MakeWords[]>> = {
  4: [ecn],
  6: [ecn, options('dst'), options('hbh'), frag, rt, srh, ah6, ipv6header],
};

// ── Packets ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const DCCP_TYPES = ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset'];

/** A packet of one of these protocols, behind the words of the IP header. */
export function packetWords(random: Random, family: Family): string[] {
  const spi = random.pick(['00000007', '00000008', 'ffffffff']);
  const choices: (() => string[])[] = [
    () => ['proto', '50', 'data', `${spi}00000001`],
    () => ['proto', '108', 'data', random.pick(['06000007', '06000008', '060007'])],
    () => ['dccp', `${random.pick(PORTS)}`, '>', `${random.pick(PORTS)}`, random.pick(DCCP_TYPES)],
  ];
  if (family === 4) choices.push(() => ['proto', '51', 'data', `11040000${spi}00000001`]);
  else choices.push(() => ['proto', '135', 'data', random.pick(['3b0105000000', '3b0100000000', '3b010b000000', '3b01'])]);
  return random.pick(choices)();
}

const ADDRESS = '20010db8000000000000000000000001';

/** Extension headers in their order, most packets having none. */
export function extensionWords(random: Random): string[] {
  const words: string[] = [];
  if (random.chance(0.1)) words.push('hbh', random.pick(['010400000000', '050200000100', '1e00010200000000']));
  if (random.chance(0.1)) words.push('dstopt', random.pick(['010400000000', '050200000100', '1e020102050200000100']));
  if (random.chance(0.15)) {
    words.push('rt', random.pick(['000000000000', `000100000000${ADDRESS}`, `040000000000${ADDRESS}`, `040100000100${ADDRESS}`]));
  }
  if (random.chance(0.08)) words.push('ah', random.pick(['7', '8']));
  return words;
}
