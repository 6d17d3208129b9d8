// Flag classes of TCP segments, and the grid of states. What a state is, seen from the middle:
//
//   NONE         no packet yet
//   SYN_SENT     a SYN from the originator
//   SYN_SENT2    a SYN from each side (simultaneous open)
//   SYN_RECV     a SYN-ACK
//   ESTABLISHED  an ACK after it, or any ACK where connections are picked up in the middle
//   FIN_WAIT     a FIN
//   CLOSE_WAIT   an ACK after it
//   LAST_ACK     a FIN from (as far as can be told) the other side
//   TIME_WAIT    the last ACK
//   CLOSE        a RST

import {
  TCP_CT_CLOSE,
  TCP_CT_CLOSE_WAIT,
  TCP_CT_ESTABLISHED,
  TCP_CT_FIN_WAIT,
  TCP_CT_IGNORE,
  TCP_CT_INVALID,
  TCP_CT_LAST_ACK,
  TCP_CT_SYN_RECV,
  TCP_CT_SYN_SENT,
  TCP_CT_SYN_SENT2,
  TCP_CT_TIME_WAIT,
} from '../abi/flow.ts';

export const TCP_CLASS_SYN: u32 = 0;
export const TCP_CLASS_SYNACK: u32 = 1;
export const TCP_CLASS_FIN: u32 = 2;
export const TCP_CLASS_ACK: u32 = 3;
export const TCP_CLASS_RST: u32 = 4;
export const TCP_CLASS_NONE: u32 = 5;
const CLASSES: u32 = 6;
const STATES: u32 = 10;

const SS: u8 = <u8>TCP_CT_SYN_SENT;
const S2: u8 = <u8>TCP_CT_SYN_SENT2;
const SR: u8 = <u8>TCP_CT_SYN_RECV;
const ES: u8 = <u8>TCP_CT_ESTABLISHED;
const FW: u8 = <u8>TCP_CT_FIN_WAIT;
const CW: u8 = <u8>TCP_CT_CLOSE_WAIT;
const LA: u8 = <u8>TCP_CT_LAST_ACK;
const TW: u8 = <u8>TCP_CT_TIME_WAIT;
const CL: u8 = <u8>TCP_CT_CLOSE;
/** The packet is let through, but changes nothing: it may be valid, and the answer to it will tell. */
const ig: u8 = <u8>TCP_CT_IGNORE;
/** The packet is INVALID. */
const iv: u8 = <u8>TCP_CT_INVALID;

/**
 * The state after a segment, by direction, state before, flag class. Rows are states, reasons stand beneath.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_conntracks
 */
// prettier-ignore
const GRID: StaticArray<u8> = [
  // From the originator:
  // SYN SYNACK FIN ACK RST none
  SS, iv, iv, ES, iv, iv, // NONE: a SYN opens; an ACK is taken for a connection in its middle (tcp_loose); the rest belongs to nothing
  SS, iv, iv, iv, CL, iv, // SYN_SENT: the SYN again, or its end; nothing else before the SYN-ACK
  ig, SR, FW, ES, CL, iv, // SYN_RECV: the ACK that completes it; its own SYN-ACK in a simultaneous open; a SYN may be answered with a RST
  ig, iv, FW, ES, CL, iv, // ESTABLISHED: a SYN means that one of us is out of step; the answer will say who
  ig, iv, LA, CW, CL, iv, // FIN_WAIT: the second FIN (or the first again), or the ACK to the first
  ig, iv, LA, CW, CL, iv, // CLOSE_WAIT: the other FIN
  ig, iv, LA, TW, CL, iv, // LAST_ACK: the FIN again, or the ACK that ends it
  SS, iv, TW, TW, CL, iv, // TIME_WAIT: a new connection may start (RFC 1122, 4.2.2.13)
  SS, iv, CL, CL, CL, iv, // CLOSE: a new connection may start
  S2, SR, iv, iv, CL, iv, // SYN_SENT2: the SYN again; the SYN-ACK to the other's SYN
  // From the replier:
  iv, iv, iv, iv, iv, iv, // NONE: cannot be, a first packet is the originator's
  S2, SR, iv, ig, CL, iv, // SYN_SENT: a SYN-ACK, or a SYN of its own; an ACK may be half of an older connection
  iv, ig, FW, SR, CL, iv, // SYN_RECV: an ACK may answer the SYN that came again; no SYN from the server
  iv, ig, FW, ES, CL, iv, // ESTABLISHED: a late SYN-ACK, or the answer to a SYN let through above
  iv, ig, LA, CW, CL, iv, // FIN_WAIT
  iv, ig, LA, CW, CL, iv, // CLOSE_WAIT
  iv, ig, LA, TW, CL, iv, // LAST_ACK
  SS, ig, TW, TW, CL, iv, // TIME_WAIT: a new connection, perhaps with the parts exchanged
  iv, ig, CL, CL, CL, iv, // CLOSE
  S2, SR, iv, ig, CL, iv, // SYN_SENT2: the SYN again, or the SYN-ACK to the originator's
];

/** The state, or TCP_CT_IGNORE, or TCP_CT_INVALID, that follows. */
export function nextTcpState(direction: u32, state: u32, flagClass: u32): u32 {
  return GRID[(direction * STATES + state) * CLASSES + flagClass];
}

/**
 * The class of a flags byte: RST before SYN before FIN before ACK.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:get_conntrack_index()
 */
export function tcpClass(flags: u32): u32 {
  if (flags & 4) return TCP_CLASS_RST;
  if (flags & 2) return flags & 16 ? TCP_CLASS_SYNACK : TCP_CLASS_SYN;
  if (flags & 1) return TCP_CLASS_FIN;
  if (flags & 16) return TCP_CLASS_ACK;
  return TCP_CLASS_NONE;
}

/**
 * Whether FIN, SYN, RST, ACK and URG go together; PSH, ECE and CWR always may be there.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_valid_flags
 */
export function areTcpFlagsValid(flags: u32): bool {
  const core = flags & 0x37;
  // SYN, SYN+URG, SYN+ACK, RST, RST+ACK, FIN+ACK, FIN+ACK+URG, ACK, ACK+URG
  return core == 0x02 || core == 0x22 || core == 0x12 || core == 0x04 || core == 0x14 || core == 0x11 || core == 0x31 || core == 0x10 || core == 0x30;
}
