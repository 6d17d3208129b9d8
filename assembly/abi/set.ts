// IP sets in the region of state: one object each. Offsets within a set are from its start; offsets of sets from the region's.
//
// Portable constants, shared by both compilers: no code, imports only from this folder. What elements of a hash look like is the
// kernel's own form, for it is hashed: src/ipset/layout.ts.

// ── Every set ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** SET_BITMAP, SET_HASH or SET_LIST. */
export const SET_METHOD: u32 = 0;
/** How many `src` and `dst` must be given. */
export const SET_DIMENSION: u32 = 4;
/** 4, 6, or 0 = packets of both families. */
export const SET_FAMILY: u32 = 8;
/** SET_HAS_* bits. */
export const SET_FLAGS: u32 = 12;
/** Seconds an element stays that is added without saying how long. */
export const SET_TIMEOUT: u32 = 16;
/** Elements, those included whose time is up and that nobody has taken out yet. */
export const SET_COUNT: u32 = 20;
/** Bytes of an element with its extensions. */
export const SET_ELEMENT_BYTES: u32 = 24;
// Offsets of the extensions within an element; meaningful with the flag of the same name.
/** u64 packets, u64 bytes. */
export const SET_COUNTERS: u32 = 28;
/** u64: jiffies after which it is gone; 0 = never; with SET_EXPIRY_RELATIVE jiffies from when the rules were loaded. */
export const SET_EXPIRY: u32 = 32;
/** Mark, mask, priority, queue: four words. */
export const SET_SKBINFO: u32 = 36;
/** Number of the comment, from 1; 0 = none. */
export const SET_COMMENT: u32 = 40;

export const SET_BITMAP: u32 = 0;
export const SET_HASH: u32 = 1;
export const SET_LIST: u32 = 2;

export const SET_HAS_TIMEOUT: u32 = 1;
export const SET_HAS_COUNTERS: u32 = 2;
export const SET_HAS_SKBINFO: u32 = 4;
export const SET_HAS_COMMENT: u32 = 8;
export const SET_HAS_FORCEADD: u32 = 16;
/** Its type has elements that say what is not in the set. */
export const SET_HAS_NOMATCH: u32 = 32;
/** The first address may not be zero. */
export const SET_REFUSES_ZERO: u32 = 64;
/** An element's prefix length and nomatch share a byte. */
export const SET_IS_PACKED: u32 = 128;
/** Bitmaps: of ports; with hardware addresses. */
export const SET_OF_PORTS: u32 = 256;
export const SET_OF_MACS: u32 = 512;

/** Bit of the upper word of an expiry. */
export const SET_EXPIRY_RELATIVE: u32 = 0x80000000;

// ── Hashes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
export const SET_MAXELEM: u32 = 44;
/** Offset of the bucket array. */
export const SET_BUCKETS: u32 = 48;
/** Number of buckets less one. */
export const SET_BUCKET_MASK: u32 = 52;
export const SET_INITVAL: u32 = 56;
/** Most places of a bucket. Grows where elements differ only in their interface. */
export const SET_BUCKETSIZE: u32 = 60;
/** Bytes in front of an element that are hashed. */
export const SET_HASHED: u32 = 64;
// Offsets of the fields within an element; SET_NO_FIELD = it has none.
export const SET_KEY_IP: u32 = 68;
export const SET_KEY_IP2: u32 = 72;
export const SET_KEY_PORT: u32 = 76;
export const SET_KEY_PROTOCOL: u32 = 80;
export const SET_KEY_MAC: u32 = 84;
export const SET_KEY_MARK: u32 = 88;
export const SET_KEY_PREFIX: u32 = 92;
export const SET_KEY_PREFIX2: u32 = 96;
export const SET_KEY_NOMATCH: u32 = 100;
/** A byte that is 1 in every element of a set with interfaces. */
export const SET_KEY_ELEMENT: u32 = 104;
/** Behind the hashed bytes: lowest and highest index of its interfaces, 1 = of a wildcard; a word each. */
export const SET_KEY_INTERFACE: u32 = 108;
// Which of src and dst decides about the field: 1 << dimension, dimensions from 1.
export const SET_DIM_IP: u32 = 112;
export const SET_DIM_IP2: u32 = 116;
export const SET_DIM_PORT: u32 = 120;
export const SET_DIM_MAC: u32 = 124;
export const SET_DIM_INTERFACE: u32 = 128;
export const SET_MARKMASK: u32 = 132;
/** 16 bytes that addresses are masked with, in network order. */
export const SET_MASK: u32 = 136;
/** Elements of each region of SET_REGION_BUCKETS buckets, a word each: offset, and what a region may have before all are counted. */
export const SET_REGIONS: u32 = 152;
export const SET_REGION_MAX: u32 = 156;
/** Offset of the prefix lengths that elements have, PREFIXES_BYTES for each network; 0 = no networks. */
export const SET_PREFIXES: u32 = 160;
export const SET_HASH_BYTES: u32 = 192;

export const SET_NO_FIELD: u32 = 0xffffffff;
export const SET_REGION_BITS: u32 = 10;

/** How many lengths there are; the lengths, a byte each, longest first; how many elements have each, a word by length. */
export const PREFIXES_COUNT: u32 = 0;
export const PREFIXES_LENGTHS: u32 = 4;
export const PREFIXES_ELEMENTS: u32 = 136;
export const PREFIXES_BYTES: u32 = 656;

// Bucket. Its places stand at BUCKET_PLACES; of the first BUCKET_END of them those are taken whose bit is set.
/** u64: a bit a place. */
export const BUCKET_USED: u32 = 0;
/** Offset of its first place. */
export const BUCKET_PLACES: u32 = 8;
/** u8: places behind the last that was taken. */
export const BUCKET_END: u32 = 12;
/** u8: places the kernel has memory for; 0 = the kernel has no such bucket. */
export const BUCKET_SIZE: u32 = 13;
export const BUCKET_BYTES: u32 = 16;
/** Places by which a bucket grows and shrinks; the most it can have. Ref: net/netfilter/ipset/ip_set_hash_gen.h */
export const BUCKET_GROWTH: u32 = 2;
export const BUCKET_TUNED_MAX: u32 = 64;

// ── Bitmaps ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** First and last address or port. */
export const SET_FIRST: u32 = 44;
export const SET_LAST: u32 = 48;
/** Addresses that share a place. */
export const SET_HOSTS: u32 = 52;
/** Offset of the places. */
export const SET_PLACES: u32 = 56;
export const SET_BITMAP_BYTES: u32 = 64;

// Place of a bitmap.
/** u8: PLACE_EMPTY, PLACE_OPEN (its hardware address is not known yet) or PLACE_TAKEN. */
export const PLACE_STATE: u32 = 0;
/** Six bytes; only with SET_OF_MACS. */
export const PLACE_MAC: u32 = 2;
export const PLACE_EMPTY: u32 = 0;
export const PLACE_OPEN: u32 = 1;
export const PLACE_TAKEN: u32 = 2;

// ── Lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Offset of the members, SET_COUNT of them. */
export const SET_MEMBERS: u32 = 44;
export const SET_LIST_BYTES: u32 = 64;
/** Offset of the member's set within the region. */
export const MEMBER_SET: u32 = 0;

// ── What a rule asks of a set ─────────────────────────────────────────────────────────────────────────────────────────────
// Operands of TEST_SET, and of each part of ACTION_SET: offset of the set within the region, SET_NONE = no such part; then how it is
// asked.
export const SET_NONE: u32 = 0xffffffff;
/** Dimensions given, from 1. */
export const ASK_DIMENSIONS: u32 = 4;
/** Which of them are `src`: 1 << dimension. */
export const ASK_SOURCES: u32 = 8;
/** ASK_* bits. */
export const ASK_FLAGS: u32 = 12;
/** Words of a part: set, dimensions, sources, flags. */
export const ASK_WORDS: u32 = 4;
/** Words of TEST_SET: a part, then comparison and value (low, high word) for packets and for bytes. */
export const TEST_SET_PACKETS: u32 = 16;
export const TEST_SET_BYTES: u32 = 28;
export const TEST_SET_WORDS: u32 = 10;
/** Words of ACTION_SET: what is added to, what is taken from, what is mapped; then the timeout, SET_NO_TIMEOUT = the set's own. */
export const ACTION_SET_TIMEOUT: u32 = 48;
export const ACTION_SET_WORDS: u32 = 13;
export const SET_NO_TIMEOUT: u32 = 0xffffffff;

export const ASK_EXIST: u32 = 1;
export const ASK_RETURN_NOMATCH: u32 = 2;
export const ASK_SKIPS_COUNTERS: u32 = 4;
export const ASK_SKIPS_SUBCOUNTERS: u32 = 8;
export const ASK_COMPARES: u32 = 16;
export const ASK_MAPS_MARK: u32 = 32;

/** enum of the kernel. Ref: include/uapi/linux/netfilter/ipset/ip_set.h IPSET_COUNTER_* */
export const COMPARE_NONE: u32 = 0;
export const COMPARE_EQ: u32 = 1;
export const COMPARE_NE: u32 = 2;
export const COMPARE_LT: u32 = 3;
export const COMPARE_GT: u32 = 4;

// ── Scratch of a shard at SCRATCH_SET: what is asked, what came of it ─────────────────────────────────────────────────────
// ASK_DIMENSIONS … ASK_FLAGS as above, which a list changes for its members.
/** Seconds; SET_NO_TIMEOUT = the set's own. */
export const ASK_TIMEOUT: u32 = 16;
export const ASK_PACKETS_OP: u32 = 20;
export const ASK_BYTES_OP: u32 = 24;
/** u64. */
export const ASK_PACKETS: u32 = 32;
export const ASK_BYTES: u32 = 40;
/** SET_SKBINFO of the element that was found: four words. */
export const ASK_SKBINFO: u32 = 48;
/** The element that is looked for, at most 64 bytes; and another one while networks are tried. */
export const ASK_KEY: u32 = 64;
export const ASK_TRIED: u32 = 128;
export const SCRATCH_SET_BYTES: u32 = 192;
