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
/** Largest record that a reader takes for real, in bytes. */
export const CAPTURE_RECORD_MAX: u32 = 56;
export const CAPTURE_BYTES: u32 = 64;

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

// Link types. Ref: https://www.tcpdump.org/linktypes.html
export const LINKTYPE_NULL: u32 = 0;
export const LINKTYPE_ETHERNET: u32 = 1;
export const LINKTYPE_RAW_OLD_12: u32 = 12;
export const LINKTYPE_RAW_OLD_14: u32 = 14;
export const LINKTYPE_RAW: u32 = 101;
export const LINKTYPE_LOOP: u32 = 108;
export const LINKTYPE_LINUX_SLL: u32 = 113;
export const LINKTYPE_IPV4: u32 = 228;
export const LINKTYPE_IPV6: u32 = 229;
export const LINKTYPE_LINUX_SLL2: u32 = 276;
