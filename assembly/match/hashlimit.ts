// TEST_HASHLIMIT: credit for each combination of addresses and ports.

import { ENV_STATE } from '../abi/batch.ts';
import { PACKET_LENGTH } from '../abi/packet.ts';
import {
  HASHLIMIT_ENTRY_CAP,
  HASHLIMIT_ENTRY_CREDIT,
  HASHLIMIT_ENTRY_EXPIRES,
  HASHLIMIT_ENTRY_PREV,
  HASHLIMIT_BURST,
  HASHLIMIT_BYTE_CREDITS_PER_JIFFY,
  HASHLIMIT_BYTE_SHIFT,
  HASHLIMIT_CAP,
  HASHLIMIT_COST,
  HASHLIMIT_CREDIT,
  HASHLIMIT_CREDITS_PER_JIFFY_LOG,
  HASHLIMIT_EXPIRE,
  HASHLIMIT_INTERVAL,
  HASHLIMIT_MODE,
  HASHLIMIT_MODE_BYTES,
  HASHLIMIT_MODE_INVERT,
  HASHLIMIT_MODE_RATE_MATCH,
  HASHLIMIT_RATE,
  HZ,
} from '../abi/rate.ts';
import { ANSWER_HOTDROP } from './answer.ts';
import { storeKey } from './hashlimit-key.ts';
import { sweep } from './hashlimit-sweep.ts';
import { jiffies } from './jiffies.ts';
import { addEntry, findEntry, touchEntry } from './pool.ts';

/** Credit of bytes that is never exceeded: that of a second. */
const BYTE_CREDIT_MAX: u64 = <u64>HASHLIMIT_BYTE_CREDITS_PER_JIFFY * HZ;

/**
 * The operands of TEST_HASHLIMIT. How entries are kept is the table's, that of the rule which made it; what a packet costs, and which
 * answer holds, is the rule's own.
 *
 * Ref: net/netfilter/xt_hashlimit.c:hashlimit_mt_common()
 */
export function isWithinHashlimit(env: usize, packet: usize, operands: usize): u32 {
  const table = <usize>load<u32>(env, ENV_STATE) + load<u32>(operands);
  const mode = load<u32>(operands, 4);
  const now = jiffies(env, packet);
  sweep(env, table, now);
  if (!storeKey(packet, table)) return ANSWER_HOTDROP;
  let entry = findEntry(table);
  if (entry != 0) {
    touchEntry(table, entry);
    recharge(table, entry, now);
  } else {
    entry = addEntry(table);
    if (entry == 0) return ANSWER_HOTDROP;
    store<u64>(entry, now, HASHLIMIT_ENTRY_PREV);
    store<u64>(entry, load<u64>(table, HASHLIMIT_CREDIT), HASHLIMIT_ENTRY_CREDIT);
    store<u64>(entry, load<u64>(table, HASHLIMIT_CAP), HASHLIMIT_ENTRY_CAP);
  }
  store<u64>(entry, now + load<u64>(table, HASHLIMIT_EXPIRE), HASHLIMIT_ENTRY_EXPIRES);
  const length = load<u32>(packet, PACKET_LENGTH);
  const isWithin = (mode & HASHLIMIT_MODE_RATE_MATCH) != 0 ? isBelowRate(table, entry, mode, length) : pays(table, entry, mode, length);
  return u32(isWithin != ((mode & HASHLIMIT_MODE_INVERT) != 0));
}

/** Ref: net/netfilter/xt_hashlimit.c:rateinfo_recalc() */
function recharge(table: usize, entry: usize, now: u64): void {
  const mode = load<u32>(table, HASHLIMIT_MODE);
  const delta = now - load<u64>(entry, HASHLIMIT_ENTRY_PREV);
  if (delta == 0) return;
  if ((mode & HASHLIMIT_MODE_RATE_MATCH) != 0) {
    const interval = <u64>(load<u32>(table, HASHLIMIT_INTERVAL) * HZ);
    if (delta < interval) return;
    store<u64>(entry, now, HASHLIMIT_ENTRY_PREV);
    store<u64>(entry, u64(load<u64>(entry, HASHLIMIT_ENTRY_CREDIT) * interval > delta * load<u64>(table, HASHLIMIT_RATE)), HASHLIMIT_ENTRY_CAP);
    store<u64>(entry, 0, HASHLIMIT_ENTRY_CREDIT);
    return;
  }
  store<u64>(entry, now, HASHLIMIT_ENTRY_PREV);
  const before = load<u64>(entry, HASHLIMIT_ENTRY_CREDIT);
  if ((mode & HASHLIMIT_MODE_BYTES) != 0) {
    const credit = before + <u64>HASHLIMIT_BYTE_CREDITS_PER_JIFFY * delta;
    store<u64>(entry, before >= credit ? BYTE_CREDIT_MAX : min(credit, BYTE_CREDIT_MAX), HASHLIMIT_ENTRY_CREDIT);
  } else {
    const credit = before + (delta << HASHLIMIT_CREDITS_PER_JIFFY_LOG);
    store<u64>(entry, min(credit, load<u64>(entry, HASHLIMIT_ENTRY_CAP)), HASHLIMIT_ENTRY_CREDIT);
  }
}

/** Adds the packet to its interval: whether that, and the one before, have not too many. */
function isBelowRate(table: usize, entry: usize, mode: u32, length: u32): bool {
  const counted = load<u64>(entry, HASHLIMIT_ENTRY_CREDIT) + ((mode & HASHLIMIT_MODE_BYTES) != 0 ? length : 1);
  store<u64>(entry, counted, HASHLIMIT_ENTRY_CREDIT);
  return load<u64>(entry, HASHLIMIT_ENTRY_CAP) == 0 && counted <= load<u64>(table, HASHLIMIT_BURST);
}

/** Takes the packet's cost from the credit, if there is so much. */
function pays(table: usize, entry: usize, mode: u32, length: u32): bool {
  const isBytes = (mode & HASHLIMIT_MODE_BYTES) != 0;
  const cost = isBytes ? byteCost(table, entry, length) : load<u64>(table, HASHLIMIT_COST);
  const credit = load<u64>(entry, HASHLIMIT_ENTRY_CREDIT);
  if (credit < cost) return false;
  store<u64>(entry, credit - cost, HASHLIMIT_ENTRY_CREDIT);
  return true;
}

/** Begins one of the bursts that are left when the credit does not do. Ref: net/netfilter/xt_hashlimit.c:hashlimit_byte_cost() */
function byteCost(table: usize, entry: usize, length: u32): u64 {
  const pieces = (length >> HASHLIMIT_BYTE_SHIFT) + 1;
  const cost = min(<u64>pieces * load<u64>(table, HASHLIMIT_COST), BYTE_CREDIT_MAX);
  const bursts = load<u64>(entry, HASHLIMIT_ENTRY_CAP);
  if (load<u64>(entry, HASHLIMIT_ENTRY_CREDIT) < cost && bursts != 0) {
    store<u64>(entry, bursts - 1, HASHLIMIT_ENTRY_CAP);
    store<u64>(entry, BYTE_CREDIT_MAX, HASHLIMIT_ENTRY_CREDIT);
  }
  return cost;
}
