// Random traffic, as lines of the packet language: single packets near the rules' values, and conversations with mistakes.

import {
  chunkWords,
  extensionWords,
  inFrames,
  payloadWords,
  rareTransportWords,
  type Wanted,
  wantsRareTransport,
} from './generate-bytes.ts';
import { conversation } from './generate-conversation.ts';
import { withFragments } from './generate-fragments.ts';
import type { Random } from './random.ts';
import { type Family, LENGTHS, type Place, PORTS, TOSES, TTLS, type World } from './world.ts';

/** IPv4 options: nothing, an alert, a bad one, one of no kind that is known; records of the route that go on, or are full; a route to its end. */
const OPTIONS = [
  '01010100',
  '94040000',
  '9402',
  '07ff0401',
  '99040000',
  '070b04000000000000000001',
  '0707080a0b0c0d01',
  '01830708c0000201',
];

export interface TrafficOptions {
  readonly families: readonly Family[];
  readonly packets: number;
  /** Matches that the rules have. */
  readonly wanted: Wanted;
  /** Packets may come in Ethernet frames. */
  readonly frames: boolean;
}

/** Gives lines of the packet language: several streams, mixed, each in its own order. */
export function generateTraffic(random: Random, world: World, options: TrafficOptions): string[] {
  const streams: string[][] = [];
  const rate = random.pick([0, 0.05, 0.3]);
  let total = 0;
  while (total < options.packets) {
    const family = random.pick(options.families);
    const stream = random.chance(0.55)
      ? conversation(random, world, family)
      : Array.from({ length: random.int(1, 4) }, () => single(random, world, family, options.wanted));
    const lines = withFragments(random, stream, family, rate);
    streams.push(lines);
    total += lines.length;
  }
  const lines = mix(random, streams).slice(0, options.packets);
  const framed = options.wanted.has('mac') || options.wanted.has('eui64') ? 0.6 : 0.1;
  return options.frames && random.chance(framed) ? inFrames(random, lines) : lines;
}

/** Takes from a few streams at a time, at most from `most`, so that conversations overlap but keep together. */
export function mix(random: Random, streams: string[][], most = 4): string[] {
  const mixed: string[] = [];
  const open: string[][] = [];
  const waiting = [...streams];
  while (open.length > 0 || waiting.length > 0) {
    if (open.length < most && waiting.length > 0) open.push(waiting.shift()!);
    const stream = random.pick(open);
    const line = stream.shift();
    if (line !== undefined) mixed.push(line);
    if (stream.length === 0) open.splice(open.indexOf(stream), 1);
  }
  return mixed;
}

/** The start of a line: where a packet from somebody comes in. */
export function origin(place: Place): string {
  return place.interface === '' ? 'sent:' : `${place.interface}:`;
}

/** One packet that belongs to nothing. */
function single(random: Random, world: World, family: Family, wanted: Wanted): string {
  const from = random.pick(world.places[family]);
  const sent = from.interface === '';
  const to = random.chance(0.85) ? random.pick(world.places[family].filter((place) => place !== from)) : undefined;
  const address = to?.address ?? random.pick(world.dead[family].filter((dead) => !sent || isSendable(dead)));
  const start = !sent && random.chance(0.05) ? `${random.pick(world.interfaces)}:` : origin(from);
  const words = [start, from.address, '>', address, ...ipWords(random, family, sent, wanted)];
  const isFragment = to !== undefined && !sent && hasShortHeaders(words) && random.chance(0.15);
  if (isFragment) return [...words, ...fragmentWords(random, family, wanted)].join(' ');
  return [...words, ...transportWords(random, family, sent, wanted)].join(' ');
}

/**
 * Whether a fragment with such headers may join others that have fewer: what leaves then is split anew where a device has left no room for
 * the longest of them before the bytes of each, which a capture does not tell.
 */
function hasShortHeaders(words: readonly string[]): boolean {
  return words.filter((word) => /^[0-9a-f]{16,}$/.test(word)).join('').length < 80;
}

/** Broadcasts and multicasts that the host sends come back to it; named scenarios show that. */
function isSendable(address: string): boolean {
  return !/^(255|224|ff|192\.0\.2\.255)/.test(address);
}

function ipWords(random: Random, family: Family, sent: boolean, wanted: Wanted): string[] {
  const words: string[] = [];
  if (random.chance(0.3)) words.push('ttl', `${random.pick(sent ? TTLS.filter((ttl) => ttl > 0) : TTLS)}`);
  if (random.chance(0.2)) words.push('tos', `${random.pick(TOSES)}`);
  if (family === 4 && random.chance(0.2)) words.push('df');
  if (sent) return words;
  if (family === 4) {
    if (random.chance(0.03)) words.push('ipopt', random.pick(OPTIONS));
    if (random.chance(0.02))
      words.push(
        ...random.pick([
          ['ipsum', '1'],
          ['ihl', '4'],
          ['iplen', '19'],
          ['iplen', '2000'],
        ]),
      );
    return words;
  }
  words.push(...extensionWords(random, wanted));
  if (random.chance(0.02)) words.push('iplen', '2000');
  return words;
}

function fragmentWords(random: Random, family: Family, wanted: Wanted): string[] {
  const first = random.chance(0.4);
  if (first) return ['frag', '0+', ...transportWords(random, family, false, wanted)];
  const offset = random.pick(['8', '16', '24+', '1480']);
  return ['frag', offset, 'proto', random.pick(['6', '17', '132', family === 4 ? '1' : '58']), 'len', '24'];
}

export function transportWords(random: Random, family: Family, sent: boolean, wanted: Wanted): string[] {
  if (wantsRareTransport(wanted) && random.chance(0.3)) return rareTransportWords(random, wanted);
  const ports = [`${random.pick(PORTS)}`, '>', `${random.pick(PORTS)}`];
  const data = random.chance(0.3) ? payloadWords(random) : ['len', `${random.pick(LENGTHS)}`];
  const end = sent ? [] : tailWords(random);
  return random.weighted<() => string[]>([
    [5, () => ['tcp', ...ports, ...tcpWords(random), ...data, ...end]],
    [5, () => ['udp', ...ports, ...data, ...end]],
    [2, () => [...icmpWords(random, family), ...data, ...end]],
    [
      2,
      () => [
        'sctp',
        ...ports,
        'vtag',
        '5',
        'chunks',
        random.chance(0.5) ? chunkWords(random) : random.pick(['init:7', 'data', 'abort', 'initack:8,data']),
        ...end,
      ],
    ],
    [1.5, () => ['udplite', ...ports, 'cov', random.pick(['0', '8']), ...data, ...end]],
    [1, () => rareTransportWords(random, wanted)],
    [1, () => ['proto', random.pick(['47', '50', '200', '255', '59']), 'len', random.pick(['4', '12', '40'])]],
  ])();
}

/** Mistakes: a wrong checksum, a transport cut short. */
function tailWords(random: Random): string[] {
  return random.weighted([
    [20, []],
    [1, ['badsum']],
    [0.5, ['nosum']],
    [1.5, ['take', `${random.int(0, 21)}`]],
  ]);
}

function tcpWords(random: Random): string[] {
  const flags = random.pick(['S', 'S', 'SA', 'A', 'A', 'PA', 'FA', 'R', 'RA', '-', 'F', 'FPU', 'SF', 'SR', 'SEC', 'FSRPAUEC']);
  const words = [flags, 'seq', `${random.pick([0, 1, 1000, 4294967295])}`, 'ack', `${random.pick([0, 1, 1000])}`];
  if (random.chance(0.1)) words.push('off', random.pick(['4', '6', '15']));
  if (random.chance(0.3))
    words.push('opts', random.pick(['mss:1460', 'nop,nop,ts:1:2', 'mss:1460,sackok,nop,ws:7', 'hex:02000000']));
  return words;
}

function icmpWords(random: Random, family: Family): string[] {
  const type = random.pick(
    family === 4 ? ['8/0', '0/0', '3/3', '11/0', '13/0', '255/1'] : ['128/0', '129/0', '1/4', '3/0', '200/1'],
  );
  return [family === 4 ? 'icmp' : 'icmp6', type, 'id', `${random.int(1, 3)}`, 'seq', '1'];
}
