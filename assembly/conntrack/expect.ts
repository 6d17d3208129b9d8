// Expectations: connections to come that a helper has read of in another connection, its master. Comes in: what helper/ made
// out; goes out: the expectation that a new connection fits. It must not know what helpers read.
//
// An expectation stands in a bucket of its shard, by destination, and in the list of its master; newest first in both, as in
// the kernel. It holds no reference on its master: it goes when the master goes. A connection that came of one holds one
// (EXT_MASTER, EXT_REFS), so that what its rules ask of the master is there as long as it lives.

import {
  EXPECT_ALREADY,
  EXPECT_ASSIGN_HELPER,
  EXPECT_BUCKETS,
  EXPECT_BUSY,
  EXPECT_BYTES,
  EXPECT_CLASS,
  EXPECT_DEADLINE,
  EXPECT_DONE,
  EXPECT_FLAG_DEAD,
  EXPECT_FLAG_INACTIVE,
  EXPECT_FLAG_LINKED,
  EXPECT_FLAG_PERMANENT,
  EXPECT_FLAGS,
  EXPECT_FULL,
  EXPECT_FUNCTION,
  EXPECT_FUNCTION_NONE,
  EXPECT_HELPER,
  EXPECT_MASK_SPORT,
  EXPECT_MASK_SRC,
  EXPECT_MASTER,
  EXPECT_NEXT,
  EXPECT_NEXT_OF_MASTER,
  EXPECT_NUMBER,
  EXPECT_SKIP_MASTER,
  EXPECT_TUPLE,
  HELPER_FAMILIES,
  HELPER_NONE,
  HELPER_PORT,
  HELPER_PROTOCOLS,
  HELPER_SETTINGS_BYTES,
  HELPER_TAKES_IPV4,
  HELPER_TAKES_IPV6,
  HELPER_TAKES_TCP,
  HELPER_TAKES_UDP,
  HELPERS_MAX,
  POLICY_BYTES,
  POLICY_MAX,
  POLICY_TIMEOUT,
} from '../abi/expect.ts';
import { EVENT_KIND_EXPECT_DESTROY, EVENT_KIND_EXPECT_NEW } from '../abi/event.ts';
import {
  CONNTRACK_EXPECT_MAX,
  CONNTRACK_HELPERS,
  CONNTRACK_HELPERS_BY_PORT,
  EXT_EXPECTATIONS,
  EXT_EXPECTED,
  EXT_HELPER,
  FLOW_EXTENSION,
  FLOW_MARK,
  FLOW_ORIGINAL,
  FLOW_REPLY,
  FLOW_SECMARK,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_HELPER,
  SHARD_EXPECT_BUCKETS,
  SHARD_EXPECTATIONS,
  SHARD_MET,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { tellExpectation } from './event.ts';
import { hasExpired } from './expire.ts';
import { extension, extensionWord, setMaster } from './extend.ts';
import { giveSlot, takeSlot } from './pool.ts';
import { IPPROTO_TCP, IPPROTO_UDP, sameTuple } from './tuple.ts';

// ── Making ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Takes an expectation for a master, all else 0. Register it, then give it back with putExpectation(), registered or not.
 *
 * Returns: 0 when there is no memory.
 * Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_expect_alloc()
 */
export function newExpectation(region: usize, block: usize, master: usize, number: u32, now: u64): usize {
  const expectation = takeSlot(region, block);
  if (expectation == 0) return 0;
  memory.fill(expectation, 0, EXPECT_BYTES);
  store<u32>(expectation, <u32>master, EXPECT_MASTER);
  store<u32>(expectation, number, EXPECT_NUMBER);
  store<u64>(expectation, now, EXPECT_DEADLINE);
  return expectation;
}

/**
 * Says what is expected: a connection of `proto` from the address at `source` (TUPLE_SRC form; 0 = from any) and port `sport`
 * (-1 = any) to the address at `destination` and port `dport`, of the master's family, in its zone, made by its helper.
 *
 * Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_expect_init()
 */
export function describeExpectation(
  expectation: usize,
  klass: u32,
  source: usize,
  destination: usize,
  proto: u32,
  sport: i32,
  dport: u32,
): void {
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  const family = load<u8>(master, FLOW_ORIGINAL + TUPLE_FAMILY);
  const tuple = expectation + EXPECT_TUPLE;
  memory.fill(expectation + EXPECT_MASK_SRC, 0, 16);
  if (source != 0) {
    memory.copy(tuple + TUPLE_SRC, source, 16);
    memory.fill(expectation + EXPECT_MASK_SRC, 0xff, family == 4 ? 4 : 16);
  } else memory.fill(tuple + TUPLE_SRC, 0, 16);
  memory.copy(tuple + TUPLE_DST, destination, 16);
  store<u16>(tuple, sport < 0 ? 0 : <u16>sport, TUPLE_SPORT);
  store<u16>(expectation, sport < 0 ? 0 : 0xffff, EXPECT_MASK_SPORT);
  store<u16>(tuple, <u16>dport, TUPLE_DPORT);
  store<u16>(tuple, <u16>zoneOf(master), TUPLE_ZONE);
  store<u8>(tuple, <u8>proto, TUPLE_PROTO);
  store<u8>(tuple, family, TUPLE_FAMILY);
  store<u8>(expectation, <u8>klass, EXPECT_CLASS);
  store<u32>(expectation, helperOf(master), EXPECT_HELPER);
}

/** The number of an entry's zone, whichever directions have it. */
function zoneOf(entry: usize): u32 {
  return load<u16>(entry, FLOW_ORIGINAL + TUPLE_ZONE) | load<u16>(entry, FLOW_REPLY + TUPLE_ZONE);
}

/** The helper of an entry, 1 + its place in src/net/helper.ts; 0 = none. */
export function helperOf(entry: usize): u32 {
  return extensionWord(entry, EXT_HELPER);
}

/** Gives back an expectation that newExpectation() or takeExpected() gave: its memory, unless it is registered. */
export function putExpectation(region: usize, block: usize, expectation: usize): void {
  if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_LINKED) == 0) giveSlot(region, block, expectation);
}

// ── Registering ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Registers an expectation. An equal one of the same master gives way to it, one that overlaps it does not; where its class has
 * as many as the policy allows, the oldest of the class goes.
 *
 * Differs: with several shards each may have as many as nf_conntrack_expect_max; where that is set low there is one (src/load.ts).
 * Returns: EXPECT_DONE, or why it cannot be.
 * Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_expect_related_report(), __nf_ct_expect_check()
 */
export function registerExpectation(region: usize, block: usize, expectation: usize, flags: u32, now: u64): u32 {
  const answer = makeWay(region, block, expectation, flags, now);
  if (answer != EXPECT_DONE) return answer;
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  const klass = load<u8>(expectation, EXPECT_CLASS);
  const policy = policyOf(region, helperOf(master), klass);
  if (policy != 0) {
    const most = load<u32>(policy, POLICY_MAX);
    if (most != 0 && expectedOf(master, klass) >= most) evictOldest(region, block, master, klass, most, now);
  }
  const limit = load<u32>(region, CONNTRACK_EXPECT_MAX);
  if (load<u32>(block, SHARD_EXPECTATIONS) >= limit) {
    removeExpired(region, block, now);
    if (load<u32>(block, SHARD_EXPECTATIONS) >= limit) return EXPECT_FULL;
  }
  if (policy != 0) {
    store<u64>(expectation, load<u64>(expectation, EXPECT_DEADLINE) + load<u64>(policy, POLICY_TIMEOUT), EXPECT_DEADLINE);
  }
  link(region, block, expectation);
  return EXPECT_DONE;
}

/** Settles what equal or overlapping expectations there are. */
function makeWay(region: usize, block: usize, expectation: usize, flags: u32, now: u64): u32 {
  const master = load<u32>(expectation, EXPECT_MASTER);
  let other = <usize>load<u32>(bucketOf(block, expectation + EXPECT_TUPLE));
  while (other != 0) {
    const next = <usize>load<u32>(other, EXPECT_NEXT);
    if (isOver(other, now)) removeExpectation(region, block, other);
    else {
      const isOwn = load<u32>(other, EXPECT_MASTER) == master;
      if ((isOwn || (flags & EXPECT_SKIP_MASTER) != 0) && isSame(other, expectation)) {
        if (!isOwn || load<u8>(other, EXPECT_CLASS) != load<u8>(expectation, EXPECT_CLASS)) return EXPECT_ALREADY;
        removeExpectation(region, block, other);
        return EXPECT_DONE;
      }
      if (overlaps(other, expectation)) return EXPECT_BUSY;
    }
    other = next;
  }
  return EXPECT_DONE;
}

/**
 * The helper that an entry gets by its server's port, where the kernel gives helpers so (nf_conntrack_helper); 0 = none.
 *
 * Ref: net/netfilter/nf_conntrack_helper.c:nf_ct_lookup_helper() of Linux before 6.0
 */
// @ts-ignore: decorator
@inline
export function helperByPort(region: usize, entry: usize): u32 {
  return load<u32>(region, CONNTRACK_HELPERS_BY_PORT) ? ofPort(region, entry) : HELPER_NONE;
}

function ofPort(region: usize, entry: usize): u32 {
  const proto = load<u8>(entry, FLOW_REPLY + TUPLE_PROTO);
  const port = load<u16>(entry, FLOW_REPLY + TUPLE_SPORT);
  if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) || port == 0) return HELPER_NONE;
  const family = load<u8>(entry, FLOW_REPLY + TUPLE_FAMILY) == 4 ? HELPER_TAKES_IPV4 : HELPER_TAKES_IPV6;
  const takes = proto == IPPROTO_TCP ? HELPER_TAKES_TCP : HELPER_TAKES_UDP;
  for (let helper: u32 = 1; helper <= HELPERS_MAX; helper++) {
    const settings = helperSettings(region, helper);
    if (load<u16>(settings, HELPER_PORT) != port) continue;
    if (load<u8>(settings, HELPER_FAMILIES) & family && load<u8>(settings, HELPER_PROTOCOLS) & takes) return helper;
  }
  return HELPER_NONE;
}

/** What the settings say of a class of a helper's expectations; 0 without a helper. */
export function policyOf(region: usize, helper: u32, klass: u32): usize {
  if (helper == HELPER_NONE) return 0;
  return helperSettings(region, helper) + <usize>klass * POLICY_BYTES;
}

/** The settings of a helper: HELPER_SETTINGS_BYTES. */
export function helperSettings(region: usize, helper: u32): usize {
  return <usize>load<u32>(region, CONNTRACK_HELPERS) + <usize>(helper - 1) * HELPER_SETTINGS_BYTES;
}

/** Expectations of a class that a master has. */
function expectedOf(master: usize, klass: u32): u32 {
  return load<u8>(<usize>load<u32>(master, FLOW_EXTENSION) + klass, EXT_EXPECTED);
}

/** Ref: net/netfilter/nf_conntrack_expect.c:evict_oldest_expect() */
function evictOldest(region: usize, block: usize, master: usize, klass: u32, most: u32, now: u64): void {
  let last: usize = 0;
  let other = <usize>load<u32>(<usize>load<u32>(master, FLOW_EXTENSION), EXT_EXPECTATIONS);
  while (other != 0) {
    const next = <usize>load<u32>(other, EXPECT_NEXT_OF_MASTER);
    if (isOver(other, now)) removeExpectation(region, block, other);
    else if (load<u8>(other, EXPECT_CLASS) == klass) last = other;
    other = next;
  }
  if (last != 0 && expectedOf(master, klass) >= most) removeExpectation(region, block, last);
}

/** Removes what has expired in the whole shard: the kernel's sweep of masters, done when it matters. */
export function removeExpired(region: usize, block: usize, now: u64): void {
  const buckets = <usize>load<u32>(block, SHARD_EXPECT_BUCKETS);
  for (let i: usize = 0; i < EXPECT_BUCKETS; i++) {
    let other = <usize>load<u32>(buckets + (i << 2));
    while (other != 0) {
      const next = <usize>load<u32>(other, EXPECT_NEXT);
      if (isOver(other, now)) removeExpectation(region, block, other);
      other = next;
    }
  }
}

// ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Finds an expectation that `tuple` in the zone of number `zone` fits, whether or not it may be met yet.
 *
 * Returns: 0 when there is none.
 * Ref: net/netfilter/nf_conntrack_expect.c:__nf_ct_expect_find()
 */
export function findExpectation(block: usize, tuple: usize, zone: u32, now: u64): usize {
  if (load<u32>(block, SHARD_EXPECTATIONS) == 0) return 0;
  let expectation = <usize>load<u32>(bucketOf(block, tuple));
  while (expectation != 0) {
    if (!isOver(expectation, now) && fits(tuple, zone, expectation)) return expectation;
    expectation = <usize>load<u32>(expectation, EXPECT_NEXT);
  }
  return 0;
}

/**
 * Finds the expectation that a new connection of `tuple`, in the zone of number `zone`, meets. Give it back with
 * putExpectation(). It stays registered only with EXPECT_FLAG_PERMANENT.
 *
 * Returns: 0 when there is none, or its master is not confirmed.
 * Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_find_expectation()
 */
export function takeExpected(region: usize, block: usize, tuple: usize, zone: u32, now: u64): usize {
  let expectation = <usize>load<u32>(bucketOf(block, tuple));
  while (expectation != 0) {
    const next = <usize>load<u32>(expectation, EXPECT_NEXT);
    if (isOver(expectation, now)) removeExpectation(region, block, expectation);
    else if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_INACTIVE) == 0 && fits(tuple, zone, expectation)) break;
    expectation = next;
  }
  if (expectation == 0) return 0;
  const status = load<u32>(<usize>load<u32>(expectation, EXPECT_MASTER), FLOW_STATUS);
  if ((status & (IPS_CONFIRMED | IPS_DYING)) != IPS_CONFIRMED) return 0;
  if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_PERMANENT) == 0) unlink(region, block, expectation);
  return expectation;
}

/**
 * Makes a new entry the connection that an expectation of takeExpected() was about. What is further to be done with it, behind
 * the tracker, is noted in SHARD_MET.
 *
 * Returns: false when there is no memory for it.
 * Ref: net/netfilter/nf_conntrack_core.c:init_conntrack()
 */
export function fulfil(region: usize, block: usize, entry: usize, expectation: usize): bool {
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  const isMade =
    setMaster(region, block, entry, master) && giveHelper(region, block, entry, load<u32>(expectation, EXPECT_ASSIGN_HELPER));
  store<u32>(entry, load<u32>(entry, FLOW_STATUS) | IPS_EXPECTED, FLOW_STATUS);
  store<u32>(entry, load<u32>(master, FLOW_MARK), FLOW_MARK);
  store<u32>(entry, load<u32>(master, FLOW_SECMARK), FLOW_SECMARK);
  if (isMade && load<u32>(expectation, EXPECT_FUNCTION) != EXPECT_FUNCTION_NONE) store<u32>(block, <u32>expectation, SHARD_MET);
  else putExpectation(region, block, expectation);
  return isMade;
}

/** Gives an entry a helper, 0 = none. Returns: false when there is no memory for it. Ref: net/netfilter/nf_conntrack_helper.c:nf_ct_helper_ext_add() */
export function giveHelper(region: usize, block: usize, entry: usize, helper: u32): bool {
  if (helper == HELPER_NONE) return true;
  const own = extension(region, block, entry);
  if (own == 0) return false;
  store<u32>(own, helper, EXT_HELPER);
  store<u32>(entry, load<u32>(entry, FLOW_STATUS) | IPS_HELPER, FLOW_STATUS);
  return true;
}

/**
 * Whether its time is up, or that of its master.
 *
 * Differs: in the kernel it lives on until the master is swept up, some time after it has expired.
 * Ref: include/net/netfilter/nf_conntrack_expect.h:nf_ct_exp_is_expired()
 */
function isOver(expectation: usize, now: u64): bool {
  if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_DEAD) != 0 || load<u64>(expectation, EXPECT_DEADLINE) <= now) return true;
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  return (load<u32>(master, FLOW_STATUS) & IPS_CONFIRMED) != 0 && hasExpired(master, now);
}

/** Whether a tuple is what is expected. Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_exp_equal() */
function fits(tuple: usize, zone: u32, expectation: usize): bool {
  const mask = expectation + EXPECT_MASK_SRC;
  const isWithin = agree(tuple, expectation, load<u64>(mask), load<u64>(mask, 8), load<u16>(expectation, EXPECT_MASK_SPORT));
  return isWithin && load<u16>(expectation, EXPECT_TUPLE + TUPLE_ZONE) == <u16>zone;
}

/** Whether something could be what both expect. Ref: net/netfilter/nf_conntrack_expect.c:expect_clash() */
function overlaps(a: usize, b: usize): bool {
  const low = load<u64>(a, EXPECT_MASK_SRC) & load<u64>(b, EXPECT_MASK_SRC);
  const high = load<u64>(a, EXPECT_MASK_SRC + 8) & load<u64>(b, EXPECT_MASK_SRC + 8);
  const sport = load<u16>(a, EXPECT_MASK_SPORT) & load<u16>(b, EXPECT_MASK_SPORT);
  return agree(a, b, low, high, sport) && load<u16>(a, EXPECT_TUPLE + TUPLE_ZONE) == load<u16>(b, EXPECT_TUPLE + TUPLE_ZONE);
}

/** Ref: net/netfilter/nf_conntrack_expect.c:expect_matches() */
function isSame(a: usize, b: usize): bool {
  return (
    sameTuple(a + EXPECT_TUPLE, b + EXPECT_TUPLE) &&
    load<u64>(a, EXPECT_MASK_SRC) == load<u64>(b, EXPECT_MASK_SRC) &&
    load<u64>(a, EXPECT_MASK_SRC + 8) == load<u64>(b, EXPECT_MASK_SRC + 8) &&
    load<u16>(a, EXPECT_MASK_SPORT) == load<u16>(b, EXPECT_MASK_SPORT)
  );
}

/** Whether two tuples have one destination and the same source under a mask. Ref: include/net/netfilter/nf_conntrack_tuple.h:nf_ct_tuple_mask_cmp() */
function agree(a: usize, b: usize, low: u64, high: u64, sport: u16): bool {
  const protocols = (load<u16>(a, TUPLE_PROTO) ^ load<u16>(b, TUPLE_PROTO)) | (load<u16>(a, TUPLE_DPORT) ^ load<u16>(b, TUPLE_DPORT));
  return (
    ((load<u64>(a, TUPLE_DST) ^ load<u64>(b, TUPLE_DST)) |
      (load<u64>(a, TUPLE_DST + 8) ^ load<u64>(b, TUPLE_DST + 8)) |
      ((load<u64>(a, TUPLE_SRC) ^ load<u64>(b, TUPLE_SRC)) & low) |
      ((load<u64>(a, TUPLE_SRC + 8) ^ load<u64>(b, TUPLE_SRC + 8)) & high) |
      <u64>((load<u16>(a, TUPLE_SPORT) ^ load<u16>(b, TUPLE_SPORT)) & sport) |
      <u64>protocols) ==
    0
  );
}

// ── Chains ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The bucket of a tuple: by destination and protocol, which every expectation says in full. */
function bucketOf(block: usize, tuple: usize): usize {
  const address = load<u64>(tuple, TUPLE_DST) ^ (load<u64>(tuple, TUPLE_DST + 8) * 0x9e3779b97f4a7c15);
  const h = (address ^ (<u64>load<u16>(tuple, TUPLE_DPORT) << 32) ^ load<u8>(tuple, TUPLE_PROTO)) * 0xbf58476d1ce4e5b9;
  return <usize>load<u32>(block, SHARD_EXPECT_BUCKETS) + (<usize>(<u32>(h >> 40) & (EXPECT_BUCKETS - 1)) << 2);
}

/** Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_expect_insert() */
function link(region: usize, block: usize, expectation: usize): void {
  const master = <usize>load<u32>(<usize>load<u32>(expectation, EXPECT_MASTER), FLOW_EXTENSION);
  const counts = master + load<u8>(expectation, EXPECT_CLASS);
  store<u32>(expectation, load<u32>(master, EXT_EXPECTATIONS), EXPECT_NEXT_OF_MASTER);
  store<u32>(master, <u32>expectation, EXT_EXPECTATIONS);
  store<u8>(counts, load<u8>(counts, EXT_EXPECTED) + 1, EXT_EXPECTED);
  const bucket = bucketOf(block, expectation + EXPECT_TUPLE);
  store<u32>(expectation, load<u32>(bucket), EXPECT_NEXT);
  store<u32>(bucket, <u32>expectation);
  store<u32>(block, load<u32>(block, SHARD_EXPECTATIONS) + 1, SHARD_EXPECTATIONS);
  store<u32>(expectation, load<u32>(expectation, EXPECT_FLAGS) | EXPECT_FLAG_LINKED, EXPECT_FLAGS);
  tellExpectation(region, block, expectation, EVENT_KIND_EXPECT_NEW);
}

function unlink(region: usize, block: usize, expectation: usize): void {
  if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_DEAD) == 0) tellExpectation(region, block, expectation, EVENT_KIND_EXPECT_DESTROY);
  const master = <usize>load<u32>(<usize>load<u32>(expectation, EXPECT_MASTER), FLOW_EXTENSION);
  const counts = master + load<u8>(expectation, EXPECT_CLASS);
  cutOut(master + EXT_EXPECTATIONS, expectation, EXPECT_NEXT_OF_MASTER);
  store<u8>(counts, load<u8>(counts, EXT_EXPECTED) - 1, EXT_EXPECTED);
  cutOut(bucketOf(block, expectation + EXPECT_TUPLE), expectation, EXPECT_NEXT);
  store<u32>(block, load<u32>(block, SHARD_EXPECTATIONS) - 1, SHARD_EXPECTATIONS);
  store<u32>(expectation, load<u32>(expectation, EXPECT_FLAGS) & ~EXPECT_FLAG_LINKED, EXPECT_FLAGS);
}

/** Takes an expectation out of the chain whose head lies at `head` and whose links at `next` in each. */
function cutOut(head: usize, expectation: usize, next: u32): void {
  let at = head;
  while (<usize>load<u32>(at) != expectation) at = <usize>load<u32>(at) + next;
  store<u32>(at, load<u32>(expectation + next));
}

/** Removes a registered expectation. Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_unlink_expect_report() */
export function removeExpectation(region: usize, block: usize, expectation: usize): void {
  unlink(region, block, expectation);
  giveSlot(region, block, expectation);
}

/** Gives up a registered expectation: it goes when it is next met. Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_unexpect_related() */
export function giveUpExpectation(region: usize, block: usize, expectation: usize): void {
  if ((load<u32>(expectation, EXPECT_FLAGS) & EXPECT_FLAG_DEAD) != 0) return;
  tellExpectation(region, block, expectation, EVENT_KIND_EXPECT_DESTROY);
  store<u32>(expectation, load<u32>(expectation, EXPECT_FLAGS) | EXPECT_FLAG_DEAD, EXPECT_FLAGS);
}

/** Removes all expectations of a master. Ref: net/netfilter/nf_conntrack_expect.c:nf_ct_remove_expectations() */
export function removeExpectations(region: usize, block: usize, master: usize): void {
  for (;;) {
    const expectation = <usize>extensionWord(master, EXT_EXPECTATIONS);
    if (expectation == 0) return;
    removeExpectation(region, block, expectation);
  }
}
