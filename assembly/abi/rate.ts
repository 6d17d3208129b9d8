// What the matches that count over time keep: layouts of their state, and the units they count in.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

import { POOL_BYTES } from './pool.ts';

/** Ticks of the kernel's clock (jiffies) a second, in the kernel that is the reference (CONFIG_HZ). */
export const HZ: u32 = 250;
export const JIFFY_NS: u32 = 4_000_000;

// ── State of TEST_LIMIT ───────────────────────────────────────────────────────────────────────────────────────────────────
/** u64: jiffies when it was asked last; 0 = it was not asked yet. */
export const LIMIT_PREV: u32 = 0;
/** Credit left. */
export const LIMIT_CREDIT: u32 = 8;
export const LIMIT_BYTES: u32 = 16;
/** The power of two below 2^32 / (HZ * 60 * 60 * 24). Ref: net/netfilter/xt_limit.c CREDITS_PER_JIFFY */
export const LIMIT_CREDITS_PER_JIFFY: u32 = 128;

// ── State of TEST_QUOTA ───────────────────────────────────────────────────────────────────────────────────────────────────
/** u64: bytes left. */
export const QUOTA_LEFT: u32 = 0;
export const QUOTA_BYTES: u32 = 8;

// ── State of TEST_HASHLIMIT: a pool (abi/pool.ts), with a key of addresses and ports ───────────────────────────────────────
/** HASHLIMIT_MODE_* bits of the rule that made the table: what its entries are kept for, and how they count. */
export const HASHLIMIT_MODE: u32 = POOL_BYTES;
/** Prefix lengths. */
export const HASHLIMIT_SOURCE_BITS: u32 = POOL_BYTES + 4;
export const HASHLIMIT_DESTINATION_BITS: u32 = POOL_BYTES + 8;
/** With HASHLIMIT_MODE_RATE_MATCH: seconds. */
export const HASHLIMIT_INTERVAL: u32 = POOL_BYTES + 12;
/** u64: jiffies that an entry stays behind its last packet, and jiffies between two sweeps. */
export const HASHLIMIT_EXPIRE: u32 = POOL_BYTES + 16;
export const HASHLIMIT_SWEEP: u32 = POOL_BYTES + 24;
/** u64: jiffies of the next sweep; 0 = none was planned yet. */
export const HASHLIMIT_NEXT_SWEEP: u32 = POOL_BYTES + 32;
/** u64: what an entry has at first, its cap, and what a packet (or a piece of one) costs. */
export const HASHLIMIT_CREDIT: u32 = POOL_BYTES + 40;
export const HASHLIMIT_CAP: u32 = POOL_BYTES + 48;
export const HASHLIMIT_COST: u32 = POOL_BYTES + 56;
/** u64, with HASHLIMIT_MODE_RATE_MATCH: packets or bytes a second, and how many may come in an interval. */
export const HASHLIMIT_RATE: u32 = POOL_BYTES + 64;
export const HASHLIMIT_BURST: u32 = POOL_BYTES + 72;
export const HASHLIMIT_BYTES: u32 = POOL_BYTES + 80;

/** Ref: include/uapi/linux/netfilter/xt_hashlimit.h XT_HASHLIMIT_HASH_DIP and so on */
export const HASHLIMIT_MODE_DSTIP: u32 = 1;
export const HASHLIMIT_MODE_DSTPORT: u32 = 2;
export const HASHLIMIT_MODE_SRCIP: u32 = 4;
export const HASHLIMIT_MODE_SRCPORT: u32 = 8;
export const HASHLIMIT_MODE_INVERT: u32 = 16;
export const HASHLIMIT_MODE_BYTES: u32 = 32;
export const HASHLIMIT_MODE_RATE_MATCH: u32 = 64;

/** Four words of the source address, four of the destination's, and the ports: source << 16 | destination. */
export const HASHLIMIT_KEY_WORDS: u32 = 9;
/** Of an entry, u64: jiffies when it expires, and when it was asked for last. */
export const HASHLIMIT_ENTRY_EXPIRES: u32 = 56;
export const HASHLIMIT_ENTRY_PREV: u32 = 64;
/** u64: credit left; with HASHLIMIT_MODE_RATE_MATCH packets or bytes of this interval. */
export const HASHLIMIT_ENTRY_CREDIT: u32 = 72;
/** u64: the most credit, of bytes the bursts left; with HASHLIMIT_MODE_RATE_MATCH 1 = the interval before had too many. */
export const HASHLIMIT_ENTRY_CAP: u32 = 80;
export const HASHLIMIT_ENTRY_BYTES: u32 = 88;

/** The power of two below 2^64 / (HZ * 60 * 60 * 24), and below 2^32 / HZ. Ref: net/netfilter/xt_hashlimit.c CREDITS_PER_JIFFY */
export const HASHLIMIT_CREDITS_PER_JIFFY_LOG: u32 = 39;
export const HASHLIMIT_BYTE_CREDITS_PER_JIFFY: u32 = 8388608;
/** Bytes are counted in pieces of 2^4, begun ones too. Ref: include/uapi/linux/netfilter/xt_hashlimit.h XT_HASHLIMIT_BYTE_SHIFT */
export const HASHLIMIT_BYTE_SHIFT: u32 = 4;

// ── State of ACTION_RATEEST and TEST_RATEEST: an estimator ────────────────────────────────────────────────────────────────
/** u64: what was counted so far, and up to the last tick. */
export const ESTIMATOR_COUNTED_BYTES: u32 = 0;
export const ESTIMATOR_COUNTED_PACKETS: u32 = 8;
export const ESTIMATOR_LAST_BYTES: u32 = 16;
export const ESTIMATOR_LAST_PACKETS: u32 = 24;
/** u64: the means, in 256ths of bytes and packets a second. */
export const ESTIMATOR_BPS: u32 = 32;
export const ESTIMATOR_PPS: u32 = 40;
/** u64: jiffies that the timer is set to; 0 = it was not set yet. */
export const ESTIMATOR_NEXT: u32 = 48;
/** A tick is ESTIMATOR_TICK << interval jiffies; of each the mean takes a part of 2^ewma. */
export const ESTIMATOR_INTERVAL: u32 = 56;
export const ESTIMATOR_EWMA: u32 = 60;
export const ESTIMATOR_BYTES: u32 = 64;
/** A quarter of a second, in whole jiffies. Ref: net/core/gen_estimator.c */
export const ESTIMATOR_TICK: u32 = 62;
