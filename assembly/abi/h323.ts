// The decoder of the h323 helpers: its table, made of src/core/h323-grammar.ts, and where it puts what it reads.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

// ── A field of the table: H323_FIELD_BYTES ────────────────────────────────────────────────────────────────────────────────
/** u8: KIND_*. */
export const FIELD_KIND: u32 = 0;
/** u8: bits of a number, a length, or an index, or SIZE_*; of a sequence: how many of its first version may be absent. */
export const FIELD_SIZE: u32 = 1;
/** u8: least value; fields of the first version of a sequence or choice. */
export const FIELD_LOWER: u32 = 2;
/** u8: fields that are known of a sequence or choice; items of a list that are kept. */
export const FIELD_UPPER: u32 = 3;
/** u8: FIELD_FLAG_* bits. */
export const FIELD_FLAGS: u32 = 4;
/** u16: where it lies in what holds it; of an item of a list: how many bytes it takes. */
export const FIELD_OFFSET: u32 = 6;
/** u32: number of the first of its fields, of the item of a list. */
export const FIELD_PARTS: u32 = 8;
export const H323_FIELD_BYTES: u32 = 12;

export const KIND_NULL: u32 = 0;
export const KIND_FLAG: u32 = 1;
export const KIND_OBJECT: u32 = 2;
export const KIND_INTEGER: u32 = 3;
export const KIND_BITS: u32 = 4;
export const KIND_DIGITS: u32 = 5;
export const KIND_OCTETS: u32 = 6;
export const KIND_WIDE: u32 = 7;
export const KIND_SEQUENCE: u32 = 8;
export const KIND_LIST: u32 = 9;
export const KIND_CHOICE: u32 = 10;

/** Sizes that are no number of bits: fixed, a byte, two, up to four with their count ahead, with a length of one or two bytes ahead. */
export const SIZE_FIXED: u32 = 0;
export const SIZE_BYTE: u32 = 9;
export const SIZE_WORD: u32 = 10;
export const SIZE_COUNTED: u32 = 11;
export const SIZE_LENGTH: u32 = 12;

/** The decoder ends here; what is in it is kept; its type may have additions; it has its length ahead; it may be absent. */
export const FIELD_FLAG_STOP: u32 = 1;
export const FIELD_FLAG_KEEP: u32 = 2;
export const FIELD_FLAG_EXTENSIBLE: u32 = 4;
export const FIELD_FLAG_OPEN: u32 = 8;
export const FIELD_FLAG_OPTIONAL: u32 = 16;

// ── Where what is kept lies: offsets from its owner, bits of what may be absent, choices. test/core/h323.test.ts holds them to the table ──
/** Numbers of the messages' fields in the table, and the bytes that each message takes. */
export const ROOT_RAS: u32 = 0;
export const ROOT_USER_INFORMATION: u32 = 1;
export const ROOT_CONTROL: u32 = 2;
export const RAS_BYTES: u32 = 260;
export const USER_INFORMATION_BYTES: u32 = 4580;
export const CONTROL_BYTES: u32 = 140;
/** What a shard keeps of the latest message of each kind. */
export const KEPT_RAS: u32 = 0;
export const KEPT_USER_INFORMATION: u32 = KEPT_RAS + RAS_BYTES;
export const KEPT_CONTROL: u32 = KEPT_USER_INFORMATION + USER_INFORMATION_BYTES;
export const H323_KEPT_BYTES: u32 = 4992;

/** An address of H.225.0: a choice, and where in the message it stands. */
export const ADDRESS_IPV4: u32 = 0;
export const ADDRESS_IPV6: u32 = 3;
export const ADDRESS_PLACE: u32 = 8;
export const ADDRESS_BYTES: u32 = 12;
/** An address of H.245: a choice of which the first is unicast, and then another. */
export const CONTROL_ADDRESS_UNICAST: u32 = 4;
export const CONTROL_ADDRESS_IPV4: u32 = 0;
export const CONTROL_ADDRESS_IPV6: u32 = 2;
export const CONTROL_ADDRESS_PLACE: u32 = 12;
/** What is behind the choice of a message, and the items of a list behind their number. */
export const CHOICE_PART: u32 = 4;
export const LIST_ITEMS: u32 = 4;

/** Of the parameters of an H.225.0 channel. */
export const CHANNEL_MEDIA: u32 = 4;
export const CHANNEL_MEDIA_BIT: u32 = 0x20000000;
export const CHANNEL_CONTROL: u32 = 20;
export const CHANNEL_CONTROL_BIT: u32 = 0x08000000;
/** The same in an acknowledgement. */
export const ACK_CHANNEL_CONTROL_BIT: u32 = 0x10000000;

/** Of a request to open a channel. */
export const OPEN_BYTES: u32 = 132;
export const OPEN_DATA_TYPE: u32 = 8;
export const OPEN_DATA_TYPE_DATA: u32 = 4;
export const OPEN_APPLICATION: u32 = 16;
export const OPEN_APPLICATION_T120: u32 = 1;
export const OPEN_T120_PROTOCOL: u32 = 20;
export const OPEN_T120_SEPARATE: u32 = 10;
export const OPEN_FORWARD: u32 = 24;
export const OPEN_FORWARD_H2250: u32 = 3;
export const OPEN_REVERSE: u32 = 64;
export const OPEN_REVERSE_BIT: u32 = 0x80000000;
export const OPEN_REVERSE_H2250: u32 = 2;
/** Of the parameters of the reverse direction: the multiplex parameters. */
export const REVERSE_MULTIPLEX: u32 = 4;
export const REVERSE_MULTIPLEX_BIT: u32 = 0x80000000;
export const OPEN_SEPARATE: u32 = 108;
export const OPEN_SEPARATE_BIT: u32 = 0x40000000;
/** Of a separate stack: the choice of its address. */
export const SEPARATE_ADDRESS: u32 = 4;
export const SEPARATE_LOCAL: u32 = 2;

/** Of the acknowledgement. */
export const ACK_REVERSE: u32 = 4;
export const ACK_REVERSE_BIT: u32 = 0x80000000;
export const ACK_REVERSE_MULTIPLEX_BIT: u32 = 0x40000000;
export const ACK_REVERSE_H2250: u32 = 1;
export const ACK_SEPARATE: u32 = 48;
export const ACK_SEPARATE_BIT: u32 = 0x40000000;
export const ACK_FORWARD: u32 = 72;
export const ACK_FORWARD_BIT: u32 = 0x20000000;
export const ACK_FORWARD_H2250: u32 = 0;

/** Choices of a control message, and of its requests and responses. */
export const CONTROL_REQUEST: u32 = 0;
export const CONTROL_RESPONSE: u32 = 1;
export const REQUEST_OPEN: u32 = 3;
export const RESPONSE_OPEN_ACK: u32 = 5;
export const CONTROL_MESSAGE: u32 = 8;

/** Of a call's message: flags, the choice of its body, the body, and control messages in it. */
export const CALL_PRESENT: u32 = 4;
export const CALL_BODY: u32 = 8;
export const CALL_BODY_PART: u32 = 12;
export const CALL_CONTROLS: u32 = 4016;
export const CALL_CONTROLS_BIT: u32 = 0x10000000;
export const BODY_SETUP: u32 = 0;
export const BODY_CALL_PROCEEDING: u32 = 1;
export const BODY_CONNECT: u32 = 2;
export const BODY_ALERTING: u32 = 3;
export const BODY_FACILITY: u32 = 6;
export const BODY_PROGRESS: u32 = 7;
/** Of all but a facility: the address for control, and the channels of a fast start. */
export const BODY_CONTROL_ADDRESS: u32 = 4;
export const BODY_CONTROL_ADDRESS_BIT: u32 = 0x80000000;
export const BODY_FAST_START: u32 = 16;
export const BODY_FAST_START_BIT: u32 = 0x04000000;
export const PROGRESS_FAST_START_BIT: u32 = 0x08000000;
export const SETUP_DESTINATION: u32 = 16;
export const SETUP_DESTINATION_BIT: u32 = 0x10000000;
export const SETUP_SOURCE: u32 = 28;
export const SETUP_SOURCE_BIT: u32 = 0x01000000;
export const SETUP_FAST_START: u32 = 40;
export const SETUP_FAST_START_BIT: u32 = 0x00040000;
export const FACILITY_ALTERNATIVE: u32 = 4;
export const FACILITY_ALTERNATIVE_BIT: u32 = 0x80000000;
export const FACILITY_REASON: u32 = 16;
export const REASON_CALL_FORWARDED: u32 = 1;
export const FACILITY_CONTROL_ADDRESS: u32 = 20;
export const FACILITY_CONTROL_ADDRESS_BIT: u32 = 0x00400000;
export const FACILITY_FAST_START: u32 = 32;
export const FACILITY_FAST_START_BIT: u32 = 0x00200000;

/** Choices of a RAS message that something follows from, and what is in them. */
export const RAS_GATEKEEPER_REQUEST: u32 = 0;
export const RAS_GATEKEEPER_CONFIRM: u32 = 1;
export const RAS_REGISTRATION_REQUEST: u32 = 3;
export const RAS_REGISTRATION_CONFIRM: u32 = 4;
export const RAS_UNREGISTRATION_REQUEST: u32 = 6;
export const RAS_ADMISSION_REQUEST: u32 = 9;
export const RAS_ADMISSION_CONFIRM: u32 = 10;
export const RAS_LOCATION_REQUEST: u32 = 18;
export const RAS_LOCATION_CONFIRM: u32 = 19;
export const RAS_STATUS: u32 = 22;
/** The address, or the list of addresses, that is first in each of them. */
export const RAS_ADDRESS: u32 = 4;
/** Of a registration: the addresses that it is asked from. */
export const REQUEST_OWN: u32 = 128;
export const REQUEST_TTL: u32 = 252;
export const CONFIRM_TTL: u32 = 128;
export const TTL_BIT: u32 = 0x08000000;
export const ADMISSION_CALLED: u32 = 4;
export const ADMISSION_CALLED_BIT: u32 = 0x20000000;
export const ADMISSION_CALLER: u32 = 16;
export const ADMISSION_CALLER_BIT: u32 = 0x08000000;
/** Of a status: the addresses for calls. */
export const STATUS_CALLS: u32 = 16;
