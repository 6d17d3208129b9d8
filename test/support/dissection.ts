// Frames through the built core: what `dissectSlot` says of them.

import {
  CLASS_SHARD,
  CLASS_TOLD,
  ENV_BYTES,
  ENV_FLAG_BRIEF,
  ENV_FLAGS,
  ENV_INTERFACES,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
  SLOT_BYTES,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_COUNTS,
  SLOT_FRAMES,
  SLOT_PACKETS,
  SLOT_QUOTES,
} from '../../assembly/abi/batch.ts';
import { PACKET_BYTES } from '../../assembly/abi/packet.ts';
import { openCore, type TestCore } from './core.ts';

export interface FrameFields {
  readonly data: Uint8Array;
  /** Bytes on the wire, when the capture cut it. */
  readonly length?: number;
  readonly linktype?: number;
  readonly sent?: boolean;
  /** INTERFACE_FLAGS. */
  readonly interfaceFlags?: number;
  readonly time?: bigint;
}

export interface Dissection {
  readonly core: TestCore;
  /** Address of packet record `i`. */
  record(i: number): number;
  /** Word of packet record `i` at a PACKET_* offset. */
  word(i: number, field: number): number;
  /** SLOT_QUOTES_* bits. */
  readonly quotes: number;
  /** Shard of each packet. */
  readonly shards: readonly number[];
  /** Packets of each shard. */
  readonly counts: readonly number[];
  /** Of how many packets a glance told the shard: 0 unless it is brief. */
  readonly told: number;
}

/** Index in the interface universe that every frame's interface has here. */
export const UNIVERSE_INDEX = 7;

/** Dissects frames, each with an interface of its own, in one slot. `piece`: briefly, with a first look at so many at a time. */
export function dissectFrames(frames: readonly FrameFields[], shards = 16, core = openCore(), piece = 0): Dissection {
  const { view, bytes, exports } = core;
  const env = core.allocate(ENV_BYTES);
  const slot = core.allocate(SLOT_BYTES);
  const interfaces = core.allocate(INTERFACE_BYTES * frames.length);
  const list = core.allocate(FRAME_BYTES * frames.length);
  const packets = core.allocate(PACKET_BYTES * frames.length);
  const classes = core.allocate(frames.length);
  const counts = core.allocate(4 * shards);
  view.setUint32(env + ENV_SHARDS, shards, true);
  view.setUint32(env + ENV_INTERFACES, interfaces, true);
  frames.forEach((fields, i) => {
    const entry = interfaces + i * INTERFACE_BYTES;
    view.setUint32(entry + INTERFACE_INDEX, UNIVERSE_INDEX, true);
    view.setUint32(entry + INTERFACE_LINKTYPE, fields.linktype ?? 1, true);
    view.setUint32(entry + INTERFACE_FLAGS, fields.interfaceFlags ?? 0, true);
    const frame = list + i * FRAME_BYTES;
    const data = core.allocate(Math.max(fields.data.length, 1));
    bytes.set(fields.data, data);
    view.setUint32(frame + FRAME_DATA, data, true);
    view.setUint32(frame + FRAME_CAPTURED, fields.data.length, true);
    view.setUint32(frame + FRAME_LENGTH, fields.length ?? fields.data.length, true);
    view.setUint32(frame + FRAME_INTERFACE, i, true);
    view.setBigUint64(frame + FRAME_TIME, fields.time ?? 0n, true);
    view.setUint32(frame + FRAME_FLAGS, fields.sent ? FRAME_FLAG_SENT : 0, true);
    view.setUint32(frame + FRAME_NUMBER, i + 1, true);
  });
  view.setUint32(slot + SLOT_FRAMES, list, true);
  view.setUint32(slot + SLOT_COUNT, frames.length, true);
  view.setUint32(slot + SLOT_PACKETS, packets, true);
  view.setUint32(slot + SLOT_CLASSES, classes, true);
  view.setUint32(slot + SLOT_COUNTS, counts, true);
  view.setUint32(env + ENV_FLAGS, piece === 0 ? 0 : ENV_FLAG_BRIEF, true);
  for (let end = piece; piece > 0 && end < frames.length; end += piece) exports.lookAhead!(env, slot, end);
  const done = exports.dissectSlot!(env, slot);
  if (done !== frames.length) throw new Error(`dissectSlot answers ${done} for ${frames.length} frames`);
  const record = (i: number): number => packets + i * PACKET_BYTES;
  return {
    core,
    record,
    word: (i, field) => view.getUint32(record(i) + field, true),
    quotes: view.getUint32(slot + SLOT_QUOTES, true),
    shards: Array.from(frames, (_, i) => bytes[classes + i]! & CLASS_SHARD),
    counts: Array.from({ length: shards }, (_, i) => view.getUint32(counts + 4 * i, true)),
    told: frames.filter((_, i) => (bytes[classes + i]! & CLASS_TOLD) !== 0).length,
  };
}
