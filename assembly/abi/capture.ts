// Capture containers: state of a walk that may stop and go on at any byte, and link types.

// ── Capture state ─────────────────────────────────────────────────────────────────────────────────────────────────────────
/** CAPTURE_FORMAT_*, found at the first bytes. */
export const CAPTURE_FORMAT: u32 = 0;
/** 1 = the file's numbers are big-endian. */
export const CAPTURE_BIG_ENDIAN: u32 = 4;
/** Bytes of the chunk used up by the last call: what follows must be handed in again with more behind it. */
export const CAPTURE_CONSUMED: u32 = 8;
/** First entry of the interface table that belongs to the current section (or file). */
export const CAPTURE_INTERFACE_BASE: u32 = 12;
/** Entries of the interface table in use, all files and sections together. */
export const CAPTURE_INTERFACE_COUNT: u32 = 16;
/** Capacity of the interface table. */
export const CAPTURE_INTERFACE_MAX: u32 = 20;
/** CAPTURE_FAULT_*: what is wrong at offset CAPTURE_CONSUMED of the chunk; the frames before it are good. */
export const CAPTURE_FAULT: u32 = 24;
/** Packets numbered so far, all files together. */
export const CAPTURE_PACKETS: u32 = 28;
/** u64 latest time seen, for non-decreasing time stamps. */
export const CAPTURE_TIME: u32 = 32;
/** Absolute address of the interface table. */
export const CAPTURE_INTERFACES: u32 = 40;
/**
 * Interface found: `walkCapture` stops after a block that describes a new interface so that TypeScript can read its name and
 * set INTERFACE_INDEX. Address and length of the name (pcapng if_name), 0 0 = unnamed.
 */
export const CAPTURE_NAME: u32 = 44;
export const CAPTURE_NAME_BYTES: u32 = 48;
/** Ticks a second of a classic pcap file: 1 000 000 or 1 000 000 000 (u32). */
export const CAPTURE_PCAP_TICKS: u32 = 52;
/**
 * Most bytes of one packet that the reader takes for real; 0 = CAPTURE_RECORD_MAX_DEFAULT. A chunk must have room for that and
 * CAPTURE_BLOCK_OVERHEAD: then "more bytes are needed" can always be met, and whatever is larger is a fault.
 */
export const CAPTURE_RECORD_MAX: u32 = 56;
/** Classic pcap: CAPTURE_PCAP_* bits. */
export const CAPTURE_PCAP_VARIANT: u32 = 60;
/** pcapng: bytes still to be passed over of a block that holds nothing for us, its closing length word left out. */
export const CAPTURE_SKIP: u32 = 64;
/** pcapng: total length of the block being passed over, 0 = none. */
export const CAPTURE_SKIP_TOTAL: u32 = 68;
/** A new file begins with these bytes 0, except INTERFACE_COUNT, INTERFACE_MAX, INTERFACES, PACKETS, TIME and RECORD_MAX. */
export const CAPTURE_BYTES: u32 = 80;

/** What libpcap takes at most of one packet on an ordinary link. */
export const CAPTURE_RECORD_MAX_DEFAULT: u32 = 262144;
/** Bytes a packet block may hold besides the packet: headers and options. */
export const CAPTURE_BLOCK_OVERHEAD: u32 = 131072;

/** Record headers of 24 bytes, with interface index, protocol and packet type (magic a1b2cd34). */
export const CAPTURE_PCAP_MODIFIED: u32 = 1;
/** Captured and original length stand in the other order (versions before 2.3). */
export const CAPTURE_PCAP_SWAPPED: u32 = 2;
/** They do when they make no sense otherwise (version 2.3). */
export const CAPTURE_PCAP_MAYBE_SWAPPED: u32 = 4;

export const CAPTURE_FORMAT_UNKNOWN: u32 = 0;
export const CAPTURE_FORMAT_PCAP: u32 = 1;
export const CAPTURE_FORMAT_PCAPNG: u32 = 2;

export const CAPTURE_FAULT_NONE: u32 = 0;
export const CAPTURE_FAULT_MAGIC: u32 = 1;
export const CAPTURE_FAULT_RECORD_LENGTH: u32 = 2;
export const CAPTURE_FAULT_BLOCK_LENGTH: u32 = 3;
export const CAPTURE_FAULT_INTERFACE: u32 = 4; // packet names an interface the section has not described
export const CAPTURE_FAULT_INTERFACE_TABLE: u32 = 5; // more interfaces than the table holds
export const CAPTURE_FAULT_VERSION: u32 = 6;
export const CAPTURE_FAULT_OPTION: u32 = 7; // an option of an interface description is cut or of the wrong size
export const CAPTURE_FAULT_TIME_UNIT: u32 = 8; // time unit finer than 10^-19 or 2^-63 seconds

// Link types. Ref: https://www.tcpdump.org/linktypes.html
export const LINKTYPE_NULL: u32 = 0;
export const LINKTYPE_ETHERNET: u32 = 1;
export const LINKTYPE_PPP: u32 = 9;
export const LINKTYPE_RAW_OLD_12: u32 = 12;
export const LINKTYPE_RAW_OLD_14: u32 = 14;
export const LINKTYPE_PPP_HDLC: u32 = 50;
export const LINKTYPE_RAW: u32 = 101;
export const LINKTYPE_C_HDLC: u32 = 104;
export const LINKTYPE_LOOP: u32 = 108;
export const LINKTYPE_LINUX_SLL: u32 = 113;
export const LINKTYPE_IPV4: u32 = 228;
export const LINKTYPE_IPV6: u32 = 229;
export const LINKTYPE_LINUX_SLL2: u32 = 276;
