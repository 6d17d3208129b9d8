// Events of connection tracking: what `conntrack -E` tells of connections and expectations, and the buffers that they wait in.
//
// Where somebody listens, each shard has a buffer of its own (SHARD_EVENTS), of which half is kept free for what the next packet
// may tell. When there is no more room than that, `runSlot` comes back with EVENTS_PAUSED set; the front end takes the records out
// and calls it again. Before and behind a slot all shards look for connections whose time was up, at most once a tick of about a second:
// EVENTS_SWEPT says up to when nothing is missing.

/** enum ip_conntrack_events: numbers of bits. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
export const IPCT_NEW: u32 = 0;
export const IPCT_RELATED: u32 = 1;
export const IPCT_DESTROY: u32 = 2;
export const IPCT_REPLY: u32 = 3;
export const IPCT_ASSURED: u32 = 4;
export const IPCT_PROTOINFO: u32 = 5;
export const IPCT_HELPER: u32 = 6;
export const IPCT_MARK: u32 = 7;
export const IPCT_SEQADJ: u32 = 8;
export const IPCT_SECMARK: u32 = 9;
export const IPCT_LABEL: u32 = 10;

/** enum ip_conntrack_expect_events: numbers of bits. */
export const IPEXP_NEW: u32 = 0;
export const IPEXP_DESTROY: u32 = 1;

// ── Who listens: values of CONNTRACK_EVENTS ───────────────────────────────────────────────────────────────────────────────
/** Nobody. */
export const EVENTS_OFF: u32 = 0;
/** Somebody, to connections that rules give events to (nf_conntrack_events is 0). */
export const EVENTS_BY_RULES: u32 = 1;
/** Somebody, to all connections; rules may take events from some. */
export const EVENTS_OF_ALL: u32 = 2;

// ── Buffer of a shard ─────────────────────────────────────────────────────────────────────────────────────────────────────
/** Bytes of the records so far, and that there is room for. */
export const EVENTS_USED: u32 = 0;
export const EVENTS_ROOM: u32 = 4;
/** Records that there was no room for. */
export const EVENTS_LOST: u32 = 8;
/** 1 = the slot is not done: to be called again. */
export const EVENTS_PAUSED: u32 = 12;
/** Packets of the slot that are done; bucket that the sweep goes on with. */
export const EVENTS_DONE: u32 = 16;
export const EVENTS_CURSOR: u32 = 20;
/** u64: all connections whose time was up before that have been told of. */
export const EVENTS_SWEPT: u32 = 24;
/** u64 time, and number, of the packet in hand. */
export const EVENTS_TIME: u32 = 32;
export const EVENTS_NUMBER: u32 = 40;
/** The records, EVENT_BYTES each. */
export const EVENTS_RECORDS: u32 = 64;

// ── Record ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** u64: the packet's time; of what ends because its time is up: when it was. */
export const EVENT_TIME: u32 = 0;
/** Number of the packet; 0 = no packet is the cause, time was up. */
export const EVENT_NUMBER: u32 = 8;
/** EVENT_KIND_*. */
export const EVENT_KIND: u32 = 12;
/** IPCT_* bits. */
export const EVENT_BITS: u32 = 16;
/** 1 = the entry has an extension. */
export const EVENT_EXTENDED: u32 = 20;
/** The entry (or the expectation), its cold part, the time when it was made (u64), and its extension up to EXT_STATE, as they were then. */
export const EVENT_ENTRY: u32 = 32;
export const EVENT_COLD: u32 = 224;
export const EVENT_CREATED: u32 = 264;
export const EVENT_EXTENSION: u32 = 272;
export const EVENT_BYTES: u32 = 352;
/** Of an expectation, instead of a cold part and an extension: its master's entry up to FLOW_PROTO. */
export const EVENT_MASTER: u32 = 224;

export const EVENT_KIND_NEW: u32 = 1;
export const EVENT_KIND_UPDATE: u32 = 2;
export const EVENT_KIND_DESTROY: u32 = 3;
/** Of an expectation, which stands at EVENT_ENTRY; at EVENT_MASTER its master's entry up to FLOW_PROTO. */
export const EVENT_KIND_EXPECT_NEW: u32 = 4;
export const EVENT_KIND_EXPECT_DESTROY: u32 = 5;
