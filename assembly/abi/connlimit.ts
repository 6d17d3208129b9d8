// What `-m connlimit` keeps: for each rule a bucket array of keys (an address under the rule's mask, and a zone), for each key the
// list of the connections that were counted. Keys and connections of all rules come from one pool.
//
// Links are places in the pool's arrays, from 1 on; 0 = none.

// ── State of a rule ───────────────────────────────────────────────────────────────────────────────────────────────────────
/** First keys of the buckets, one word each; a power of two. */
export const CONNLIMIT_BUCKETS: u32 = 4096;
export const CONNLIMIT_RULE_BYTES: u32 = 16384;

// ── Pool: header, keys, connections ───────────────────────────────────────────────────────────────────────────────────────
/** First free key and connection, and how many of each were ever taken out of the arrays. */
export const CONNLIMIT_FREE_KEY: u32 = 0;
export const CONNLIMIT_FREE_NODE: u32 = 4;
export const CONNLIMIT_USED_KEYS: u32 = 8;
export const CONNLIMIT_USED_NODES: u32 = 12;
export const CONNLIMIT_HEADER_BYTES: u32 = 64;
/** As many connections as conntrack holds when nothing else is said. */
export const CONNLIMIT_NODES: u32 = 262144;
export const CONNLIMIT_KEYS: u32 = 131072;

/** The address, four words, and the zone. */
export const KEY_ADDRESS: u32 = 0;
export const KEY_ZONE: u32 = 16;
/** Next key in the bucket. */
export const KEY_NEXT: u32 = 20;
/** First and last connection, and how many there are. */
export const KEY_FIRST: u32 = 24;
export const KEY_LAST: u32 = 28;
export const KEY_COUNT: u32 = 32;
/** Jiffy in which the list was last searched for connections that are gone, and how many it had then. */
export const KEY_SEARCHED: u32 = 36;
export const KEY_SEARCHED_COUNT: u32 = 40;
export const KEY_BYTES: u32 = 48;

/** The connection's original tuple, as abi/flow.ts has it; its zones (conntrack/zone.ts); the next in the list. */
export const NODE_TUPLE: u32 = 0;
export const NODE_ZONES: u32 = 40;
export const NODE_NEXT: u32 = 44;
export const NODE_BYTES: u32 = 48;

export const CONNLIMIT_POOL_BYTES: u32 = 18874432; // header + keys + connections

// Operands of TEST_CONNLIMIT, as byte offsets.
/** State of the rule, and the pool. */
export const CONNLIMIT_RULE: u32 = 0;
export const CONNLIMIT_POOL: u32 = 4;
/** Connections that are not too many. */
export const CONNLIMIT_LIMIT: u32 = 8;
/** 1 = by the destination. */
export const CONNLIMIT_BY_DESTINATION: u32 = 12;
/** Mask of the address, four words. */
export const CONNLIMIT_MASK: u32 = 16;
