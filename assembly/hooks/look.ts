// The first look at the packets of a lane, before any of them runs: which connections they are of, fetched for all together, since the cache
// misses of many packets overlap as those of no single packet can. What it says of a packet is LOOK_* (abi/batch.ts).

import {
  FRAME_BYTES,
  LOOK_AHEAD_BYTES,
  LOOK_ANSWER,
  LOOK_BUCKET,
  LOOK_BYTES,
  LOOK_DST,
  LOOK_END,
  LOOK_LINK,
  LOOK_OPENS,
  LOOK_SHARD,
  LOOK_SOURCE,
  LOOK_SRC,
  LOOKS_OPENING,
  SCRATCH_LANE_TOUCHED,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_LOOKS,
  SLOT_PACKETS,
  SLOT_STATE,
} from '../abi/batch.ts';
import { CONNTRACK_BUCKET_SHIFT, FLOW_DIRECTION_TUPLE, SHARD_BUCKETS } from '../abi/flow.ts';
import { PACKET_BYTES, PACKET_SHARD } from '../abi/packet.ts';
import { sourceBucket4, touchSource } from '../conntrack/sources.ts';
import { bucketOf, linkDirection, linkEntry, shardBlock } from '../conntrack/table.ts';
import { hashTuple4 } from '../conntrack/tuple.ts';
import { placeOfPacket, simpleHeaderOf } from '../wire/glance.ts';
import { noLook, writeLook } from './ahead.ts';
import { recogniseAll, recogniseBehind, touchEntry } from './known.ts';
import { warmTables } from './warm.ts';

/**
 * Takes a look at the packets of a lane, from place `first` on, and fetches what they will ask for. `looks` … `end`: LOOK_BYTES each.
 */
export function lookAt(
  env: usize,
  region: usize,
  slot: usize,
  order: usize,
  first: u32,
  lane: usize,
  looks: usize,
  end: usize,
): void {
  if (load<u32>(slot, SLOT_STATE) == SLOT_DISSECTED) lookAtRecords(env, region, slot, order, first, looks, end);
  else gather(slot, order, first, looks, end);
  touchEntries(lane, looks, end);
  if (recogniseAll(env, looks, end) == 0 || recogniseBehind(env, lane, looks, end) == 0) return;
  foreseeOpenings(region, looks, end);
  touchOpenings(looks, end);
  touchAnswers(region, lane, looks, end);
  warmTables(env, lane, looks, end);
}

/** The packet in a place. */
// @ts-ignore: decorator
@inline
export function indexAt(order: usize, place: u32): u32 {
  return order == 0 ? place : load<u32>(order + (<usize>place << 2));
}

/** The frame of a packet. */
export function frameAt(slot: usize, index: u32): usize {
  return <usize>load<u32>(slot, SLOT_FRAMES) + <usize>index * FRAME_BYTES;
}

/** The record of a packet. */
export function packetAt(slot: usize, index: u32): usize {
  return <usize>load<u32>(slot, SLOT_PACKETS) + <usize>index * PACKET_BYTES;
}

/** Brings together what is known ahead of each packet, and fetches their buckets. */
function gather(slot: usize, order: usize, first: u32, looks: usize, end: usize): void {
  const ahead: usize = load<u32>(slot, SLOT_LOOKS);
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const from = ahead + <usize>indexAt(order, first++) * LOOK_AHEAD_BYTES;
    v128.store(look, v128.load(from));
    v128.store(look, v128.load(from, 16), 16);
    v128.store(look, v128.load(from, 32), 32);
    v128.store(look, v128.load(from, 48), 48);
    fetchLink(look, load<u32>(from, LOOK_BUCKET));
  }
}

/** Looks at packets that have records. */
function lookAtRecords(env: usize, region: usize, slot: usize, order: usize, first: u32, looks: usize, end: usize): void {
  const shift = load<u32>(region, CONNTRACK_BUCKET_SHIFT);
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const index = indexAt(order, first++);
    const packet = packetAt(slot, index);
    const ip = simpleHeaderOf(packet);
    if (ip == 0) {
      noLook(look);
      fetchLink(look, 0);
      continue;
    }
    const shard = load<u32>(packet, PACKET_SHARD);
    const buckets: usize = load<u32>(shardBlock(region, shard), SHARD_BUCKETS);
    writeLook(look, frameAt(slot, index), ip, placeOfPacket(env, packet), shard, buckets, shift);
    fetchLink(look, load<u32>(look, LOOK_BUCKET));
  }
}

/** Fetches the link in front in a bucket: the cache misses of all packets overlap, as those of no single packet can. */
// @ts-ignore: decorator
@inline
function fetchLink(look: usize, bucket: usize): void {
  // Where there is none, anything will do.
  store<u32>(look, bucket == 0 ? 0 : load<u32>(bucket), LOOK_LINK);
}

/** Fetches the entries in front: the line of the tuple, that of the deadline, that of the protocol's state. */
function touchEntries(lane: usize, looks: usize, end: usize): void {
  let touched: u32 = 0;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const link = load<u32>(look, LOOK_LINK);
    if (link != 0) touched += touchEntry(link);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
}

/**
 * A packet that may open a connection, which is looked for by its answers as well, and stands among those of its source: for both it is said
 * where.
 */
function foreseeOpenings(region: usize, looks: usize, end: usize): void {
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) != LOOKS_OPENING) continue;
    const src = load<u32>(look, LOOK_SRC);
    const dst = load<u32>(look, LOOK_DST);
    const tupleEnd = load<u64>(look, LOOK_END);
    const ports = rotl<u32>(<u32>tupleEnd, 16);
    const hash = hashTuple4(dst, src, (tupleEnd & ~0xffffffff) | ports);
    const block = shardBlock(region, <u32>load<u8>(look, LOOK_SHARD));
    store<u32>(look, bucketOf(region, block, hash) as u32, LOOK_ANSWER);
    store<u32>(look, sourceBucket4(block, src, <u32>tupleEnd & 0xffff, <u32>(tupleEnd >> 48) & 0xff) as u32, LOOK_SOURCE);
  }
}

/** Fetches the buckets that may get another connection. */
function touchOpenings(looks: usize, end: usize): void {
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) != LOOKS_OPENING) continue;
    const answers: usize = load<u32>(look, LOOK_ANSWER);
    const sources: usize = load<u32>(look, LOOK_SOURCE);
    store<u32>(look, answers == 0 ? 0 : load<u32>(answers), LOOK_ANSWER);
    store<u32>(look, sources == 0 ? 0 : load<u32>(sources), LOOK_SOURCE);
  }
}

/** The entries in front in those buckets. */
function touchAnswers(region: usize, lane: usize, looks: usize, end: usize): void {
  const block = shardBlock(region, 0);
  let touched: u32 = 0;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) != LOOKS_OPENING) continue;
    const link = load<u32>(look, LOOK_ANSWER);
    if (link != 0) touched += load<u32>(linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE) + load<u32>(linkEntry(link));
    const source = load<u32>(look, LOOK_SOURCE);
    if (source != 0) touched += touchSource(block, source);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
}
