// Other hosts as this one has met them: how often each was told something, so that none is told too much. There is one table, which packets
// of several connections read and change: it is there where all packets pass one shard.
//
//   header | sets of PEERS_WAYS entries
//
// The region is set up by src/core/peers.ts. Ref: include/net/inetpeer.h:struct inet_peer
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

// ── Region header ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Number of sets less one. */
export const PEERS_MASK: u32 = 0;
/** Redirects of IPv4: jiffies between two of them at first, how many there are at most, and jiffies behind which all begins anew. */
export const PEERS_REDIRECT_LOAD: u32 = 4;
export const PEERS_REDIRECT_NUMBER: u32 = 8;
export const PEERS_REDIRECT_SILENCE: u32 = 12;
export const PEERS_HEADER_BYTES: u32 = 128;

export const PEERS_WAYS: u32 = 8;

// ── Entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Four words; of IPv4 the first. */
export const PEER_ADDRESS: u32 = 0;
/** 4, 6; 0 = the entry is free. */
export const PEER_FAMILY: u32 = 16;
/** IPv4: redirects that it was sent and did not heed. */
export const PEER_REDIRECTS: u32 = 20;
/** u64: jiffies when it was told something last, and those that it has saved since then. */
export const PEER_LAST: u32 = 24;
export const PEER_TOKENS: u32 = 32;
/** u64: jiffies when it was looked for last, and one; 0 = it never was. */
export const PEER_USED: u32 = 40;
export const PEER_BYTES: u32 = 48;
