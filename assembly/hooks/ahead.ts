// What the bytes and the frame of a packet say of it, written down where the lanes find it (LOOK_*, abi/batch.ts), by whoever finds the frames:
// to them it is at hand. Those who run the packets then need nothing of the capture, as long as nothing is out of the ordinary.

import {
  CLASS_SHARD,
  ENV_CONNTRACK,
  ENV_INTERFACES,
  ENV_JOURNEYS,
  ENV_PROGRAM4,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_LINKTYPE,
  LOOK_AHEAD_BYTES,
  LOOK_BITS,
  LOOK_BUCKET,
  LOOK_END,
  LOOK_IP,
  LOOK_KIND_ODD,
  LOOK_KIND_OPTIONS,
  LOOK_KIND_SUM,
  LOOK_LENGTH,
  LOOK_PLACE,
  LOOK_SEQ,
  LOOK_SEQ_END,
  LOOK_SRC,
  LOOK_TIME,
  LOOK_WINDOW,
  SLOT_CLASSED,
  SLOT_CLASSES,
  SLOT_FRAMES,
  SLOT_LOOKED,
  SLOT_LOOKS,
} from '../abi/batch.ts';
import { EVENTS_OFF } from '../abi/event.ts';
import { CONNTRACK_BUCKET_SHIFT, CONNTRACK_EVENTS, SHARD_BUCKETS } from '../abi/flow.ts';
import { FAULT_BAD_ARGUMENT } from '../abi/fault.ts';
import { PACKET_FLAG_SENT } from '../abi/packet.ts';
import { PROGRAM_FLAGS, PROGRAM_USES_CONNTRACK } from '../abi/program.ts';
import { shardBlock } from '../conntrack/table.ts';
import { TCPHDR_ACK, TCPHDR_CLASSES } from '../conntrack/tcp-window.ts';
import { be16, endOfTuple4, hashTuple4, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { glanceAddresses, glanceHeaderOf, placeOfInterface } from '../wire/glance.ts';
import { IPV4_BYTES, IPV4_SRC } from '../wire/ipv4.ts';
import { classFrame, classFrames, forgetClasses, isShardCount } from '../wire/slot.ts';
import { TCP_BYTES } from '../wire/tcp.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';

/** Whether connections remember where their packets go: if not, there are no lanes. */
export function remembers(env: usize): bool {
  const program: usize = load<u32>(env, ENV_PROGRAM4);
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  if (load<u32>(env, ENV_JOURNEYS) == 0 || program == 0 || region == 0 || load<u32>(region, CONNTRACK_EVENTS) != EVENTS_OFF) return false;
  return (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_USES_CONNTRACK) != 0;
}

/**
 * Looks at frames of a slot, those behind the ones that have been looked at and before `end`, and gives them their classes where there are several
 * shards and they have none yet. Where no lane would ask for it, that is all.
 *
 * Memory: fills SLOT_LOOKS; SLOT_CLASSES, SLOT_COUNTS and SLOT_OTHERS as classFrames() does (wire/slot.ts).
 * Returns: `end`, or FAULT_BAD_ARGUMENT.
 */
export function lookAhead(env: usize, slot: usize, end: u32): i32 {
  const shards = load<u32>(env, ENV_SHARDS);
  if (!isShardCount(shards)) return FAULT_BAD_ARGUMENT;
  if (!remembers(env)) {
    if (shards > 1) classFrames(env, slot, end);
    return end as i32;
  }
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const shift = load<u32>(region, CONNTRACK_BUCKET_SHIFT);
  const first = load<u32>(slot, SLOT_LOOKED);
  const classed = shards > 1 ? load<u32>(slot, SLOT_CLASSED) : end;
  if (classed == 0) forgetClasses(slot, shards);
  const classes: usize = load<u32>(slot, SLOT_CLASSES);
  let shard: u32 = 0;
  let buckets: usize = load<u32>(shardBlock(region, 0), SHARD_BUCKETS);
  let from: u32 = ~0;
  let linktype: u32 = 0;
  let place: u32 = 0;
  let frame = <usize>load<u32>(slot, SLOT_FRAMES) + <usize>first * FRAME_BYTES;
  let look = <usize>load<u32>(slot, SLOT_LOOKS) + <usize>first * LOOK_AHEAD_BYTES;
  for (let i = first; i < end; i++) {
    if (load<u32>(frame, FRAME_INTERFACE) != from) {
      from = load<u32>(frame, FRAME_INTERFACE);
      const entry = <usize>load<u32>(env, ENV_INTERFACES) + <usize>from * INTERFACE_BYTES;
      linktype = load<u32>(entry, INTERFACE_LINKTYPE);
      place = placeOfInterface(entry);
    }
    const ip = glanceHeaderOf(frame, linktype);
    if (shards > 1) {
      const packetClass = i < classed ? <u32>load<u8>(classes + i) : classFrame(env, slot, i, ip == 0 ? glanceAddresses(frame, linktype) : ip);
      shard = packetClass & CLASS_SHARD;
      buckets = load<u32>(shardBlock(region, shard), SHARD_BUCKETS);
    }
    // The flag is 1.
    if (ip == 0) noLook(look);
    else writeLook(look, frame, ip, place | ((load<u32>(frame, FRAME_FLAGS) & FRAME_FLAG_SENT) * PACKET_FLAG_SENT), shard, buckets, shift);
    frame += FRAME_BYTES;
    look += LOOK_AHEAD_BYTES;
  }
  store<u32>(slot, max(first, end), SLOT_LOOKED);
  if (classed < end) store<u32>(slot, end, SLOT_CLASSED);
  return end as i32;
}

/** Says that there is nothing to be known of a packet. */
export function noLook(look: usize): void {
  store<u32>(look, 0, LOOK_IP);
  store<u32>(look, 0, LOOK_BUCKET);
}

/** Writes down what there is to know of a simple packet, whose IP header is at `ip`. */
// @ts-ignore: decorator
@inline
export function writeLook(look: usize, frame: usize, ip: usize, place: u32, shard: u32, buckets: usize, shift: u32): void {
  // Addresses and ports as a tuple has them, and behind them what a segment begins with, as numbers.
  const bytes = v128.load(ip, IPV4_SRC);
  const words = v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 9, 8, 11, 10, 12, 13, 14, 15);
  const proto = <u32>load<u8>(ip, 9);
  const ports = <u32>i32x4.extract_lane(words, 2);
  const tupleEnd = endOfTuple4(ports, proto);
  v128.store(look, words, LOOK_SRC);
  store<u64>(look, tupleEnd, LOOK_END);
  const hash = hashTuple4(i32x4.extract_lane(words, 0), i32x4.extract_lane(words, 1), tupleEnd);
  store<u32>(look, ip as u32, LOOK_IP);
  store<u32>(look, (buckets as u32) + ((hash >> shift) << 2), LOOK_BUCKET);
  store<u64>(look, load<u64>(frame, FRAME_TIME), LOOK_TIME);
  const length = be16(ip + 2);
  const present = min(load<u32>(frame, FRAME_DATA) + load<u32>(frame, FRAME_CAPTURED) - <u32>ip, length);
  store<u16>(look, <u16>length, LOOK_LENGTH);
  store<u32>(look, place, LOOK_PLACE);
  const rest = <u32>load<u8>(ip, 1) << 8 | <u32>load<u8>(ip, 8) << 16 | shard << 24;
  const isSummed = present == length && (place & PACKET_FLAG_SENT) == 0 ? LOOK_KIND_SUM : 0;
  if (proto == IPPROTO_TCP) {
    const header = v128.load(ip, IPV4_BYTES + 4);
    const numbers = v128.shuffle<u8>(header, header, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 8, 9, 12, 13, 14, 15);
    const seq: u32 = i32x4.extract_lane(numbers, 0);
    const word: u32 = i32x4.extract_lane(numbers, 2); // window, then offset and flags
    const headerBytes = (word >> 18) & 0x3c;
    const isOdd = (word >>> 24 & TCPHDR_CLASSES) != TCPHDR_ACK || headerBytes < TCP_BYTES || present - IPV4_BYTES < headerBytes;
    const kind = isSummed | (isOdd ? LOOK_KIND_ODD : 0) | (headerBytes > TCP_BYTES ? LOOK_KIND_OPTIONS : 0);
    store<u64>(look, i64x2.extract_lane(numbers, 0), LOOK_SEQ);
    store<u32>(look, seq + length - IPV4_BYTES - headerBytes, LOOK_SEQ_END);
    store<u32>(look, (word & 0xffff) | (kind << 16), LOOK_WINDOW);
    store<u32>(look, word >>> 24 | rest, LOOK_BITS);
  } else {
    const bytes = be16(ip + IPV4_BYTES + 4);
    const isOdd = bytes > length - IPV4_BYTES || bytes < UDP_BYTES;
    const kind = (load<u16>(ip + IPV4_BYTES, UDP_CHECKSUM) == 0 ? 0 : isSummed) | (isOdd ? LOOK_KIND_ODD : 0);
    store<u32>(look, kind << 16, LOOK_WINDOW);
    store<u32>(look, rest, LOOK_BITS);
  }
}
