// Where in a packet the matches on bytes look, and whether the bytes are there.

import {
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_LENGTH,
} from '../abi/packet.ts';
import { headerLength } from '../wire/ipv4.ts';
import { ANSWER_HOLDS, ANSWER_MISS, isCut } from './answer.ts';

/** The first bytes of a packet, which forwarding changes: whoever reads them settles the bytes first (settleBytes() in wire/edit.ts). */
export const HEADER_SETTLED_BYTES: u32 = 12;

/** Bytes of the packet from an address within it on, on the wire. */
export function bytesFrom(packet: usize, at: usize): u32 {
  return load<u32>(packet, PACKET_L3) + load<u32>(packet, PACKET_LENGTH) - <u32>at;
}

/** Whether `bytes` bytes are there from an address on: ANSWER_HOLDS; ANSWER_MISS: the packet ends before; ANSWER_UNKNOWN: the capture does. */
export function reaches(packet: usize, at: usize, bytes: u32): u32 {
  if (<u64>at + bytes <= load<u32>(packet, PACKET_END)) return ANSWER_HOLDS;
  return <u64>at + bytes > <u64>load<u32>(packet, PACKET_L3) + load<u32>(packet, PACKET_LENGTH) ? ANSWER_MISS : isCut(packet);
}

/**
 * Where a match looks for the transport header that does not ask whether the packet is a later fragment: there the kernel takes what
 * stands behind the IPv4 header, and the IPv6 header itself.
 *
 * Ref: net/ipv4/netfilter/ip_tables.c:ipt_do_table(), net/ipv6/netfilter/ip6_tables.c:ip6_packet_match()
 */
export function supposedTransport(packet: usize): usize {
  const transport = <usize>load<u32>(packet, PACKET_L4);
  if (transport != 0) return transport;
  const ip = <usize>load<u32>(packet, PACKET_L3);
  return load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6 ? ip : ip + headerLength(ip);
}

/** The big-endian word at an address. */
export function word(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
