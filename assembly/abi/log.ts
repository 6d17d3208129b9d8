// The log: what LOG, NFLOG, TRACE and osf say of a packet, as records that the front end makes lines of.
//
// While a packet is on its way its records gather in the log of its shard (ENV_LOG), from LOG_RECORDS on, in the order in which the
// kernel would say them; at its end they are copied to the arena of the slot, and OUTCOME_LOG names the copy. Offsets count from the
// first record. A record is followed by the layer-3 bytes as they were at that point, unless an earlier record has the same ones.

// Log of a shard.
/** Bytes of the records so far. */
export const LOG_USED: u32 = 0;
/** Offset and number of the layer-3 bytes written last; no bytes when there are none yet. */
export const LOG_LAST: u32 = 4;
export const LOG_LAST_BYTES: u32 = 8;
/** 1 = there was no room for a record. */
export const LOG_FULL: u32 = 12;
/** The records. */
export const LOG_RECORDS: u32 = 16;

// Record.
/** Bytes up to the next record. */
export const RECORD_SIZE: u32 = 0;
/** RECORD_KIND_*. */
export const RECORD_KIND: u32 = 4;
/** What it is about: see the kinds. */
export const RECORD_ID: u32 = 8;
/** PACKET_IN, PACKET_OUT and PACKET_MARK. */
export const RECORD_IN: u32 = 12;
export const RECORD_OUT: u32 = 16;
export const RECORD_MARK: u32 = 20;
/** PACKET_LENGTH, PACKET_FLAGS and PACKET_HOOK. */
export const RECORD_LENGTH: u32 = 24;
export const RECORD_FLAGS: u32 = 28;
export const RECORD_HOOK: u32 = 32;
/** Offset and number of its layer-3 bytes: those that were captured. */
export const RECORD_PACKET: u32 = 36;
export const RECORD_PACKET_BYTES: u32 = 40;
/** Ids that the trace had then. */
export const RECORD_MET: u32 = 44;
/**
 * First bytes of the frame, which are its Ethernet header if it has one: what is put together from fragments on its way has another frame
 * behind that point.
 */
export const RECORD_LINK: u32 = 48;
export const RECORD_LINK_BYTES: u32 = 16;
export const RECORD_BYTES: u32 = 64;

/** A packet under TRACE matched a rule, or met a policy: the id is the counter's. */
export const RECORD_KIND_RULE: u32 = 1;
/** A packet under TRACE was dropped on the spot by a match of the rule whose counter the id is. */
export const RECORD_KIND_DROPPED: u32 = 2;
/** A LOG or NFLOG target: the id is that of its entry in the list of the ruleset's logs. */
export const RECORD_KIND_TARGET: u32 = 3;
/** The copy that TEE sends, or what the host answers with, sets out (id 1), or is gone (0): what stands between is of that. */
export const RECORD_KIND_COPY: u32 = 5;
/** `-m osf --log`: the id is that of a fingerprint, or OSF_UNKNOWN (abi/opcode.ts). */
export const RECORD_KIND_OSF: u32 = 4;
