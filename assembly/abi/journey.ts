// What flows remember of the way through the hooks: journeys, and what takes note of one.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.
// A packet whose journey asked for nothing but words of its record, and did nothing but count, leaves a journey behind, and its
// connection's direction the number of it (FLOW_JOURNEYS). The next packet of that direction for which all that was asked is the same
// takes the journey's outcome and adds to its counter, which stands for each of its ids as often as it names it: whoever reads counters
// adds it to theirs. Each shard has its own journeys: a block of JOURNEYS_BYTES with a header, chains by hash, and the journeys by number.

/** How many journeys there are: numbers 1 … JOURNEYS_COUNT are in use. */
export const JOURNEYS_COUNT: u32 = 0;
/** Heads of the chains: numbers of journeys, 0 = none. */
export const JOURNEYS_CHAINS: u32 = 64;
export const JOURNEYS_CHAIN_COUNT: u32 = 1024;
/** The journey of number n lies at JOURNEYS_FIRST + (n - 1) * JOURNEY_BYTES. */
export const JOURNEYS_FIRST: u32 = 4160;
/** Most journeys of a shard: with more, flows whose packets go others ask anew each time. */
export const JOURNEYS_MAX: u32 = 4095;
export const JOURNEY_BYTES: u32 = 192;
export const JOURNEYS_BYTES: u32 = 790400;

// ── Journey. The first line is all that a packet needs ──────────────────────────────────────────────────────────────────────
// What must be the same. Place: interface of the frame << 16 | PACKET_PKTTYPE << PLACE_PKTTYPE_SHIFT | PACKET_FLAGS & PLACE_FLAGS. State:
// FLOW_STATUS & STATE_STATUS | PACKET_CTINFO. Mark: FLOW_MARK. All before the packet is put into effect on its connection.
export const JOURNEY_PLACE: u32 = 0;
export const JOURNEY_STATE: u32 = 4;
export const JOURNEY_MARK: u32 = 8;
/** u16 each: of the packet's TCP flags | type of service << 8, the bits that were asked for, and what they were. */
export const JOURNEY_BITS_MASK: u32 = 12;
export const JOURNEY_BITS: u32 = 14;
/** Lengths and times to live, on arrival, for which the answers are the same. */
export const JOURNEY_LENGTH_MIN: u32 = 16;
export const JOURNEY_LENGTH_MAX: u32 = 20;
export const JOURNEY_TTL_MIN: u32 = 24;
export const JOURNEY_TTL_MAX: u32 = 28;
// The outcome: words of abi/batch.ts.
export const JOURNEY_VERDICT: u32 = 32;
export const JOURNEY_BY: u32 = 36;
export const JOURNEY_CTSTATE: u32 = 40;
export const JOURNEY_OUT: u32 = 44;
/** u64 each. */
export const JOURNEY_PACKETS: u32 = 48;
export const JOURNEY_COUNTED_BYTES: u32 = 56;
export const JOURNEY_FLAGS: u32 = 64;
export const JOURNEY_FAMILY: u32 = 68;
/** Number of the next in its chain, 0 = none. */
export const JOURNEY_NEXT: u32 = 72;
/** Ids of the counters that it adds to, one each time, and how many. */
export const JOURNEY_ID_COUNT: u32 = 76;
export const JOURNEY_IDS: u32 = 80;
export const JOURNEY_IDS_MAX: u32 = 28;

export const PLACE_INTERFACE_SHIFT: u32 = 16;
export const PLACE_PKTTYPE_SHIFT: u32 = 12;
/** PACKET_FLAG_SENT, PACKET_FLAG_LOOPBACK. */
export const PLACE_FLAGS: u32 = 1026;
/** IPS_SRC_NAT, IPS_DST_NAT, IPS_SEQ_ADJUST, IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE, IPS_HELPER. */
export const STATE_STATUS: u32 = 8688;

// ── Recorder: a journey in the making, then what only it needs ──────────────────────────────────────────────────────────────
/** Time to live on arrival. */
export const RECORDER_TTL: u32 = 192;
/** Link of the connection. */
export const RECORDER_LINK: u32 = 196;
export const RECORDER_BYTES: u32 = 256;
