// IP headers within a packet as the choice among several paths sees them: the packet's own, the ones it carries, the one an error quotes.

import { SCRATCH_FLOW, SCRATCH_HASH } from '../abi/batch.ts';
import { PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_L3 } from '../abi/packet.ts';
import { fragment, fragmentOffset, headerLength, IPV4_BYTES, IPV4_DST, IPV4_SRC, moreFragments, protocol } from '../wire/ipv4.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_SRC, NEXT_DESTINATION, NEXT_FRAGMENT, NEXT_HOP_BY_HOP, NEXT_ROUTING } from '../wire/ipv6.ts';
import { portsOffset } from './flow.ts';

// What is read of a header. Addresses and ports as they are on the wire.
export const HEADER_SRC: u32 = 0;
export const HEADER_DST: u32 = 16;
export const HEADER_PORTS: u32 = 32;
export const HEADER_PROTO: u32 = 36;
/** IPv6: flow label, as a number. */
export const HEADER_HOST_LABEL: u32 = 40;
/** 1 = IPv6. */
export const HEADER_IPV6: u32 = 44;
/** Where its transport starts; 0 = it has none. */
const HEADER_TRANSPORT: u32 = 48;
/** Address of the IP header that it carries, 0 = none; and whether that is one of IPv6. */
export const HEADER_NEXT: u32 = 52;
const HEADER_NEXT_IPV6: u32 = 56;
const HEADER_END: u32 = 60;
/** The protocol that the fixed header names. */
const HEADER_FIRST_PROTO: u32 = 64;
/** 1 = it says that it carries something, whether that is a header and there or not. */
export const HEADER_CARRIES: u32 = 68;
const HEADER_BYTES: u32 = 80;
/** Room for the keys, then for two headers. */
const HEADER_AT: u32 = 80;

/** Beside fields of a header that are hashed: the flow label as it is on the wire. */
export const WIRE_LABEL: u32 = 0x1000;

const PROTO_IPIP: u32 = 4;
const PROTO_IPV6: u32 = 41;
const PROTO_GRE: u32 = 47;
const GRE_CHECKSUM: u32 = 0x8000;
const GRE_ROUTING: u32 = 0x4000;
const GRE_KEY: u32 = 0x2000;
const GRE_NUMBER: u32 = 0x1000;
const GRE_ACKNOWLEDGEMENT: u32 = 0x80;
const ETHERTYPE_PPP: u32 = 0x880b;
const ETHERTYPE_BRIDGED: u32 = 0x6558;
const ETHERNET_BYTES: usize = 14;
const PPP_BYTES: usize = 4;
const PPP_IPV4: u32 = 0x21;
const PPP_IPV6: u32 = 0x57;
const PROTO_ICMP: u32 = 1;
const PROTO_ICMPV6: u32 = 58;
const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;
const ICMP_BYTES: usize = 8;
/** Headers within headers, at most. Ref: net/core/flow_dissector.c:MAX_FLOW_DISSECT_HDRS */
const DEPTH_MAX: u32 = 15;

/** Reads the packet's own header. */
export function packetHeader(flow: usize, packet: usize): usize {
  const header = flow + (SCRATCH_HASH - SCRATCH_FLOW) + HEADER_AT;
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  read(header, load<u32>(packet, PACKET_L3), load<u32>(packet, PACKET_END), isIpv6);
  return header;
}

/** Reads the header that a header carries, into the place behind it. */
export function readNext(header: usize): usize {
  const next = header + HEADER_BYTES;
  read(next, load<u32>(header, HEADER_NEXT), load<u32>(header, HEADER_END), load<u32>(header, HEADER_NEXT_IPV6) != 0);
  return next;
}

/** Gives the last header that is carried within a header; itself when it carries none. */
export function innermostHeader(header: usize): usize {
  let last = header;
  for (let depth: u32 = 0; depth < DEPTH_MAX && load<u32>(last, HEADER_NEXT) != 0; depth++) {
    if (last == header) last = readNext(header);
    else read(last, load<u32>(last, HEADER_NEXT), load<u32>(last, HEADER_END), load<u32>(last, HEADER_NEXT_IPV6) != 0);
  }
  return last;
}

/**
 * Gives the header that an ICMP error quotes, for it goes the way of what it is about; else the header itself.
 * Ref: net/ipv4/route.c:ip_multipath_l3_keys(), net/ipv6/route.c:ip6_multipath_l3_keys()
 */
export function quotedHeader(header: usize): usize {
  const isIpv6 = load<u32>(header, HEADER_IPV6) != 0;
  if (load<u32>(header, HEADER_FIRST_PROTO) != (isIpv6 ? PROTO_ICMPV6 : PROTO_ICMP)) return header;
  const at: usize = load<u32>(header, HEADER_TRANSPORT);
  const end: usize = load<u32>(header, HEADER_END);
  if (at == 0 || at + ICMP_BYTES + (isIpv6 ? IPV6_BYTES : IPV4_BYTES) > end) return header;
  const type: u32 = load<u8>(at);
  const isError = isIpv6 ? type >= 1 && type <= 4 : (type >= 3 && type <= 5) || type == 11 || type == 12;
  if (!isError) return header;
  const quoted = header + HEADER_BYTES;
  read(quoted, at + ICMP_BYTES, end, isIpv6);
  return quoted;
}

/** Takes for the protocol what the fixed header names. */
export function forgetExtensions(header: usize): void {
  store<u32>(header, load<u32>(header, HEADER_FIRST_PROTO), HEADER_PROTO);
}

function read(header: usize, at: usize, end: usize, isIpv6: bool): void {
  const zero = i32x4.splat(0);
  for (let i: usize = 0; i < HEADER_BYTES; i += 16) v128.store(header + i, zero);
  store<u32>(header, end as u32, HEADER_END);
  store<u32>(header, isIpv6 ? 1 : 0, HEADER_IPV6);
  if (isIpv6) read6(header, at, end);
  else read4(header, at, end);
}

function read4(header: usize, at: usize, end: usize): void {
  if (at + IPV4_BYTES > end) return;
  store<u32>(header, load<u32>(at, IPV4_SRC), HEADER_SRC);
  store<u32>(header, load<u32>(at, IPV4_DST), HEADER_DST);
  store<u32>(header, protocol(at), HEADER_FIRST_PROTO);
  const word = fragment(at);
  const start = at + headerLength(at);
  // An error is looked for in first fragments too.
  if (fragmentOffset(word) == 0 && start <= end) store<u32>(header, start as u32, HEADER_TRANSPORT);
  if (fragmentOffset(word) != 0 || moreFragments(word)) store<u32>(header, protocol(at), HEADER_PROTO);
  else readTransport(header, start, end, protocol(at));
}

function read6(header: usize, at: usize, end: usize): void {
  if (at + IPV6_BYTES > end) return;
  v128.store(header + HEADER_SRC, v128.load(at + IPV6_SRC));
  v128.store(header + HEADER_DST, v128.load(at + IPV6_DST));
  store<u32>(header, bswap<u32>(load<u32>(at)) & 0xfffff, HEADER_HOST_LABEL);
  let proto: u32 = load<u8>(at, 6);
  store<u32>(header, proto, HEADER_FIRST_PROTO);
  let start = at + IPV6_BYTES;
  while (proto == NEXT_HOP_BY_HOP || proto == NEXT_ROUTING || proto == NEXT_DESTINATION) {
    if (start + 8 > end) break;
    proto = load<u8>(start);
    start += ((<usize>load<u8>(start, 1)) + 1) << 3;
  }
  if (proto == NEXT_FRAGMENT && start + 8 <= end) {
    store<u32>(header, load<u8>(start), HEADER_PROTO);
    return;
  }
  if (start <= end) store<u32>(header, start as u32, HEADER_TRANSPORT);
  readTransport(header, start, end, proto);
}

/** Ref: net/core/flow_dissector.c:__skb_flow_dissect() */
function readTransport(header: usize, at: usize, end: usize, proto: u32): void {
  store<u32>(header, proto, HEADER_PROTO);
  const offset = portsOffset(proto);
  if (offset >= 0 && at + offset + 4 <= end) store<u32>(header, load<u32>(at + offset), HEADER_PORTS);
  if (proto == PROTO_IPIP || proto == PROTO_IPV6) carries(header, at, end, proto == PROTO_IPV6);
  if (proto == PROTO_GRE) readGre(header, at, end);
}

/** Ref: net/core/flow_dissector.c:__skb_flow_dissect_gre() */
function readGre(header: usize, at: usize, end: usize): void {
  if (at + 4 > end) return;
  const word: u32 = bswap<u16>(load<u16>(at));
  let type: u32 = bswap<u16>(load<u16>(at, 2));
  const version = word & 7;
  // No source routes; version 1 is that of PPTP.
  if ((word & GRE_ROUTING) != 0 || version > 1) return;
  if (version == 1 && (type != ETHERTYPE_PPP || (word & GRE_KEY) == 0)) return;
  // Checksum, key, number and acknowledgement take four bytes each; the key must be there.
  let next = at + 4 + ((word & GRE_CHECKSUM) != 0 ? 4 : 0);
  if ((word & GRE_KEY) != 0) {
    if (next + 4 > end) return;
    next += 4;
  }
  if ((word & GRE_NUMBER) != 0) next += 4;
  if (version == 1) {
    if ((word & GRE_ACKNOWLEDGEMENT) != 0) next += 4;
    if (next + PPP_BYTES > end) return;
    const ppp: u32 = bswap<u16>(load<u16>(next, 2));
    if (ppp == PPP_IPV4) type = ETHERTYPE_IPV4;
    else if (ppp == PPP_IPV6) type = ETHERTYPE_IPV6;
    next += PPP_BYTES;
  } else if (type == ETHERTYPE_BRIDGED) {
    if (next + ETHERNET_BYTES > end) return;
    type = bswap<u16>(load<u16>(next, 12));
    next += ETHERNET_BYTES;
  }
  if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) carries(header, next, end, type == ETHERTYPE_IPV6);
  else store<u32>(header, 1, HEADER_CARRIES);
}

function carries(header: usize, at: usize, end: usize, isIpv6: bool): void {
  store<u32>(header, 1, HEADER_CARRIES);
  if (at + (isIpv6 ? IPV6_BYTES : IPV4_BYTES) > end || (!isIpv6 && headerLength(at) < IPV4_BYTES)) return;
  store<u32>(header, at as u32, HEADER_NEXT);
  store<u32>(header, isIpv6 ? 1 : 0, HEADER_NEXT_IPV6);
}
