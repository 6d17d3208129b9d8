// Queues: the fragments of one packet that have come so far. Found by key, given up when their time is over.

import { ENV_FRAGMENTS } from '../abi/batch.ts';
import {
  DIRECTORY_HIGH,
  DIRECTORY_MAX_DISTANCE,
  DIRECTORY_TIMEOUT,
  FRAGMENT_FOLLOWING,
  FRAGMENTS_HOLDS,
  HELD_MEMORY,
  HELD_NEWEST,
  HELD_OLDEST,
  HOLD_BUCKET_COUNT,
  HOLD_BUCKETS,
  HOLD_BYTES,
  HOLD_KEY,
  KEY_BYTES,
  KEY_DST,
  KEY_SRC,
  QUEUE_COUNT,
  QUEUE_DEADLINE,
  QUEUE_ECN,
  QUEUE_FLAGS,
  QUEUE_HASH,
  QUEUE_HELD,
  QUEUE_KEY,
  QUEUE_LENGTH,
  QUEUE_MEAT,
  QUEUE_MEMORY,
  QUEUE_NEWER,
  QUEUE_NEXT,
  QUEUE_OLDER,
  QUEUE_RUNS,
  QUEUE_SOURCE,
  QUEUE_TAIL,
  RUN_NEXT,
  SOURCE_COUNT,
} from '../abi/fragment.ts';
import { PACKET_SHARD } from '../abi/packet.ts';
import { timerGoesOff } from '../match/jiffies.ts';
import { freeBlock, freeBlocks, takeBlock } from './pool.ts';
import { leaveSource, nextCount, sourceOf } from './source.ts';

/** Bytes that the kernel counts for a queue: sizeof(struct ipq) and sizeof(struct frag_queue) of Linux 6.18. */
export const QUEUE_BYTES4: u32 = 200;
export const QUEUE_BYTES6: u32 = 184;

const GOLDEN: u32 = 0x9e3779b1;

/** The block of the packet's shard. */
export function holdOf(env: usize, packet: usize): usize {
  const region: usize = load<u32>(env, ENV_FRAGMENTS);
  return load<u32>(region, FRAGMENTS_HOLDS) + load<u32>(packet, PACKET_SHARD) * HOLD_BYTES;
}

/**
 * Whether so much is held that nothing more is taken. Differs: each shard may hold so much.
 * Ref: net/ipv4/inet_fragment.c:inet_frag_find()
 */
export function isFull(directory: usize, held: usize): bool {
  const high = load<u32>(directory, DIRECTORY_HIGH);
  return high == 0 || load<u32>(held, HELD_MEMORY) > high;
}

/**
 * Finds the queue of HOLD_KEY, or makes one, for which the kernel counts `bytes`.
 *
 * Returns: 0 when there is no room for one.
 * Ref: net/ipv4/inet_fragment.c:inet_frag_find()
 */
export function openQueue(hold: usize, directory: usize, held: usize, bytes: u32, now: u64): usize {
  const key = hold + HOLD_KEY;
  const hash = hashOf(key);
  const bucket = bucketOf(hold, hash);
  for (let queue: usize = load<u32>(bucket); queue != 0; queue = load<u32>(queue, QUEUE_NEXT)) {
    if (load<u32>(queue, QUEUE_HASH) == hash && memory.compare(queue + QUEUE_KEY, key, KEY_BYTES) == 0) return queue;
  }
  const queue = takeBlock(hold);
  if (queue == 0) return 0;
  memory.copy(queue + QUEUE_KEY, key, KEY_BYTES);
  store<u32>(queue, hash, QUEUE_HASH);
  store<u32>(queue, load<u32>(bucket), QUEUE_NEXT);
  store<u32>(bucket, queue as u32);
  store<u32>(queue, held as u32, QUEUE_HELD);
  count(queue, bytes);
  if (load<u32>(directory, DIRECTORY_MAX_DISTANCE) != 0) {
    const addresses = (<u64>load<u32>(key, KEY_SRC) << 32) | load<u32>(key, KEY_DST);
    store<u32>(queue, sourceOf(hold, addresses) as u32, QUEUE_SOURCE);
  }
  setTimer(queue, directory, now);
  return queue;
}

function hashOf(key: usize): u32 {
  let hash: u32 = 0;
  for (let at: usize = 0; at < KEY_BYTES; at += 4) hash = (rotl<u32>(hash, 5) ^ load<u32>(key + at)) * GOLDEN;
  return hash ^ (hash >> 15);
}

function bucketOf(hold: usize, hash: u32): usize {
  return hold + HOLD_BUCKETS + ((hash & (HOLD_BUCKET_COUNT - 1)) << 2);
}

/** Counts `bytes` more for a queue. */
export function count(queue: usize, bytes: u32): void {
  const held: usize = load<u32>(queue, QUEUE_HELD);
  store<u32>(queue, load<u32>(queue, QUEUE_MEMORY) + bytes, QUEUE_MEMORY);
  store<u32>(held, load<u32>(held, HELD_MEMORY) + bytes, HELD_MEMORY);
}

/** Makes the queue the last to expire. */
function setTimer(queue: usize, directory: usize, now: u64): void {
  const held: usize = load<u32>(queue, QUEUE_HELD);
  const newest: usize = load<u32>(held, HELD_NEWEST);
  store<u64>(queue, timerGoesOff(now, now + load<u64>(directory, DIRECTORY_TIMEOUT)), QUEUE_DEADLINE);
  store<u32>(queue, newest as u32, QUEUE_OLDER);
  store<u32>(queue, 0, QUEUE_NEWER);
  if (newest == 0) store<u32>(held, queue as u32, HELD_OLDEST);
  else store<u32>(newest, queue as u32, QUEUE_NEWER);
  store<u32>(held, queue as u32, HELD_NEWEST);
}

function stopTimer(queue: usize): void {
  const held: usize = load<u32>(queue, QUEUE_HELD);
  const older: usize = load<u32>(queue, QUEUE_OLDER);
  const newer: usize = load<u32>(queue, QUEUE_NEWER);
  if (older == 0) store<u32>(held, newer as u32, HELD_OLDEST);
  else store<u32>(older, newer as u32, QUEUE_NEWER);
  if (newer == 0) store<u32>(held, older as u32, HELD_NEWEST);
  else store<u32>(newer, older as u32, QUEUE_OLDER);
}

/** Gives up the queues whose time is over. Ref: net/ipv4/ip_fragment.c:ip_expire(), include/net/ipv6_frag.h:ip6frag_expire_frag_queue() */
export function expireQueues(hold: usize, held: usize, now: u64): void {
  for (;;) {
    const oldest: usize = load<u32>(held, HELD_OLDEST);
    if (oldest == 0 || load<u64>(oldest, QUEUE_DEADLINE) > now) return;
    killQueue(hold, oldest);
  }
}

/** Gives a queue up, with its fragments. Ref: net/ipv4/inet_fragment.c:inet_frag_kill(), inet_frag_destroy() */
export function killQueue(hold: usize, queue: usize): void {
  stopTimer(queue);
  let link = bucketOf(hold, load<u32>(queue, QUEUE_HASH));
  while (load<u32>(link) != <u32>queue) link = load<u32>(link) + QUEUE_NEXT;
  store<u32>(link, load<u32>(queue, QUEUE_NEXT));
  dropFragments(hold, queue);
  uncount(queue, load<u32>(queue, QUEUE_MEMORY));
  const source: usize = load<u32>(queue, QUEUE_SOURCE);
  if (source != 0) leaveSource(hold, source);
  freeBlock(hold, queue);
}

function uncount(queue: usize, bytes: u32): void {
  const held: usize = load<u32>(queue, QUEUE_HELD);
  store<u32>(queue, load<u32>(queue, QUEUE_MEMORY) - bytes, QUEUE_MEMORY);
  store<u32>(held, load<u32>(held, HELD_MEMORY) - bytes, HELD_MEMORY);
}

function dropFragments(hold: usize, queue: usize): void {
  for (let run: usize = load<u32>(queue, QUEUE_RUNS); run != 0; ) {
    const nextRun: usize = load<u32>(run, RUN_NEXT);
    for (let fragment = run; fragment != 0; ) {
      const following: usize = load<u32>(fragment, FRAGMENT_FOLLOWING);
      freeBlocks(hold, fragment);
      fragment = following;
    }
    run = nextRun;
  }
  store<u32>(queue, 0, QUEUE_RUNS);
  store<u32>(queue, 0, QUEUE_TAIL);
}

/**
 * Whether more fragments of the same source came since the queue's latest than ipfrag_max_dist allows: the sender's identifications may
 * have come round. Differs: fragments to other destinations do not count, since they may be another shard's.
 *
 * Ref: net/ipv4/ip_fragment.c:ip_frag_too_far()
 */
export function isTooFar(directory: usize, queue: usize): bool {
  const max = load<u32>(directory, DIRECTORY_MAX_DISTANCE);
  const source: usize = load<u32>(queue, QUEUE_SOURCE);
  if (source == 0 || max == 0) return false;
  const before = load<u32>(queue, QUEUE_COUNT);
  store<u32>(queue, nextCount(source), QUEUE_COUNT);
  return load<u32>(queue, QUEUE_TAIL) != 0 && load<u32>(source, SOURCE_COUNT) - before > max;
}

/** Starts a queue anew; the lengths of its longest fragments stay. Ref: net/ipv4/ip_fragment.c:ip_frag_reinit() */
export function restartQueue(hold: usize, directory: usize, queue: usize, bytes: u32, now: u64): void {
  stopTimer(queue);
  setTimer(queue, directory, now);
  dropFragments(hold, queue);
  uncount(queue, load<u32>(queue, QUEUE_MEMORY) - bytes);
  store<u32>(queue, 0, QUEUE_FLAGS);
  store<u32>(queue, 0, QUEUE_LENGTH);
  store<u32>(queue, 0, QUEUE_MEAT);
  store<u32>(queue, 0, QUEUE_ECN);
}
