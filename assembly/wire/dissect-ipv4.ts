// IPv4 packets into the record; part of dissect.ts, which see.

import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAGS,
  PACKET_FRAG_OFFSET,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_PROTO,
  PACKET_SRC,
  PACKET_TOS,
  PACKET_TTL,
} from '../abi/packet.ts';
import { WHY_CUT, WHY_IP_CHECKSUM, WHY_IP_HEADER_LENGTH, WHY_IP_LENGTH, WHY_IP_VERSION, WHY_NONE } from '../abi/verdict.ts';
import { headerChecksumOk } from './checksum.ts';
import { dissectTransport } from './dissect-transport.ts';
import {
  dontFragment,
  dst,
  fragment,
  fragmentOffset,
  headerLength,
  IPV4_BYTES,
  moreFragments,
  protocol,
  src,
  tos,
  totalLength,
  ttl,
  version,
} from './ipv4.ts';
import { PROTO_TCP } from './transport.ts';

/** Longest packet whose length the header can say. */
const LENGTH_MAX: u32 = 65535;

/**
 * `wire` and `captured` are the frame's bytes from the IP header on.
 *
 * Returns: WHY_*. What is behind the total length is link-layer padding and left out.
 * Ref: net/ipv4/ip_input.c:ip_rcv_core()
 */
export function dissectIpv4(packet: usize, wire: u32, captured: u32, received: bool): u32 {
  if (wire < IPV4_BYTES) return WHY_IP_LENGTH;
  if (captured < IPV4_BYTES) return WHY_CUT;
  const ip = load<u32>(packet, PACKET_L3) as usize;
  if (version(ip) != 4) return WHY_IP_VERSION;
  const header = headerLength(ip);
  if (header < IPV4_BYTES || wire < header) return WHY_IP_HEADER_LENGTH;
  if (captured < header) return WHY_CUT;
  if (received && !headerChecksumOk(ip, header)) return WHY_IP_CHECKSUM;
  let length = totalLength(ip);
  if (length < header || length > wire) {
    if (received && !isMerged(ip, wire)) return WHY_IP_LENGTH;
    length = wire;
  }
  const present = min(captured, length);
  const word = fragment(ip);
  const offset = fragmentOffset(word);
  let flags = load<u32>(packet, PACKET_FLAGS);
  if (present < length) flags |= PACKET_FLAG_CUT;
  if (offset != 0) flags |= PACKET_FLAG_LATER_FRAGMENT | PACKET_FLAG_FRAGMENT;
  if (moreFragments(word)) flags |= PACKET_FLAG_MORE_FRAGMENTS | PACKET_FLAG_FRAGMENT;
  if (dontFragment(word)) flags |= PACKET_FLAG_DF;
  if (header > IPV4_BYTES) flags |= PACKET_FLAG_OPTIONS;
  store<u32>(packet, src(ip), PACKET_SRC);
  store<u32>(packet, dst(ip), PACKET_DST);
  store<u32>(packet, protocol(ip), PACKET_PROTO);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, tos(ip), PACKET_TOS);
  store<u32>(packet, ttl(ip), PACKET_TTL);
  store<u32>(packet, offset, PACKET_FRAG_OFFSET);
  store<u32>(packet, (ip + present) as u32, PACKET_END);
  store<u32>(packet, flags, PACKET_FLAGS);
  return offset != 0 ? WHY_NONE : dissectTransport(packet, ip + header, length - header, present - header);
}

/** A received TCP packet that the host merged from several and that is too long for the field, which is then 0. */
function isMerged(ip: usize, wire: u32): bool {
  return totalLength(ip) == 0 && wire > LENGTH_MAX && protocol(ip) == PROTO_TCP;
}
