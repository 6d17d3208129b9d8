// Random fragments of packets, as lines of the packet language: in and out of order, some lost, repeated, overlapping, or unlike the others.

import { parsePacketLine } from '../support/packet-line.ts';
import type { Random } from './random.ts';
import { type Family, TOSES } from './world.ts';

const EXTENSION_WORDS = / (?:hbh|dstopt|rt|ext \d+) [0-9a-f]*| ah \d+/g;
/** Words of a line that is no whole packet, or lies about itself. */
const SPECIAL = / (?:frag|fragid|hex|iplen|ihl|ipsum|version) |(?:take|cut|pad) \d+$/;
const IPV6_BYTES = 40;

/** Splits some of the packets of a stream into fragments; `rate` is how many of them. */
export function withFragments(random: Random, stream: readonly string[], family: Family, rate: number): string[] {
  return stream.flatMap((line) => (random.chance(rate) ? fragmentsOf(random, line, family) : [line]));
}

function fragmentsOf(random: Random, line: string, family: Family): string[] {
  const parts = /^(.*? > \S+)(.*)$/.exec(line);
  const length = transportBytes(line, family);
  if (parts === null || length < 16) return [line];
  const spans = withMistakes(random, inSomeOrder(random, cut(random, length)), length);
  const id = random.chance(0.2) ? random.int(1, 3) : random.int(4, 60000);
  return spans.map(([from, to]) => {
    const words = ` ${family === 4 ? 'id' : 'fragid'} ${id}${oddWords(random, line, family)}`;
    return `${parts[1]}${words}${parts[2]} part ${from}-${to}`;
  });
}

/** Bytes of the transport, as the line makes it; 0 for a line that is not to be split. */
function transportBytes(line: string, family: Family): number {
  if (SPECIAL.test(line)) return 0;
  const { bytes } = parsePacketLine(line.replace(EXTENSION_WORDS, ''));
  return bytes.length - (family === 4 ? (bytes[0]! & 15) * 4 : IPV6_BYTES);
}

type Span = readonly [from: number, to: number];

/** Cuts on multiples of eight. */
function cut(random: Random, length: number): Span[] {
  const last = Math.ceil(length / 8) - 1;
  const cuts = new Set(Array.from({ length: random.int(1, 3) }, () => random.int(1, Math.min(last, random.pick([4, 1000]))) * 8));
  const points = [0, ...[...cuts].sort((a, b) => a - b), length];
  return points.slice(1).map((to, i) => [points[i]!, to]);
}

function inSomeOrder(random: Random, spans: Span[]): Span[] {
  if (random.chance(0.5)) return spans;
  return random.chance(0.5) ? spans.reverse() : random.some(spans, spans.length);
}

/** Loses a fragment, repeats one, adds one that overlaps others or does not end on eight bytes. */
function withMistakes(random: Random, spans: Span[], length: number): Span[] {
  const result = [...spans];
  if (random.chance(0.08)) result.splice(random.int(0, result.length - 1), 1);
  if (result.length > 0 && random.chance(0.12)) result.splice(random.int(0, result.length), 0, random.pick(result));
  if (random.chance(0.1)) {
    const from = random.int(0, Math.ceil(length / 8) - 1) * 8;
    result.splice(random.int(0, result.length), 0, [from, random.int(from + 1, length)]);
  }
  return result;
}

/** What one fragment has unlike the others. */
function oddWords(random: Random, line: string, family: Family): string {
  const words: string[] = [];
  if (!/ tos /.test(line) && random.chance(0.06)) words.push(`tos ${random.pick([1, 2, 3, ...TOSES])}`);
  if (!/ ttl /.test(line) && random.chance(0.04)) words.push(`ttl ${random.int(2, 9)}`);
  if (family === 4 && !/ df /.test(line) && random.chance(0.1)) words.push('df');
  return words.map((word) => ` ${word}`).join('');
}
