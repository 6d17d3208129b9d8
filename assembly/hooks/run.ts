// The packets of a slot, one after the other: those of some shards, or those of all. Where somebody listens to events, a run may come back
// before it is done, so that what waits in the buffers can be taken out (abi/event.ts); it goes on when it is called again.

import {
  CLASS_SHARD,
  ENV_CONNTRACK,
  ENV_SCRATCH,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_DATA,
  FRAME_TIME,
  PLACES_MAX,
  SCRATCH_LANE_TOUCHED,
  SCRATCH_PLACES,
  SHARD_SCRATCH_BYTES,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_LOOKED,
  SLOT_STATE,
} from '../abi/batch.ts';
import { EVENTS_DONE, EVENTS_OFF, EVENTS_PAUSED, EVENTS_SWEPT } from '../abi/event.ts';
import { CONNTRACK_EVENTS, CONNTRACK_ORDERED, ORDERED_AND_TIGHT, ORDERED_WITH_ROOM, SHARD_EVENTS } from '../abi/flow.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { beginPacket, hasRoom } from '../conntrack/event.ts';
import { tickOf } from '../conntrack/expire.ts';
import { isFull, mayFill } from '../conntrack/full.ts';
import { reapByTime, shardBlock, sweepTable } from '../conntrack/table.ts';
import { lookAhead } from './ahead.ts';
import { runRange } from './lane.ts';
import { packetAt } from './look.ts';

/** Most headers end within the cache line of this byte of their frame, or before. */
const HEADERS_END: u32 = 63;

/**
 * Runs all packets of a slot, in input order, while nothing else runs: then connections can be held to their limit.
 *
 * Returns: how many are done; with EVENTS_PAUSED of the first shard there are more.
 */
export function runAll(env: usize, slot: usize): u32 {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  store<u32>(region, mayFill(region, load<u32>(slot, SLOT_COUNT)) ? ORDERED_AND_TIGHT : ORDERED_WITH_ROOM, CONNTRACK_ORDERED);
  const done = listener(env, 0) == 0 ? runAllUntold(env, slot) : runAllTold(env, slot);
  store<u32>(region, 0, CONNTRACK_ORDERED);
  return done;
}

function runAllUntold(env: usize, slot: usize): u32 {
  const shards = load<u32>(env, ENV_SHARDS);
  for (let shard: u32 = 0; shard < shards; shard++) reapShard(env, shard, frameTime(slot, 0));
  const count = load<u32>(slot, SLOT_COUNT);
  if (load<u32>(slot, SLOT_STATE) != SLOT_DISSECTED) lookAhead(env, slot, count);
  runRange(env, slot, 0, 0, count, 0);
  return count;
}

/** Frees memory of connections whose time is up. */
function reapShard(env: usize, shard: u32, now: u64): void {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  reapByTime(region, shardBlock(region, shard), now);
}

function runAllTold(env: usize, slot: usize): u32 {
  const count = load<u32>(slot, SLOT_COUNT);
  const events = listener(env, 0); // which has for all of them how far they are, and the packet in hand
  if (load<u32>(events, EVENTS_DONE) == 0 && !allEndsTold(env, frameTime(slot, 0))) return pauseAt(events, 0);
  for (let index = load<u32>(events, EVENTS_DONE); index < count; index++) {
    const packet = packetAt(slot, index);
    beginPacket(events, packet);
    if (!isReady(env, load<u64>(packet, PACKET_TIME))) return pauseAt(events, index);
    runRange(env, slot, 0, index, index + 1, 0);
  }
  if (!allEndsTold(env, frameTime(slot, count - 1))) return pauseAt(events, count);
  goOn(events);
  return count;
}

/** Whether all buffers have room for a packet of that time. Where the table is full, it may sweep all shards. */
function isReady(env: usize, now: u64): bool {
  const shards = load<u32>(env, ENV_SHARDS);
  for (let shard: u32 = 0; shard < shards; shard++) {
    if (!hasRoom(listener(env, shard))) return false;
  }
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  return load<u32>(region, CONNTRACK_ORDERED) != ORDERED_AND_TIGHT || !isFull(region) || allEndsTold(env, now);
}

function allEndsTold(env: usize, until: u64): bool {
  const shards = load<u32>(env, ENV_SHARDS);
  for (let shard: u32 = 0; shard < shards; shard++) {
    if (!endsTold(env, shard, until)) return false;
  }
  return true;
}

/**
 * Runs the packets that `shard` owns in a slot, in input order.
 *
 * Returns: how many are done; with EVENTS_PAUSED there are more.
 */
export function runShard(env: usize, shard: u32, slot: usize): u32 {
  const events = listener(env, shard);
  return events == 0 ? runShards(env, <u64>1 << shard, slot) : runTold(env, shard, slot, events);
}

/**
 * Runs the packets that some shards own in a slot, in input order: whoever runs them goes through the capture's bytes once, from front to
 * back. Nobody listens to what their connections tell. `shards`: a bit each.
 *
 * Returns: how many are done.
 */
export function runShards(env: usize, shards: u64, slot: usize): u32 {
  if (shards == 0) return 0;
  const first = ctz<u64>(shards) as u32;
  for (let left = shards; left != 0; left &= left - 1) reapShard(env, ctz<u64>(left) as u32, frameTime(slot, 0));
  const count = load<u32>(slot, SLOT_COUNT);
  const lane = <usize>load<u32>(env, ENV_SCRATCH) + <usize>first * SHARD_SCRATCH_BYTES;
  const places = lane + SCRATCH_PLACES;
  const classes: usize = load<u32>(slot, SLOT_CLASSES);
  let total: u32 = 0;
  for (let at: u32 = 0; at < count; ) {
    let found: u32 = 0;
    for (; at < count && found < PLACES_MAX; at++) {
      // Written whether it is one of theirs or not, since whether it is cannot be foretold.
      store<u32>(places + (<usize>found << 2), at);
      found += <u32>(shards >> <u64>(load<u8>(classes + at) & CLASS_SHARD)) & 1;
    }
    if (load<u32>(slot, SLOT_LOOKED) == 0) store<u32>(lane, touchFrames(slot, places, found), SCRATCH_LANE_TOUCHED);
    runRange(env, slot, places, 0, found, first);
    total += found;
  }
  return total;
}

/**
 * Fetches the frames in some places and their headers: where others lie between them, no processor does so of its own accord. Where a frame
 * is shorter, anything will do.
 */
function touchFrames(slot: usize, places: usize, count: u32): u32 {
  const frames: usize = load<u32>(slot, SLOT_FRAMES);
  const end = places + (<usize>count << 2);
  let touched: u32 = 0;
  for (let at = places; at < end; at += 4) {
    const data: usize = load<u32>(frames + <usize>load<u32>(at) * FRAME_BYTES, FRAME_DATA);
    touched += <u32>load<u8>(data) + <u32>load<u8>(data, HEADERS_END);
  }
  return touched;
}

function runTold(env: usize, shard: u32, slot: usize, events: usize): u32 {
  if (load<u32>(events, EVENTS_DONE) == 0 && !endsTold(env, shard, frameTime(slot, 0))) return pauseAt(events, 0);
  const count = load<u32>(slot, SLOT_COUNT);
  const classes: usize = load<u32>(slot, SLOT_CLASSES);
  for (let index = load<u32>(events, EVENTS_DONE); index < count; index++) {
    if ((load<u8>(classes + index) & CLASS_SHARD) != shard) continue;
    beginPacket(events, packetAt(slot, index));
    if (!hasRoom(events)) return pauseAt(events, index);
    runRange(env, slot, 0, index, index + 1, shard);
  }
  if (!endsTold(env, shard, frameTime(slot, count - 1))) return pauseAt(events, count);
  goOn(events);
  return count;
}

function frameTime(slot: usize, index: u32): u64 {
  return load<u64>(load<u32>(slot, SLOT_FRAMES) + index * FRAME_BYTES, FRAME_TIME);
}

/** Where the events of a shard go; 0 = nobody listens. */
function listener(env: usize, shard: u32): usize {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  if (region == 0 || load<u32>(region, CONNTRACK_EVENTS) == EVENTS_OFF) return 0;
  return load<u32>(shardBlock(region, shard), SHARD_EVENTS);
}

/** Stops behind `done` packets of the slot until the records that wait are taken out. */
function pauseAt(events: usize, done: u32): u32 {
  store<u32>(events, done, EVENTS_DONE);
  store<u32>(events, 1, EVENTS_PAUSED);
  return done;
}

/** Begins the next slot with its first packet. */
function goOn(events: usize): void {
  store<u32>(events, 0, EVENTS_DONE);
  store<u32>(events, 0, EVENTS_PAUSED);
}

/** Tells what is due at a time, if a tick has begun since that was last done. Returns: whether there was room for all. */
function endsTold(env: usize, shard: u32, until: u64): bool {
  if (tickOf(until) <= load<u64>(listener(env, shard), EVENTS_SWEPT)) return true;
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  return sweepTable(region, shardBlock(region, shard), until, false);
}

/**
 * Tells what has ended in a shard because its time was up at `until`, behind the last slot.
 *
 * Returns: 1 when that was all, 0 = to be called again when the records are taken out.
 */
export function sweepShard(env: usize, shard: u32, until: u64): u32 {
  if (listener(env, shard) == 0) return 1;
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  return sweepTable(region, shardBlock(region, shard), until, true) ? 1 : 0;
}
