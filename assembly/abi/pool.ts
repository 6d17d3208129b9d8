// Pools of entries that are found by key and kept in the order in which they were used: hashlimit tables, recent lists.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.
//
// The header is in the state of the match; the room is elsewhere in the region: POOL_BUCKET_COUNT words, the first entry of each bucket,
// then the entries. Entries are named by their number from 1 on; 0 = none. They are chained by bucket, and in one list from the one that
// was used longest ago to the latest.

/** Most entries, and how many there are. */
export const POOL_MAX: u32 = 0;
export const POOL_COUNT: u32 = 4;
/** Where the room begins, in bytes from the header. */
export const POOL_ROOM: u32 = 8;
/** A power of two. */
export const POOL_BUCKET_COUNT: u32 = 12;
export const POOL_ENTRY_BYTES: u32 = 16;
export const POOL_KEY_WORDS: u32 = 20;
/** Entries that were given back, chained by ENTRY_NEXT; and how many were ever used. */
export const POOL_FREE: u32 = 24;
export const POOL_USED: u32 = 28;
/** Ends of the list. */
export const POOL_OLDEST: u32 = 32;
export const POOL_NEWEST: u32 = 36;
/** The key that is looked for: POOL_KEY_WORDS words. */
export const POOL_ASKED: u32 = 40;
export const POOL_KEY_WORDS_MAX: u32 = 10;
export const POOL_BYTES: u32 = 80;

export const ENTRY_NEXT: u32 = 0;
export const ENTRY_OLDER: u32 = 4;
export const ENTRY_NEWER: u32 = 8;
export const ENTRY_HASH: u32 = 12;
/** The key; behind it what the match keeps. */
export const ENTRY_KEY: u32 = 16;
