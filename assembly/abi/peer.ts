// Other hosts as this one has met them: how often each was told something, so that none is told too much. There is one table, which packets
// of several connections read and change: it is there where all packets pass one shard. What is asked of it stands before it in any case.
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
/** Errors of IPv4's routes: jiffies that one takes, and most that are saved up. */
export const PEERS_ROUTE_COST: u32 = 16;
export const PEERS_ROUTE_BURST: u32 = 20;
/** PEERS_LIMIT_* bits: limits of messages that are in force. */
export const PEERS_LIMITS: u32 = 24;
/** Jiffies that a message takes, of IPv4 and of IPv6; of both together messages a second, and most that are saved up. */
export const PEERS_RATE4: u32 = 28;
export const PEERS_RATE6: u32 = 32;
export const PEERS_ALL_RATE: u32 = 36;
export const PEERS_ALL_BURST: u32 = 40;
/** What both together have saved up, signed; u64: jiffies when that was reckoned last, and one; 0 = it never was. */
export const PEERS_ALL_CREDIT: u32 = 44;
export const PEERS_ALL_LAST: u32 = 48;
/** Types that limits are about, a bit each: 32 of IPv4, 256 of IPv6. */
export const PEERS_MASK4: u32 = 56;
export const PEERS_MASK6: u32 = 64;
export const PEERS_HEADER_BYTES: u32 = 128;

/** Of each destination, of IPv4 and of IPv6. */
export const PEERS_LIMIT_EACH4: u32 = 1;
export const PEERS_LIMIT_EACH6: u32 = 2;
/** Of all destinations together. */
export const PEERS_LIMIT_ALL: u32 = 4;

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
