// The first half of a batch: every frame of a slot into its packet record, and the packets put in order by shard.

import {
  CLASS_SHARD,
  CLASS_SIMPLE,
  ENV_FLAG_BRIEF,
  ENV_FLAGS,
  ENV_SHARDS,
  FRAME_BYTES,
  SHARDS_MAX,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_ORDER,
  SLOT_PACKETS,
  SLOT_QUOTES,
  SLOT_SORTED,
  SLOT_STARTS,
  SLOT_STATE,
} from '../abi/batch.ts';
import { FAULT_BAD_ARGUMENT } from '../abi/fault.ts';
import { PACKET_BYTES, PACKET_SHARD } from '../abi/packet.ts';
import { dissect } from './dissect.ts';
import { glanceHeader } from './glance.ts';
import { dst, src } from './ipv4.ts';
import { quotesOf, shardOf, shardOf4 } from './shard.ts';

/**
 * Dissects the SLOT_COUNT frames of a slot and groups them by shard.
 *
 * Memory: fills SLOT_PACKETS (PACKET_SHARD too), SLOT_ORDER (SLOT_COUNT words) and SLOT_STARTS (ENV_SHARDS + 1 words): shard s owns
 * order[start[s] … start[s + 1]), in input order. Fills SLOT_QUOTES.
 * Returns: packets dissected, or FAULT_BAD_ARGUMENT.
 */
export function dissectSlot(env: usize, slot: usize): i32 {
  const shards = load<u32>(env, ENV_SHARDS);
  if (shards == 0 || shards > SHARDS_MAX || (shards & (shards - 1)) != 0) return FAULT_BAD_ARGUMENT;
  if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) != 0) return sortSlot(env, slot, shards);
  const count = load<u32>(slot, SLOT_COUNT);
  const starts = load<u32>(slot, SLOT_STARTS) as usize;
  const packets = load<u32>(slot, SLOT_PACKETS) as usize;
  memory.fill(starts, 0, (shards + 1) * 4);
  let frame = load<u32>(slot, SLOT_FRAMES) as usize;
  let packet = packets;
  let quotes: u32 = 0;
  // Packets of shard s are counted at s + 1, so that the sums up to s are where it starts.
  for (let i: u32 = 0; i < count; i++) {
    dissect(env, frame, packet);
    const shard = shardOf(env, packet);
    store<u32>(packet, shard, PACKET_SHARD);
    quotes |= quotesOf(env, packet);
    const at = starts + ((shard + 1) << 2);
    store<u32>(at, load<u32>(at) + 1);
    frame += FRAME_BYTES;
    packet += PACKET_BYTES;
  }
  store<u32>(slot, quotes, SLOT_QUOTES);
  store<u32>(slot, SLOT_DISSECTED, SLOT_STATE);
  sumStarts(starts, shards);
  const order = load<u32>(slot, SLOT_ORDER) as usize;
  for (let i: u32 = 0; i < count; i++) putInOrder(order, starts, load<u32>(packets + i * PACKET_BYTES, PACKET_SHARD), i);
  endOrder(starts, shards);
  return count as i32;
}

/** The same with no more than a look at those that are simple (glance.ts). Fills SLOT_CLASSES, and the records of the others. */
function sortSlot(env: usize, slot: usize, shards: u32): i32 {
  const count = load<u32>(slot, SLOT_COUNT);
  const starts = load<u32>(slot, SLOT_STARTS) as usize;
  const classes = load<u32>(slot, SLOT_CLASSES) as usize;
  memory.fill(starts, 0, (shards + 1) * 4);
  let frame = load<u32>(slot, SLOT_FRAMES) as usize;
  let packet = load<u32>(slot, SLOT_PACKETS) as usize;
  let quotes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const ip = glanceHeader(env, frame);
    let shard: u32;
    if (ip != 0) {
      shard = shardOf4(env, src(ip), dst(ip));
    } else {
      dissect(env, frame, packet);
      shard = shardOf(env, packet);
      store<u32>(packet, shard, PACKET_SHARD);
      quotes |= quotesOf(env, packet);
    }
    store<u8>(classes + i, <u8>(shard | (ip != 0 ? CLASS_SIMPLE : 0)));
    const at = starts + ((shard + 1) << 2);
    store<u32>(at, load<u32>(at) + 1);
    frame += FRAME_BYTES;
    packet += PACKET_BYTES;
  }
  store<u32>(slot, quotes, SLOT_QUOTES);
  store<u32>(slot, SLOT_SORTED, SLOT_STATE);
  sumStarts(starts, shards);
  const order = load<u32>(slot, SLOT_ORDER) as usize;
  for (let i: u32 = 0; i < count; i++) putInOrder(order, starts, load<u8>(classes + i) & CLASS_SHARD, i);
  endOrder(starts, shards);
  return count as i32;
}

function sumStarts(starts: usize, shards: u32): void {
  for (let s: u32 = 1; s <= shards; s++) {
    const at = starts + (s << 2);
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
}

/** Counting sort: each start walks up to the next one … */
function putInOrder(order: usize, starts: usize, shard: u32, index: u32): void {
  const at = starts + (shard << 2);
  const place = load<u32>(at);
  store<u32>(order + (place << 2), index);
  store<u32>(at, place + 1);
}

/** … then all move back by one place. */
function endOrder(starts: usize, shards: u32): void {
  for (let s = shards; s > 0; s--) store<u32>(starts + (s << 2), load<u32>(starts + ((s - 1) << 2)));
  store<u32>(starts, 0);
}
