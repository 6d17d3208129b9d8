// What an element carries besides its key: when it is gone, counters, marks. Ref: net/netfilter/ipset/ip_set_core.c
//
// This folder is the kernel's side of IP sets: packets look for elements, add and delete them. Comes in: a set in the region of
// state, the packet, what the rule asks (abi/set.ts). Goes out: SET_FOUND and its like, and a changed set.

import { PACKET_LENGTH } from '../abi/packet.ts';
import { HZ } from '../abi/rate.ts';
import {
  ASK_BYTES,
  ASK_BYTES_OP,
  ASK_COMPARES,
  ASK_FLAGS,
  ASK_PACKETS,
  ASK_PACKETS_OP,
  ASK_SKBINFO,
  ASK_SKIPS_COUNTERS,
  ASK_TIMEOUT,
  COMPARE_EQ,
  COMPARE_GT,
  COMPARE_LT,
  COMPARE_NE,
  SET_COMMENT,
  SET_COUNTERS,
  SET_EXPIRY,
  SET_EXPIRY_RELATIVE,
  SET_FLAGS,
  SET_HAS_COMMENT,
  SET_HAS_COUNTERS,
  SET_HAS_SKBINFO,
  SET_HAS_TIMEOUT,
  SET_NO_TIMEOUT,
  SET_SKBINFO,
  SET_TIMEOUT,
} from '../abi/set.ts';
import { jiffies, jiffiesLoaded } from '../match/jiffies.ts';

const RELATIVE: u64 = <u64>SET_EXPIRY_RELATIVE << 32;

/** Whether an element's time is up. Ref: include/linux/netfilter/ipset/ip_set.h:ip_set_timeout_expired() */
export function isExpired(env: usize, packet: usize, set: usize, element: usize): bool {
  if (!(load<u32>(set, SET_FLAGS) & SET_HAS_TIMEOUT)) return false;
  const expiry = load<u64>(element + load<u32>(set, SET_EXPIRY));
  if (expiry == 0) return false;
  const last = expiry & RELATIVE ? (expiry & ~RELATIVE) + jiffiesLoaded(env) : expiry;
  return jiffies(env, packet) > last;
}

/** Lets an element be gone `seconds` from now; 0 = never. Ref: ip_set.h:ip_set_timeout_set() */
export function setExpiry(env: usize, packet: usize, set: usize, element: usize, seconds: u32): void {
  store<u64>(element + load<u32>(set, SET_EXPIRY), seconds == 0 ? 0 : jiffies(env, packet) + <u64>seconds * HZ);
}

/** Seconds that an element stays which the rule adds. Ref: ip_set.h:ip_set_adt_opt_timeout() */
export function timeoutOf(set: usize, ask: usize): u32 {
  const timeout = load<u32>(ask, ASK_TIMEOUT);
  return timeout == SET_NO_TIMEOUT ? load<u32>(set, SET_TIMEOUT) : timeout;
}

/**
 * Whether an element that was found counts as found: it is not gone, and its counters, this packet added, are as asked. Its marks are
 * left in the ask. Ref: ip_set_core.c:ip_set_match_extensions()
 */
export function matchExtensions(env: usize, packet: usize, set: usize, element: usize, ask: usize): bool {
  if (isExpired(env, packet, set, element)) return false;
  const has = load<u32>(set, SET_FLAGS);
  const flags = load<u32>(ask, ASK_FLAGS);
  if (has & SET_HAS_COUNTERS) {
    const counters = element + load<u32>(set, SET_COUNTERS);
    if (!(flags & ASK_SKIPS_COUNTERS)) {
      // Shards may count in one set at the same time: sums do not depend on who comes first.
      atomic.add<u64>(counters, 1);
      atomic.add<u64>(counters, <u64>load<u32>(packet, PACKET_LENGTH), 8);
    }
    if (flags & ASK_COMPARES && !countersAre(counters, ask)) return false;
  }
  if (has & SET_HAS_SKBINFO) v128.store(ask, v128.load(element + load<u32>(set, SET_SKBINFO)), ASK_SKBINFO);
  return true;
}

function countersAre(counters: usize, ask: usize): bool {
  return (
    compares(load<u64>(counters), load<u64>(ask, ASK_PACKETS), load<u32>(ask, ASK_PACKETS_OP)) &&
    compares(load<u64>(counters, 8), load<u64>(ask, ASK_BYTES), load<u32>(ask, ASK_BYTES_OP))
  );
}

/** Ref: ip_set_core.c:ip_set_match_counter() */
function compares(counter: u64, value: u64, operation: u32): bool {
  if (operation == COMPARE_EQ) return counter == value;
  if (operation == COMPARE_NE) return counter != value;
  if (operation == COMPARE_LT) return counter < value;
  return operation != COMPARE_GT || counter > value;
}

/** What an element carries that a packet adds, or adds once more; its time is the caller's. Ref: ip_set_hash_gen.h:mtype_add() */
export function initExtensions(packet: usize, set: usize, element: usize): void {
  const has = load<u32>(set, SET_FLAGS);
  if (has & SET_HAS_COUNTERS) {
    const counters = element + load<u32>(set, SET_COUNTERS);
    store<u64>(counters, 1);
    store<u64>(counters, <u64>load<u32>(packet, PACKET_LENGTH), 8);
  }
  if (has & SET_HAS_SKBINFO) v128.store(element + load<u32>(set, SET_SKBINFO), i64x2.splat(0));
}

/** Takes away the comment: a packet gives none. */
export function dropComment(set: usize, element: usize): void {
  if (load<u32>(set, SET_FLAGS) & SET_HAS_COMMENT) store<u32>(element + load<u32>(set, SET_COMMENT), 0);
}
