// IPv6 extension headers of what was delivered: the host looks into them before anything behind them, and answers what it cannot make
// anything of.

import {
  PACKET_DST,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_PKTTYPE,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { ICMP_BYTES } from '../wire/icmp.ts';
import {
  findUpperLayer,
  FRAGMENT_BYTES,
  FRAGMENT_OFFSET_MASK,
  IPV6_BYTES,
  NEXT_DESTINATION,
  NEXT_FRAGMENT,
  NEXT_HOP_BY_HOP,
  NEXT_ROUTING,
  UPPER_LAYER_NONE,
  upperLayerOffset,
  upperLayerProtocol,
} from '../wire/ipv6.ts';
import { TCP_BYTES } from '../wire/tcp.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { UDP_BYTES } from '../wire/udp.ts';
import { isMulticast6 } from './address.ts';
import { leaveOut } from './answer.ts';
import { captured } from './answer-bytes.ts';
import { ERROR_LOCAL, reportError } from './answer-error.ts';

/** The byte of the IPv6 header that names the next one. */
export const IPV6_NEXT: u32 = 6;
/** The packet has ended in its headers. */
export const HEADERS_END: u32 = 0;

const PARAMETER_PROBLEM: u32 = 4;
const BAD_FIELD: u32 = 0;
const UNKNOWN_OPTION: u32 = 2;
const CHAIN_INCOMPLETE: u32 = 3;
const PAYLOAD_LENGTH_AT: u32 = 4;
/** Of routing headers. */
const ROUTING_TYPE: u32 = 2;
const SEGMENTS_LEFT: u32 = 3;
/** Of routing headers: for mobile hosts, along a tree, by segments. */
const ROUTING_MOBILE: u32 = 2;
const ROUTING_SEGMENTS: u32 = 4;
const OPTION_PAD1: u32 = 0;
const OPTION_PADN: u32 = 1;
const OPTION_HOME_ADDRESS: u32 = 201;
const OPTIONS_MAX: u32 = 8;
const PADDING_MAX: u32 = 7;
const MORE_FRAGMENTS: u32 = 1;

/**
 * Takes a packet through its extension headers.
 *
 * Returns: the place of the byte that names what is behind them, or HEADERS_END. Not modelled: mobility, segment routing, fragments, which
 * IPv6 puts together behind INPUT.
 * Ref: net/ipv6/ip6_input.c:ip6_protocol_deliver_rcu(), net/ipv6/exthdrs.c, net/ipv6/reassembly.c:ipv6_frag_rcv()
 */
export function passHeaders(env: usize, packet: usize): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const end = captured(packet);
  let place = IPV6_NEXT;
  let at = IPV6_BYTES;
  while (true) {
    const next: u32 = load<u8>(ip + place);
    const isFirst = at == IPV6_BYTES;
    if (next != NEXT_DESTINATION && next != NEXT_ROUTING && next != NEXT_FRAGMENT && (next != NEXT_HOP_BY_HOP || !isFirst)) return place;
    if (at + 8 > end) return HEADERS_END;
    const bytes: u32 = next == NEXT_FRAGMENT ? FRAGMENT_BYTES : (<u32>load<u8>(ip + at, 1) + 1) << 3;
    if (at + bytes > end) return HEADERS_END;
    if (next == NEXT_DESTINATION && !passOptions(env, packet, ip, at, bytes)) return HEADERS_END;
    if (next == NEXT_ROUTING && !passRouting(env, packet, ip, at)) return HEADERS_END;
    if (next == NEXT_FRAGMENT && !passFragment(env, packet, ip, at)) return HEADERS_END;
    place = at;
    at += bytes;
  }
}

function complains(env: usize, packet: usize, code: u32, place: u32): bool {
  reportError(env, packet, PARAMETER_PROBLEM, code, place, ERROR_LOCAL);
  return false;
}

function givesUp(env: usize, packet: usize): bool {
  leaveOut(env, packet);
  return false;
}

/** Destination options. The kernel knows none; how an unknown one says what to do. Ref: net/ipv6/exthdrs.c:ip6_parse_tlv(), ip6_tlvopt_unknown() */
function passOptions(env: usize, packet: usize, ip: usize, start: u32, bytes: u32): bool {
  const end = start + bytes;
  let padding: u32 = 0;
  let count: u32 = 0;
  for (let at = start + 2; at < end; ) {
    const kind: u32 = load<u8>(ip + at);
    if (kind != OPTION_PAD1 && at + 2 > end) return false;
    const length: u32 = kind == OPTION_PAD1 ? 1 : <u32>load<u8>(ip + at, 1) + 2;
    if (at + length > end) return false;
    if (kind == OPTION_PAD1 || kind == OPTION_PADN) {
      padding += length;
      if (padding > PADDING_MAX) return false;
      for (let i: u32 = 2; i < length; i++) if (load<u8>(ip + at + i) != 0) return false;
    } else {
      padding = 0;
      if (++count > OPTIONS_MAX) return false;
      if (kind == OPTION_HOME_ADDRESS) return givesUp(env, packet);
      const wish = kind >> 6;
      const isForMany = isMulticast6(packet + PACKET_DST);
      if (wish == 1 || (wish == 3 && isForMany)) return false;
      if (wish == 2 && isForMany) return givesUp(env, packet);
      if (wish != 0) return complains(env, packet, UNKNOWN_OPTION, at);
    }
    at += length;
  }
  return true;
}

/** Ref: net/ipv6/exthdrs.c:ipv6_rthdr_rcv() */
function passRouting(env: usize, packet: usize, ip: usize, at: u32): bool {
  if (isMulticast6(packet + PACKET_DST) || load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST) return false;
  const type: u32 = load<u8>(ip + at, ROUTING_TYPE);
  if (type >= ROUTING_MOBILE && type <= ROUTING_SEGMENTS) return givesUp(env, packet);
  return load<u8>(ip + at, SEGMENTS_LEFT) == 0 || complains(env, packet, BAD_FIELD, at + ROUTING_TYPE);
}

/** The only fragment of its packet goes on. */
function passFragment(env: usize, packet: usize, ip: usize, at: u32): bool {
  const word: u32 = bswap<u16>(load<u16>(ip + at, 2));
  if ((word & (FRAGMENT_OFFSET_MASK | MORE_FRAGMENTS)) == 0) return true;
  if (isCutShort(packet, ip)) return complains(env, packet, CHAIN_INCOMPLETE, 0);
  const length = load<u32>(packet, PACKET_LENGTH) - at - FRAGMENT_BYTES;
  if ((word & MORE_FRAGMENTS) != 0 && (length & 7) != 0) return complains(env, packet, BAD_FIELD, PAYLOAD_LENGTH_AT);
  return givesUp(env, packet);
}

/** Whether a first fragment ends before its transport header does. Ref: net/ipv6/reassembly.c:ipv6frag_thdr_truncated() */
function isCutShort(packet: usize, ip: usize): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  const found = findUpperLayer(ip, captured(packet));
  if (found == UPPER_LAYER_NONE || upperLayerProtocol(found) == NEXT_FRAGMENT) return false;
  const proto = upperLayerProtocol(found);
  const bytes: u32 = proto == PROTO_TCP ? TCP_BYTES : proto == PROTO_UDP ? UDP_BYTES : proto == PROTO_ICMPV6 ? ICMP_BYTES : 1;
  return upperLayerOffset(found) + bytes > length;
}
