// IPv6 packets into the record; part of dissect.ts, which see.

import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_CUT,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_LOOPBACK,
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
import { WHY_CUT, WHY_IP_LENGTH, WHY_IP_VERSION, WHY_IPV6_ADDRESS, WHY_IPV6_HOP_BY_HOP, WHY_NONE } from '../abi/verdict.ts';
import { dissectTransport } from './dissect-transport.ts';
import {
  CHAIN_BAD,
  CHAIN_CUT,
  CHAIN_END,
  chainEnd,
  chainFragmentOffset,
  chainIsFragment,
  chainMoreFragments,
  chainOffset,
  chainProtocol,
  findTransport,
  hopLimit,
  IPV6_BYTES,
  IPV6_DST,
  IPV6_SRC,
  NEXT_HOP_BY_HOP,
  nextHeader,
  payloadLength,
  trafficClass,
  version,
} from './ipv6.ts';
import { hopByHop, OPTIONS_BAD } from './options.ts';

/** The shortest extension header. */
const EXTENSION_BYTES_MIN: u32 = 8;

/**
 * `wire` and `captured` are the frame's bytes from the IP header on.
 *
 * Returns: WHY_*. Ref: net/ipv6/ip6_input.c:ip6_rcv_core()
 */
export function dissectIpv6(packet: usize, wire: u32, captured: u32, received: bool): u32 {
  let flags = load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_IPV6;
  store<u32>(packet, flags, PACKET_FLAGS);
  if (wire < IPV6_BYTES) return WHY_IP_LENGTH;
  if (captured < IPV6_BYTES) return WHY_CUT;
  const ip = load<u32>(packet, PACKET_L3) as usize;
  if (version(ip) != 6) return WHY_IP_VERSION;
  storeAddress(packet + PACKET_SRC, ip + IPV6_SRC);
  storeAddress(packet + PACKET_DST, ip + IPV6_DST);
  if (received && !addressesAllowed(packet, (flags & PACKET_FLAG_LOOPBACK) != 0)) return WHY_IPV6_ADDRESS;
  const hopOptions = nextHeader(ip) == NEXT_HOP_BY_HOP;
  let length = payloadLength(ip) + IPV6_BYTES;
  // No payload length with hop-by-hop options: a jumbo option may say it.
  if (length == IPV6_BYTES && hopOptions) length = wire;
  if (length > wire) {
    if (received) return WHY_IP_LENGTH;
    length = wire;
  }
  if (hopOptions && received) {
    if (length < IPV6_BYTES + EXTENSION_BYTES_MIN) return WHY_IPV6_HOP_BY_HOP;
    if (captured < IPV6_BYTES + EXTENSION_BYTES_MIN) return WHY_CUT;
    const end = IPV6_BYTES + ((<u32>load<u8>(ip, IPV6_BYTES + 1) + 1) << 3);
    if (length < end) return WHY_IPV6_HOP_BY_HOP;
    if (captured < end) return WHY_CUT;
    length = hopByHop(ip, length);
    if (length == OPTIONS_BAD) return WHY_IPV6_HOP_BY_HOP;
  }
  const present = min(captured, length);
  if (present < length) flags |= PACKET_FLAG_CUT;
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, trafficClass(ip), PACKET_TOS);
  store<u32>(packet, hopLimit(ip), PACKET_TTL);
  store<u32>(packet, (ip + present) as u32, PACKET_END);
  store<u32>(packet, flags, PACKET_FLAGS);
  return followChain(packet, ip, length, present);
}

/** Leaves what the header chain leads to. Returns: WHY_*. */
function followChain(packet: usize, ip: usize, length: u32, present: u32): u32 {
  const chain = findTransport(ip, length, present);
  const end = chainEnd(chain);
  if (end == CHAIN_CUT) return WHY_CUT;
  const at = chainOffset(chain);
  const offset = chainFragmentOffset(chain);
  let flags = load<u32>(packet, PACKET_FLAGS);
  if (end == CHAIN_BAD) flags |= PACKET_FLAG_BAD_CHAIN;
  if (offset != 0) flags |= PACKET_FLAG_LATER_FRAGMENT;
  if (chainIsFragment(chain)) flags |= PACKET_FLAG_FRAGMENT;
  if (chainMoreFragments(chain)) flags |= PACKET_FLAG_MORE_FRAGMENTS;
  if (at > IPV6_BYTES || end != CHAIN_END) flags |= PACKET_FLAG_OPTIONS;
  store<u32>(packet, flags, PACKET_FLAGS);
  store<u32>(packet, chainProtocol(chain), PACKET_PROTO);
  store<u32>(packet, offset, PACKET_FRAG_OFFSET);
  return end == CHAIN_END ? dissectTransport(packet, ip + at, length - at, present - at) : WHY_NONE;
}

/** Copies an address, each of its four words from network order. */
function storeAddress(target: usize, source: usize): void {
  const address = v128.load(source);
  v128.store(target, i8x16.shuffle(address, address, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/** `::1`. */
function isLoopback(address: usize): bool {
  return load<u64>(address) == 0 && load<u32>(address, 8) == 0 && load<u32>(address, 12) == 1;
}

/** The addresses may stand in a received packet: no multicast source, nothing that must not leave a host, no reserved scope. */
export function addressesAllowed(packet: usize, loopback: bool): bool {
  if (!loopback && (isLoopback(packet + PACKET_SRC) || isLoopback(packet + PACKET_DST))) return false;
  const first = load<u32>(packet, PACKET_DST);
  if (first >> 24 == 0xff) {
    const scope = (first >> 16) & 15;
    if (scope == 0 || (scope == 1 && !loopback)) return false;
  }
  return load<u32>(packet, PACKET_SRC) >> 24 != 0xff;
}
