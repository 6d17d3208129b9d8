// One batch as TypeScript reads it: no object per packet, only words of the records by index.
//
// A batch is good from the moment its last shard has run until the slot is given back; nobody keeps one.

import {
  CLASS_NOTED,
  CLASS_SHARD,
  EGRESS_DATA,
  EGRESS_LENGTH,
  EGRESS_NEXT,
  EGRESS_OUT,
  FRAME_BYTES,
  FRAME_TIME,
  OUTCOME_BYTES,
  OUTCOME_EGRESS,
  OUTCOME_LOG,
  OUTCOME_LOG_BYTES,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  SCRATCH_TALLY,
  SHARD_SCRATCH_BYTES,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  SLOT_CLASSED,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_COUNTS,
  SLOT_EGRESS_BYTES,
  SLOT_EGRESS_USED,
  SLOT_FRAMES,
  SLOT_LOOKED,
  SLOT_LOOKS,
  SLOT_NOTED,
  SLOT_OTHERS,
  SLOT_OUTCOMES,
  SLOT_PACKETS,
  SLOT_QUOTES,
  SLOT_QUOTES_GOES_ON,
  SLOT_QUOTES_STARTS,
  SLOT_STATE,
  TALLY_ANSWER_COUNT,
  TALLY_ANSWERS,
  TALLY_BYTES,
  TALLY_VERDICT_BYTES,
  TALLY_VERDICT_COUNT,
  TALLY_VERDICTS,
  TALLY_WHY_COUNT,
  TALLY_WHYS,
} from '../../assembly/abi/batch.ts';
import { FRAGMENTS_QUOTES } from '../../assembly/abi/fragment.ts';
import {
  RECORD_FLAGS,
  RECORD_HOOK,
  RECORD_ID,
  RECORD_IN,
  RECORD_KIND,
  RECORD_LENGTH,
  RECORD_LINK,
  RECORD_LINK_BYTES,
  RECORD_MARK,
  RECORD_MET,
  RECORD_OUT,
  RECORD_PACKET,
  RECORD_PACKET_BYTES,
  RECORD_SIZE,
} from '../../assembly/abi/log.ts';
import { PACKET_BYTES } from '../../assembly/abi/packet.ts';
import { WHY_NONE } from '../../assembly/abi/verdict.ts';
import type { MemoryMap, MemoryViews, SlotMap } from './memory.ts';

export interface Batch {
  readonly views: MemoryViews;
  readonly map: SlotMap;
  /** Packets in it. */
  readonly count: number;
}

/** Writes the header of a slot that is about to be filled. */
export function prepareSlot(views: MemoryViews, map: SlotMap): void {
  const set = (offset: number, value: number): void => {
    views.u32[(map.slot + offset) >>> 2] = value;
  };
  set(SLOT_FRAMES, map.frames);
  set(SLOT_COUNT, 0);
  set(SLOT_PACKETS, map.packets);
  set(SLOT_OUTCOMES, map.outcomes);
  set(SLOT_COUNTS, map.counts);
  set(SLOT_CLASSED, 0);
  set(SLOT_OTHERS, 0);
  set(SLOT_ARENA, map.arena);
  set(SLOT_ARENA_BYTES, map.arenaBytes);
  set(SLOT_ARENA_USED, 0);
  set(SLOT_EGRESS_BYTES, map.egressBytes);
  set(SLOT_EGRESS_USED, 0);
  set(SLOT_STATE, 0);
  set(SLOT_CLASSES, map.classes);
  set(SLOT_NOTED, 0);
  set(SLOT_LOOKS, map.looks);
  set(SLOT_LOOKED, 0);
}

/** Says how many frames a slot was filled with. */
export function setFrameCount({ u32 }: MemoryViews, { slot }: SlotMap, count: number): void {
  u32[(slot + SLOT_COUNT) >>> 2] = count;
}

/** How many frames of a slot are to be dissected before it runs; all of them as far as nothing is known. */
export function undissected({ u32 }: MemoryViews, { slot }: SlotMap): number {
  const word = (offset: number): number => u32[(slot + offset) >>> 2]!;
  return word(SLOT_STATE) !== 0 ? 0 : word(SLOT_COUNT) - word(SLOT_CLASSED) + word(SLOT_OTHERS);
}

/** A word (OUTCOME_*) of packet `index`. */
export function outcomeWord(batch: Batch, index: number, offset: number): number {
  return batch.views.u32[(batch.map.outcomes + index * OUTCOME_BYTES + offset) >>> 2]!;
}

/** A word (PACKET_*) of packet `index`. */
export function packetWord(batch: Batch, index: number, offset: number): number {
  return batch.views.u32[(batch.map.packets + index * PACKET_BYTES + offset) >>> 2]!;
}

/** A word (FRAME_*) of packet `index`. */
export function frameWord(batch: Batch, index: number, offset: number): number {
  return batch.views.u32[(batch.map.frames + index * FRAME_BYTES + offset) >>> 2]!;
}

/** The packets whose outcomes have OUTCOME_FORESIGHT bits, in input order: indexes. Of a batch that was dissected. */
export function notedPackets({ views: { u8, u32 }, map, count }: Batch): number[] {
  const noted: number[] = [];
  if (u32[(map.slot + SLOT_NOTED) >>> 2] === 0) return noted;
  for (let i = 0; i < count; i++) if ((u8[map.classes + i]! & CLASS_NOTED) !== 0) noted.push(i);
  return noted;
}

/** The shard of packet `index` of a batch that was dissected. */
export function packetShard({ views, map }: Batch, index: number): number {
  return views.u8[map.classes + index]! & CLASS_SHARD;
}

/** The time of frame `index` of a slot, in nanoseconds since the epoch. */
export function frameTime(views: MemoryViews, slot: SlotMap, index: number): bigint {
  return views.u64[(slot.frames + index * FRAME_BYTES + FRAME_TIME) >>> 3]!;
}

/** Word `at` of the trace of packet `index`: a counter id. */
export function traceWord(batch: Batch, index: number, at: number): number {
  return batch.views.u32[(outcomeWord(batch, index, OUTCOME_TRACE) >>> 2) + at]!;
}

export function traceLength(batch: Batch, index: number): number {
  return outcomeWord(batch, index, OUTCOME_TRACE) === 0 ? 0 : outcomeWord(batch, index, OUTCOME_TRACE_COUNT);
}

/** A packet that left. */
export interface EgressRecord {
  /** Index in the interface universe of what it left by. */
  readonly out: number;
  /** Its layer-3 bytes as hexadecimal digits; undefined: they are not known, or had no room. */
  readonly hex: string | undefined;
}

/** A packet that left, as it lies in the batch's memory. */
export interface EgressPlace {
  /** Index in the interface universe of what it left by. */
  readonly out: number;
  /** Where its layer-3 bytes are, and how many: 0 = they are not known, or had no room. */
  readonly at: number;
  readonly length: number;
}

/** Where the packets are that left for packet `index`, in that order; none when none did or none were asked for. */
export function* egressPlaces(batch: Batch, index: number): Generator<EgressPlace> {
  const { u32 } = batch.views;
  for (let at = outcomeWord(batch, index, OUTCOME_EGRESS); at !== 0; at = u32[(at + EGRESS_NEXT) >>> 2]!) {
    yield { out: u32[(at + EGRESS_OUT) >>> 2]!, at: at + EGRESS_DATA, length: u32[(at + EGRESS_LENGTH) >>> 2]! };
  }
}

/** The packets that left for packet `index`, in that order; [] when none did or none were asked for. */
export function egressRecords(batch: Batch, index: number): EgressRecord[] {
  const { buffer } = batch.views;
  return Array.from(egressPlaces(batch, index), ({ out, at, length }) => ({
    out,
    hex: length === 0 ? undefined : buffer.toString('hex', at, at + length),
  }));
}

/** A record of a packet's log (abi/log.ts): the packet when a rule spoke of it. */
export interface LogRecord {
  readonly kind: number;
  readonly id: number;
  readonly in: number;
  readonly out: number;
  readonly mark: number;
  readonly length: number;
  readonly flags: number;
  readonly hook: number;
  /** Words that its trace had then. */
  readonly met: number;
  /** The first bytes of its frame. */
  readonly frame: Uint8Array;
  /** Layer-3 bytes, in the batch's memory. */
  readonly bytes: Uint8Array;
}

/** The log of packet `index`, in the order in which the kernel would write it. */
export function* logRecords(batch: Batch, index: number): Generator<LogRecord> {
  const { u8, u32 } = batch.views;
  const first = outcomeWord(batch, index, OUTCOME_LOG);
  const end = first + outcomeWord(batch, index, OUTCOME_LOG_BYTES);
  for (let at = first; at < end; at += u32[(at + RECORD_SIZE) >>> 2]!) {
    const word = (offset: number): number => u32[(at + offset) >>> 2]!;
    const packet = first + word(RECORD_PACKET);
    yield {
      kind: word(RECORD_KIND),
      id: word(RECORD_ID),
      in: word(RECORD_IN),
      out: word(RECORD_OUT),
      mark: word(RECORD_MARK),
      length: word(RECORD_LENGTH),
      flags: word(RECORD_FLAGS),
      hook: word(RECORD_HOOK),
      met: word(RECORD_MET),
      frame: u8.subarray(at + RECORD_LINK, at + RECORD_LINK + RECORD_LINK_BYTES),
      bytes: u8.subarray(packet, packet + word(RECORD_PACKET_BYTES)),
    };
  }
}

// 2^48 and 2^32 ns as seconds and rest, so that the sum below stays an exact double.
const SECONDS_OF_2_48 = 281474;
const REST_OF_2_48 = 976710656;

/** Time of packet `index` as seconds since the epoch with nine decimals, exactly. */
export function timeText(batch: Batch, index: number): string {
  const at = (batch.map.frames + index * FRAME_BYTES + FRAME_TIME) >>> 2;
  const low = batch.views.u32[at]!;
  const high = batch.views.u32[at + 1]!;
  const top = high >>> 16;
  const rest = top * REST_OF_2_48 + (high & 0xffff) * 4294967296 + low;
  const seconds = top * SECONDS_OF_2_48 + Math.floor(rest / 1e9);
  return `${seconds}.${String(rest % 1e9).padStart(9, '0')}`;
}

/**
 * Whether the packets of a dissected slot must run in input order, those of all shards, while nothing else runs: an ICMP error that is put
 * together from fragments there may be about a connection of another shard than theirs. To be asked once of every slot, in input order.
 */
export function runsInOrder({ u32 }: MemoryViews, map: MemoryMap, slot: SlotMap): boolean {
  const quotes = u32[(slot.slot + SLOT_QUOTES) >>> 2]!;
  const seen = (map.fragments + FRAGMENTS_QUOTES) >>> 2;
  if (quotes & SLOT_QUOTES_STARTS) u32[seen] = 1;
  return (quotes & SLOT_QUOTES_STARTS) !== 0 || ((quotes & SLOT_QUOTES_GOES_ON) !== 0 && u32[seen] !== 0);
}

/** Number of packets that shard `shard` has in a dissected slot. */
export function shardCount(views: MemoryViews, map: SlotMap, shard: number): number {
  return views.u32[(map.counts >>> 2) + shard]!;
}

/** Sums over packets: by verdict packets and layer-3 bytes, by why-code packets. Plain arrays, since they cross threads. */
export interface Tally {
  readonly packets: number[];
  readonly bytes: number[];
  readonly whys: number[];
  /** ANSWER_* sums. */
  readonly answers: number[];
}

export function emptyTally(): Tally {
  return {
    packets: new Array<number>(TALLY_VERDICT_COUNT).fill(0),
    bytes: new Array<number>(TALLY_VERDICT_COUNT).fill(0),
    whys: new Array<number>(TALLY_WHY_COUNT).fill(0),
    answers: new Array<number>(TALLY_ANSWER_COUNT).fill(0),
  };
}

function tallyAt(map: MemoryMap, shard: number): number {
  return map.scratch + shard * SHARD_SCRATCH_BYTES + SCRATCH_TALLY;
}

/** Empties the tally of a shard, before it runs. */
export function clearTally({ u8 }: MemoryViews, map: MemoryMap, shard: number): void {
  const at = tallyAt(map, shard);
  u8.fill(0, at, at + TALLY_BYTES);
}

/** Adds the packets that a shard has run since to `tally`. */
export function takeTally({ u32, u64 }: MemoryViews, map: MemoryMap, shard: number, tally: Tally): void {
  const at = tallyAt(map, shard);
  let all = 0;
  for (let verdict = 0; verdict < TALLY_VERDICT_COUNT; verdict++) {
    const sums = (at + TALLY_VERDICTS + verdict * TALLY_VERDICT_BYTES) >>> 3;
    const packets = Number(u64[sums]!);
    all += packets;
    tally.packets[verdict]! += packets;
    tally.bytes[verdict]! += Number(u64[sums + 1]!);
  }
  let others = 0;
  for (let why = 1; why < TALLY_WHY_COUNT; why++) {
    const packets = u32[((at + TALLY_WHYS) >>> 2) + why]!;
    tally.whys[why]! += packets;
    others += packets;
  }
  tally.whys[WHY_NONE]! += all - others;
  const answers = (at + TALLY_ANSWERS) >>> 3;
  for (let sum = 0; sum < TALLY_ANSWER_COUNT; sum++) tally.answers[sum]! += Number(u64[answers + sum]!);
}

/** Adds `part` to `total`. */
export function addTally(total: Tally, part: Tally): void {
  for (const key of ['packets', 'bytes', 'whys', 'answers'] as const) {
    const into = total[key];
    part[key].forEach((value, i) => {
      into[i]! += value;
    });
  }
}
