// TEST_TRANSPORT and TEST_IPV6_PROTO: the headers that a match reads must be there.

import { TRANSPORT_HOTDROP_OFFSET_1 } from '../abi/opcode.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_FRAG_OFFSET,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_PROTO,
} from '../abi/packet.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS } from './answer.ts';

/** Offset of the "evil" TCP fragment in bytes; IPv4 counts fragments in units of eight. */
const EVIL_OFFSET: u32 = 8;

/**
 * Whether the first `bytes` of the transport header are there. A later fragment has none and misses; a header cut short drops.
 *
 * Differs: none. For IPv6 the kernel has the fragment's offset in bytes and compares it with 1, so nothing is dropped there.
 * Ref: net/netfilter/xt_tcpudp.c:tcp_mt(), udp_mt(); net/ipv4/netfilter/ip_tables.c:icmp_match(); net/netfilter/xt_multiport.c:multiport_mt()
 */
export function hasTransport(packet: usize, bytes: u32, flags: u32): u32 {
  const packetFlags = load<u32>(packet, PACKET_FLAGS);
  if (packetFlags & PACKET_FLAG_PLAIN) return ANSWER_HOLDS;
  if (packetFlags & PACKET_FLAG_LATER_FRAGMENT) {
    const evil = (flags & TRANSPORT_HOTDROP_OFFSET_1) != 0 && !(packetFlags & PACKET_FLAG_IPV6);
    return evil && load<u32>(packet, PACKET_FRAG_OFFSET) == EVIL_OFFSET ? ANSWER_HOTDROP : ANSWER_MISS;
  }
  if (load<u32>(packet, PACKET_L4) == 0) return ANSWER_HOTDROP;
  return load<u32>(packet, PACKET_L4_LENGTH) >= bytes ? ANSWER_HOLDS : ANSWER_HOTDROP;
}

/**
 * Whether the chain of IPv6 headers can be read up to the transport protocol. A later fragment is read as far as the header
 * behind its fragment header, unless that is one more extension header.
 *
 * Ref: net/ipv6/netfilter/ip6_tables.c:ip6_packet_match(), net/ipv6/exthdrs_core.c:ipv6_find_hdr()
 */
export function hasIpv6Proto(packet: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if (flags & PACKET_FLAG_PLAIN) return ANSWER_HOLDS;
  if (flags & PACKET_FLAG_LATER_FRAGMENT) return isExtensionHeader(load<u32>(packet, PACKET_PROTO)) ? ANSWER_HOTDROP : ANSWER_HOLDS;
  return load<u32>(packet, PACKET_L4) == 0 ? ANSWER_HOTDROP : ANSWER_HOLDS;
}

/** Hop-by-hop, routing, fragment, authentication and destination options. Ref: net/ipv6/exthdrs_core.c:ipv6_ext_hdr() */
function isExtensionHeader(proto: u32): bool {
  return proto == 0 || proto == 43 || proto == 44 || proto == 51 || proto == 60;
}
