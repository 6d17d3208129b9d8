// Connection tracking as it lies in memory: the region's header with every setting, per-shard blocks, bucket arrays, and a pool
// of slots: entries, their extensions, expectations.
//
//   header | shard blocks | settings of helpers | buckets of expectations, bucket arrays, both one per shard | times and cold parts, one per slot
//   | slots
//
// The region is set up by src/core/conntrack.ts. A shard's block, its buckets and the slots it has taken are touched by one task at
// a time, so nothing in them is locked. The slots are one pool for all shards: a shard takes them from it, and gives them back, by
// CONNTRACK_CHUNK at a time, with atomic operations (conntrack/pool.ts). Where in memory an entry lies therefore depends on which
// shard came first, and nothing may be decided by it: what is listed has an order of its own. All addresses are absolute, times
// are nanoseconds (u64): settings as spans, deadlines since the epoch as PACKET_TIME.

// ── Region header ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Number of shards, as ENV_SHARDS. */
export const CONNTRACK_SHARDS: u32 = 0;
/** A tuple's bucket is its hash shifted right by so much: the upper bits, so that buckets are ranges of hashes. At most 31. */
export const CONNTRACK_BUCKET_SHIFT: u32 = 4;
/** Buckets of one shard: u32 links from SHARD_BUCKETS on. */
export const CONNTRACK_BUCKET_COUNT: u32 = 8;
/** Address of the shard blocks of CONNTRACK_SHARD_BYTES. */
export const CONNTRACK_SHARD_BLOCKS: u32 = 12;
/** Address of the first slot, and of the end of the last. */
export const CONNTRACK_POOL: u32 = 16;
export const CONNTRACK_POOL_END: u32 = 20;
/** Address of the cold parts: see `cold` in conntrack/pool.ts. */
export const CONNTRACK_COLD: u32 = 24;
/** Address of the times at which entries were made, u64 each: see `createdAt` in conntrack/pool.ts. */
export const CONNTRACK_CREATED: u32 = 28;
/** Settings: plain u32 values of the sysctls of the same name. */
export const CONNTRACK_CHECKSUM: u32 = 32;
export const CONNTRACK_ACCT: u32 = 36;
export const CONNTRACK_TCP_LOOSE: u32 = 40;
export const CONNTRACK_TCP_BE_LIBERAL: u32 = 44;
export const CONNTRACK_TCP_MAX_RETRANS: u32 = 48;
export const CONNTRACK_TCP_IGNORE_INVALID_RST: u32 = 52;
/** Most entries, 0 = no limit; and the buckets that the kernel would have, of which early drop looks at a few. */
export const CONNTRACK_MAX: u32 = 56;
export const CONNTRACK_KERNEL_BUCKETS: u32 = 60;
/** Timeouts, u64 nanoseconds. TCP by TCP_CT_*, SCTP by SCTP_CT_*. */
export const CONNTRACK_TCP_TIMEOUTS: u32 = 64; // 14 of them
export const CONNTRACK_SCTP_TIMEOUTS: u32 = 176; // 9 of them
export const CONNTRACK_UDP_TIMEOUT: u32 = 248;
export const CONNTRACK_UDP_TIMEOUT_STREAM: u32 = 256;
export const CONNTRACK_ICMP_TIMEOUT: u32 = 264;
export const CONNTRACK_ICMPV6_TIMEOUT: u32 = 272;
export const CONNTRACK_GRE_TIMEOUT: u32 = 280;
export const CONNTRACK_GRE_TIMEOUT_STREAM: u32 = 288;
export const CONNTRACK_GENERIC_TIMEOUT: u32 = 296;
export const CONNTRACK_TIMEOUTS_END: u32 = 304;
/** nf_conntrack_timestamp. */
export const CONNTRACK_TIMESTAMP: u32 = 304;
/** Most expectations at a time. */
export const CONNTRACK_EXPECT_MAX: u32 = 308;
/** Address of the settings of helpers: abi/expect.ts. */
export const CONNTRACK_HELPERS: u32 = 312;
/** Addresses of what the h323 helpers need: the table of their decoder, and room for what each shard's messages say. abi/h323.ts */
export const CONNTRACK_H323_TABLE: u32 = 316;
export const CONNTRACK_H323_KEPT: u32 = 320;
/** nf_conntrack_helper: connections get helpers by their server's port. */
export const CONNTRACK_HELPERS_BY_PORT: u32 = 324;
/** u64: what the kernel's clock is ahead of the nanoseconds since the epoch, as ENV_CLOCK. */
export const CONNTRACK_CLOCK: u32 = 328;
/** Who listens to events: EVENTS_* (abi/event.ts). */
export const CONNTRACK_EVENTS: u32 = 440;
// 336 … 439 are free for further settings. What follows is written while shards run, so it has a cache line of its own.
/** Address of the first slot that no shard ever took; advanced atomically. */
export const CONNTRACK_POOL_NEXT: u32 = 448;
/** u64: address of the first of the chunks that were given back, in the lower half; in the upper how often it has changed. */
export const CONNTRACK_POOL_FREE: u32 = 456;
/** 1 = some slot was asked for when there was none left: what has been said since is not exact. */
export const CONNTRACK_EXHAUSTED: u32 = 464;
/** ORDERED_*: the packets of all shards are run in their order, by one task, so that CONNTRACK_MAX can be held exactly; 0 = they are not. See conntrack/full.ts. */
export const CONNTRACK_ORDERED: u32 = 468;
/** The table cannot get full meanwhile; or it may. */
export const ORDERED_WITH_ROOM: u32 = 1;
export const ORDERED_AND_TIGHT: u32 = 2;
/** u64: tick (conntrack/expire.ts) at which the whole table was last freed of what had expired. */
export const CONNTRACK_SWEPT: u32 = 472;
/** u64: tick in which a packet was last dropped because the table was full, 0 = the collector has seen to that. */
export const CONNTRACK_PRESSED: u32 = 480;
/** The kernel's bucket at which the collector goes on. */
export const CONNTRACK_COLLECTED: u32 = 488;
export const CONNTRACK_HEADER_BYTES: u32 = 512;

/** Alignment of every part of the region: a cache line. */
export const CONNTRACK_ALIGN: u32 = 64;

// ── Shard block ───────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Slots that are free (linked by CONNTRACK_LINK), 0 = none, and how many they are. */
export const SHARD_FREE: u32 = 0;
export const SHARD_FREE_COUNT: u32 = 4;
/** Another CONNTRACK_CHUNK free slots, 0 = none. */
export const SHARD_SPARE: u32 = 8;
/** The part of its latest chunk that was never used: next slot and end. */
export const SHARD_UNUSED: u32 = 12;
export const SHARD_UNUSED_END: u32 = 16;
/** An entry that was killed while a packet holds it, freed when the next packet comes; and the number of that packet. */
export const SHARD_LIMBO: u32 = 20;
export const SHARD_LIMBO_NUMBER: u32 = 24;
/** Bucket that the reaper looks at next. */
export const SHARD_REAP_CURSOR: u32 = 28;
/** Address of this shard's buckets. */
export const SHARD_BUCKETS: u32 = 32;
/** Entries that there are (confirmed or not) and, u64 each, how many were ever made and are over: created = freed + live. */
export const SHARD_LIVE: u32 = 36;
export const SHARD_CREATED: u32 = 40;
export const SHARD_FREED: u32 = 48;
/** Slots in use, for whatever. */
export const SHARD_SLOTS: u32 = 56;
/** Address of the buffer of its events (abi/event.ts), where somebody listens. */
export const SHARD_EVENTS: u32 = 60;
/** The tuple of the packet in hand and its inverse, TUPLE_BYTES each. */
export const SHARD_TUPLE: u32 = 64;
export const SHARD_INVERSE: u32 = 104;
/** Sources that are settled (abi/nat.ts), 0 = there is no nat table; and this shard's buckets of them. */
export const SHARD_SOURCES: u32 = 144;
export const SHARD_SOURCE_BUCKETS: u32 = 148;
/** Address of this shard's EXPECT_BUCKETS addresses of expectations, and how many are registered, expired ones among them. */
export const SHARD_EXPECT_BUCKETS: u32 = 160;
export const SHARD_EXPECTATIONS: u32 = 164;
/** The expectation that the packet in hand has met, where something is to be done with its connection (EXPECT_FUNCTION). */
export const SHARD_MET: u32 = 168;
/** First of the keys of GRE that control connections have told (PPTP_KEYS in their extensions), the oldest; 0 = none. */
export const SHARD_GRE_KEYS: u32 = 172;
/** What `conntrack -S` counts: a packet that no connection can be told of, an entry that was refused at its confirmation … */
export const SHARD_INVALID: u32 = 176;
export const SHARD_INSERT_FAILED: u32 = 180;
/** … a packet dropped by the tracker itself, an entry evicted for another, an ICMP error of no connection. */
export const SHARD_DROP: u32 = 184;
export const SHARD_EARLY_DROP: u32 = 188;
export const SHARD_ERROR: u32 = 192;
/** How many entries had been made (the lower half of SHARD_CREATED) when the reaper last looked. */
export const SHARD_REAP_CREATED: u32 = 152;
/** Buckets that the reaper is behind; and, u64, the tick up to which that is counted. */
export const SHARD_REAP_OWED: u32 = 196;
export const SHARD_REAPED: u32 = 200;
/** Room for what a helper makes out of the packet in hand. */
export const SHARD_HELPER_SCRATCH: u32 = 256;
export const SHARD_HELPER_SCRATCH_BYTES: u32 = 256;
export const CONNTRACK_SHARD_BYTES: u32 = 512;

// ── Tuple: who talks to whom, in one direction ────────────────────────────────────────────────────────────────────────────
/** Addresses as PACKET_SRC and PACKET_DST hold them: four u32, most significant first; IPv4 in the first. */
export const TUPLE_SRC: u32 = 0;
export const TUPLE_DST: u32 = 16;
/** u16: source port; ICMP and ICMPv6: id; GRE version 1: source key; 0 for others. Host order. */
export const TUPLE_SPORT: u32 = 32;
/** u16: destination port; ICMP and ICMPv6: type << 8 | code; GRE version 1: call id; 0 for others. Host order. */
export const TUPLE_DPORT: u32 = 34;
/** u16: conntrack zone of this direction. */
export const TUPLE_ZONE: u32 = 36;
/** u8: transport protocol. */
export const TUPLE_PROTO: u32 = 38;
/** u8: 4 or 6. */
export const TUPLE_FAMILY: u32 = 39;
export const TUPLE_BYTES: u32 = 40;

// ── Pool ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Bytes of a slot, and of the cold part and the time that belong to it. */
export const CONNTRACK_SLOT_BYTES: u32 = 192;
export const CONNTRACK_COLD_BYTES: u32 = 40;
export const CONNTRACK_CREATED_BYTES: u32 = 8;
/** Slots that a shard takes and gives back at a time. */
export const CONNTRACK_CHUNK: u32 = 256;
/** Most slots that a shard has without using them: its free ones, its spare ones, and its unused ones. */
export const CONNTRACK_IDLE: u32 = 768;
/** Link to the next free slot of a list; of a list's first slot, while the pool has it: link to the next list. */
export const CONNTRACK_LINK: u32 = 40;
export const CONNTRACK_LINK_CHUNK: u32 = 44;

// ── Entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
// Line 0 is what every packet of the flow needs, line 1 the reply tuple, line 2 the protocol's state; the accounting is in its
// cold part. A link is an entry's address with the direction in bit 0 (slots are 64-byte aligned), 0 = end of the chain.
/** Tuple of the original direction. */
export const FLOW_ORIGINAL: u32 = 0;
/** Link to the next in the bucket of the original tuple; also of entries in limbo. That of the reply tuple lies behind it as well. */
export const FLOW_NEXT: u32 = 40;
export const FLOW_NEXT_REPLY: u32 = 104;
/** u16 each: the journey (abi/journey.ts) that packets of each direction went last, 0 = none that is remembered. */
export const FLOW_JOURNEYS: u32 = 44;
/** u64: when the entry expires; before it is confirmed, the span from confirmation. */
export const FLOW_DEADLINE: u32 = 48;
/** IPS_* bits. */
export const FLOW_STATUS: u32 = 56;
/** Connection mark. */
export const FLOW_MARK: u32 = 60;
/** Tuple of the reply direction. */
export const FLOW_REPLY: u32 = 64;
/** Number of the packet that created the entry. */
export const FLOW_NUMBER: u32 = 112;
/** u16: shard that owns the entry. */
export const FLOW_SHARD: u32 = 116;
/** u16: events (IPCT_*, abi/event.ts) that are to be told at the end of a packet. */
export const FLOW_EVENTS: u32 = 118;
/** Address of the template that the entry was made after, 0 = none. */
export const FLOW_TEMPLATE: u32 = 120;
/** Security mark, as PACKET_SECMARK. */
export const FLOW_SECMARK: u32 = 124;
/** Protocol state, FLOW_PROTO_BYTES: TCP_*, UDP_*, SCTP_*, GRE_* below. */
export const FLOW_PROTO: u32 = 128;
export const FLOW_PROTO_BYTES: u32 = 60;
/** Address of the entry's extension (EXT_*), 0 = it has none: see conntrack/extend.ts. */
export const FLOW_EXTENSION: u32 = 188;
export const FLOW_BYTES: u32 = 192;

// ── Cold part of an entry: what no packet needs in order to be tracked. Offsets from `cold(region, entry)` ─────────────────────
// Written with CONNTRACK_ACCT only, so that without it the memory is never touched.
/** u64 packets and bytes, original then reply. */
export const COLD_PACKETS: u32 = 0;
export const COLD_BYTES_SEEN: u32 = 8;
export const COLD_PACKETS_REPLY: u32 = 16;
export const COLD_BYTES_SEEN_REPLY: u32 = 24;
/** u64: time of the latest packet that was counted. */
export const COLD_LAST: u32 = 32;

// ── Extension: what few entries have. A slot of its own, made when it is first needed, freed with its entry ─────────────────────
/** Labels, bit 0 first: four words. */
export const EXT_LABELS: u32 = 0;
export const EXT_LABELS_BYTES: u32 = 16;
/** Helper of the connection: 1 + its place in src/net/helper.ts; 0 = none. */
export const EXT_HELPER: u32 = 16;
/** Address of the entry that this one was expected by, 0 = none: set with `setMaster`. */
export const EXT_MASTER: u32 = 20;
/** How many others name this entry as their master: while there are any it keeps its memory, in the table or not. */
export const EXT_REFS: u32 = 24;
/** First of the expectations that this entry has, 0 = none. */
export const EXT_EXPECTATIONS: u32 = 28;
/** u8 each: how many of them there are, by class. */
export const EXT_EXPECTED: u32 = 32;
/** Sequence adjustment of each direction, EXT_SEQADJ_BYTES each: correction position, offset before, offset after. */
export const EXT_SEQADJ: u32 = 40;
export const EXT_SEQADJ_BYTES: u32 = 12;
/** What the helper keeps of the connection. */
export const EXT_STATE: u32 = 64;
export const EXT_STATE_BYTES: u32 = 128;
export const EXT_BYTES: u32 = 192;

// ── What the pptp helper keeps: offsets from EXT_STATE ─────────────────────────────────────────────────────────────────────
/** u8 each: states of the session, and of the call in it. u16 each: identifiers that the server and the client gave the call. */
export const PPTP_SESSION: u32 = 0;
export const PPTP_CALL: u32 = 1;
export const PPTP_PAC_CALL_ID: u32 = 2;
export const PPTP_PNS_CALL_ID: u32 = 4;
/** Keys of GRE in each direction: the tuple, and the address of the shard's next key. Its protocol is 0 while there is none. */
export const PPTP_KEYS: u32 = 8;
export const PPTP_KEY_NEXT: u32 = 40;
export const PPTP_KEY_BYTES: u32 = 44;
/** u16: the client's identifier as it was told, before translation. */
export const PPTP_TOLD_PNS_CALL_ID: u32 = PPTP_KEYS + 2 * PPTP_KEY_BYTES;

/** Directions. A tuple of direction d lies at d * FLOW_DIRECTION_TUPLE. */
export const DIRECTION_ORIGINAL: u32 = 0;
export const DIRECTION_REPLY: u32 = 1;
export const FLOW_DIRECTION_TUPLE: u32 = 64;

/** enum ip_conntrack_status. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
export const IPS_EXPECTED: u32 = 1;
export const IPS_SEEN_REPLY: u32 = 2;
export const IPS_ASSURED: u32 = 4;
export const IPS_CONFIRMED: u32 = 8;
export const IPS_SRC_NAT: u32 = 0x10;
export const IPS_DST_NAT: u32 = 0x20;
export const IPS_SEQ_ADJUST: u32 = 0x40;
export const IPS_SRC_NAT_DONE: u32 = 0x80;
export const IPS_DST_NAT_DONE: u32 = 0x100;
export const IPS_DYING: u32 = 0x200;
export const IPS_FIXED_TIMEOUT: u32 = 0x400;
/** Not a connection, but what the CT target makes connections after. */
export const IPS_TEMPLATE: u32 = 0x800;
/** Of an entry for the reply alone; never set here: see `confirm` in conntrack/track.ts. */
export const IPS_NAT_CLASH: u32 = 0x1000;
export const IPS_HELPER: u32 = 0x2000;
/** Not of the kernel: its timeouts are not those of the region, but of the template that it was made after (or is). */
export const IPS_OWN_TIMEOUTS: u32 = 0x40000000;

// ── Template: an entry with IPS_TEMPLATE, in the state of a CT rule. Offsets from its FLOW_PROTO ───────────────────────────────
/** Zone of packets that carry the template. */
export const TEMPLATE_ZONE: u32 = 0;
/** Directions that have the zone, bits 1 << DIRECTION_*; the others are in zone 0. */
export const TEMPLATE_DIRECTIONS: u32 = 4;
/** 1 = the packet's mark says the zone. */
export const TEMPLATE_BY_MARK: u32 = 8;
/** Helper of connections made after it: 1 + its place in src/net/helper.ts; 0 = none. */
export const TEMPLATE_HELPER: u32 = 12;
/** Events that are told of connections made after it, and in the upper half of their expectations; 0 = as of others. */
export const TEMPLATE_EVENTS: u32 = 16;
/** From the template: timeouts laid out as in the region's header, with IPS_OWN_TIMEOUTS only. */
export const TEMPLATE_TIMEOUTS: u32 = FLOW_BYTES;

/** enum nf_nat_manip_type: which side of a tuple a translation changes. */
export const MANIP_SRC: u32 = 0;
export const MANIP_DST: u32 = 1;

// ── TCP ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────
// Two halves of TCP_HALF_BYTES, what each side has sent and may send; then what was seen last. Offsets from FLOW_PROTO.
/** Highest sequence number + length sent. */
export const TCP_END: u32 = 0;
/** Highest sequence number + length the other side lets it send. */
export const TCP_MAXEND: u32 = 4;
/** Largest window it has offered, scaled; 0 = it has not been seen. */
export const TCP_MAXWIN: u32 = 8;
/** Highest acknowledgement it has sent. */
export const TCP_MAXACK: u32 = 12;
/** u8: its window scale. */
export const TCP_SCALE: u32 = 16;
/** u8: TCP_FLAG_* of this side. */
export const TCP_HALF_FLAGS: u32 = 17;
export const TCP_HALF_BYTES: u32 = 20;
/** u8: TCP_CT_* state. */
export const TCP_STATE: u32 = 40;
/** u8: direction, and flag class (TCP_CLASS_*), of the last packet taken note of. */
export const TCP_LAST_DIRECTION: u32 = 41;
export const TCP_LAST_CLASS: u32 = 42;
/** u8: how often the last acknowledgement was repeated. */
export const TCP_RETRANS: u32 = 43;
export const TCP_LAST_SEQ: u32 = 44;
export const TCP_LAST_ACK: u32 = 48;
export const TCP_LAST_END: u32 = 52;
/** u16: window as on the wire. */
export const TCP_LAST_WIN: u32 = 56;
/** u8: window scale, and TCP_FLAG_*, of the last SYN let through without belief. */
export const TCP_LAST_SCALE: u32 = 58;
export const TCP_LAST_FLAGS: u32 = 59;

/** enum tcp_conntrack; timeouts of the same index. Ref: include/uapi/linux/netfilter/nf_conntrack_tcp.h */
export const TCP_CT_NONE: u32 = 0;
export const TCP_CT_SYN_SENT: u32 = 1;
export const TCP_CT_SYN_RECV: u32 = 2;
export const TCP_CT_ESTABLISHED: u32 = 3;
export const TCP_CT_FIN_WAIT: u32 = 4;
export const TCP_CT_CLOSE_WAIT: u32 = 5;
export const TCP_CT_LAST_ACK: u32 = 6;
export const TCP_CT_TIME_WAIT: u32 = 7;
export const TCP_CT_CLOSE: u32 = 8;
export const TCP_CT_SYN_SENT2: u32 = 9;
/** Not states, but answers of the grid: the packet is invalid, or is let through without effect. */
export const TCP_CT_INVALID: u32 = 10;
export const TCP_CT_IGNORE: u32 = 11;
/** Not states, but timeouts: after too many repetitions, and with data unacknowledged. */
export const TCP_CT_RETRANS: u32 = 12;
export const TCP_CT_UNACK: u32 = 13;

/** IP_CT_TCP_FLAG_*. Ref: include/uapi/linux/netfilter/nf_conntrack_tcp.h */
export const TCP_FLAG_WINDOW_SCALE: u32 = 0x01;
export const TCP_FLAG_SACK_PERM: u32 = 0x02;
export const TCP_FLAG_CLOSE_INIT: u32 = 0x04;
export const TCP_FLAG_BE_LIBERAL: u32 = 0x08;
export const TCP_FLAG_DATA_UNACKNOWLEDGED: u32 = 0x10;
export const TCP_FLAG_MAXACK_SET: u32 = 0x20;
export const TCP_FLAG_CHALLENGE_ACK: u32 = 0x40;
export const TCP_FLAG_SIMULTANEOUS_OPEN: u32 = 0x80;

// ── UDP, GRE, SCTP: offsets from FLOW_PROTO ───────────────────────────────────────────────────────────────────────────────
/** u64: the last moment at which two-way traffic is no stream. */
export const UDP_STREAM_AFTER: u32 = 0;

/** u64 each: the timeouts that the entry was made with. */
export const GRE_TIMEOUT: u32 = 0;
export const GRE_TIMEOUT_STREAM: u32 = 8;

/** Verification tags that packets of each direction must carry (network order as read), 0 = not known. */
export const SCTP_VTAG: u32 = 0;
/** u8: SCTP_CT_* state. */
export const SCTP_STATE: u32 = 8;
/** u8: direction of the heartbeat whose tag failed. */
export const SCTP_LAST_DIRECTION: u32 = 9;
/** u8: SCTP_FLAG_* bits. */
export const SCTP_FLAGS: u32 = 10;
/** u8 each: an INIT of that direction is outstanding. */
export const SCTP_INIT: u32 = 12;
export const SCTP_FLAG_HEARTBEAT_VTAG_FAILED: u32 = 1;

/** enum sctp_conntrack; timeouts of the same index. Ref: include/uapi/linux/netfilter/nf_conntrack_sctp.h */
export const SCTP_CT_NONE: u32 = 0;
export const SCTP_CT_CLOSED: u32 = 1;
export const SCTP_CT_COOKIE_WAIT: u32 = 2;
export const SCTP_CT_COOKIE_ECHOED: u32 = 3;
export const SCTP_CT_ESTABLISHED: u32 = 4;
export const SCTP_CT_SHUTDOWN_SENT: u32 = 5;
export const SCTP_CT_SHUTDOWN_RECD: u32 = 6;
export const SCTP_CT_SHUTDOWN_ACK_SENT: u32 = 7;
export const SCTP_CT_HEARTBEAT_SENT: u32 = 8;
export const SCTP_CT_INVALID: u32 = 9;
