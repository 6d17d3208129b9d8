// The pool of slots, and each shard's way to it. Comes in: a shard's block; goes out: slots, with whatever they held last.
//
// A shard takes slots from what it has; when that is used up it takes a chunk from the pool, and when it has two chunks of
// free ones it gives one back. Nothing else of the pool is seen by a shard: it can never tell how full the others are.

import {
  CONNTRACK_CHUNK,
  CONNTRACK_COLD,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_CREATED,
  CONNTRACK_CREATED_BYTES,
  CONNTRACK_EXHAUSTED,
  CONNTRACK_LINK,
  CONNTRACK_LINK_CHUNK,
  CONNTRACK_POOL,
  CONNTRACK_POOL_END,
  CONNTRACK_POOL_FREE,
  CONNTRACK_POOL_NEXT,
  CONNTRACK_SLOT_BYTES,
  SHARD_FREE,
  SHARD_FREE_COUNT,
  SHARD_SLOTS,
  SHARD_SPARE,
  SHARD_UNUSED,
  SHARD_UNUSED_END,
} from '../abi/flow.ts';

const CHUNK_BYTES: u32 = CONNTRACK_CHUNK * CONNTRACK_SLOT_BYTES;

/** The number of the slot that an entry lies in. */
// @ts-ignore: decorator
@inline
function slotNumber(region: usize, entry: usize): usize {
  return (entry - <usize>load<u32>(region, CONNTRACK_POOL)) / CONNTRACK_SLOT_BYTES;
}

/** The cold part (COLD_*) of an entry. */
export function cold(region: usize, entry: usize): usize {
  return <usize>load<u32>(region, CONNTRACK_COLD) + slotNumber(region, entry) * CONNTRACK_COLD_BYTES;
}

/** Where the time stands at which an entry was made. */
export function createdAt(region: usize, entry: usize): usize {
  return <usize>load<u32>(region, CONNTRACK_CREATED) + slotNumber(region, entry) * CONNTRACK_CREATED_BYTES;
}

/** Takes a slot. Returns: 0 when all are in use; then the run of the shard ends with a fault, whatever becomes of the packet. */
export function takeSlot(region: usize, block: usize): usize {
  const slot = nextSlot(region, block);
  if (slot != 0) store<u32>(block, load<u32>(block, SHARD_SLOTS) + 1, SHARD_SLOTS);
  else atomic.store<u32>(region, 1, CONNTRACK_EXHAUSTED);
  return slot;
}

/** Whether a slot was asked for when there was none left. */
export function isExhausted(region: usize): bool {
  return atomic.load<u32>(region, CONNTRACK_EXHAUSTED) != 0;
}

function nextSlot(region: usize, block: usize): usize {
  if (load<u32>(block, SHARD_FREE) != 0) return popFree(block);
  const spare = load<u32>(block, SHARD_SPARE);
  if (spare != 0) {
    store<u32>(block, 0, SHARD_SPARE);
    return popFreeOf(block, spare);
  }
  const unused = load<u32>(block, SHARD_UNUSED);
  if (unused != load<u32>(block, SHARD_UNUSED_END)) {
    store<u32>(block, unused + CONNTRACK_SLOT_BYTES, SHARD_UNUSED);
    return <usize>unused;
  }
  const given = popChunk(region);
  if (given != 0) return popFreeOf(block, given);
  const fresh = cutChunk(region);
  if (fresh == 0) return 0;
  store<u32>(block, fresh + CONNTRACK_SLOT_BYTES, SHARD_UNUSED);
  store<u32>(block, fresh + CHUNK_BYTES, SHARD_UNUSED_END);
  return <usize>fresh;
}

function popFree(block: usize): usize {
  const slot = <usize>load<u32>(block, SHARD_FREE);
  store<u32>(block, load<u32>(slot, CONNTRACK_LINK), SHARD_FREE);
  store<u32>(block, load<u32>(block, SHARD_FREE_COUNT) - 1, SHARD_FREE_COUNT);
  return slot;
}

/** Makes a whole chunk the shard's free slots, and takes the first. */
function popFreeOf(block: usize, chunk: u32): usize {
  store<u32>(block, chunk, SHARD_FREE);
  store<u32>(block, CONNTRACK_CHUNK, SHARD_FREE_COUNT);
  return popFree(block);
}

/** Gives a slot back. */
export function giveSlot(region: usize, block: usize, slot: usize): void {
  if (load<u32>(block, SHARD_FREE_COUNT) == CONNTRACK_CHUNK) {
    const spare = load<u32>(block, SHARD_SPARE);
    if (spare != 0) pushChunk(region, spare);
    store<u32>(block, load<u32>(block, SHARD_FREE), SHARD_SPARE);
    store<u32>(block, 0, SHARD_FREE);
    store<u32>(block, 0, SHARD_FREE_COUNT);
  }
  store<u32>(slot, load<u32>(block, SHARD_FREE), CONNTRACK_LINK);
  store<u32>(block, <u32>slot, SHARD_FREE);
  store<u32>(block, load<u32>(block, SHARD_FREE_COUNT) + 1, SHARD_FREE_COUNT);
  store<u32>(block, load<u32>(block, SHARD_SLOTS) - 1, SHARD_SLOTS);
}

/** Cuts a chunk off the part of the pool that was never used. Returns: 0 when there is none left. */
function cutChunk(region: usize): u32 {
  let next = atomic.load<u32>(region, CONNTRACK_POOL_NEXT);
  while (load<u32>(region, CONNTRACK_POOL_END) - next >= CHUNK_BYTES) {
    const found = atomic.cmpxchg<u32>(region, next, next + CHUNK_BYTES, CONNTRACK_POOL_NEXT);
    if (found == next) return next;
    next = found;
  }
  return 0;
}

/** What CONNTRACK_POOL_FREE says after `head` when `chunk` is the first: never the same twice, so that nobody takes one for the other. */
function headAfter(head: u64, chunk: u32): u64 {
  return (((head >> 32) + 1) << 32) | <u64>chunk;
}

/** Puts a list of CONNTRACK_CHUNK free slots among those that any shard may take. */
function pushChunk(region: usize, chunk: u32): void {
  let head: u64;
  do {
    head = atomic.load<u64>(region, CONNTRACK_POOL_FREE);
    store<u32>(<usize>chunk, <u32>head, CONNTRACK_LINK_CHUNK);
  } while (atomic.cmpxchg<u64>(region, head, headAfter(head, chunk), CONNTRACK_POOL_FREE) != head);
}

/** Takes such a list. Returns: 0 when there is none. */
function popChunk(region: usize): u32 {
  let head = atomic.load<u64>(region, CONNTRACK_POOL_FREE);
  while (<u32>head != 0) {
    // Another shard may have it by now and write there: then the head has changed, and what is read here is not used.
    const next = load<u32>(<usize>(<u32>head), CONNTRACK_LINK_CHUNK);
    const found = atomic.cmpxchg<u64>(region, head, headAfter(head, next), CONNTRACK_POOL_FREE);
    if (found == head) return <u32>head;
    head = found;
  }
  return 0;
}
