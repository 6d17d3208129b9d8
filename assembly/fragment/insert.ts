// A fragment's place among those of its queue.
//
// Fragments that came one behind the other, each where the latest one ended, are one run. What lies within one run is a duplicate, and
// left out; what overlaps in any other way spoils the packet. Ref: net/ipv4/inet_fragment.c:inet_frag_queue_insert(); RFC 5722, 4

import {
  FRAGMENT_FOLLOWING,
  FRAGMENT_LENGTH,
  LINK_BYTES,
  QUEUE_CTINFO,
  QUEUE_CTSTATE,
  QUEUE_FLAGS,
  QUEUE_FACTS,
  QUEUE_FIRST_IN,
  QUEUE_LAST_IN,
  QUEUE_LENGTH,
  QUEUE_LINK,
  QUEUE_MARK,
  QUEUE_MEAT,
  QUEUE_PKTTYPE,
  QUEUE_RUNS,
  QUEUE_SECMARK,
  QUEUE_TAIL,
  QUEUE_TRACE,
  RUN_LAST,
  RUN_LENGTH,
  RUN_NEXT,
  RUN_OFFSET,
} from '../abi/fragment.ts';
import {
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_FACTS,
  PACKET_FACTS_OPTIONS,
  PACKET_FLAG_TRACE,
  PACKET_FLAGS,
  PACKET_L2,
  PACKET_MARK,
  PACKET_PKTTYPE,
  PACKET_SECMARK,
} from '../abi/packet.ts';

/** A place is the run that a new one comes behind, or one of these. */
export const PLACE_FRONT: usize = 0;
export const PLACE_DUPLICATE: usize = 1;
export const PLACE_OVERLAP: usize = 2;
/** At the end of the last run. */
export const PLACE_TAIL: usize = 3;

/** Whether a fragment up to `end` says another length of the whole than those before it; if not, takes note of what it says. */
export function contradicts(queue: usize, end: u32, hasMore: bool): bool {
  const length = load<u32>(queue, QUEUE_LENGTH);
  const flags = load<u32>(queue, QUEUE_FLAGS);
  const lastIn = (flags & QUEUE_LAST_IN) != 0;
  if (hasMore ? end > length && lastIn : end < length || (lastIn && end != length)) return true;
  if (!hasMore) store<u32>(queue, flags | QUEUE_LAST_IN, QUEUE_FLAGS);
  if (end > length) store<u32>(queue, end, QUEUE_LENGTH);
  return false;
}

/** Where payload from `offset` up to `end` belongs. */
export function findPlace(queue: usize, offset: u32, end: u32): usize {
  const tail: usize = load<u32>(queue, QUEUE_TAIL);
  if (tail == 0) return PLACE_FRONT;
  const tailEnd = endOf(tail);
  if (end > tailEnd) {
    if (offset < tailEnd) return PLACE_OVERLAP;
    return offset == tailEnd ? PLACE_TAIL : tail;
  }
  let before: usize = PLACE_FRONT;
  let run: usize = load<u32>(queue, QUEUE_RUNS);
  while (endOf(run) <= offset) {
    before = run;
    run = load<u32>(run, RUN_NEXT);
  }
  const start = load<u32>(run, RUN_OFFSET);
  if (end <= start) return before;
  return offset >= start && end <= endOf(run) ? PLACE_DUPLICATE : PLACE_OVERLAP;
}

function endOf(run: usize): u32 {
  return load<u32>(run, RUN_OFFSET) + load<u32>(run, RUN_LENGTH);
}

/** Puts a fragment of `length` payload bytes in its place. */
export function insert(queue: usize, place: usize, fragment: usize, offset: u32, length: u32): void {
  store<u32>(fragment, length, FRAGMENT_LENGTH);
  store<u32>(queue, load<u32>(queue, QUEUE_MEAT) + length, QUEUE_MEAT);
  const tail: usize = load<u32>(queue, QUEUE_TAIL);
  if (place == PLACE_TAIL) {
    store<u32>(load<u32>(tail, RUN_LAST), fragment as u32, FRAGMENT_FOLLOWING);
    store<u32>(tail, fragment as u32, RUN_LAST);
    store<u32>(tail, load<u32>(tail, RUN_LENGTH) + length, RUN_LENGTH);
    return;
  }
  const link = place == PLACE_FRONT ? queue + QUEUE_RUNS : place + RUN_NEXT;
  store<u32>(fragment, offset, RUN_OFFSET);
  store<u32>(fragment, length, RUN_LENGTH);
  store<u32>(fragment, fragment as u32, RUN_LAST);
  store<u32>(fragment, load<u32>(link), RUN_NEXT);
  store<u32>(link, fragment as u32);
  if (place == tail) store<u32>(queue, fragment as u32, QUEUE_TAIL);
}

/** Takes note of what the first fragment carries: the whole will. Ref: net/ipv4/inet_fragment.c:inet_frag_reasm_prepare() */
export function noteFirst(queue: usize, packet: usize): void {
  store<u32>(queue, load<u32>(queue, QUEUE_FLAGS) | QUEUE_FIRST_IN, QUEUE_FLAGS);
  store<u32>(queue, load<u32>(packet, PACKET_MARK), QUEUE_MARK);
  store<u32>(queue, load<u32>(packet, PACKET_SECMARK), QUEUE_SECMARK);
  store<u32>(queue, load<u32>(packet, PACKET_PKTTYPE), QUEUE_PKTTYPE);
  store<u32>(queue, load<u32>(packet, PACKET_CTINFO), QUEUE_CTINFO);
  store<u32>(queue, load<u32>(packet, PACKET_CTSTATE), QUEUE_CTSTATE);
  store<u32>(queue, load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TRACE, QUEUE_TRACE);
  store<u32>(queue, load<u32>(packet, PACKET_FACTS) & PACKET_FACTS_OPTIONS, QUEUE_FACTS);
  memory.copy(queue + QUEUE_LINK, load<u32>(packet, PACKET_L2), LINK_BYTES);
}

/** Whether every fragment is there. */
export function isComplete(queue: usize): bool {
  const all = QUEUE_FIRST_IN | QUEUE_LAST_IN;
  return (load<u32>(queue, QUEUE_FLAGS) & all) == all && load<u32>(queue, QUEUE_MEAT) == load<u32>(queue, QUEUE_LENGTH);
}
