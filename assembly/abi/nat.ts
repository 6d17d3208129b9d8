// Network address translation as it lies in memory: what a target asks for, room for the choice, and who is translated to what by source.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

// ── Range: what a source or destination may become. Operands of ACTION_SNAT, ACTION_DNAT, ACTION_MASQUERADE, ACTION_REDIRECT ─────────────
/** NAT_RANGE_* bits. */
export const RANGE_FLAGS: u32 = 0;
/** First and last address, as PACKET_SRC; with NAT_RANGE_MAP_IPS. */
export const RANGE_MIN: u32 = 4;
export const RANGE_MAX: u32 = 20;
/** First and last port (ICMP: id; GRE: key); with NAT_RANGE_PROTO_SPECIFIED. */
export const RANGE_PORT_MIN: u32 = 36;
export const RANGE_PORT_MAX: u32 = 40;
/** The port that goes to the first of the range; with NAT_RANGE_PROTO_OFFSET. */
export const RANGE_PORT_BASE: u32 = 44;
export const RANGE_BYTES: u32 = 48;

/** Ref: include/uapi/linux/netfilter/nf_nat.h NF_NAT_RANGE_* */
export const NAT_RANGE_MAP_IPS: u32 = 1;
export const NAT_RANGE_PROTO_SPECIFIED: u32 = 2;
export const NAT_RANGE_PROTO_RANDOM: u32 = 4;
export const NAT_RANGE_PERSISTENT: u32 = 8;
export const NAT_RANGE_PROTO_RANDOM_FULLY: u32 = 16;
export const NAT_RANGE_PROTO_OFFSET: u32 = 32;
export const NAT_RANGE_PROTO_RANDOM_ALL: u32 = 20;

// Operands of ACTION_NETMAP, in bytes: network and mask, four words each.
export const NETMAP_NETWORK: u32 = 0;
export const NETMAP_MASK: u32 = 16;

// Operands of ACTION_SNPT and ACTION_DNPT, in bytes: prefixes of four words, their lengths, and what the checksum is out by.
export const NPT_SRC: u32 = 0;
export const NPT_DST: u32 = 16;
export const NPT_SRC_LENGTH: u32 = 32;
export const NPT_DST_LENGTH: u32 = 36;

// ── Room for a choice, in the shard's scratch at SCRATCH_NAT (abi/batch.ts): a range, and tuples of TUPLE_BYTES ───────────────────────
export const NAT_RANGE: u32 = 0;
/** The tuple as it is: what answers it is the entry's reply. */
export const NAT_CURRENT: u32 = 48;
/** The tuple that is chosen. */
export const NAT_CHOSEN: u32 = 88;
/** The reply to a tuple that is tried. */
export const NAT_TRIED: u32 = 128;
/** What a packet is made to look like. */
export const NAT_TARGET: u32 = 168;
/** Words of a hash, in network order. */
export const NAT_KEY: u32 = 208;
export const NAT_ROOM_BYTES: u32 = 224;

// ── Sources: entries whose source is settled, by the source that they came with ──────────────────────────────────────────────────────
//
//   header | bucket arrays, one per shard | a link for each slot of the conntrack pool
/** Buckets of one shard, a power of two, less one. */
export const SOURCES_BUCKET_MASK: u32 = 0;
/** Address of the links. */
export const SOURCES_LINKS: u32 = 4;
/** Address of the conntrack pool. */
export const SOURCES_POOL: u32 = 8;
export const SOURCES_HEADER_BYTES: u32 = 64;

/** Address of the next entry in the bucket, 0 = none. */
export const LINK_NEXT: u32 = 0;
/** Address of the word that holds this entry's address: the bucket, or LINK_NEXT of the entry before; 0 = in no bucket. */
export const LINK_HELD: u32 = 4;
/** Interface that MASQUERADE gave the entry the address of, 0 = none. */
export const LINK_MASQUERADE: u32 = 8;
export const LINK_BYTES: u32 = 16;
