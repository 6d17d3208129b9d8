// Tuples: who talks to whom. Comes in: header bytes; goes out: TUPLE_BYTES in a shard's block or an entry.

import {
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { PACKET_DST, PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_L4, PACKET_SRC } from '../abi/packet.ts';
import { readGreKeys } from './gre.ts';
import { inverseIcmpType } from './icmp.ts';
import { inverseIcmpv6Type } from './icmpv6.ts';

export const IPPROTO_ICMP: u32 = 1;
export const IPPROTO_TCP: u32 = 6;
export const IPPROTO_UDP: u32 = 17;
export const IPPROTO_GRE: u32 = 47;
export const IPPROTO_ICMPV6: u32 = 58;
/** IPv6 "no next header": the kernel's header walk fails on it, so such a packet has no tuple. */
export const IPPROTO_NONE: u32 = 59;
export const IPPROTO_SCTP: u32 = 132;
export const IPPROTO_UDPLITE: u32 = 136;

/** A 16-bit number in network order. */
export function be16(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}

/** A 32-bit number in network order. */
export function be32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

/**
 * Writes the tuple of a packet as it came, in the shard of `block`. `proto` is its transport protocol; without PACKET_L4 no byte of its header is there.
 *
 * Returns: false when the transport header is too short to tell.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_get_tuple()
 */
export function packetTuple(block: usize, packet: usize, proto: u32, zone: u32, tuple: usize): bool {
  store<u64>(tuple, load<u64>(packet, PACKET_SRC), TUPLE_SRC);
  store<u64>(tuple, load<u64>(packet, PACKET_SRC + 8), TUPLE_SRC + 8);
  store<u64>(tuple, load<u64>(packet, PACKET_DST), TUPLE_DST);
  store<u64>(tuple, load<u64>(packet, PACKET_DST + 8), TUPLE_DST + 8);
  const family: u32 = load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6 ? 6 : 4;
  const header = <usize>load<u32>(packet, PACKET_L4);
  const end = <usize>load<u32>(packet, PACKET_END);
  return finishTuple(block, tuple, family, proto, zone, header == 0 ? end : header, end);
}

/**
 * Writes all but the addresses of a tuple, from the transport header at `header` that ends before `end`.
 *
 * Returns: false when the header is too short for its protocol, or a GRE header is of a kind that is not tracked.
 */
export function finishTuple(block: usize, tuple: usize, family: u32, proto: u32, zone: u32, header: usize, end: usize): bool {
  store<u16>(tuple, <u16>zone, TUPLE_ZONE);
  store<u8>(tuple, <u8>proto, TUPLE_PROTO);
  store<u8>(tuple, <u8>family, TUPLE_FAMILY);
  if (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE) {
    if (header + 4 > end) return false;
    store<u16>(tuple, <u16>be16(header), TUPLE_SPORT);
    store<u16>(tuple, <u16>be16(header + 2), TUPLE_DPORT);
    return true;
  }
  if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
    if (header + 8 > end) return false;
    store<u16>(tuple, <u16>be16(header + 4), TUPLE_SPORT);
    store<u16>(tuple, <u16>be16(header), TUPLE_DPORT);
    return true;
  }
  store<u32>(tuple, 0, TUPLE_SPORT);
  if (proto == IPPROTO_GRE) return readGreKeys(block, tuple, header, end);
  return true;
}

/**
 * Writes the tuple that an answer to `tuple` has.
 *
 * Returns: false when nothing can answer it: an ICMP message that is neither query nor answer.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_invert_tuple()
 */
export function invertTuple(tuple: usize, inverse: usize): bool {
  const src = load<u64>(tuple, TUPLE_SRC);
  const srcLow = load<u64>(tuple, TUPLE_SRC + 8);
  store<u64>(inverse, load<u64>(tuple, TUPLE_DST), TUPLE_SRC);
  store<u64>(inverse, load<u64>(tuple, TUPLE_DST + 8), TUPLE_SRC + 8);
  store<u64>(inverse, src, TUPLE_DST);
  store<u64>(inverse, srcLow, TUPLE_DST + 8);
  const sport = load<u16>(tuple, TUPLE_SPORT);
  const dport = load<u16>(tuple, TUPLE_DPORT);
  const proto = <u32>load<u8>(tuple, TUPLE_PROTO);
  store<u32>(inverse, load<u32>(tuple, TUPLE_ZONE), TUPLE_ZONE); // zone, protocol and family
  if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
    const type = <u32>dport >> 8;
    const answer = proto == IPPROTO_ICMP ? inverseIcmpType(type) : inverseIcmpv6Type(type);
    if (answer < 0) return false;
    store<u16>(inverse, sport, TUPLE_SPORT);
    store<u16>(inverse, <u16>(<u32>answer << 8) | (dport & 0xff), TUPLE_DPORT);
    return true;
  }
  store<u16>(inverse, dport, TUPLE_SPORT);
  store<u16>(inverse, sport, TUPLE_DPORT);
  return true;
}

/** Whether two tuples are the same in all 40 bytes. */
export function sameTuple(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24)) |
      (load<u64>(a, 32) ^ load<u64>(b, 32))) ==
    0
  );
}

/** Whether two addresses, as TUPLE_SRC, are the same. */
export function sameAddress(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) == 0;
}

/** The last two words of an IPv4 tuple of zone 0, as one: ports as they lie in it, protocol, family. */
export function endOfTuple4(ports: u32, proto: u32): u64 {
  return <u64>ports | ((<u64>proto) << 48) | ((<u64>4) << 56);
}

/** Ports as they lie in a tuple, from a transport header that has them in front. */
// @ts-ignore: decorator
@inline
export function portsOf(header: usize): u32 {
  return rotl<u32>(bswap<u32>(load<u32>(header)), 16);
}

/** Writes an IPv4 tuple of zone 0 from its words: each of the size that it is read in, so that no read waits for several writes. */
// @ts-ignore: decorator
@inline
export function storeTuple4(tuple: usize, src: u32, dst: u32, end: u64): void {
  store<u64>(tuple, src, TUPLE_SRC);
  store<u64>(tuple, 0, TUPLE_SRC + 8);
  store<u64>(tuple, dst, TUPLE_DST);
  store<u64>(tuple, 0, TUPLE_DST + 8);
  store<u64>(tuple, end, TUPLE_SPORT);
}

/** hashTuple() of an IPv4 tuple, from its words. */
export function hashTuple4(src: u32, dst: u32, end: u64): u32 {
  return <u32>(mixWords(src, dst, end) >> 32);
}

// @ts-ignore: decorator
@inline
function mixWords(first: u64, second: u64, third: u64): u64 {
  let h = first * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 32) ^ second) * 0xbf58476d1ce4e5b9;
  return (h ^ (h >> 32) ^ third) * 0x94d049bb133111eb;
}

/** A number that spreads tuples over buckets. Each direction has its own. */
export function hashTuple(tuple: usize): u32 {
  let h = mixWords(load<u64>(tuple), load<u64>(tuple, 16), load<u64>(tuple, 32));
  if (load<u8>(tuple, TUPLE_FAMILY) == 6) {
    h = (h ^ (h >> 32) ^ load<u64>(tuple, 8)) * 0x9e3779b97f4a7c15;
    h = (h ^ (h >> 32) ^ load<u64>(tuple, 24)) * 0xbf58476d1ce4e5b9;
  }
  return <u32>(h >> 32);
}
