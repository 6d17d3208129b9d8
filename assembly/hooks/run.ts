// The packets of a slot, one after the other: those of one shard, or those of all. Where somebody listens to events, a run may come back
// before it is done, so that what waits in the buffers can be taken out (abi/event.ts); it goes on when it is called again.

import {
  ENV_CONNTRACK,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_TIME,
  SLOT_COUNT,
  SLOT_FRAMES,
  SLOT_ORDER,
  SLOT_PACKETS,
  SLOT_STARTS,
} from '../abi/batch.ts';
import { EVENTS_DONE, EVENTS_OFF, EVENTS_PAUSED, EVENTS_SWEPT } from '../abi/event.ts';
import { CONNTRACK_EVENTS, CONNTRACK_ORDERED, ORDERED_AND_TIGHT, ORDERED_WITH_ROOM, SHARD_EVENTS } from '../abi/flow.ts';
import { PACKET_BYTES, PACKET_TIME } from '../abi/packet.ts';
import { beginPacket, hasRoom } from '../conntrack/event.ts';
import { tickOf } from '../conntrack/expire.ts';
import { isFull, mayFill } from '../conntrack/full.ts';
import { reapByTime, shardBlock, sweepTable } from '../conntrack/table.ts';
import { runRange } from './lane.ts';

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
  const starts = load<u32>(slot, SLOT_STARTS) + shard * 4;
  const order: usize = load<u32>(slot, SLOT_ORDER);
  const first = load<u32>(starts);
  const end = load<u32>(starts, 4);
  const events = listener(env, shard);
  if (events != 0) return runTold(env, shard, slot, order + (<usize>first << 2), end - first, events);
  if (first == end) return 0;
  reapShard(env, shard, frameTime(slot, load<u32>(order + (<usize>first << 2))));
  runRange(env, slot, order, first, end, shard);
  return end - first;
}

function runTold(env: usize, shard: u32, slot: usize, order: usize, count: u32, events: usize): u32 {
  if (load<u32>(events, EVENTS_DONE) == 0 && !endsTold(env, shard, frameTime(slot, 0))) return pauseAt(events, 0);
  for (let i = load<u32>(events, EVENTS_DONE); i < count; i++) {
    const index = load<u32>(order + (<usize>i << 2));
    beginPacket(events, packetAt(slot, index));
    if (!hasRoom(events)) return pauseAt(events, i);
    runRange(env, slot, order, i, i + 1, shard);
  }
  if (!endsTold(env, shard, frameTime(slot, load<u32>(slot, SLOT_COUNT) - 1))) return pauseAt(events, count);
  goOn(events);
  return count;
}

function packetAt(slot: usize, index: u32): usize {
  return load<u32>(slot, SLOT_PACKETS) + index * PACKET_BYTES;
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
