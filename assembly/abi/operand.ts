// Bits and codes within the operands of the tests of packet bytes (opcode.ts).

/** Of the tests on IPv6 extension headers: what is asked beside the ranges, and what of it is inverted. */
export const HEADER_INVERT_RANGE: u32 = 1;
export const HEADER_ASK_LENGTH: u32 = 2;
export const HEADER_INVERT_LENGTH: u32 = 4;
export const HEADER_ASK_TYPE: u32 = 8;
export const HEADER_INVERT_TYPE: u32 = 16;
/** The reserved bits are 0. */
export const HEADER_RESERVED: u32 = 32;
/** The options or addresses of the list are there, in their order. */
export const HEADER_ASK_LIST: u32 = 64;
/** Others may stand between those of the list. */
export const HEADER_LOOSE: u32 = 128;
/** All answers are inverted (TEST_IPV6_HEADERS: with HEADER_LOOSE each header's). */
export const HEADER_INVERT: u32 = 256;
/** Length of an option in TEST_IPV6_OPTIONS that stands for any. */
export const OPTION_ANY_LENGTH: u32 = 255;

/** TEST_IPV6_HEADERS: bit of what is no extension header. Ref: include/uapi/linux/netfilter_ipv6/ip6t_ipv6header.h */
export const HEADERS_PROTOCOL: u32 = 1;
export const HEADERS_NONE: u32 = 2;
export const HEADERS_ESP: u32 = 4;
export const HEADERS_AH: u32 = 8;
export const HEADERS_FRAGMENT: u32 = 16;
export const HEADERS_ROUTING: u32 = 32;
export const HEADERS_DESTINATION: u32 = 64;
export const HEADERS_HOP_BY_HOP: u32 = 128;

// A check of TEST_IPV6_SEGMENTS: value << 16 | CHECK_* | offset in the header.
export const CHECK_OFFSET_MASK: u32 = 0xff;
export const CHECK_GREATER: u32 = 0x100;
export const CHECK_LESS: u32 = 0x200;
export const CHECK_INVERT: u32 = 0x400;
/** Two bytes, the first the lower one; else one byte. */
export const CHECK_16_BITS: u32 = 0x800;
export const CHECK_VALUE_SHIFT: u32 = 16;
/** Segments of TEST_IPV6_SEGMENTS, and their inversion. */
export const SEGMENT_PREVIOUS: u32 = 0;
export const SEGMENT_NEXT: u32 = 1;
export const SEGMENT_LAST: u32 = 2;
export const SEGMENT_MASK: u32 = 3;
export const SEGMENT_INVERT: u32 = 4;

/** TEST_SCTP_CHUNKS: one of the types, each of them, no other. */
export const SCTP_MATCH_ANY: u32 = 0;
export const SCTP_MATCH_ALL: u32 = 1;
export const SCTP_MATCH_ONLY: u32 = 2;
