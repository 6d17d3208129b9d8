// The first look at the packets of a lane, before any of them runs: which connections they are of, fetched for all together, since the cache
// misses of many packets overlap as those of no single packet can. What it says of a packet is LOOK_* (abi/batch.ts).

import {
  CLASS_SHARD,
  CLASS_TOLD,
  ENV_INTERFACES,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_FLAGS,
  FRAME_FLAG_SENT,
  FRAME_INTERFACE,
  INTERFACE_BYTES,
  INTERFACE_LINKTYPE,
  LOOK_ANSWER,
  LOOK_BITS,
  LOOK_BUCKET,
  LOOK_BYTES,
  LOOK_DST,
  LOOK_END,
  LOOK_FRAME,
  LOOK_IP,
  LOOK_LENGTH,
  LOOK_LINK,
  LOOK_OPENS,
  LOOK_PLACE,
  LOOK_SHARD,
  LOOK_SOURCE,
  LOOK_SRC,
  LOOKS_OPENING,
  SCRATCH_LANE_TOUCHED,
  SLOT_CLASSES,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_PACKETS,
  SLOT_SORTED,
  SLOT_STATE,
} from '../abi/batch.ts';
import { CONNTRACK_BUCKET_SHIFT, FLOW_DIRECTION_TUPLE, SHARD_BUCKETS } from '../abi/flow.ts';
import { PACKET_BYTES, PACKET_FLAG_SENT } from '../abi/packet.ts';
import { sourceBucket4, touchSource } from '../conntrack/sources.ts';
import { bucketOf, linkDirection, linkEntry, shardBlock } from '../conntrack/table.ts';
import { be16, be32, endOfTuple4, hashTuple4, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { glanceHeaderOf, placeOfInterface, placeOfPacket, simpleHeaderOf } from '../wire/glance.ts';
import { IPV4_DST, IPV4_SRC } from '../wire/ipv4.ts';
import { shardOf4 } from '../wire/shard.ts';
import { recogniseAll, recogniseBehind, touchEntry } from './known.ts';
import { warmTables } from './warm.ts';

/** From the IP header of a simple packet to its TCP flags. Without TCP there may be nothing, of which nothing is taken. */
const TCP_FLAGS_AT: u32 = 33;

/**
 * Takes a look at the packets of a lane, from place `first` on, and fetches what they will ask for. `shard`: of those in an order. `looks` …
 * `end`: LOOK_BYTES each.
 */
export function lookAt(
  env: usize,
  region: usize,
  slot: usize,
  order: usize,
  first: u32,
  shard: u32,
  lane: usize,
  looks: usize,
  end: usize,
): void {
  glanceAll(env, region, slot, order, first, shard, looks, end);
  touchBuckets(looks, end);
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

/** Takes a look at each packet. */
function glanceAll(env: usize, region: usize, slot: usize, order: usize, first: u32, shard: u32, looks: usize, end: usize): void {
  const state = load<u32>(slot, SLOT_STATE);
  const frames: usize = load<u32>(slot, SLOT_FRAMES);
  const isOneShard = load<u32>(env, ENV_SHARDS) == 1;
  const shift = load<u32>(region, CONNTRACK_BUCKET_SHIFT);
  let buckets: usize = load<u32>(shardBlock(region, shard), SHARD_BUCKETS);
  let from: u32 = ~0;
  let linktype: u32 = 0;
  let place: u32 = 0;
  if (isOneShard && order == 0 && state != SLOT_SORTED && state != SLOT_DISSECTED) {
    let frame = frames + <usize>first * FRAME_BYTES;
    for (let look = looks; look < end; look += LOOK_BYTES) {
      if (load<u32>(frame, FRAME_INTERFACE) != from) {
        from = load<u32>(frame, FRAME_INTERFACE);
        const entry = <usize>load<u32>(env, ENV_INTERFACES) + <usize>from * INTERFACE_BYTES;
        linktype = load<u32>(entry, INTERFACE_LINKTYPE);
        place = placeOfInterface(entry);
      }
      noteLook(look, frame, glanceHeaderOf(frame, linktype), shard, buckets, shift);
      store<u32>(look, placeOfFrame(place, frame), LOOK_PLACE);
      frame += FRAME_BYTES;
    }
    return;
  }
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const index = indexAt(order, first++);
    const frame = frames + <usize>index * FRAME_BYTES;
    const packetClass: u32 = state == SLOT_SORTED ? load<u8>(<usize>load<u32>(slot, SLOT_CLASSES) + index) : CLASS_TOLD;
    let ip: usize = 0;
    if (state == SLOT_DISSECTED) {
      const packet = packetAt(slot, index);
      ip = simpleHeaderOf(packet);
      store<u32>(look, placeOfPacket(env, packet), LOOK_PLACE);
    } else if ((packetClass & CLASS_TOLD) != 0) {
      if (load<u32>(frame, FRAME_INTERFACE) != from) {
        from = load<u32>(frame, FRAME_INTERFACE);
        const entry = <usize>load<u32>(env, ENV_INTERFACES) + <usize>from * INTERFACE_BYTES;
        linktype = load<u32>(entry, INTERFACE_LINKTYPE);
        place = placeOfInterface(entry);
      }
      ip = glanceHeaderOf(frame, linktype);
      store<u32>(look, placeOfFrame(place, frame), LOOK_PLACE);
    }
    if (ip != 0 && !isOneShard) {
      shard = state == SLOT_SORTED ? packetClass & CLASS_SHARD : shardOf4(env, be32(ip + IPV4_SRC), be32(ip + IPV4_DST));
      buckets = load<u32>(shardBlock(region, shard), SHARD_BUCKETS);
    }
    noteLook(look, frame, ip, shard, buckets, shift);
  }
}

/** The place of a frame that came by an interface of that place, if it was not sent. */
// @ts-ignore: decorator
@inline
function placeOfFrame(place: u32, frame: usize): u32 {
  return place | ((load<u32>(frame, FRAME_FLAGS) & FRAME_FLAG_SENT) * PACKET_FLAG_SENT); // the flag is 1
}

/** Notes what there is to know of a packet whose IP header is at `ip`; 0 = nothing. */
// @ts-ignore: decorator
@inline
function noteLook(look: usize, frame: usize, ip: usize, shard: u32, buckets: usize, shift: u32): void {
  store<u32>(look, ip as u32, LOOK_IP);
  if (ip == 0) {
    store<u32>(look, 0, LOOK_BUCKET);
    return;
  }
  // Addresses and ports as a tuple has them, at once.
  const bytes = v128.load(ip, IPV4_SRC);
  const words = v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 9, 8, 11, 10, 12, 13, 14, 15);
  const proto = <u32>load<u8>(ip, 9);
  const tupleEnd = endOfTuple4(i32x4.extract_lane(words, 2), proto);
  v128.store(look, words, LOOK_SRC);
  store<u64>(look, tupleEnd, LOOK_END);
  store<u32>(look, shard, LOOK_SHARD);
  const hash = hashTuple4(i32x4.extract_lane(words, 0), i32x4.extract_lane(words, 1), tupleEnd);
  store<u32>(look, (buckets as u32) + ((hash >> shift) << 2), LOOK_BUCKET);
  store<u32>(look, be16(ip + 2), LOOK_LENGTH);
  const tcpFlags = <u32>load<u8>(ip, TCP_FLAGS_AT) & (0 - <u32>(proto == IPPROTO_TCP));
  store<u32>(look, tcpFlags | (<u32>load<u8>(ip, 1) << 8) | (<u32>load<u8>(ip, 8) << 16), LOOK_BITS);
  store<u32>(look, frame as u32, LOOK_FRAME);
}

/** Fetches the buckets of all packets: their cache misses overlap, as those of no single packet can. */
function touchBuckets(looks: usize, end: usize): void {
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const bucket: usize = load<u32>(look, LOOK_BUCKET);
    // Where there is none, anything will do.
    store<u32>(look, bucket == 0 ? 0 : load<u32>(bucket), LOOK_LINK);
  }
}

/** The same of the entries in front: the line of the tuple, that of the deadline, that of the protocol's state. */
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
    const block = shardBlock(region, load<u32>(look, LOOK_SHARD));
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
