// Random matches on the bytes of packets, and the packets that meet them: extension headers, chunks, options, payloads, programs.

import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';
import { type Family, PORTS } from './world.ts';

type MakeWords = (random: Random, context: RuleContext) => string[];

const invert = (random: Random, probability = 0.25): string[] => (random.chance(probability) ? ['!'] : []);
const maybe = (random: Random, ...words: string[]): string[] => (random.chance(0.5) ? words : []);

// ── Values that rules and packets share ─────────────────────────────────────────────────────────────────────────────────

const INDEXES = ['1', '7', '8', '4294967295'];
const INDEX_RANGES = ['7', '7', '7:8', '0:7', '7:4294967295', '2:6'];
const TEXTS = ['GET', 'get', 'aab', 'aaaab', 'abcabd', 'xGETx', 'zyxw'];
const MACS = ['02:00:00:00:00:01', '02:11:22:33:44:55', '00:00:00:00:00:00'];
const SEGMENTS = ['2001:db8::1', '2001:db8::2', '2001:db8:9::1'];
const OPTIONS = ['050200000100', '010400000000', '000005020000', '1e0a0000000000000000000001000100', '0103000000'];
const CHUNK_TYPES = [
  'DATA',
  'INIT',
  'INIT_ACK',
  'SACK',
  'ABORT',
  'HEARTBEAT',
  'SHUTDOWN_COMPLETE',
  'DATA:BE',
  'DATA:Ui',
  'ABORT:T',
  'PAD',
];
const DCCP_TYPES = ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync', 'syncack', '10'];

function segmentBytes(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string): string[] => text.split(':').map((word) => word.padStart(4, '0'));
  const middle = 8 - words(head).length - words(tail).length;
  return [...words(head), ...Array.from({ length: middle }, () => '0000'), ...words(tail)].join('');
}

// ── Matches of any protocol ─────────────────────────────────────────────────────────────────────────────────────────────

const string: MakeWords = (random) => {
  const pattern = random.chance(0.75)
    ? ['--string', `"${random.pick(TEXTS)}"`]
    : ['--hex-string', `"|${random.pick(['0000', '000100', '61', '6162', 'ff', '40', '3f', 'df61', '0050'])}|"`];
  const ends = random.pick([
    [],
    [],
    ['--from', '28'],
    ['--to', '60'],
    ['--from', '20', '--to', '48'],
    ['--from', '48', '--to', '52'],
  ]);
  return [
    '-m',
    'string',
    ...invert(random),
    ...pattern,
    '--algo',
    random.chance(0.2) ? 'bm' : 'kmp',
    ...ends,
    ...maybe(random, '--icase'),
  ];
};

const u32: MakeWords = (random, { family }) => {
  const first = random.pick(['0', '2', '5', '6', '8', '9', '20', '28', '40', '44', '48', '100']);
  const places = [
    `${first}&0x${random.pick(['FF', 'FFFF', '3F', '1', 'F0F0'])}`,
    `${first}>>${random.int(0, 31)}`,
    `${first}<<${random.int(0, 31)}>>${random.int(0, 31)}`,
    `${family === 4 ? '0>>22&0x3C' : '4&0'}@${random.pick(['0', '4', '8', '12'])}>>16`,
    `${first}&0x1F@${random.int(0, 40)}&0xFF`,
  ];
  const test = () =>
    `${random.pick(places)}=${random.pick(['0', '0:0xFF', '6,17', '0x3F,0x40', '1:65535', '0:0xFFFFFFFF', '0x61626364'])}`;
  const tests = Array.from({ length: random.pick([1, 1, 2, 3]) }, test).join('&&');
  return ['-m', 'u32', ...invert(random), '--u32', `"${tests}"`];
};

/** Offsets from the IP header, from the network header, from the link-layer header, and numbers that are mostly beyond the packet. */
function bpfOffset(random: Random): number {
  const near = random.pick([0, 1, 2, 6, 7, 8, 9, 10, 12, 13, 14, 16, 20, 22, 24, 28, 40, 41, 48, 60]);
  return random.weighted([
    [8, near],
    [2, 0x1_0000_0000 - 0x10_0000 + near],
    [2, 0x1_0000_0000 - 0x20_0000 + near],
    [0.5, random.pick([1500, 0x7fff_ffff, 0x8000_0000])],
  ]);
}

/** Loads, calculations and jumps ahead by a little; memory word 0 is set first. */
function bpfInstruction(random: Random, left: number): string {
  const k = random.pick([0, 1, 2, 4, 8, 0xff, 0xffff, 0xffff_fff0]);
  const jump = () => random.int(0, Math.min(left - 1, 3));
  const ancillary = 0xffff_f000 + random.pick([0, 4, 20, 40, 44, 48, 60]);
  return random.weighted<() => string>([
    [6, () => `${random.pick([48, 40, 32])} 0 0 ${bpfOffset(random)}`],
    [2, () => `${random.pick([80, 72, 64])} 0 0 ${bpfOffset(random)}`],
    [1, () => `177 0 0 ${bpfOffset(random)}`],
    [1, () => `32 0 0 ${ancillary}`],
    [1, () => `${random.pick([128, 129])} 0 0 0`],
    [1, () => `${random.pick([0, 1])} 0 0 ${k}`],
    [1, () => `${random.pick([2, 3, 96, 97])} 0 0 0`],
    [3, () => `${random.pick([4, 20, 36, 68, 84, 164, 12, 28, 44, 60, 76, 92, 108, 124, 156, 172])} 0 0 ${k}`],
    [1, () => `${random.pick([52, 148])} 0 0 ${k || 3}`],
    [1, () => `${random.pick([100, 116])} 0 0 ${random.int(0, 31)}`],
    [1, () => `${random.pick([7, 135, 132])} 0 0 0`],
    [
      4,
      () => `${random.pick([21, 37, 53, 69, 29, 45, 61, 77])} ${jump()} ${jump()} ${random.pick([0, 4, 6, 17, 64, 0x800, 80])}`,
    ],
    [0.5, () => `5 0 0 ${jump()}`],
  ])();
}

const bpf: MakeWords = (random) => {
  const count = random.int(1, 12);
  const codes = Array.from({ length: count }, (_, i) => bpfInstruction(random, count - i));
  const end = random.pick(['22 0 0 0', '6 0 0 1', '6 0 0 0']);
  const program = ['2 0 0 0', ...codes, ...(random.chance(0.5) ? ['6 0 0 0', '6 0 0 65535'] : [end, end])];
  return ['-m', 'bpf', '--bytecode', `"${program.length},${program.join(',')}"`];
};

const ecn: MakeWords = (random) => ['-m', 'ecn', ...invert(random), '--ecn-ip-ect', `${random.int(0, 3)}`];

const mac: MakeWords = (random) => ['-m', 'mac', ...invert(random), '--mac-source', random.pick(MACS)];

// ── Matches on extension headers ────────────────────────────────────────────────────────────────────────────────────────

const options: MakeWords = (random) => {
  const name = random.pick(['hbh', 'dst']);
  const list = random.pick(['5:2', '5', '1:4', '5:2,1:0', '0,0,5:2', '30:10,1:0', '1', '5:2,1']);
  const length = [...invert(random), `--${name}-len`, random.pick(['8', '16', '24'])];
  return ['-m', name, ...maybe(random, ...length), ...maybe(random, `--${name}-opts`, list)];
};

const ah6: MakeWords = (random) => {
  const length = [...invert(random), '--ahlen', random.pick(['0', '12', '24'])];
  return [
    '-m',
    'ah',
    ...maybe(random, ...invert(random), '--ahspi', random.pick(INDEX_RANGES)),
    ...maybe(random, ...length),
    ...maybe(random, '--ahres'),
  ];
};

const frag: MakeWords = (random) => {
  const id = [...invert(random), '--fragid', random.pick(INDEX_RANGES)];
  const more = random.pick([[], ['--fragmore'], ['--fraglast']]);
  return ['-m', 'frag', ...maybe(random, ...id), ...maybe(random, '--fragres'), ...maybe(random, '--fragfirst'), ...more];
};

const rt: MakeWords = (random) => {
  const left = [...invert(random), '--rt-segsleft', random.pick(['0', '1', '0:1', '2:255'])];
  const length = [...invert(random), '--rt-len', random.pick(['8', '24', '40'])];
  const some = [...maybe(random, ...left), ...maybe(random, ...length)];
  if (random.chance(0.5)) return ['-m', 'rt', '--rt-type', random.pick(['0', '4']), ...some];
  const addresses = ['--rt-0-addrs', random.some(SEGMENTS, 2).join(','), ...maybe(random, '--rt-0-not-strict')];
  return ['-m', 'rt', '--rt-type', '0', ...some, ...maybe(random, '--rt-0-res'), ...maybe(random, ...addresses)];
};

const srh: MakeWords = (random) => {
  const count = random.pick(['hdr-len', 'segs-left', 'last-entry']);
  const asked = random.some([
    [...invert(random), '--srh-next-hdr', random.pick(['6', '17'])],
    [...invert(random), `--srh-${count}-${random.pick(['eq', 'gt', 'lt'])}`, `${random.int(0, 4)}`],
    [...invert(random), '--srh-tag', random.pick(['0', '1', '256'])],
    [
      ...invert(random),
      `--srh-${random.pick(['psid', 'nsid', 'lsid'])}`,
      `${random.pick(SEGMENTS)}/${random.pick(['128', '64', '126'])}`,
    ],
  ]);
  return ['-m', 'srh', ...asked.flat()];
};

const ipv6header: MakeWords = (random) => {
  const names = ['hop-by-hop', 'ipv6-opts', 'ipv6-route', 'ipv6-frag', 'ah', 'esp', 'ipv6-nonxt', 'protocol'];
  return ['-m', 'ipv6header', ...invert(random), '--header', random.some(names, 3).join(','), ...maybe(random, '--soft')];
};

const eui64: MakeWords = () => ['-m', 'eui64'];

/** Its counters have no quota. */
const nfacct: MakeWords = (random) => ['-m', 'nfacct', '--nfacct-name', random.pick(['web', 'mail'])];

const asksFrame = ({ chain }: RuleContext): boolean => ['PREROUTING', 'INPUT', 'FORWARD'].includes(chain);

/** The matches on bytes that may stand in a rule of any protocol. */
export function byteMatches(context: RuleContext): MakeWords[] {
  const frames = asksFrame(context) ? [mac] : [];
  // Answers of the host have an identification that is drawn, and so a checksum: what reads any byte may read those.
  const anywhere = context.world.answers === 'none' ? [string, u32, bpf] : [];
  if (context.family === 4) return [...anywhere, ecn, nfacct, ...frames];
  const headers = [options, ah6, frag, rt, srh, ipv6header];
  return [...anywhere, ecn, nfacct, ...headers, ...headers, ...frames, ...(asksFrame(context) ? [eui64] : [])];
}

// ── Matches of one protocol ─────────────────────────────────────────────────────────────────────────────────────────────

/** Protocols that only matches on bytes ask about, by the name `-p` prints. */
export const BYTE_PROTOCOLS: Readonly<Record<Family, readonly string[]>> = {
  4: ['ah', 'esp', 'ipcomp', 'dccp'],
  6: ['esp', 'ipcomp', 'dccp', 'mobility-header'],
};

const PROTOCOL_MATCHES: Readonly<Record<string, MakeWords>> = {
  tcp: (random) =>
    random.chance(0.5)
      ? ['-m', 'tcpmss', ...invert(random), '--mss', random.pick(['1460', '500:1460', '0:65535', '1461:9000'])]
      : ['-m', 'ecn', ...invert(random), '--ecn-tcp-cwr', ...maybe(random, ...invert(random), '--ecn-tcp-ece')],
  sctp: (random) => {
    const types = random.chance(0.15) ? random.pick(['ALL', 'NONE']) : random.some(CHUNK_TYPES, 3).join(',');
    return ['-m', 'sctp', ...invert(random), '--chunk-types', random.pick(['any', 'all', 'only']), types];
  },
  dccp: (random) => {
    const types = random.some(['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'RESET', 'SYNC', 'INVALID'], 4).join(',');
    const ports = [...invert(random), '--dport', `${random.pick(PORTS)}:65535`];
    const option = [...invert(random), '--dccp-option', random.pick(['1', '2', '38'])];
    return [
      '-m',
      'dccp',
      ...maybe(random, ...ports),
      ...maybe(random, ...invert(random), '--dccp-types', types),
      ...maybe(random, ...option),
    ];
  },
  esp: (random) => ['-m', 'esp', ...maybe(random, ...invert(random), '--espspi', random.pick(INDEX_RANGES))],
  ipcomp: (random) => ['-m', 'ipcomp', ...maybe(random, ...invert(random), '--ipcompspi', random.pick(INDEX_RANGES))],
  ah: (random) => ['-m', 'ah', ...maybe(random, ...invert(random), '--ahspi', random.pick(INDEX_RANGES))],
  'mobility-header': (random) => [
    '-m',
    'mh',
    ...maybe(random, ...invert(random), '--mh-type', random.pick(['5', '0:4', 'brr', '6:255'])),
  ],
};

/** A match on bytes that belongs to the protocol of the rule; none for most. */
export function protocolByteMatch(random: Random, context: RuleContext, protocol: string): string[] {
  return PROTOCOL_MATCHES[protocol]?.(random, context) ?? [];
}

// ── Packets ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names of matches that rules have: their packets come more often. */
export type Wanted = ReadonlySet<string>;

/** The matches of some rules. */
export function wantedMatches(rules: string): Wanted {
  return new Set([...rules.matchAll(/-m (\S+)/g)].map(([, name]) => name!));
}

/** Words for extension headers of an IPv6 packet. */
export function extensionWords(random: Random, wanted: Wanted): string[] {
  const words: string[] = [];
  const has = (...names: string[]): boolean => random.chance(names.some((name) => wanted.has(name)) ? 0.25 : 0.04);
  if (has('hbh', 'ipv6header')) words.push('hbh', random.pick(OPTIONS));
  if (has('dst', 'ipv6header')) words.push('dstopt', random.pick(OPTIONS));
  if (has('rt', 'srh')) {
    const segments = random.some(SEGMENTS).map(segmentBytes);
    const type = random.pick(['00', '04', '04']);
    const left = random.pick(['00', '01', '02']);
    const last =
      type === '04' ? `0${segments.length - 1}00${random.pick(['0000', '0100'])}` : random.pick(['00000000', '00000001']);
    words.push('rt', `${type}${left}${last}${segments.join('')}`);
  }
  if (has('ah')) words.push('ah', random.pick(INDEXES));
  return words;
}

/** Words for a payload that string matches may find something in. */
export function payloadWords(random: Random): string[] {
  return ['text', `${random.pick(['', 'a', 'aa', 'xyz'])}${random.pick(TEXTS)}${random.pick(['', 'a', 'GE'])}`];
}

function dccpWords(random: Random): string[] {
  const options = random.pick(['', '', ' opts 02010000', ' opts 26030200', ' opts 00010202']);
  const broken = random.pick(['', '', '', ' off 3', ' off 9']);
  const ports = `${random.pick(PORTS)} > ${random.pick(PORTS)}`;
  return ['dccp', ports, `${random.pick(DCCP_TYPES)}${random.chance(0.2) ? ' x' : ''}${broken}${options}`];
}

const INDEX_BYTES = ['00000001', '00000007', '00000007', '00000008', 'ffffffff'];

/** Transports that only matches on bytes ask for, by the match. */
const RARE_TRANSPORTS: readonly (readonly [match: string, make: (random: Random) => string[]])[] = [
  ['dccp', dccpWords],
  ['esp', (random) => ['proto', '50', 'data', `${random.pick(INDEX_BYTES)}${random.pick(['00000001', '0000000100', '000000'])}`]],
  [
    'ah',
    (random) => [
      'proto',
      '51',
      'data',
      `11040000${random.pick(INDEX_BYTES)}${random.pick(['00000001', '00'])}${'00'.repeat(12)}`,
    ],
  ],
  ['ipcomp', (random) => ['proto', '108', 'data', `0600${random.pick(['0000', '0007', '0007', '0008', 'ffff', '00'])}`]],
  [
    'mh',
    (random) => [
      'proto',
      '135',
      'data',
      `${random.pick(['3b', '3b', '3b', '11'])}010${random.int(0, 9)}00${random.pick(['0000', '0000', '00'])}`,
    ],
  ],
];

/** One of them, mostly one that is wanted. */
export function rareTransportWords(random: Random, wanted: Wanted): string[] {
  return random.weighted(RARE_TRANSPORTS.map(([match, make]) => [wanted.has(match) ? 10 : 1, make] as const))(random);
}

/** Whether rules ask for such a transport. */
export function wantsRareTransport(wanted: Wanted): boolean {
  return RARE_TRANSPORTS.some(([match]) => wanted.has(match));
}

/** Chunks that only `--chunk-types` tells apart, some of them malformed. */
export function chunkWords(random: Random): string {
  const chunks = [
    'data',
    'sack',
    'abort',
    'heartbeat',
    'init:7',
    'hex:0002001000000000000000000000ffff',
    'hex:06010004',
    'hex:84000004',
  ];
  const list = random.some(chunks, 3);
  if (random.chance(0.1)) list.push(random.pick(['hex:0003', 'hex:00030000', 'hex:00030100']));
  return list.join(',');
}

/**
 * Lets eth0 be an Ethernet device, on which packets come in frames of several senders. Some IPv6 sources are made from their sender's
 * address.
 */
export function inFrames(random: Random, lines: readonly string[]): string[] {
  return lines.map((line) => {
    const [, source, rest] = /^eth0: (\S+) (>.*)$/.exec(line) ?? [];
    if (source === undefined || !random.chance(0.6)) return line;
    if (source.startsWith('2001:db8:1::') && random.chance(0.4)) {
      return `eth0: from 02:11:22:33:44:55 2001:db8:1::11:22ff:fe33:4455 ${rest}`;
    }
    return `eth0: from ${random.pick(MACS)} ${source} ${rest}`;
  });
}
