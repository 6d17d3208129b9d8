// IPv6 extension headers as the tracker walks them: it believes every length, so a header that reaches beyond the packet leads to
// a protocol without a single byte of its own. That is enough for those whose tuple is addresses only.

import { be16, IPPROTO_NONE } from './tuple.ts';

const HOP_BY_HOP: u32 = 0;
const ROUTING: u32 = 43;
const FRAGMENT: u32 = 44;
const AUTHENTICATION: u32 = 51;
const DESTINATION: u32 = 60;
const IPV6_NEXT_HEADER: usize = 6;
const IPV6_BYTES: usize = 40;

/** No protocol: the walk fails, or the packet is a later fragment. */
export const NO_PROTOCOL: u64 = ~0;

/** The protocol that `walkExtensions` found. */
export function walkedProtocol(walked: u64): u32 {
  return <u32>(walked & 0xff);
}

/** The address of its header, which may lie behind the end. */
export function walkedHeader(walked: u64): usize {
  return <usize>(walked >> 8);
}

/**
 * Follows the header chain of the IPv6 packet at `ip`, which has bytes before `end`.
 *
 * Returns: walkedProtocol and walkedHeader, or NO_PROTOCOL.
 * Ref: net/ipv6/exthdrs_core.c:ipv6_skip_exthdr(), net/netfilter/nf_conntrack_core.c:ipv6_get_l4proto()
 */
export function walkExtensions(ip: usize, end: usize): u64 {
  let proto = <u32>load<u8>(ip + IPV6_NEXT_HEADER);
  let header = ip + IPV6_BYTES;
  while (proto == HOP_BY_HOP || proto == ROUTING || proto == FRAGMENT || proto == AUTHENTICATION || proto == DESTINATION) {
    if (header + 2 > end) return NO_PROTOCOL;
    const length = <u32>load<u8>(header, 1);
    let bytes: u32 = (length + 1) << 3;
    if (proto == FRAGMENT) {
      if (header + 4 > end || (be16(header + 2) & 0xfff8) != 0) return NO_PROTOCOL;
      bytes = 8;
    } else if (proto == AUTHENTICATION) bytes = (length + 2) << 2;
    proto = <u32>load<u8>(header);
    header += <usize>bytes;
  }
  return proto == IPPROTO_NONE ? NO_PROTOCOL : (<u64>header << 8) | <u64>proto;
}
