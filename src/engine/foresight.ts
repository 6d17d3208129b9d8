// Whether a batch came out as it would with one shard, where packets are spread over shards by the address that translation leaves alone.
// Comes in: batches whose packets have run, in input order, before anybody sees them. What is not certain, and why it may not be:
// assembly/nat/foresight.ts.
//
// What the first packet that is not certain might have done otherwise can show in packets behind it only, and no batch behind has been
// handed over by then.

import {
  FRAME_NUMBER,
  OUTCOME_ASKS_SOURCE,
  OUTCOME_CT,
  OUTCOME_FLAGS,
  OUTCOME_SOURCE,
  OUTCOME_TELLS_SOURCE,
  OUTCOME_UNFORESEEN,
} from '../../assembly/abi/batch.ts';
import {
  FLOW_DEADLINE,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_REPLY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../../assembly/abi/flow.ts';
import { type Batch, frameTime, frameWord, notedPackets, outcomeWord, packetShard } from '../core/batch.ts';
import type { MemoryViews } from '../core/memory.ts';

/** A packet might have fared otherwise with one shard. */
export class Unforeseen extends Error {
  override readonly name = 'Unforeseen';
  /** Its number in the input. */
  readonly packet: number;
  /** Packets that were handed over before it. */
  readonly delivered: number;
  constructor(packet: number, delivered: number) {
    super(`packet ${packet} might fare otherwise with one shard`);
    this.packet = packet;
    this.delivered = delivered;
  }
}

/** A connection whose source has another port or id than it came with. */
interface Teller {
  readonly shard: number;
  readonly entry: number;
  /** What tells it from whatever has its memory later. */
  readonly marks: readonly number[];
  /** The last packet for which it may have been there, once it is found to be gone. */
  lastPacket?: number;
}

const MARKS = [
  FLOW_ORIGINAL + TUPLE_SRC,
  FLOW_ORIGINAL + TUPLE_SPORT,
  FLOW_REPLY + TUPLE_SRC,
  FLOW_REPLY + TUPLE_SPORT,
  FLOW_NUMBER,
];
/** So many tellers are kept without a look at whether they are gone. */
const TELLERS_MIN = 4096;

export class Foresight {
  /** By the hash of the source that they came with. */
  private readonly tellers = new Map<number, Teller[]>();
  private count = 0;
  private sweepAt = TELLERS_MIN;

  /** Gives the number of the first packet of a batch that is not certain. `begun`: number of the last packet that may have run by now. */
  check(batch: Batch, begun: number): number | undefined {
    for (const i of notedPackets(batch)) {
      const flags = outcomeWord(batch, i, OUTCOME_FLAGS);
      if ((flags & OUTCOME_UNFORESEEN) !== 0) return frameWord(batch, i, FRAME_NUMBER);
      const source = outcomeWord(batch, i, OUTCOME_SOURCE);
      if ((flags & OUTCOME_ASKS_SOURCE) !== 0 && this.mayBeTold(batch, i, source, begun))
        return frameWord(batch, i, FRAME_NUMBER);
      if ((flags & OUTCOME_TELLS_SOURCE) !== 0) this.tells(batch, i, source);
    }
    if (this.count >= this.sweepAt) this.sweep(batch, begun);
    return undefined;
  }

  private tells(batch: Batch, index: number, source: number): void {
    const entry = outcomeWord(batch, index, OUTCOME_CT);
    // It has gone with its packet.
    if (entry === 0) return;
    const marks = marksOf(batch.views, entry);
    const number = frameWord(batch, index, FRAME_NUMBER);
    const teller = { shard: packetShard(batch, index), entry, marks: [...marks.slice(0, -1), number] };
    const others = this.tellers.get(source);
    if (others) others.push(teller);
    else this.tellers.set(source, [teller]);
    this.count++;
  }

  /** Whether a connection of another shard may have something to say to that of a packet. */
  private mayBeTold(batch: Batch, index: number, source: number, begun: number): boolean {
    const tellers = this.tellers.get(source);
    if (!tellers) return false;
    const shard = packetShard(batch, index);
    const number = frameWord(batch, index, FRAME_NUMBER);
    return tellers.some((teller) => {
      return teller.shard !== shard && !isOver(teller, batch, index, number, begun) && !isOther(teller, batch, index, number);
    });
  }

  /** Forgets those that are gone for all packets behind a batch. */
  private sweep(batch: Batch, begun: number): void {
    const last = batch.count - 1;
    const number = frameWord(batch, last, FRAME_NUMBER);
    this.count = 0;
    for (const [source, tellers] of this.tellers) {
      const left = tellers.filter((teller) => !isOver(teller, batch, last, number, begun));
      if (left.length === 0) this.tellers.delete(source);
      else this.tellers.set(source, left);
      this.count += left.length;
    }
    this.sweepAt = Math.max(TELLERS_MIN, 2 * this.count);
  }
}

function marksOf({ u32 }: MemoryViews, entry: number): number[] {
  return MARKS.map((offset) => u32[(entry + offset) >>> 2]!);
}

/**
 * Whether a connection was surely over when a packet ran. Other packets behind it may have run since, up to `begun`: what is gone now may
 * have been there. What had no time left and is still there was not touched since.
 */
function isOver(teller: Teller, { views, map }: Batch, index: number, number: number, begun: number): boolean {
  if (teller.lastPacket === undefined && marksOf(views, teller.entry).some((mark, i) => mark !== teller.marks[i]))
    teller.lastPacket = begun;
  if (teller.lastPacket !== undefined) return number > teller.lastPacket;
  return views.u64[(teller.entry + FLOW_DEADLINE) >>> 3]! < frameTime(views, map, index);
}

/** Whether two connections surely have different sources, whose hashes are equal. */
function isOther({ entry, lastPacket }: Teller, batch: Batch, index: number, number: number): boolean {
  const own = outcomeWord(batch, index, OUTCOME_CT);
  const { u32, data } = batch.views;
  if (lastPacket !== undefined || own === 0 || u32[(own + FLOW_NUMBER) >>> 2] !== number) return false;
  const words = [0, 4, 8, 12].map((offset) => FLOW_ORIGINAL + TUPLE_SRC + offset);
  if (words.some((offset) => u32[(own + offset) >>> 2] !== u32[(entry + offset) >>> 2])) return true;
  const port = FLOW_ORIGINAL + TUPLE_SPORT;
  const protocol = FLOW_ORIGINAL + TUPLE_PROTO;
  return (
    data.getUint16(own + port) !== data.getUint16(entry + port) ||
    data.getUint8(own + protocol) !== data.getUint8(entry + protocol)
  );
}
