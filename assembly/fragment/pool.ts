// Blocks: what queues and fragments are made of. A fragment's bytes go on from block to block.

import {
  BLOCK_BYTES,
  BLOCK_DATA,
  BLOCK_NEXT,
  FRAGMENT_DATA,
  FRAGMENT_HEADER,
  FRAGMENT_PRESENT,
  HOLD_FREE,
  HOLD_UNUSED,
  HOLD_UNUSED_END,
} from '../abi/fragment.ts';

/** Takes a block, all zero. Returns: 0 when the pool is empty. */
export function takeBlock(hold: usize): usize {
  let block: usize = load<u32>(hold, HOLD_FREE);
  if (block != 0) {
    store<u32>(hold, load<u32>(block, BLOCK_NEXT), HOLD_FREE);
  } else {
    block = load<u32>(hold, HOLD_UNUSED);
    if (block == load<u32>(hold, HOLD_UNUSED_END)) return 0;
    store<u32>(hold, (block as u32) + BLOCK_BYTES, HOLD_UNUSED);
  }
  memory.fill(block, 0, BLOCK_BYTES);
  return block;
}

/** Gives blocks back, from `first` to the end of its chain. */
export function freeBlocks(hold: usize, first: usize): void {
  let last = first;
  for (let next: usize = load<u32>(last, BLOCK_NEXT); next != 0; next = load<u32>(last, BLOCK_NEXT)) last = next;
  store<u32>(last, load<u32>(hold, HOLD_FREE), BLOCK_NEXT);
  store<u32>(hold, first as u32, HOLD_FREE);
}

/** Gives back one block that stands for itself. */
export function freeBlock(hold: usize, block: usize): void {
  store<u32>(block, 0, BLOCK_NEXT);
  freeBlocks(hold, block);
}

/** Makes a fragment of `header` and `payload` bytes that lie together at `from`. Returns: 0 when the pool has not enough blocks. */
export function keepFragment(hold: usize, from: usize, header: u32, payload: u32): usize {
  const fragment = takeBlock(hold);
  if (fragment == 0) return 0;
  store<u32>(fragment, header, FRAGMENT_HEADER);
  store<u32>(fragment, payload, FRAGMENT_PRESENT);
  let left = header + payload;
  let block = fragment;
  let at = FRAGMENT_DATA;
  let bytes = min(left, BLOCK_BYTES - at);
  memory.copy(block + at, from, bytes);
  while (left > bytes) {
    left -= bytes;
    from += bytes;
    const next = takeBlock(hold);
    if (next == 0) {
      freeBlocks(hold, fragment);
      return 0;
    }
    store<u32>(block, next as u32, BLOCK_NEXT);
    block = next;
    at = BLOCK_DATA;
    bytes = min(left, BLOCK_BYTES - at);
    memory.copy(block + at, from, bytes);
  }
  return fragment;
}

/** Copies a fragment's bytes, header and payload, to `to`. */
export function copyFragment(fragment: usize, to: usize): void {
  let left = load<u32>(fragment, FRAGMENT_HEADER) + load<u32>(fragment, FRAGMENT_PRESENT);
  let at = FRAGMENT_DATA;
  for (let block = fragment; left != 0; block = load<u32>(block, BLOCK_NEXT)) {
    const bytes = min(left, BLOCK_BYTES - at);
    memory.copy(to, block + at, bytes);
    left -= bytes;
    to += bytes;
    at = BLOCK_DATA;
  }
}

/** One of a fragment's bytes, counted from its header's first. */
export function byteOf(fragment: usize, index: u32): u8 {
  if (index < BLOCK_BYTES - FRAGMENT_DATA) return load<u8>(fragment + index, FRAGMENT_DATA);
  index -= BLOCK_BYTES - FRAGMENT_DATA;
  let block: usize = load<u32>(fragment, BLOCK_NEXT);
  for (; index >= BLOCK_BYTES - BLOCK_DATA; index -= BLOCK_BYTES - BLOCK_DATA) block = load<u32>(block, BLOCK_NEXT);
  return load<u8>(block + index, BLOCK_DATA);
}
