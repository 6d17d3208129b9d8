// State of TEST_RECENT: a list, which is a pool (pool.ts) with a key of family and address.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

import { POOL_BYTES } from './pool.ts';

/** What counts of an address: four words. */
export const RECENT_MASK: u32 = POOL_BYTES;
/** Times kept of an address, less one: a power of two less one. Ref: net/netfilter/xt_recent.c struct recent_table */
export const RECENT_STAMP_MASK: u32 = POOL_BYTES + 16;
export const RECENT_BYTES: u32 = POOL_BYTES + 32;

/** 4 or 6, then four words of an address. */
export const RECENT_KEY_WORDS: u32 = 5;
/** Of an entry: TTL when it was seen last. */
export const RECENT_ENTRY_TTL: u32 = 36;
/** Where the next time goes, before it is masked; and how many there are. Both fit 16 bits. */
export const RECENT_ENTRY_INDEX: u32 = 40;
export const RECENT_ENTRY_STAMP_COUNT: u32 = 44;
/** u64 jiffies each. */
export const RECENT_ENTRY_STAMPS: u32 = 48;

/** What a rule asks. Ref: include/uapi/linux/netfilter/xt_recent.h XT_RECENT_CHECK and so on */
export const RECENT_CHECK: u32 = 1;
export const RECENT_SET: u32 = 2;
export const RECENT_UPDATE: u32 = 4;
export const RECENT_REMOVE: u32 = 8;
export const RECENT_TTL: u32 = 16;
export const RECENT_REAP: u32 = 32;
/** The destination address, not the source. */
export const RECENT_DESTINATION: u32 = 64;
export const RECENT_INVERT: u32 = 128;
