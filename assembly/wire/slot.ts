// The first half of a batch: every frame of a slot into its packet record, and the shard of each packet. Where nobody reads the records behind
// the batch, those whose shard a glance tells (glance.ts) have none.

import {
  CLASS_SHARD,
  CLASS_TOLD,
  ENV_FLAG_BRIEF,
  ENV_FLAGS,
  ENV_INTERFACES,
  ENV_SHARDS,
  ENV_SIDES,
  FRAME_BYTES,
  FRAME_INTERFACE,
  INTERFACE_BYTES,
  INTERFACE_LINKTYPE,
  SHARDS_MAX,
  SLOT_CLASSED,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_COUNTS,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_OTHERS,
  SLOT_PACKETS,
  SLOT_QUOTES,
  SLOT_SORTED,
  SLOT_STATE,
} from '../abi/batch.ts';
import { FAULT_BAD_ARGUMENT } from '../abi/fault.ts';
import { PACKET_BYTES, PACKET_SHARD } from '../abi/packet.ts';
import { dissect } from './dissect.ts';
import { glanceAddresses } from './glance.ts';
import { dst, src } from './ipv4.ts';
import { quotesOf, shardOf, spread4 } from './shard.ts';

/**
 * Gives frames of a slot their classes, those behind the ones that have theirs and before `end`: whoever finds frames may have them classed
 * while they are at hand.
 *
 * Memory: fills SLOT_CLASSES, adds to SLOT_COUNTS; counts in SLOT_OTHERS those whose shard is not told, which dissectSlot() is to look at.
 */
export function classFrames(env: usize, slot: usize, end: u32): void {
  const first = load<u32>(slot, SLOT_CLASSED);
  if (first == 0) forgetClasses(slot, load<u32>(env, ENV_SHARDS));
  let from: u32 = ~0;
  let linktype: u32 = 0;
  let frame = <usize>load<u32>(slot, SLOT_FRAMES) + <usize>first * FRAME_BYTES;
  for (let i = first; i < end; i++) {
    if (load<u32>(frame, FRAME_INTERFACE) != from) {
      from = load<u32>(frame, FRAME_INTERFACE);
      linktype = load<u32>(<usize>load<u32>(env, ENV_INTERFACES) + <usize>from * INTERFACE_BYTES, INTERFACE_LINKTYPE);
    }
    classFrame(env, slot, i, glanceAddresses(frame, linktype));
    frame += FRAME_BYTES;
  }
  store<u32>(slot, end, SLOT_CLASSED);
}

/** Begins to class frames of a slot. */
export function forgetClasses(slot: usize, shards: u32): void {
  memory.fill(<usize>load<u32>(slot, SLOT_COUNTS), 0, <usize>shards * 4);
}

/** Gives a frame its class, and returns that. `ip`: its IP header if that tells its shard, else 0. */
// @ts-ignore: decorator
@inline
export function classFrame(env: usize, slot: usize, index: u32, ip: usize): u32 {
  let packetClass: u32 = 0;
  if (ip != 0) {
    const shard = spread4(load<u32>(env, ENV_SIDES), load<u32>(env, ENV_SHARDS) - 1, src(ip), dst(ip));
    packetClass = shard | CLASS_TOLD;
    countIn(<usize>load<u32>(slot, SLOT_COUNTS), shard);
  } else store<u32>(slot, load<u32>(slot, SLOT_OTHERS) + 1, SLOT_OTHERS);
  store<u8>(<usize>load<u32>(slot, SLOT_CLASSES) + index, <u8>packetClass);
  return packetClass;
}

/**
 * Dissects the SLOT_COUNT frames of a slot and tells their shards; where ENV_FLAG_BRIEF holds, only those whose shard a glance does not tell.
 *
 * Memory: fills SLOT_PACKETS (PACKET_SHARD too), SLOT_CLASSES, SLOT_COUNTS (ENV_SHARDS words: packets of each shard) and SLOT_QUOTES.
 * Returns: packets in the slot, or FAULT_BAD_ARGUMENT.
 */
export function dissectSlot(env: usize, slot: usize): i32 {
  const shards = load<u32>(env, ENV_SHARDS);
  if (!isShardCount(shards)) return FAULT_BAD_ARGUMENT;
  const count = load<u32>(slot, SLOT_COUNT);
  const isBrief = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) != 0;
  let quotes: u32 = 0;
  if (isBrief) {
    classFrames(env, slot, count);
    if (load<u32>(slot, SLOT_OTHERS) != 0) quotes = dissectFrames(env, slot, count, true);
  } else {
    forgetClasses(slot, shards);
    quotes = dissectFrames(env, slot, count, false);
  }
  store<u32>(slot, quotes, SLOT_QUOTES);
  store<u32>(slot, isBrief ? SLOT_SORTED : SLOT_DISSECTED, SLOT_STATE);
  return count as i32;
}

export function isShardCount(shards: u32): bool {
  return shards != 0 && shards <= SHARDS_MAX && (shards & (shards - 1)) == 0;
}

/** Returns: SLOT_QUOTES_* bits. */
function dissectFrames(env: usize, slot: usize, count: u32, skipsTold: bool): u32 {
  const classes = load<u32>(slot, SLOT_CLASSES) as usize;
  const counts = load<u32>(slot, SLOT_COUNTS) as usize;
  let frame = load<u32>(slot, SLOT_FRAMES) as usize;
  let packet = load<u32>(slot, SLOT_PACKETS) as usize;
  let quotes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (!skipsTold || (load<u8>(classes + i) & CLASS_TOLD) == 0) {
      dissect(env, frame, packet);
      const shard = shardOf(env, packet);
      store<u32>(packet, shard, PACKET_SHARD);
      store<u8>(classes + i, <u8>(shard & CLASS_SHARD));
      countIn(counts, shard);
      quotes |= quotesOf(env, packet);
    }
    frame += FRAME_BYTES;
    packet += PACKET_BYTES;
  }
  return quotes;
}

// @ts-ignore: decorator
@inline
function countIn(counts: usize, shard: u32): void {
  const at = counts + (<usize>shard << 2);
  store<u32>(at, load<u32>(at) + 1);
}
