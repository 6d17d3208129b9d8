// The whole packet, from the fragments of a queue.

import {
  FRAGMENT_FOLLOWING,
  FRAGMENT_HEADER,
  FRAGMENT_LENGTH,
  FRAGMENT_PRESENT,
  HOLD_LINK,
  HOLD_PIECES,
  LINK_BYTES,
  QUEUE_CTINFO,
  QUEUE_CTSTATE,
  QUEUE_ECN,
  QUEUE_LINK,
  QUEUE_FACTS,
  QUEUE_MARK,
  QUEUE_PKTTYPE,
  QUEUE_RUNS,
  QUEUE_SECMARK,
  QUEUE_TRACE,
  RUN_NEXT,
} from '../abi/fragment.ts';
import {
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_FACTS,
  PACKET_FACTS_OPTIONS,
  PACKET_FLAG_TRACE,
  PACKET_FLAGS,
  PACKET_L2,
  PACKET_L3,
  PACKET_MARK,
  PACKET_PIECES,
  PACKET_PKTTYPE,
  PACKET_PULLED,
  PACKET_SECMARK,
} from '../abi/packet.ts';
import { ownedPlace } from '../wire/edit.ts';
import { copyFragment } from './pool.ts';

/** The fragments' ECN fields cannot be those of one packet. */
export const ECN_BAD: u32 = 0xff;
const NOT_ECT: u32 = 1;
const CONGESTION_EXPERIENCED: u32 = 8;

/** What is to be set in the ECN field of the whole, or ECN_BAD. Ref: net/ipv4/inet_fragment.c:ip_frag_ecn_table; RFC 3168, 5.3 */
export function ecnOf(queue: usize): u32 {
  const seen = load<u32>(queue, QUEUE_ECN);
  if ((seen & NOT_ECT) != 0) return seen == NOT_ECT ? 0 : ECN_BAD;
  return (seen & CONGESTION_EXPERIENCED) != 0 && seen != CONGESTION_EXPERIENCED ? 3 : 0;
}

/**
 * Copies the fragments of a queue to where the packet may own bytes: the first one's headers less the last `skipped` bytes of them, and
 * all payload. The record gets what the first fragment carried, its link-layer header too.
 *
 * What the capture lacks of a fragment ends the whole there, as if the capture had cut it.
 *
 * Returns: bytes of the whole that are there from PACKET_L3 on.
 */
export function glue(env: usize, hold: usize, queue: usize, packet: usize, skipped: u32): u32 {
  const own = ownedPlace(env, packet);
  let first: usize = load<u32>(queue, QUEUE_RUNS);
  const headers = load<u32>(first, FRAGMENT_HEADER) - skipped;
  let to = own;
  let present: u32 = 0;
  let isCut = false;
  let pieces: u32 = 0;
  for (let run = first; run != 0; run = load<u32>(run, RUN_NEXT)) {
    for (let fragment = run; fragment != 0; fragment = load<u32>(fragment, FRAGMENT_FOLLOWING)) {
      copyFragment(fragment, to);
      if (fragment == first) {
        if (skipped != 0) memory.copy(to + headers, to + headers + skipped, load<u32>(fragment, FRAGMENT_PRESENT));
        to += headers;
        present = headers;
      }
      const length = load<u32>(fragment, FRAGMENT_LENGTH);
      const there = load<u32>(fragment, FRAGMENT_PRESENT);
      if (!isCut) present += there;
      if (there < length) isCut = true;
      to += length;
      store<u32>(hold + HOLD_PIECES + (pieces << 2), length);
      pieces++;
    }
  }
  store<u32>(packet, own as u32, PACKET_L3);
  store<u32>(packet, pieces, PACKET_PIECES);
  // The first fragment is one piece; the others hang on it.
  store<u32>(packet, headers + load<u32>(hold, HOLD_PIECES), PACKET_PULLED);
  memory.copy(hold + HOLD_LINK, queue + QUEUE_LINK, LINK_BYTES);
  store<u32>(packet, (hold + HOLD_LINK) as u32, PACKET_L2);
  carryOver(queue, packet);
  return present;
}

function carryOver(queue: usize, packet: usize): void {
  const flags = load<u32>(packet, PACKET_FLAGS) & ~PACKET_FLAG_TRACE;
  store<u32>(packet, flags | load<u32>(queue, QUEUE_TRACE), PACKET_FLAGS);
  store<u32>(packet, load<u32>(queue, QUEUE_MARK), PACKET_MARK);
  store<u32>(packet, load<u32>(queue, QUEUE_SECMARK), PACKET_SECMARK);
  store<u32>(packet, load<u32>(queue, QUEUE_PKTTYPE), PACKET_PKTTYPE);
  store<u32>(packet, load<u32>(queue, QUEUE_CTINFO), PACKET_CTINFO);
  store<u32>(packet, load<u32>(queue, QUEUE_CTSTATE), PACKET_CTSTATE);
  store<u32>(packet, (load<u32>(packet, PACKET_FACTS) & ~PACKET_FACTS_OPTIONS) | load<u32>(queue, QUEUE_FACTS), PACKET_FACTS);
}
