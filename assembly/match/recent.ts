// TEST_RECENT: lists of addresses, with the times they were seen at.

import { ENV_STATE } from '../abi/batch.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_KERNEL_SOCKET,
  PACKET_FLAG_CLONE,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_SRC,
  PACKET_TTL,
} from '../abi/packet.ts';
import { POOL_ASKED } from '../abi/pool.ts';
import { HOOK_FORWARD } from '../abi/program.ts';
import { HZ } from '../abi/rate.ts';
import {
  RECENT_DESTINATION,
  RECENT_ENTRY_INDEX,
  RECENT_ENTRY_STAMP_COUNT,
  RECENT_ENTRY_STAMPS,
  RECENT_ENTRY_TTL,
  RECENT_INVERT,
  RECENT_MASK,
  RECENT_REAP,
  RECENT_REMOVE,
  RECENT_SET,
  RECENT_STAMP_MASK,
  RECENT_TTL,
  RECENT_UPDATE,
} from '../abi/recent.ts';
import { jiffies } from './jiffies.ts';
import { addEntry, findEntry, oldestEntry, removeEntry, touchEntry } from './pool.ts';

const TTL_MASK: u32 = 0xff;
const INDEX_MASK: u32 = 0xffff;

/** Operands: the list's offset; RECENT_* of the rule; seconds; hits. Ref: net/netfilter/xt_recent.c:recent_mt() */
export function isRecent(env: usize, packet: usize, operands: usize): bool {
  const list = <usize>load<u32>(env, ENV_STATE) + load<u32>(operands);
  const asked = load<u32>(operands, 4);
  const inverts = (asked & RECENT_INVERT) != 0;
  const now = jiffies(env, packet);
  const ttl = ttlBefore(packet);
  storeKey(packet, list, asked);
  const entry = findEntry(list);
  if (entry == 0 || !hasTtl(entry, asked, ttl)) {
    if ((asked & RECENT_SET) == 0) return inverts;
    begin(list, now, ttl);
    return !inverts;
  }
  if ((asked & RECENT_SET) != 0) {
    update(list, entry, now, ttl);
    return !inverts;
  }
  if ((asked & RECENT_REMOVE) != 0) {
    removeEntry(list, entry);
    return !inverts;
  }
  const since = now - load<u32>(operands, 8) * HZ;
  const holds = hasHits(entry, load<u32>(operands, 8) != 0, since, load<u32>(operands, 12)) != inverts;
  const updates = (asked & RECENT_UPDATE) != 0 && holds;
  if ((asked & RECENT_REAP) != 0) reap(list, since, updates ? entry : 0);
  if (updates) update(list, entry, now, ttl);
  return holds;
}

/** The time to live as it came: one more where the packet was forwarded, or has no socket on its way out. Ref: net/netfilter/xt_recent.c:recent_mt() */
function ttlBefore(packet: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  const hasSocket = (flags & PACKET_FLAG_KERNEL_SOCKET) != 0 || (flags & (PACKET_FLAG_SENT | PACKET_FLAG_CLONE)) == PACKET_FLAG_SENT;
  return (load<u32>(packet, PACKET_TTL) + u32(load<u32>(packet, PACKET_HOOK) >= HOOK_FORWARD && !hasSocket)) & TTL_MASK;
}

function storeKey(packet: usize, list: usize, asked: u32): void {
  const address = packet + ((asked & RECENT_DESTINATION) != 0 ? PACKET_DST : PACKET_SRC);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  store<u32>(list, isIpv6 ? 6 : 4, POOL_ASKED);
  v128.store(list + POOL_ASKED + 4, v128.and(v128.load(address), v128.load(list + RECENT_MASK)));
}

/** An entry that nobody saw a packet of has no time to live. Ref: net/netfilter/xt_recent.c:recent_entry_lookup() */
function hasTtl(entry: usize, asked: u32, ttl: u32): bool {
  const known = load<u32>(entry, RECENT_ENTRY_TTL);
  return (asked & RECENT_TTL) == 0 || ttl == 0 || known == 0 || ttl == known;
}

/** Ref: net/netfilter/xt_recent.c:recent_entry_init() */
function begin(list: usize, now: u64, ttl: u32): void {
  let entry = addEntry(list);
  if (entry == 0) {
    removeEntry(list, oldestEntry(list));
    entry = addEntry(list);
  }
  store<u32>(entry, ttl, RECENT_ENTRY_TTL);
  store<u64>(entry, now, RECENT_ENTRY_STAMPS);
  store<u32>(entry, 1, RECENT_ENTRY_STAMP_COUNT);
  store<u32>(entry, 1, RECENT_ENTRY_INDEX);
}

/** Ref: net/netfilter/xt_recent.c:recent_entry_update() */
function update(list: usize, entry: usize, now: u64, ttl: u32): void {
  const index = load<u32>(entry, RECENT_ENTRY_INDEX) & load<u32>(list, RECENT_STAMP_MASK);
  const next = (index + 1) & INDEX_MASK;
  store<u64>(entry + (<usize>index << 3), now, RECENT_ENTRY_STAMPS);
  store<u32>(entry, next, RECENT_ENTRY_INDEX);
  if (next > load<u32>(entry, RECENT_ENTRY_STAMP_COUNT)) store<u32>(entry, next, RECENT_ENTRY_STAMP_COUNT);
  store<u32>(entry, ttl, RECENT_ENTRY_TTL);
  touchEntry(list, entry);
}

/** Whether the entry has as many times, at least one, that are not before `since`, if that is asked. */
function hasHits(entry: usize, isTimed: bool, since: u64, wanted: u32): bool {
  const count = load<u32>(entry, RECENT_ENTRY_STAMP_COUNT);
  let hits: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (isTimed && isAfter(since, load<u64>(entry + (<usize>i << 3), RECENT_ENTRY_STAMPS))) continue;
    hits++;
    if (hits >= wanted) return true;
  }
  return false;
}

/** Ref: include/linux/jiffies.h time_after() */
function isAfter(a: u64, b: u64): bool {
  return <i64>(b - a) < 0;
}

/** Takes out the entry that was used longest ago if that was before `since`, but not one that is about to be used. Ref: net/netfilter/xt_recent.c:recent_entry_reap() */
function reap(list: usize, since: u64, working: usize): void {
  const oldest = oldestEntry(list);
  if (oldest == working) return;
  const index = (load<u32>(oldest, RECENT_ENTRY_INDEX) - 1) & INDEX_MASK;
  if (isAfter(since, load<u64>(oldest + (<usize>index << 3), RECENT_ENTRY_STAMPS))) removeEntry(list, oldest);
}
