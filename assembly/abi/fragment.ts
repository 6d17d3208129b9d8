// Fragments that wait for the others of their packet, as they lie in memory: settings, and for each shard a block with its queues'
// heads and a pool of small blocks that queues, fragments and their bytes are made of.
//
//   header | shard blocks | pools, one per shard
//
// The region is set up by src/core/fragments.ts. A shard's block and pool are touched by one task at a time. All addresses are absolute;
// 0 = none. Ref: include/net/inet_frag.h

// ── Region header ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Address of the shard blocks of HOLD_BYTES. */
export const FRAGMENTS_HOLDS: u32 = 0;
/** 1 = a slot had SLOT_QUOTES_STARTS: an error that waits for its later fragments may be among those held. */
export const FRAGMENTS_QUOTES: u32 = 4;
/** Settings of each directory, the kernel's struct fqdir: of IPv4, and of IPv6 as connection tracking puts fragments together. */
export const FRAGMENTS_IPV4: u32 = 16;
export const FRAGMENTS_IPV6: u32 = 48;
export const FRAGMENTS_HEADER_BYTES: u32 = 128;

// Settings of a directory.
/** u64: jiffies that a queue waits (net.ipv4.ipfrag_time, net.netfilter.nf_conntrack_frag6_timeout). */
export const DIRECTORY_TIMEOUT: u32 = 0;
/** Bytes, as the kernel counts them, above which nothing more is taken (ipfrag_high_thresh, nf_conntrack_frag6_high_thresh). */
export const DIRECTORY_HIGH: u32 = 8;
/** Fragments from the same source that may come between two of a queue (ipfrag_max_dist), 0 = any number. */
export const DIRECTORY_MAX_DISTANCE: u32 = 12;

// ── Shard block ───────────────────────────────────────────────────────────────────────────────────────────────────────────
/** First of the list of free blocks (linked by BLOCK_NEXT). */
export const HOLD_FREE: u32 = 0;
/** The part of the pool that was never used: next block and end. */
export const HOLD_UNUSED: u32 = 4;
export const HOLD_UNUSED_END: u32 = 8;
/** State of each directory. */
export const HOLD_IPV4: u32 = 16;
export const HOLD_IPV6: u32 = 32;
/** The key that is looked for: KEY_*. */
export const HOLD_KEY: u32 = 48;
/** Buckets of the queues, and of the sources. */
export const HOLD_BUCKETS: u32 = 128;
export const HOLD_BUCKET_COUNT: u32 = 256;
export const HOLD_SOURCES: u32 = 1152;
export const HOLD_SOURCE_COUNT: u32 = 64;
/** Start of the link-layer header of the packet in hand that was put together: LINK_BYTES of its first fragment. */
export const HOLD_LINK: u32 = 1408;
export const LINK_BYTES: u32 = 64;
/** Identification of the fragments that the packet in hand leaves in (IPv6). */
export const HOLD_ID: u32 = 1472;
/** Payload bytes of the fragments that the packet in hand was put together from, then of those that it leaves in: PACKET_PIECES words. */
export const HOLD_PIECES: u32 = 1476;
/** Fragments of a packet, at most. */
export const PIECES_MAX: u32 = 8192;
/** So far behind stand HOLD_ID and HOLD_PIECES of the copy that TEE sends, which leaves while the packet in hand is not yet there. */
export const HOLD_TEE: u32 = 32832;
export const HOLD_BYTES: u32 = 67136; // HOLD_PIECES + HOLD_TEE + 8192 * 4, rounded up to 64

// State of a directory.
/** Bytes held, as the kernel counts them. */
export const HELD_MEMORY: u32 = 0;
/** Queues in the order in which they expire. */
export const HELD_OLDEST: u32 = 4;
export const HELD_NEWEST: u32 = 8;

// Key of a queue. Ref: include/net/inet_frag.h:frag_v4_compare_key, frag_v6_compare_key
/** Addresses, four words each as in the packet record. */
export const KEY_SRC: u32 = 0;
export const KEY_DST: u32 = 16;
/** Identification as it lies in the packet. */
export const KEY_ID: u32 = 32;
/** Who puts together: USER_*. */
export const KEY_USER: u32 = 36;
/** IPv4: protocol. */
export const KEY_PROTO: u32 = 40;
/** Device that it came in by, where addresses mean something only together with one. */
export const KEY_DEVICE: u32 = 44;
export const KEY_BYTES: u32 = 48;

/** enum ip_defrag_users, as far as they have rules. Ref: include/net/ip.h */
export const USER_DELIVERY: u32 = 0;
export const USER_PREROUTING: u32 = 1;
export const USER_OUTPUT: u32 = 2;

// ── Block ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const BLOCK_NEXT: u32 = 0;
/** Where the bytes of a block begin that goes on with another's. */
export const BLOCK_DATA: u32 = 4;
export const BLOCK_BYTES: u32 = 256;

// Queue.
/** Next of its bucket. */
export const QUEUE_NEXT: u32 = 0;
export const QUEUE_OLDER: u32 = 4;
export const QUEUE_NEWER: u32 = 8;
/** Address of the state (HELD_*) of its directory. */
export const QUEUE_HELD: u32 = 12;
/** u64: jiffies at which it is given up. */
export const QUEUE_DEADLINE: u32 = 16;
export const QUEUE_KEY: u32 = 24;
export const QUEUE_HASH: u32 = 72;
/** Payload bytes of the whole as far as is known, and those that have come. */
export const QUEUE_LENGTH: u32 = 76;
export const QUEUE_MEAT: u32 = 80;
/** QUEUE_FIRST_IN, QUEUE_LAST_IN. */
export const QUEUE_FLAGS: u32 = 84;
/** ECN fields of the fragments as bits 1 << field. */
export const QUEUE_ECN: u32 = 88;
/** Length of the longest fragment, and of the longest with "don't fragment" (IPv4). */
export const QUEUE_MAX_SIZE: u32 = 92;
export const QUEUE_MAX_DF_SIZE: u32 = 96;
/** Count of the source when the latest fragment came. */
export const QUEUE_COUNT: u32 = 100;
export const QUEUE_SOURCE: u32 = 104;
/** First and last run. */
export const QUEUE_RUNS: u32 = 108;
export const QUEUE_TAIL: u32 = 112;
/** Bytes that its fragments take, as the kernel counts them. */
export const QUEUE_MEMORY: u32 = 116;
/** What the first fragment carries, and so the whole does: words of its record. */
export const QUEUE_MARK: u32 = 120;
export const QUEUE_SECMARK: u32 = 124;
export const QUEUE_PKTTYPE: u32 = 128;
export const QUEUE_CTINFO: u32 = 132;
export const QUEUE_CTSTATE: u32 = 136;
/** PACKET_FLAG_TRACE or 0. */
export const QUEUE_TRACE: u32 = 140;
/** IPv6: where in the first fragment the byte stands that names its fragment header. */
export const QUEUE_NEXT_HEADER_AT: u32 = 144;
/** What the first fragment carries too: PACKET_FACTS_OPTIONS of its facts. */
export const QUEUE_FACTS: u32 = 148;
/** LINK_BYTES of the first fragment's frame. */
export const QUEUE_LINK: u32 = 160;

export const QUEUE_FIRST_IN: u32 = 1;
export const QUEUE_LAST_IN: u32 = 2;

// Fragment, in its first block.
/** Next of its run. */
export const FRAGMENT_FOLLOWING: u32 = 4;
/** Payload bytes, and how many of them the capture has. */
export const FRAGMENT_LENGTH: u32 = 8;
export const FRAGMENT_PRESENT: u32 = 12;
/** Header bytes that are kept before the payload: of the first fragment all. */
export const FRAGMENT_HEADER: u32 = 16;
// Run: fragments that came one behind the other, kept in the first of them.
export const RUN_NEXT: u32 = 20;
export const RUN_OFFSET: u32 = 24;
export const RUN_LENGTH: u32 = 28;
export const RUN_LAST: u32 = 32;
/** Where the bytes begin. */
export const FRAGMENT_DATA: u32 = 36;

// Source of fragments: one address sending to another. Ref: include/net/inetpeer.h
export const SOURCE_NEXT: u32 = 0;
/** u64: both addresses. */
export const SOURCE_ADDRESSES: u32 = 8;
/** Fragments that have come from it. */
export const SOURCE_COUNT: u32 = 16;
/** Queues that refer to it. */
export const SOURCE_QUEUES: u32 = 20;
