// Timeouts. Time is the packet's own; an entry past its deadline is gone for every lookup, whether or not it was reaped yet.

import {
  COLD_BYTES_SEEN,
  COLD_LAST,
  COLD_PACKETS,
  CONNTRACK_ACCT,
  CONNTRACK_CLOCK,
  FLOW_DEADLINE,
  FLOW_STATUS,
  FLOW_TEMPLATE,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  IPS_OWN_TIMEOUTS,
  TEMPLATE_TIMEOUTS,
} from '../abi/flow.ts';
import { CTINFO_IS_REPLY, PACKET_CTINFO, PACKET_LENGTH, PACKET_TIME } from '../abi/packet.ts';
import { JIFFY_NS } from '../abi/rate.ts';
import { cold } from './pool.ts';

/** Nanoseconds of a second. */
export const SECOND: u64 = 1_000_000_000;

/**
 * Where the timeouts of an entry of that status are, laid out as in the region's header: in the region, or with a timeout policy behind the
 * template that it was made after.
 *
 * Ref: include/net/netfilter/nf_conntrack_timeout.h:nf_ct_timeout_lookup()
 */
export function timeoutsOf(region: usize, entry: usize, status: u32): usize {
  return status & IPS_OWN_TIMEOUTS ? <usize>load<u32>(entry, FLOW_TEMPLATE) + TEMPLATE_TIMEOUTS : region;
}

/** Whether an entry's time is up. Ref: include/net/netfilter/nf_conntrack.h:nf_ct_is_expired() */
export function hasExpired(entry: usize, now: u64): bool {
  return load<u64>(entry, FLOW_DEADLINE) <= now;
}

/** Nanoseconds of a tick, a power of two: a second and a bit. */
const TICK: u64 = 1 << 30;

/** The tick that a time is in: when it began. */
export function tickOf(now: u64): u64 {
  return now & ~(TICK - 1);
}

/** How many ticks have begun between two of them. */
export function ticksBetween(from: u64, to: u64): u64 {
  return (to - from) / TICK;
}

/**
 * Whether an expired entry may be taken out of the table. It counts until the tick in which it expired is over, so that how many
 * entries there are does not depend on which lookups came by.
 */
export function isDue(entry: usize, now: u64): bool {
  return load<u64>(entry, FLOW_DEADLINE) < tickOf(now);
}

/**
 * Jiffies an entry has left. The kernel has both times in jiffies: until the one is over in which an entry was given its time, all of that
 * is left.
 *
 * Ref: include/net/netfilter/nf_conntrack.h:nf_ct_expires()
 */
export function jiffiesLeft(region: usize, entry: usize, now: u64): u64 {
  const ahead = load<u64>(region, CONNTRACK_CLOCK);
  const end = (load<u64>(entry, FLOW_DEADLINE) + ahead) / JIFFY_NS;
  const current = (now + ahead) / JIFFY_NS;
  return end > current ? end - current : 0;
}

/** The direction of a packet within its entry. */
export function packetDirection(packet: usize): u32 {
  return load<u32>(packet, PACKET_CTINFO) >= CTINFO_IS_REPLY ? 1 : 0;
}

/**
 * Gives an entry `span` nanoseconds from this packet on, and counts the packet. An entry that is not confirmed keeps the
 * span as such: its clock starts at confirmation.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_ct_refresh_acct()
 */
export function refresh(region: usize, entry: usize, packet: usize, span: u64): void {
  extendTime(entry, packet, span);
  account(region, entry, packet);
}

/** The same without counting the packet. Ref: include/net/netfilter/nf_conntrack.h:nf_ct_refresh() */
export function extendTime(entry: usize, packet: usize, span: u64): void {
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_FIXED_TIMEOUT)) {
    store<u64>(entry, status & IPS_CONFIRMED ? load<u64>(packet, PACKET_TIME) + span : span, FLOW_DEADLINE);
  }
}

/**
 * Counts a packet on its entry, with `nf_conntrack_acct` only.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_acct_add()
 */
export function account(region: usize, entry: usize, packet: usize): void {
  if (!load<u32>(region, CONNTRACK_ACCT)) return;
  countOn(region, entry, packetDirection(packet), load<u32>(packet, PACKET_LENGTH), load<u64>(packet, PACKET_TIME));
}

/** Counts a packet of `length` bytes on its entry, whose counters lie far from it. */
export function countOn(region: usize, entry: usize, direction: u32, length: u32, now: u64): void {
  const away = cold(region, entry);
  store<u64>(away, now, COLD_LAST);
  const counters = away + (<usize>direction << 4);
  store<u64>(counters, load<u64>(counters, COLD_PACKETS) + 1, COLD_PACKETS);
  store<u64>(counters, load<u64>(counters, COLD_BYTES_SEEN) + length, COLD_BYTES_SEEN);
}
