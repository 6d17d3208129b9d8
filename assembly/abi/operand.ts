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

// Operators of TEST_U32.
export const U32_AND: u32 = 0;
export const U32_LEFT_SHIFT: u32 = 1;
export const U32_RIGHT_SHIFT: u32 = 2;
/** Goes to the place that was found, and on by the number. */
export const U32_AT: u32 = 3;

// TEST_STRING: byte offsets of its operands. Of the two tables of shifts each element is a byte.
export const STRING_FROM: u32 = 0;
export const STRING_TO: u32 = 4;
export const STRING_LENGTH: u32 = 8;
export const STRING_ANY_CASE: u32 = 12;
export const STRING_SHIFT_BY_BYTE: u32 = 16;
export const STRING_SHIFT_BY_PLACE: u32 = 272;
export const STRING_PATTERN: u32 = 400;
/** Longest pattern. Ref: include/uapi/linux/netfilter/xt_string.h XT_STRING_MAX_PATTERN_SIZE */
export const STRING_LENGTH_MAX: u32 = 128;

// Codes of classic BPF. Ref: include/uapi/linux/bpf_common.h, include/uapi/linux/filter.h
export const BPF_CLASS_MASK: u32 = 0x07;
export const BPF_LD: u32 = 0x00;
export const BPF_LDX: u32 = 0x01;
export const BPF_ST: u32 = 0x02;
export const BPF_STX: u32 = 0x03;
export const BPF_ALU: u32 = 0x04;
export const BPF_JMP: u32 = 0x05;
export const BPF_RET: u32 = 0x06;
export const BPF_MISC: u32 = 0x07;
export const BPF_SIZE_MASK: u32 = 0x18;
export const BPF_W: u32 = 0x00;
export const BPF_H: u32 = 0x08;
export const BPF_B: u32 = 0x10;
export const BPF_MODE_MASK: u32 = 0xe0;
export const BPF_IMM: u32 = 0x00;
export const BPF_ABS: u32 = 0x20;
export const BPF_IND: u32 = 0x40;
export const BPF_MEM: u32 = 0x60;
export const BPF_LEN: u32 = 0x80;
export const BPF_MSH: u32 = 0xa0;
/** Of BPF_ALU and BPF_JMP: what is done. */
export const BPF_OPERATION_MASK: u32 = 0xf0;
export const BPF_ADD: u32 = 0x00;
export const BPF_SUB: u32 = 0x10;
export const BPF_MUL: u32 = 0x20;
export const BPF_DIV: u32 = 0x30;
export const BPF_OR: u32 = 0x40;
export const BPF_AND: u32 = 0x50;
export const BPF_LSH: u32 = 0x60;
export const BPF_RSH: u32 = 0x70;
export const BPF_NEG: u32 = 0x80;
export const BPF_MOD: u32 = 0x90;
export const BPF_XOR: u32 = 0xa0;
export const BPF_JA: u32 = 0x00;
export const BPF_JEQ: u32 = 0x10;
export const BPF_JGT: u32 = 0x20;
export const BPF_JGE: u32 = 0x30;
export const BPF_JSET: u32 = 0x40;
/** The second operand is X, not the number of the instruction. */
export const BPF_X: u32 = 0x08;
/** Of BPF_RET: what is returned is A. */
export const BPF_A: u32 = 0x10;
/** Of BPF_MISC: X to A, not A to X. */
export const BPF_TXA: u32 = 0x80;

/** Words of memory that a program has. */
export const BPF_MEMORY_WORDS: u32 = 16;
/** From here on, as signed offsets, a load counts from the link-layer header, and from the network header. */
export const BPF_LINK_OFFSET: i32 = -0x200000;
export const BPF_NETWORK_OFFSET: i32 = -0x100000;
/** An absolute load from here on is of something about the packet. */
export const BPF_ANCILLARY: u32 = 0xfffff000;
export const BPF_ANCILLARY_MAX: u32 = 64;
export const BPF_AD_PROTOCOL: u32 = 0;
export const BPF_AD_PKTTYPE: u32 = 4;
export const BPF_AD_NLATTR: u32 = 12;
export const BPF_AD_NLATTR_NEST: u32 = 16;
export const BPF_AD_MARK: u32 = 20;
export const BPF_AD_XOR_X: u32 = 40;
export const BPF_AD_VLAN_TAG: u32 = 44;
export const BPF_AD_VLAN_TAG_PRESENT: u32 = 48;
export const BPF_AD_RANDOM: u32 = 56;
export const BPF_AD_VLAN_TPID: u32 = 60;
