// Sources of fragments: how many have come from each, as long as queues refer to it.

import { HOLD_SOURCE_COUNT, HOLD_SOURCES, SOURCE_ADDRESSES, SOURCE_COUNT, SOURCE_NEXT, SOURCE_QUEUES } from '../abi/fragment.ts';
import { freeBlock, takeBlock } from './pool.ts';

function bucketOf(hold: usize, addresses: u64): usize {
  const hash = addresses * 0x9e3779b97f4a7c15;
  return hold + HOLD_SOURCES + (((hash >> 32) as u32 & (HOLD_SOURCE_COUNT - 1)) << 2);
}

/** The source of two addresses, for one queue more. Returns: 0 when there is no room for one. Ref: net/ipv4/inetpeer.c:inet_getpeer() */
export function sourceOf(hold: usize, addresses: u64): usize {
  const bucket = bucketOf(hold, addresses);
  let source: usize = load<u32>(bucket);
  while (source != 0 && load<u64>(source, SOURCE_ADDRESSES) != addresses) source = load<u32>(source, SOURCE_NEXT);
  if (source == 0) {
    source = takeBlock(hold);
    if (source == 0) return 0;
    store<u64>(source, addresses, SOURCE_ADDRESSES);
    store<u32>(source, load<u32>(bucket), SOURCE_NEXT);
    store<u32>(bucket, source as u32);
  }
  store<u32>(source, load<u32>(source, SOURCE_QUEUES) + 1, SOURCE_QUEUES);
  return source;
}

/** Counts a fragment. Returns: how many there were with it. */
export function nextCount(source: usize): u32 {
  const count = load<u32>(source, SOURCE_COUNT) + 1;
  store<u32>(source, count, SOURCE_COUNT);
  return count;
}

/** A queue no longer refers to the source. */
export function leaveSource(hold: usize, source: usize): void {
  const queues = load<u32>(source, SOURCE_QUEUES) - 1;
  store<u32>(source, queues, SOURCE_QUEUES);
  if (queues != 0) return;
  let link = bucketOf(hold, load<u64>(source, SOURCE_ADDRESSES));
  while (load<u32>(link) != <u32>source) link = load<u32>(link) + SOURCE_NEXT;
  store<u32>(link, load<u32>(source, SOURCE_NEXT));
  freeBlock(hold, source);
}
