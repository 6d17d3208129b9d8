// Buckets and entries in linear memory. Comes in: a shard's block and tuples; goes out: entries. It must not know protocols.
//
// Each shard has its own bucket array; an entry stands in two chains of it, one for each tuple, so a lookup finds the
// direction with the entry and never has to put a tuple in order.

import { HELPER_PPTP } from '../abi/expect.ts';
import { EVENTS_CURSOR, EVENTS_SWEPT, EVENTS_TIME } from '../abi/event.ts';
import {
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_LAST,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  CONNTRACK_ACCT,
  CONNTRACK_BUCKET_COUNT,
  CONNTRACK_BUCKET_SHIFT,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  DIRECTION_REPLY,
  EXT_HELPER,
  FLOW_DEADLINE,
  FLOW_DIRECTION_TUPLE,
  FLOW_NEXT,
  FLOW_NEXT_REPLY,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_SHARD,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_SRC_NAT_DONE,
  SHARD_BUCKETS,
  SHARD_CREATED,
  SHARD_EVENTS,
  SHARD_EXPECTATIONS,
  SHARD_FREED,
  SHARD_LIMBO,
  SHARD_LIMBO_NUMBER,
  SHARD_LIVE,
  SHARD_REAP_CURSOR,
  SHARD_REAP_CREATED,
  SHARD_REAP_OWED,
  SHARD_REAPED,
} from '../abi/flow.ts';
import { hasRoom, tellEnd } from './event.ts';
import { removeExpectations, removeExpired } from './expect.ts';
import { hasExpired, isDue, ticksBetween, tickOf } from './expire.ts';
import { extensionWord, freeExtension, isHeld } from './extend.ts';
import { endCall } from './gre-call.ts';
import { cold, createdAt, giveSlot, takeSlot } from './pool.ts';
import { removeFromSource } from './sources.ts';
import { hashTuple, sameTuple } from './tuple.ts';
import { clear64 } from '../wire/clear.ts';

/** Ticks in which the reaper gets round the table, if it may look at so much. */
const REAP_TICKS: u32 = 32;
/** Buckets that it may look into in one go, and for each entry that was made since: what fills the table empties it. */
const REAP_BUCKETS: u32 = 2048;
const REAP_BUCKETS_A_NEW_ENTRY: u32 = 32;
/** Empty buckets that take as long to look into as an entry. */
const REAP_BUCKETS_AN_ENTRY: u32 = 16;

/** The block of a shard. */
export function shardBlock(region: usize, shard: u32): usize {
  return <usize>load<u32>(region, CONNTRACK_SHARD_BLOCKS) + <usize>shard * CONNTRACK_SHARD_BYTES;
}

/** The entry that a link leads to. */
export function linkEntry(link: u32): usize {
  return <usize>(link & ~1);
}

/** The direction of the tuple that a link leads to. */
export function linkDirection(link: u32): u32 {
  return link & 1;
}

/** Directions of a tuple that is looked for, bits 1 << DIRECTION_*: either. */
export const DIRECTION_BOTH: u32 = 3;

/**
 * Finds the entry that has `tuple` in one of `directions`, and reaps entries of the bucket that are due on the way.
 *
 * Returns: a link (linkEntry, linkDirection), or 0.
 * Ref: net/netfilter/nf_conntrack_core.c:____nf_conntrack_find()
 */
export function findTuple(region: usize, block: usize, tuple: usize, hash: u32, directions: u32, now: u64): u32 {
  const bucket = bucketOf(region, block, hash);
  let link = load<u32>(bucket);
  while (link != 0) {
    const entry = linkEntry(link);
    const direction = linkDirection(link);
    const next = nextLink(link);
    if (hasExpired(entry, now)) {
      link = next;
      if (!isDue(entry, now)) continue;
      // Unlinking takes the entry's other tuple out too, which may be the very next in this chain: start again.
      removeEntry(region, block, entry);
      link = load<u32>(bucket);
      continue;
    }
    if ((directions >> direction) & 1 && sameTuple(entry + <usize>direction * FLOW_DIRECTION_TUPLE, tuple)) return link;
    link = next;
  }
  return 0;
}

/**
 * Makes an entry with both tuples set and all else 0.
 *
 * Returns: the entry, not in any chain, or 0 when the pool is exhausted.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_alloc()
 */
export function newEntry(region: usize, block: usize, original: usize, reply: usize, shard: u32, number: u32, now: u64): usize {
  const entry = emptyEntry(region, block, shard, number, now);
  if (entry == 0) return 0;
  copyTuple(entry + FLOW_ORIGINAL, original);
  copyTuple(entry + FLOW_REPLY, reply);
  noteHash(entry, hashTuple(entry + FLOW_ORIGINAL));
  noteReplyHash(entry, hashTuple(entry + FLOW_REPLY));
  return entry;
}

/** The same without tuples: who asks for it sets them, and notes their hashes. */
export function emptyEntry(region: usize, block: usize, shard: u32, number: u32, now: u64): usize {
  const entry = takeSlot(region, block);
  if (entry == 0) return 0;
  clear64(entry);
  clear64(entry + FLOW_REPLY);
  clear64(entry + FLOW_PROTO);
  store<u32>(entry, number, FLOW_NUMBER);
  store<u16>(entry, <u16>shard, FLOW_SHARD);
  store<u64>(createdAt(region, entry), now);
  if (load<u32>(region, CONNTRACK_ACCT)) {
    const away = cold(region, entry);
    store<u64>(away, 0, COLD_PACKETS);
    store<u64>(away, 0, COLD_BYTES_SEEN);
    store<u64>(away, 0, COLD_PACKETS_REPLY);
    store<u64>(away, 0, COLD_BYTES_SEEN_REPLY);
    store<u64>(away, 0, COLD_LAST);
  }
  store<u32>(block, load<u32>(block, SHARD_LIVE) + 1, SHARD_LIVE);
  store<u64>(block, load<u64>(block, SHARD_CREATED) + 1, SHARD_CREATED);
  return entry;
}

function copyTuple(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
  store<u64>(to, load<u64>(from, 32), 32);
}

// As long as an entry stands in no chain, the words that would link it there hold the hashes of its tuples.

export function noteHash(entry: usize, hash: u32): void {
  store<u32>(entry, hash, FLOW_NEXT);
}

/** To be said anew whenever the reply tuple changes. */
export function noteReplyHash(entry: usize, hash: u32): void {
  store<u32>(entry, hash, FLOW_NEXT_REPLY);
}

// @ts-ignore: decorator
@inline
export function notedHash(entry: usize): u32 {
  return load<u32>(entry, FLOW_NEXT);
}

// @ts-ignore: decorator
@inline
export function notedReplyHash(entry: usize): u32 {
  return load<u32>(entry, FLOW_NEXT_REPLY);
}

/** Counts an entry as over. */
function countFreed(block: usize): void {
  store<u32>(block, load<u32>(block, SHARD_LIVE) - 1, SHARD_LIVE);
  store<u64>(block, load<u64>(block, SHARD_FREED) + 1, SHARD_FREED);
}

/**
 * Ends an entry that is in no chain. While other connections name it as their master its memory stays, and it counts; the
 * last of them to go takes it along.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_destroy()
 */
export function freeEntry(region: usize, block: usize, entry: usize): void {
  endHelp(region, block, entry);
  forgetSource(block, entry);
  let ended = entry;
  while (ended != 0) {
    if (isHeld(ended)) {
      store<u32>(ended, load<u32>(ended, FLOW_STATUS) | IPS_DYING, FLOW_STATUS);
      return;
    }
    countFreed(block);
    ended = freeMemory(region, block, ended);
  }
}

/** What an entry over was given as its source is no example for others any more. */
function forgetSource(block: usize, entry: usize): void {
  if (load<u32>(entry, FLOW_STATUS) & IPS_SRC_NAT_DONE) removeFromSource(block, entry);
}

/** Ends what an entry's helper has brought about: what is expected, and of pptp the call. Ref: net/netfilter/nf_conntrack_helper.c:nf_ct_helper_destroy() */
function endHelp(region: usize, block: usize, entry: usize): void {
  const isListed = (load<u32>(entry, FLOW_STATUS) & (IPS_CONFIRMED | IPS_DYING)) == IPS_CONFIRMED;
  if (isListed && extensionWord(entry, EXT_HELPER) == HELPER_PPTP) endCall(region, block, entry, 0);
  removeExpectations(region, block, entry);
}

/** Gives back what an entry has of the pool. Returns: its master, if that was over already and only waited for this; else 0. */
function freeMemory(region: usize, block: usize, entry: usize): usize {
  const master = freeExtension(region, block, entry);
  giveSlot(region, block, entry);
  return master;
}

/**
 * Puts an entry into the chains of both its tuples, whose hashes are noted.
 *
 * The reply tuple goes in last and first in line: where both tuples are equal (a host that talks to itself on one port), a
 * lookup finds the reply direction, as in the kernel.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_hash_insert()
 */
export function insertEntry(region: usize, block: usize, entry: usize): void {
  const bucket = bucketOf(region, block, notedHash(entry));
  store<u32>(entry, load<u32>(bucket), FLOW_NEXT);
  store<u32>(bucket, <u32>entry);
  const bucketReply = bucketOf(region, block, notedReplyHash(entry));
  store<u32>(entry, load<u32>(bucketReply), FLOW_NEXT_REPLY);
  store<u32>(bucketReply, <u32>entry | DIRECTION_REPLY);
}

/** Takes an entry out of both its chains. */
export function unlinkEntry(region: usize, block: usize, entry: usize): void {
  unlinkLink(bucketOf(region, block, hashTuple(entry + FLOW_ORIGINAL)), <u32>entry);
  unlinkLink(bucketOf(region, block, hashTuple(entry + FLOW_REPLY)), <u32>entry | DIRECTION_REPLY);
}

function unlinkLink(bucket: usize, wanted: u32): void {
  let at = bucket;
  let link = load<u32>(at);
  while (link != wanted) {
    if (link == 0) return;
    at = linkEntry(link) + FLOW_NEXT + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE;
    link = load<u32>(at);
  }
  store<u32>(at, nextLink(wanted));
}

/** Takes an entry out of the table for good, with no packet in hand that carries it. */
export function removeEntry(region: usize, block: usize, entry: usize): void {
  unlinkEntry(region, block, entry);
  tellEnd(region, block, entry);
  freeEntry(region, block, entry);
}

/**
 * Takes a confirmed entry out of the table at once, but leaves its memory until the next packet of the shard comes: the
 * packet in hand may go on carrying it through the hooks.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_delete()
 */
export function killEntry(region: usize, block: usize, entry: usize, number: u32): void {
  unlinkEntry(region, block, entry);
  tellEnd(region, block, entry);
  endHelp(region, block, entry);
  forgetSource(block, entry);
  store<u32>(entry, load<u32>(entry, FLOW_STATUS) | IPS_DYING, FLOW_STATUS);
  if (isHeld(entry)) return;
  countFreed(block);
  store<u32>(entry, load<u32>(block, SHARD_LIMBO), FLOW_NEXT);
  store<u32>(block, <u32>entry, SHARD_LIMBO);
  store<u32>(block, number, SHARD_LIMBO_NUMBER);
}

/** Gives back the memory of the entries that earlier packets killed. */
// @ts-ignore: decorator
@inline
export function emptyLimbo(region: usize, block: usize, number: u32): void {
  let entry = <usize>load<u32>(block, SHARD_LIMBO);
  if (entry == 0 || load<u32>(block, SHARD_LIMBO_NUMBER) == number) return;
  store<u32>(block, 0, SHARD_LIMBO);
  while (entry != 0) {
    const next = <usize>load<u32>(entry, FLOW_NEXT);
    const master = freeMemory(region, block, entry);
    if (master != 0) freeEntry(region, block, master);
    entry = next;
  }
}

/**
 * Removes the entries that are due at `until`, or with `isLast` all that have expired, and the expectations that have, as long as there is
 * room to tell of them; goes on where it stopped the last time.
 *
 * Returns: whether there are no more.
 */
export function sweepTable(region: usize, block: usize, until: u64, isLast: bool): bool {
  const events = <usize>load<u32>(block, SHARD_EVENTS);
  store<u64>(events, until, EVENTS_TIME);
  const before = isLast ? until + 1 : tickOf(until);
  const count = load<u32>(region, CONNTRACK_BUCKET_COUNT);
  for (let cursor = load<u32>(events, EVENTS_CURSOR); cursor < count; cursor++) {
    if (!hasRoom(events)) {
      store<u32>(events, cursor, EVENTS_CURSOR);
      return false;
    }
    reapBefore(region, block, cursor, before);
  }
  if (load<u32>(block, SHARD_EXPECTATIONS) != 0) removeExpired(region, block, until);
  store<u32>(events, 0, EVENTS_CURSOR);
  store<u64>(events, before, EVENTS_SWEPT);
  return true;
}

/**
 * Reaps entries that are due, so that those nobody asks for again give their memory back without a sweep over the whole table: to be
 * called now and then, with the time of the packet in hand. Each tick a part of the table comes due to be looked at; what is too
 * much for one call is left for the next. What it reaps no packet could find any more: results do not depend on it.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:gc_worker()
 */
export function reapByTime(region: usize, block: usize, now: u64): void {
  const count = load<u32>(region, CONNTRACK_BUCKET_COUNT);
  const tick = tickOf(now);
  const reaped = load<u64>(block, SHARD_REAPED);
  let owed = load<u32>(block, SHARD_REAP_OWED);
  if (tick > reaped) {
    // The first time there is nothing to look at yet.
    const ticks = reaped == 0 ? 0 : <u32>min<u64>(ticksBetween(reaped, tick), REAP_TICKS);
    owed = min(count, owed + (count / REAP_TICKS) * ticks);
    store<u64>(block, tick, SHARD_REAPED);
  }
  let cursor = load<u32>(block, SHARD_REAP_CURSOR);
  const created = <u32>load<u64>(block, SHARD_CREATED);
  let budget = <i32>(REAP_BUCKETS + (created - load<u32>(block, SHARD_REAP_CREATED)) * REAP_BUCKETS_A_NEW_ENTRY);
  store<u32>(block, created, SHARD_REAP_CREATED);
  while (owed != 0 && budget > 0 && load<u32>(block, SHARD_LIVE) != 0) {
    budget -= 1 + <i32>(reapBucket(region, block, cursor, now) * REAP_BUCKETS_AN_ENTRY);
    cursor = (cursor + 1) & (count - 1);
    owed--;
  }
  store<u32>(block, cursor, SHARD_REAP_CURSOR);
  store<u32>(block, owed, SHARD_REAP_OWED);
}

/** Reaps the entries of a bucket that are due. Returns: how many links it has looked at. */
export function reapBucket(region: usize, block: usize, index: u32, now: u64): u32 {
  return reapBefore(region, block, index, tickOf(now));
}

/** Does so with those whose time was up before a time. */
function reapBefore(region: usize, block: usize, index: u32, before: u64): u32 {
  const bucket = <usize>load<u32>(block, SHARD_BUCKETS) + (<usize>index << 2);
  let seen: u32 = 0;
  let link = load<u32>(bucket);
  while (link != 0) {
    const entry = linkEntry(link);
    seen++;
    if (load<u64>(entry, FLOW_DEADLINE) < before) {
      removeEntry(region, block, entry);
      link = load<u32>(bucket);
    } else link = nextLink(link);
  }
  return seen;
}

/** The link behind another in its chain. */
export function nextLink(link: u32): u32 {
  return load<u32>(linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE, FLOW_NEXT);
}

/** Whether an entry of a bucket has a tuple, be its time up or not. Most buckets are empty. */
// @ts-ignore: decorator
@inline
export function isInBucket(bucket: usize, tuple: usize): bool {
  let link = load<u32>(bucket);
  while (link != 0 && !sameTuple(linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE, tuple)) link = nextLink(link);
  return link != 0;
}

/** The bucket of a hash. */
export function bucketOf(region: usize, block: usize, hash: u32): usize {
  return <usize>load<u32>(block, SHARD_BUCKETS) + (<usize>(hash >> load<u32>(region, CONNTRACK_BUCKET_SHIFT)) << 2);
}

/** Makes an entry's span a deadline: the clock starts at confirmation. */
export function startClock(entry: usize, now: u64): void {
  store<u64>(entry, load<u64>(entry, FLOW_DEADLINE) + now, FLOW_DEADLINE);
}
