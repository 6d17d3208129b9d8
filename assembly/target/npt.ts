// SNPT and DNPT: another prefix for an IPv6 address, packet by packet. What follows the prefix takes up the difference, so that checksums
// of transports stay right.

import { MANIP_SRC } from '../abi/flow.ts';
import { NPT_DST, NPT_DST_LENGTH, NPT_SRC, NPT_SRC_LENGTH } from '../abi/nat.ts';
import { PACKET_DST, PACKET_END, PACKET_L3, PACKET_PIECES, PACKET_PULLED, PACKET_SRC } from '../abi/packet.ts';
import { VERDICT_DROP, VERDICT_NONE } from '../abi/verdict.ts';
import { fold } from '../wire/checksum.ts';
import { ownBytes } from '../wire/edit.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_SRC, nextHeader } from '../wire/ipv6.ts';
import { PROTO_ICMPV6 } from '../wire/transport.ts';

const ADDRESS_BYTES: u32 = 16;
const ICMPV6_BYTES: u32 = 8;
const ICMPV6_INFORMATION: u32 = 128;
/** The longest prefix behind which the fourth 16-bit word is no part of it. */
const SITE_BITS: u32 = 48;
const ALL_ONES: u32 = 0xffff;

/**
 * Gives one side (MANIP_*) of a packet the new prefix, and the other side of a packet that an error quotes, if that has the old one.
 *
 * Returns: VERDICT_NONE, or VERDICT_DROP where no word of the address can take up the difference.
 * Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_snpt_tg(), ip6t_dnpt_tg()
 */
export function changePrefix(env: usize, packet: usize, operands: usize, manip: u32): u32 {
  ownBytes(env, packet);
  const ip: usize = load<u32>(packet, PACKET_L3);
  const isSource = manip == MANIP_SRC;
  const changed = ip + (isSource ? IPV6_SRC : IPV6_DST);
  if (!mapPrefix(changed, operands)) return VERDICT_DROP;
  const words = packet + (isSource ? PACKET_SRC : PACKET_DST);
  for (let i: usize = 0; i < ADDRESS_BYTES; i += 4) store<u32>(words + i, bswap<u32>(load<u32>(changed + i)));
  const quoted = quotedPacket(packet, ip);
  if (quoted == 0) return VERDICT_NONE;
  const address = quoted + (isSource ? IPV6_DST : IPV6_SRC);
  if (hasPrefix(address, operands)) mapPrefix(address, operands);
  return VERDICT_NONE;
}

/**
 * Where an ICMPv6 error right behind the header quotes a packet; 0 = it is none, or quotes less than a header, or one that does not lie in
 * one piece: of that the kernel changes a copy. Ref: net/ipv6/netfilter/ip6t_NPT.c:icmpv6_bounced_ipv6hdr()
 */
function quotedPacket(packet: usize, ip: usize): usize {
  if (nextHeader(ip) != PROTO_ICMPV6) return 0;
  const icmp = ip + IPV6_BYTES;
  const quoted = icmp + ICMPV6_BYTES;
  if (quoted + IPV6_BYTES > <usize>load<u32>(packet, PACKET_END)) return 0;
  const isJoined = load<u32>(packet, PACKET_PIECES) > 1;
  if (isJoined && quoted + IPV6_BYTES > ip + load<u32>(packet, PACKET_PULLED)) return 0;
  return <u32>load<u8>(icmp) < ICMPV6_INFORMATION ? quoted : 0;
}

function maskOf(bits: u32): u32 {
  return bits == 0 ? 0 : bits >= 32 ? ~0 : ~0 << (32 - bits);
}

/** The bits of a prefix of `length` in its word at byte `i`. */
function maskAt(length: u32, i: u32): u32 {
  return length <= i << 3 ? 0 : maskOf(length - (i << 3));
}

function hasPrefix(address: usize, operands: usize): bool {
  const length = load<u32>(operands, NPT_SRC_LENGTH);
  for (let i: u32 = 0; i < ADDRESS_BYTES; i += 4) {
    if ((bswap<u32>(load<u32>(address + i)) & maskAt(length, i)) != load<u32>(operands + i, NPT_SRC)) return false;
  }
  return true;
}

/**
 * Writes the new prefix over an address as it lies in a packet. Where one prefix is longer than the other it counts for both.
 *
 * Returns: false, with the prefix written, where all words behind it that may take up the difference are all ones.
 * Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_npt_map_pfx(), RFC 6296, 3.1
 */
function mapPrefix(address: usize, operands: usize): bool {
  const length = max(load<u32>(operands, NPT_SRC_LENGTH), load<u32>(operands, NPT_DST_LENGTH));
  for (let i: u32 = 0; i < ADDRESS_BYTES; i += 4) {
    const mask = maskAt(length, i);
    const word = bswap<u32>(load<u32>(address + i));
    store<u32>(address + i, bswap<u32>((word & ~mask) | (load<u32>(operands + i, NPT_DST) & mask)));
  }
  let at: usize = 6;
  if (length > SITE_BITS) {
    for (at = 8; at < ADDRESS_BYTES; at += 2) if (<u32>load<u16>(address + at) != ALL_ONES) break;
    if (at == ADDRESS_BYTES) return false;
  }
  const sum = fold(<u64>load<u16>(address + at) + adjustment(operands));
  store<u16>(address + at, <u16>(sum == ALL_ONES ? 0 : sum));
  return true;
}

/** What the checksum of the old prefix is above that of the new one, as it lies in memory. Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_npt_checkentry() */
function adjustment(operands: usize): u32 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < ADDRESS_BYTES; i += 4) {
    sum += bswap<u32>(load<u32>(operands + i, NPT_SRC));
    sum += ~bswap<u32>(load<u32>(operands + i, NPT_DST));
  }
  return fold(sum);
}
