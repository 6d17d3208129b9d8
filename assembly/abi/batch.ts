// What passes between the front end and the core: the environment, capture state, batch slots, outcomes.
//
// TypeScript owns the memory map (src/core/memory.ts) and hands out base addresses; the core has no mutable globals, allocates
// nothing, and is told the environment's address with every call. All addresses are absolute, all words u32 unless said.

// ── Environment: one per engine, read-only while batches run ──────────────────────────────────────────────────────────────
/** Compiled rulesets; 0 = none of that family (every packet of it passes every hook untouched). */
export const ENV_PROGRAM4: u32 = 0;
export const ENV_PROGRAM6: u32 = 4;
/** Counters of PROGRAM4 and PROGRAM6: shard s has its array at base + s * stride. */
export const ENV_COUNTERS4: u32 = 8;
export const ENV_COUNTERS4_STRIDE: u32 = 12;
export const ENV_COUNTERS6: u32 = 16;
export const ENV_COUNTERS6_STRIDE: u32 = 20;
/** Host image (abi/host.ts). */
export const ENV_HOST: u32 = 24;
/** Conntrack region (abi/flow.ts). */
export const ENV_CONNTRACK: u32 = 28;
/** Number of shards, a power of two, at most SHARDS_MAX. */
export const ENV_SHARDS: u32 = 32;
/** ENV_FLAG_* bits. */
export const ENV_FLAGS: u32 = 36;
/** Seed of every random draw. */
export const ENV_SEED: u32 = 40;
/** Interface table: array of INTERFACE_BYTES, index = frame interface. */
export const ENV_INTERFACES: u32 = 44;
/** Scratch of the shards: SHARD_SCRATCH_BYTES each. */
export const ENV_SCRATCH: u32 = 48;
/** State of rules: what matches and targets keep from packet to packet, each at the offset that its operands name. */
export const ENV_STATE: u32 = 52;
/** u64: when the rules were loaded, nanoseconds since the epoch: the time of the first packet, unless something earlier is said. */
export const ENV_LOADED: u32 = 56;
/** u64: what the kernel's clock (jiffies) is ahead of the nanoseconds since the epoch, in nanoseconds, modulo 2^64. */
export const ENV_CLOCK: u32 = 64;
/** Logs of the shards (abi/log.ts), 0 = no log is kept, and the size of each. */
export const ENV_LOG: u32 = 72;
export const ENV_LOG_BYTES: u32 = 76;
/** Region of the fragments that wait for others (abi/fragment.ts). */
export const ENV_FRAGMENTS: u32 = 80;
/** Which addresses are inside (abi/shard.ts), for the shards of packets whose addresses are translated; 0 = any pair of addresses has its shard. */
export const ENV_SIDES: u32 = 84;
/** What the shards remember of journeys (abi/journey.ts), JOURNEYS_BYTES each; 0 = nothing. */
export const ENV_JOURNEYS: u32 = 88;
/** Hosts that this one tells something (abi/peer.ts), 0 = it tells nobody anything. */
export const ENV_PEERS: u32 = 92;
export const ENV_BYTES: u32 = 96;

/** Write hits and policies of each packet into the trace arena. */
export const ENV_FLAG_TRACE: u32 = 1;
/** Write packets that leave into the arena. */
export const ENV_FLAG_EGRESS: u32 = 2;
/** Use the linear walk for every chain. */
export const ENV_FLAG_LINEAR: u32 = 4;
/** Make the packets that rules, routing and forwarding answer with. */
export const ENV_FLAG_ANSWER: u32 = 8;
/** Make those too that a host answers with of which no program listens to anything: echo replies, resets, unreachable ports. */
export const ENV_FLAG_ANSWER_HOST: u32 = 16;
/** Nobody reads the records and outcomes of packets behind a batch, only its tally: they need not be there. */
export const ENV_FLAG_BRIEF: u32 = 32;

export const SHARDS_MAX: u32 = 64;
/** Per-shard scratch: hits of the packet in hand, walk stack, dissection of quoted packets. */
export const SHARD_SCRATCH_BYTES: u32 = 1728576;

// ── Scratch of a shard ────────────────────────────────────────────────────────────────────────────────────────────────────
/** Trace of the packet in hand (TRACE_*). */
export const SCRATCH_TRACE: u32 = 0;
/** Return addresses of the walk: WALK_STACK_MAX frames (abi/program.ts). */
export const SCRATCH_STACK: u32 = 524288;
/** Layer-3 bytes of the packet in hand when a target changes them: room for the longest packet and for what is added to it. */
export const SCRATCH_BYTES: u32 = 786432;
export const SCRATCH_BYTES_MAX: u32 = 130048;
/** The same for a clone of the packet in hand (clonePacket() in wire/edit.ts), and behind it the clone's record. */
export const SCRATCH_CLONE_BYTES: u32 = 917504;
export const SCRATCH_CLONE: u32 = 1047552;
/** What a rule asks of an IP set, and what comes of it: SCRATCH_SET_BYTES (abi/set.ts). */
export const SCRATCH_SET: u32 = 1048320;
/** Memory of a BPF program: BPF_MEMORY_WORDS words. */
export const SCRATCH_BPF: u32 = 1048256;
// The copy that TEE sends while the packet in hand stands in a chain: a walk stack of its own, its bytes, its record, what is noted of its
// way (OUTCOME_BYTES).
export const SCRATCH_TEE_STACK: u32 = 1048576;
export const SCRATCH_TEE_BYTES: u32 = 1310720;
export const SCRATCH_TEE: u32 = 1440768;
export const SCRATCH_TEE_OUTCOME: u32 = 1441024;
/** Slot and outcome of the packet in hand; 0 = what leaves is not written down. */
export const SCRATCH_SLOT: u32 = 1441092;
export const SCRATCH_OUTCOME: u32 = 1441096;
/** Room for the choice of a translation: NAT_ROOM_BYTES (abi/nat.ts). */
export const SCRATCH_NAT: u32 = 1441152;
/** What a way is looked up for (FLOW_BYTES of hooks/flow.ts), and the words that choose among several paths. */
export const SCRATCH_FLOW: u32 = 1441376;
export const SCRATCH_HASH: u32 = 1441472;
/** What this host answers a packet with, and behind it what it answers that with: ANSWER_BYTES each. */
export const SCRATCH_ANSWER: u32 = 1441792;

// Answer: its layer-3 bytes, its record, what is noted of its way (OUTCOME_BYTES).
export const ANSWER_RECORD: u32 = 130048;
export const ANSWER_OUTCOME: u32 = 130304;
export const ANSWER_BYTES: u32 = 131072;
/** Sums over the packets that a task has run: TALLY_BYTES. Cleared and read by whoever sends the task. */
export const SCRATCH_TALLY: u32 = 1703936;
/** What takes note of the journey of the packet in hand: RECORDER_BYTES (abi/journey.ts). */
export const SCRATCH_RECORDER: u32 = 1704704;
/** Record and outcome of the packet in hand where nobody reads them behind the batch. */
export const SCRATCH_PACKET: u32 = 1704960;
export const SCRATCH_PACKET_OUTCOME: u32 = 1705216;
/** Where what was only fetched is put, so that it is fetched. */
export const SCRATCH_LANE_TOUCHED: u32 = 1707392;
/** Records that resemble some of them (hooks/warm.ts), and the leaves that those come to. */
export const SCRATCH_WARM: u32 = 1707456;
export const SCRATCH_WARM_LEAVES: u32 = 1709248;
/** Numbers of the spans of table local (abi/host.ts) that the last source and the last destination were in. */
export const SCRATCH_SOURCE_SPAN: u32 = 1709312;
export const SCRATCH_DESTINATION_SPAN: u32 = 1709316;
/** Places in the slot of the next packets to run: PLACES_MAX words. */
export const SCRATCH_PLACES: u32 = 1719808;
export const PLACES_MAX: u32 = 128;
/** Packets that are looked at together: LANE_PACKETS times LOOK_BYTES. The more they are, the more cache misses overlap. */
export const SCRATCH_LANE: u32 = 1720320;
export const LANE_PACKETS: u32 = 64;

// What a look at a packet has found, before any packet of the lane runs. What its bytes and its frame say comes first, LOOK_AHEAD_BYTES of it,
// which whoever finds the frames may write down while they are at hand (SLOT_LOOKS).
/** Address of its IP header; 0 = it takes the long way, and nothing else is said. */
export const LOOK_IP: u32 = 0;
/** The bucket of its tuple. */
export const LOOK_BUCKET: u32 = 4;
/** u64: its time, as FRAME_TIME. */
export const LOOK_TIME: u32 = 8;
/** Words of its tuple: TUPLE_SRC, TUPLE_DST, and u64 from TUPLE_SPORT on. */
export const LOOK_SRC: u32 = 16;
export const LOOK_DST: u32 = 20;
export const LOOK_END: u32 = 24;
/** Of a segment: sequence number, acknowledgement, sequence number behind it, u16 window. */
export const LOOK_SEQ: u32 = 32;
export const LOOK_ACK: u32 = 36;
export const LOOK_SEQ_END: u32 = 40;
export const LOOK_WINDOW: u32 = 44;
/** u16: LOOK_KIND_* bits. */
export const LOOK_KIND: u32 = 46;
/** u16: its length. */
export const LOOK_LENGTH: u32 = 48;
/** u16: TCP flags, then type of service << 8; u8: time to live; u8: shard. */
export const LOOK_BITS: u32 = 52;
export const LOOK_TTL: u32 = 54;
export const LOOK_SHARD: u32 = 55;
/** Place that it comes from, as JOURNEY_PLACE (abi/journey.ts). */
export const LOOK_PLACE: u32 = 56;
export const LOOK_AHEAD_BYTES: u32 = 64;
/** The link in front in its bucket, or of its connection; and where there is none, that in front in the bucket of the answers to it. */
export const LOOK_LINK: u32 = 60;
export const LOOK_ANSWER: u32 = 72;
/** The entry in front among those of its source. */
export const LOOK_SOURCE: u32 = 76;
/** LOOKS_*: whether its connection is known. */
export const LOOK_OPENS: u32 = 68;
/** The journey that it may take, 0 = none is known. */
export const LOOK_JOURNEY: u32 = 64;
export const LOOK_BYTES: u32 = 80;

/** No segment that only acknowledges or has data, or of which the header is not all there; no datagram whose length can be right. */
export const LOOK_KIND_ODD: u32 = 1;
/** A segment with options. */
export const LOOK_KIND_OPTIONS: u32 = 2;
/** It came from outside, all of it is there, and it has a checksum. */
export const LOOK_KIND_SUM: u32 = 4;

/** The connection is known, or not looked for; it may stand behind others in its bucket; there is none, so the packet may open one. */
export const LOOKS_KNOWN: u32 = 0;
export const LOOKS_BEHIND: u32 = 1;
export const LOOKS_OPENING: u32 = 2;

// ── Tally: sums over packets ──────────────────────────────────────────────────────────────────────────────────────────────
/** Packets and layer-3 bytes of each verdict, u64 each, TALLY_VERDICT_BYTES a verdict. */
export const TALLY_VERDICTS: u32 = 0;
export const TALLY_VERDICT_BYTES: u32 = 16;
export const TALLY_VERDICT_COUNT: u32 = 8;
/** Packets of each why-code but WHY_NONE. */
export const TALLY_WHYS: u32 = 128;
export const TALLY_WHY_COUNT: u32 = 128;
/**
 * TALLY_ANSWER_COUNT u64, ANSWERS_*: packets that the host answered with, errors among them, packets that it would have answered in a way that
 * is not modelled; and packets that it sent itself, where its own answers may be.
 */
export const TALLY_ANSWERS: u32 = 640;
export const TALLY_ANSWER_COUNT: u32 = 4;
export const ANSWERS_MADE: u32 = 0;
export const ANSWERS_ERRORS: u32 = 1;
export const ANSWERS_LEFT_OUT: u32 = 2;
export const ANSWERS_SENT: u32 = 3;
export const TALLY_BYTES: u32 = 672;

// Trace: [count] [id]*count. `runChain` appends the id of each rule and policy in the order met; whoever starts a packet sets
// the count to 0.
export const TRACE_COUNT: u32 = 0;
export const TRACE_IDS: u32 = 4;
/** Most ids a trace holds; the count of a traversal that hits more is TRACE_MAX + 1, and its outcome says OUTCOME_ARENA_FULL. */
export const TRACE_MAX: u32 = 131071;

// ── Interface table: what a capture's interface means for the rules ───────────────────────────────────────────────────────
/** Index in the interface universe (what PACKET_IN / PACKET_OUT hold); 0 = unnamed. */
export const INTERFACE_INDEX: u32 = 0;
/** Link type (LINKTYPE_*). */
export const INTERFACE_LINKTYPE: u32 = 4;
/** u64: ticks a second of its time stamps. */
export const INTERFACE_TICKS: u32 = 8;
/** u64: seconds added to its time stamps. */
export const INTERFACE_OFFSET: u32 = 16;
/** Snap length, 0 = none. */
export const INTERFACE_SNAPLEN: u32 = 24;
/** INTERFACE_FLAG_* bits, set by TypeScript with INTERFACE_INDEX. */
export const INTERFACE_FLAGS: u32 = 28;
export const INTERFACE_BYTES: u32 = 32;

/** The loopback device: loopback addresses of IPv6 may appear on it. */
export const INTERFACE_FLAG_LOOPBACK: u32 = 1;

// ── Frames: what the container walk finds (one per packet), written by `walkCapture` ──────────────────────────────────────
/** Absolute address of the frame's first byte. */
export const FRAME_DATA: u32 = 0;
/** Bytes captured. */
export const FRAME_CAPTURED: u32 = 4;
/** Bytes on the wire. */
export const FRAME_LENGTH: u32 = 8;
/** Entry of the interface table. */
export const FRAME_INTERFACE: u32 = 12;
/** u64 nanoseconds since the epoch, made non-decreasing. */
export const FRAME_TIME: u32 = 16;
/** u16: FRAME_FLAG_* bits. */
export const FRAME_FLAGS: u32 = 24;
/** u16: bytes ahead of the IP header, 0 until `dissect` has found it. */
export const FRAME_LINK: u32 = 26;
/** Number of the packet in the input, from 1. */
export const FRAME_NUMBER: u32 = 28;
export const FRAME_BYTES: u32 = 32;

/** pcapng direction flag: sent by the host that captured. */
export const FRAME_FLAG_SENT: u32 = 1;

// ── Slot: one batch in flight ─────────────────────────────────────────────────────────────────────────────────────────────
/** Frames: address and count. */
export const SLOT_FRAMES: u32 = 0;
export const SLOT_COUNT: u32 = 4;
/** Packet records: address of SLOT_COUNT records of PACKET_BYTES, filled by `dissect`. */
export const SLOT_PACKETS: u32 = 8;
/** Outcomes: address of SLOT_COUNT records of OUTCOME_BYTES, filled by `run`. */
export const SLOT_OUTCOMES: u32 = 12;
/** Address of ENV_SHARDS words: packets of each shard. */
export const SLOT_COUNTS: u32 = 16;
/** Frames that have a class, and those of them whose shard is not known before `dissect`. */
export const SLOT_CLASSED: u32 = 20;
export const SLOT_OTHERS: u32 = 60;
/** Arena for traces, logs and egress bytes: address, size, and the next free byte (advanced atomically by `run`). */
export const SLOT_ARENA: u32 = 24;
export const SLOT_ARENA_BYTES: u32 = 28;
export const SLOT_ARENA_USED: u32 = 32;
/** Bytes that packets which left may take of the arena, and have taken: what was held of earlier batches may leave all at once. */
export const SLOT_EGRESS_BYTES: u32 = 36;
export const SLOT_EGRESS_USED: u32 = 40;
/** SLOT_QUOTES_* bits: fragments of ICMP errors, whose quote may be of another shard than they. Written by `dissect`. */
export const SLOT_QUOTES: u32 = 44;
/** SLOT_*: how far it is. Written by `dissect`, 0 while there are only frames. */
export const SLOT_STATE: u32 = 48;
/** Address of SLOT_COUNT bytes, filled by `class` and `dissect`: the packet's shard, and CLASS_* bits. */
export const SLOT_CLASSES: u32 = 52;
/** 1 = some packet has CLASS_NOTED. */
export const SLOT_NOTED: u32 = 56;
/** What is known of packets before they run: address of SLOT_COUNT times LOOK_AHEAD_BYTES (LOOK_*), and of how many. Written by `lookAhead`. */
export const SLOT_LOOKS: u32 = 64;
export const SLOT_LOOKED: u32 = 68;
export const SLOT_BYTES: u32 = 72;

/** Each packet has its record. */
export const SLOT_DISSECTED: u32 = 1;
/** Each packet has its class; those that are not simple have their record. */
export const SLOT_SORTED: u32 = 2;
/** A glance told its shard, and it has no record. */
export const CLASS_TOLD: u32 = 0x80;
/** Its outcome has OUTCOME_FORESIGHT bits, and is written whatever the flags. Written by `run`. */
export const CLASS_NOTED: u32 = 0x40;
export const CLASS_SHARD: u32 = 0x3f;

/** A first fragment of an ICMP error that quotes, as far as can be seen, a packet of another shard. */
export const SLOT_QUOTES_STARTS: u32 = 1;
/** A later fragment of what may be an ICMP error. */
export const SLOT_QUOTES_GOES_ON: u32 = 2;

/** In place of a shard: the packets of all of them, in input order. */
export const ALL_SHARDS: u32 = 0xffffffff;

// ── Outcome: what became of one packet ────────────────────────────────────────────────────────────────────────────────────
/** VERDICT_*. */
export const OUTCOME_VERDICT: u32 = 0;
/** WHY_*. */
export const OUTCOME_WHY: u32 = 4;
/** Counter id (rule or policy) that decided; NO_COUNTER = none. */
export const OUTCOME_BY: u32 = 8;
/** PACKET_CTSTATE when the last hook saw it. 0 = conntrack is not in use for the family, or has not seen the packet. */
export const OUTCOME_CTSTATE: u32 = 12;
/** Interface universe index it left by; 0 = it did not leave. */
export const OUTCOME_OUT: u32 = 16;
/** Absolute address of its trace (u32 words), 0 = none, and the number of words. */
export const OUTCOME_TRACE: u32 = 20;
export const OUTCOME_TRACE_COUNT: u32 = 24;
/** Absolute addresses of the first and the last packet that left (EGRESS_*), 0 = none or not asked for. */
export const OUTCOME_EGRESS: u32 = 28;
export const OUTCOME_EGRESS_LAST: u32 = 32;
/** 4, 6, or 0 for no IP packet. */
export const OUTCOME_FAMILY: u32 = 36;
/** OUTCOME_* flag bits. */
export const OUTCOME_FLAGS: u32 = 40;
/** Conntrack entry (absolute address), 0 = none. */
export const OUTCOME_CT: u32 = 44;
/** Absolute address of the records of its log (abi/log.ts), 0 = none, and their bytes. */
export const OUTCOME_LOG: u32 = 48;
export const OUTCOME_LOG_BYTES: u32 = 52;
/** Packets that this host has set out to answer with; those of them that are errors, << 16. */
export const OUTCOME_ANSWERS: u32 = 56;
/** Hash of the source that its connection came with, with OUTCOME_ASKS_SOURCE or OUTCOME_TELLS_SOURCE. */
export const OUTCOME_SOURCE: u32 = 60;
export const OUTCOME_BYTES: u32 = 64;

/** The packet was delivered to this host (or, sent as broadcast or multicast, a copy of it). */
export const OUTCOME_DELIVERED: u32 = 1;
/** OUTCOME_BY is a decision of table filter. */
export const OUTCOME_BY_FILTER: u32 = 2;
/** There was no room for its trace or bytes: what the outcome says of them is not all. */
export const OUTCOME_ARENA_FULL: u32 = 8;
/** There was no room for its log: lines are missing at its end. */
export const OUTCOME_LOG_FULL: u32 = 16;
/** It goes back out where it came in: its sender is told of a better gateway (send_redirects and what else the kernel asks hold). */
export const OUTCOME_REDIRECT: u32 = 32;
/** What this host answered with came back to it, and was delivered. */
export const OUTCOME_ANSWER_DELIVERED: u32 = 64;
/** This host would have answered in a way that is not modelled. */
export const OUTCOME_ANSWER_NOT_MODELLED: u32 = 128;
// Of translations, where packets are spread over shards by who is inside (ENV_SIDES): whether one shard would have told the same.
/** Other shards might have something to say: a translation took a way that the plan did not foresee. */
export const OUTCOME_UNFORESEEN: u32 = 256;
/** Its source was translated with a look at the connections of the same source that the shard has. */
export const OUTCOME_ASKS_SOURCE: u32 = 512;
/** Its source has another port or id now: others of that source, in whatever shard, are to be given the same. */
export const OUTCOME_TELLS_SOURCE: u32 = 1024;
export const OUTCOME_FORESIGHT: u32 = 1792;

/** Trace word: a counter id; ids from PROGRAM_RULES on are policies. */

// ── Egress: a packet that left ────────────────────────────────────────────────────────────────────────────────────────────
/** Absolute address of the next one that left, 0 = none. */
export const EGRESS_NEXT: u32 = 0;
/** Interface universe index that it left by. */
export const EGRESS_OUT: u32 = 4;
/** Its layer-3 bytes, up to the next multiple of four; 0 = it left, but there was no room for them. */
export const EGRESS_LENGTH: u32 = 8;
export const EGRESS_DATA: u32 = 12;
