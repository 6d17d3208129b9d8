// Random TCP connections: how two hosts open, use, disturb, close and reuse one, as lines of the packet language.

import type { Random } from '../random.ts';
import { type Pair, type Side, type Step, stepFrom } from './step.ts';
import { closeTalk, outliveTalk } from './tcp-close.ts';
import { openTalk } from './tcp-open.ts';
import { useTalk } from './tcp-use.ts';

const MODULUS = 2 ** 32;

/** What one side of a connection knows. */
interface End {
  /** Sequence number of its next byte. */
  next: number;
  window: number;
  /** The window scale it offers; undefined = none. */
  scale: number | undefined;
  sack: boolean;
  stamps: boolean;
}

/** What is unlike the segment that would be right. */
export interface Oddity {
  readonly length?: number;
  /** Added to the sequence number and the acknowledgement. */
  readonly seqOff?: number;
  readonly ackOff?: number;
  /** Instead of them. */
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly opts?: string;
  /** What it carries, instead of so many letters. */
  readonly text?: string;
  /** Words behind all others. */
  readonly tail?: string;
  /** The sender goes on as if it had not sent it. */
  readonly forgotten?: boolean;
}

/** A TCP connection in the making. */
export class TcpTalk {
  readonly steps: Step[] = [];
  readonly ends: readonly [End, End];
  readonly random: Random;
  private readonly pair: Pair;
  private readonly ports: readonly [number, number];

  constructor(random: Random, pair: Pair, ports: readonly [number, number]) {
    this.random = random;
    this.pair = pair;
    this.ports = ports;
    this.ends = [this.drawEnd(), this.drawEnd()];
  }

  private drawEnd(): End {
    const { random } = this;
    return {
      next: random.pick([1000, 500_000, 2 ** 31 - 100, 2 ** 32 - 100, 2 ** 32 - 1]),
      window: random.pick([65535, 65535, 8192, 1000, 100]),
      scale: random.chance(0.5) ? random.pick([0, 1, 2, 7, 14, 15]) : undefined,
      sack: random.chance(0.6),
      stamps: random.chance(0.3),
    };
  }

  /** Starts over with other sequence numbers: later ones, or any. */
  renew(side: Side): void {
    const end = this.ends[side];
    end.next = wrapped(end.next + this.random.pick([1, 64000, 100_000, 2 ** 31 - 5, -70_000, -1, 0]));
  }

  /** One of the two says something. */
  say(side: Side, flags: string, odd: Oddity = {}): void {
    const end = this.ends[side];
    const peer = this.ends[side === 0 ? 1 : 0];
    const length = odd.text?.length ?? odd.length ?? 0;
    const seq = odd.seq ?? wrapped(end.next + (odd.seqOff ?? 0));
    const ack = odd.ack ?? wrapped(peer.next + (odd.ackOff ?? 0));
    const [from, to] = side === 0 ? this.ports : [this.ports[1], this.ports[0]];
    const opts = odd.opts ?? (flags.includes('S') ? this.synOptions(side) : end.stamps ? 'nop,nop,ts:7:7' : '');
    const words = ['tcp', from, '>', to, flags, 'seq', seq];
    if (flags.includes('A') || odd.ack !== undefined) words.push('ack', ack);
    words.push('win', odd.window ?? end.window);
    if (opts !== '') words.push('opts', padded(opts));
    if (odd.text !== undefined) words.push('data', Buffer.from(odd.text, 'latin1').toString('hex'));
    else if (length > 0) words.push('len', length);
    if (odd.tail !== undefined) words.push(odd.tail);
    this.steps.push(stepFrom(this.pair, side, words.join(' ')));
    if (odd.forgotten || odd.seq !== undefined || odd.seqOff !== undefined) return;
    end.next = wrapped(end.next + length + (/[SF]/.test(flags) ? 1 : 0));
  }

  /** The last segment comes again. */
  repeat(times = 1): void {
    const last = this.steps.at(-1);
    for (let i = 0; i < times && last !== undefined; i++) this.steps.push(last);
  }

  private synOptions(side: Side): string {
    const { scale, sack, stamps } = this.ends[side];
    const words = this.random.chance(0.8) ? ['mss:1460'] : [];
    if (sack) words.push('sackok');
    if (stamps) words.push('ts:1:0');
    if (scale !== undefined) words.push('nop', `ws:${scale}`);
    return words.join(',');
  }
}

export const otherSide = (side: Side): Side => (side === 0 ? 1 : 0);

export function eitherSide(random: Random): Side {
  return random.chance(0.5) ? 0 : 1;
}

function wrapped(sequence: number): number {
  return ((sequence % MODULUS) + MODULUS) % MODULUS;
}

const OPTION_BYTES: Readonly<Record<string, number>> = { mss: 4, ws: 3, sackok: 2, sack: 10, ts: 10, nop: 1, eol: 1 };

/** Options fill whole words. */
function padded(opts: string): string {
  if (opts.includes('hex')) return opts;
  const bytes = opts.split(',').reduce((sum, option) => sum + (OPTION_BYTES[option.split(':')[0]!] ?? 0), 0);
  return [opts, ...Array.from({ length: (4 - (bytes % 4)) % 4 }, () => 'nop')].join(',');
}

/** A connection from its first segment to what comes after its last, perhaps another between the same ports. */
export function tcpSteps(random: Random, pair: Pair, ports: readonly [number, number]): Step[] {
  const talk = new TcpTalk(random, pair, ports);
  for (let more = 1; random.chance(more); more = 0.4) {
    const opened = openTalk(talk);
    if (opened || random.chance(0.3)) useTalk(talk);
    if (random.chance(0.8)) closeTalk(talk);
    if (random.chance(0.4)) outliveTalk(talk);
    talk.renew(0);
    talk.renew(1);
  }
  return talk.steps;
}
