// Checksums of the IPv4 header and of transports, as a receiving Linux host checks them.
//
// Sums are taken over 16-bit words as they lie in memory: one's complement addition does not care for byte order, so only
// numbers that are not in the packet have to be swapped. Ref: RFC 1071, 2(B)

import {
  PACKET_END,
  PACKET_FACT_OPTIONS,
  PACKET_FACTS,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_PROTO,
} from '../abi/packet.ts';
import { crc32c, crc32cByte } from './crc32c.ts';
import { headerLength, IPV4_BYTES, IPV4_DST, IPV4_SRC } from './ipv4.ts';
import { IPV6_SRC } from './ipv6.ts';
import { SCTP_BYTES, SCTP_CHECKSUM } from './sctp.ts';
import { TCP_BYTES, TCP_CHECKSUM } from './tcp.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from './transport.ts';
import { UDP_BYTES, UDP_CHECKSUM, length as coverageOf } from './udp.ts';

/** Sum of a packet whose checksum is right. */
const ALL_ONES: u32 = 0xffff;

/** Folds a sum to 16 bits. */
export function fold(sum: u64): u32 {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  return ((sum & 0xffff) + (sum >> 16)) as u32;
}

/** Sum of the 16-bit words of `length` bytes, a last odd byte padded with zero. Not folded. */
export function sumBytes(at: usize, length: u32): u64 {
  let lanes = i32x4.splat(0);
  // A lane grows by less than 2^17 a turn and a frame has less than 2^22 bytes: no overflow.
  for (; length >= 16; length -= 16, at += 16) {
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
  }
  let sum: u64 =
    <u64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 1)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 2)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 3));
  for (; length >= 4; length -= 4, at += 4) sum += load<u32>(at);
  if (length >= 2) {
    sum += load<u16>(at);
    at += 2;
  }
  return (length & 1) != 0 ? sum + load<u8>(at) : sum;
}

/** The checksum of an IPv4 header of `bytes` bytes, a multiple of 4, is right. Ref: net/ipv4/ip_input.c:ip_rcv_core() */
export function headerChecksumOk(ip: usize, bytes: u32): bool {
  let sum: u64 =
    <u64>load<u32>(ip) +
    <u64>load<u32>(ip, 4) +
    <u64>load<u32>(ip, 8) +
    <u64>load<u32>(ip, 12) +
    <u64>load<u32>(ip, 16);
  for (let at: u32 = 20; at < bytes; at += 4) sum += load<u32>(ip + at);
  return fold(sum) == ALL_ONES;
}

/**
 * Sum of the pseudo-header. The addresses are those of the IP header, whatever a routing header says.
 * Ref: net/netfilter/utils.c:nf_ip_checksum(), nf_ip6_checksum()
 */
export function pseudoSum(packet: usize, protocol: u32, length: u32): u64 {
  const ip = load<u32>(packet, PACKET_L3) as usize;
  const six = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const addresses = six ? sumBytes(ip + IPV6_SRC, 32) : <u64>load<u32>(ip, IPV4_SRC) + <u64>load<u32>(ip, IPV4_DST);
  return addresses + bswap<u32>(length) + (protocol << 8);
}

/**
 * Whether the checksum of an IPv4 header is right. That of a packet into whose options the host has written is not before it leaves, and
 * whatever sums the packet up by then, beginning with its header, finds it wrong.
 * Ref: net/netfilter/utils.c:nf_ip_checksum(), net/ipv4/ip_options.c:__ip_options_compile()
 */
export function isHeaderSealed(packet: usize): bool {
  if ((load<u32>(packet, PACKET_FACTS) & PACKET_FACT_OPTIONS) == 0) return true;
  const ip: usize = load<u32>(packet, PACKET_L3);
  return fold(sumBytes(ip, headerLength(ip))) == ALL_ONES;
}

/**
 * The transport checksum is right, or there is none to check: what conntrack asks of a packet at PREROUTING.
 *
 * Needs a packet with a transport header (PACKET_L4). True where the capture lacks bytes that the sum covers, and for UDP that was
 * sent without one. The length in the pseudo-header is that of the IP payload, not the one in the UDP header, as in the kernel.
 * Differs: a TCP or UDP checksum field that holds just the sum of the pseudo-header counts as right. That is what captures show of
 * packets whose checksum is left to the network card, or was checked by it before merging; the kernel knows them by other means.
 * Ref: net/netfilter/utils.c:nf_checksum(), net/netfilter/nf_conntrack_proto_{tcp,udp,icmp,icmpv6,sctp}.c
 */
export function transportChecksumOk(packet: usize): bool {
  const l4 = load<u32>(packet, PACKET_L4) as usize;
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (l4 == 0 || load<u32>(packet, PACKET_END) - (l4 as u32) < length) return true;
  const protocol = load<u32>(packet, PACKET_PROTO);
  if (protocol == PROTO_TCP) return length < TCP_BYTES || isSealed(packet, l4, length, protocol, TCP_CHECKSUM);
  if (protocol == PROTO_UDP) {
    return length < UDP_BYTES || load<u16>(l4, UDP_CHECKSUM) == 0 || isSealed(packet, l4, length, protocol, UDP_CHECKSUM);
  }
  // The kernel begins with the IPv4 header, whose sum is all ones: to it nothing but zeros is right.
  if (protocol == PROTO_ICMP) return fold(sumBytes(l4, length) + ALL_ONES) == ALL_ONES;
  if (protocol == PROTO_ICMPV6) return fold(sumBytes(l4, length) + pseudoSum(packet, protocol, length)) == ALL_ONES;
  if (protocol == PROTO_UDPLITE) return udpLiteOk(packet, l4, length);
  return protocol != PROTO_SCTP || sctpOk(l4, length);
}

/**
 * The same of TCP or UDP in an IPv4 packet without options that is all there; `field`: where in the transport header the checksum is.
 */
export function isSealed4(ip: usize, length: u32, protocol: u32, field: u32): bool {
  const l4 = ip + IPV4_BYTES;
  const pseudo = <u64>load<u32>(ip, IPV4_SRC) + <u64>load<u32>(ip, IPV4_DST) + bswap<u32>(length) + (protocol << 8);
  return fold(sumBytes(l4, length) + pseudo) == ALL_ONES || fold(pseudo) == load<u16>(l4 + field);
}

/** TCP and UDP: the sum over everything is right, or the field holds the sum of the pseudo-header alone. */
function isSealed(packet: usize, l4: usize, length: u32, protocol: u32, field: u32): bool {
  const pseudo = pseudoSum(packet, protocol, length);
  return fold(sumBytes(l4, length) + pseudo) == ALL_ONES || fold(pseudo) == load<u16>(l4 + field);
}

/**
 * The transport checksum at `field` holds just the sum of the pseudo-header: the rest is left to the network card, as captures show of
 * packets that a host is about to send. Ref: include/linux/skbuff.h CHECKSUM_PARTIAL
 */
export function isLeftOpen(packet: usize, field: u32): bool {
  const l4 = load<u32>(packet, PACKET_L4) as usize;
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  const pseudo = pseudoSum(packet, load<u32>(packet, PACKET_PROTO), length);
  if (fold(pseudo) != load<u16>(l4 + field)) return false;
  return load<u32>(packet, PACKET_END) - (l4 as u32) < length || fold(sumBytes(l4, length) + pseudo) != ALL_ONES;
}

/**
 * UDP-Lite, which must have a checksum, and says how much it covers.
 *
 * The pseudo-header is summed with the protocol number of UDP, as conntrack does it, and not with that of UDP-Lite (RFC 3828, 3.1)
 * that the host's own UDP-Lite sends and expects: a right datagram is INVALID to the kernel, except by chance.
 * Ref: net/netfilter/nf_conntrack_proto_udp.c:udplite_error()
 */
function udpLiteOk(packet: usize, l4: usize, length: u32): bool {
  if (length < UDP_BYTES || load<u16>(l4, UDP_CHECKSUM) == 0) return false;
  const covered = coverageOf(l4);
  if (covered != 0 && (covered < UDP_BYTES || covered > length)) return false;
  const sum = sumBytes(l4, covered == 0 ? length : covered);
  return fold(sum + pseudoSum(packet, PROTO_UDP, length)) == ALL_ONES;
}

function sctpOk(l4: usize, length: u32): bool {
  return length < SCTP_BYTES || sctpChecksum(l4, length) == load<u32>(l4, SCTP_CHECKSUM);
}

/** The checksum that an SCTP packet should have, as it lies in memory. Ref: include/net/sctp/checksum.h:sctp_compute_cksum() */
export function sctpChecksum(l4: usize, length: u32): u32 {
  let crc = crc32c(~0, l4, SCTP_CHECKSUM);
  // The checksum field itself counts as zero.
  for (let i = 0; i < 4; i++) crc = crc32cByte(crc, 0);
  return ~crc32c(crc, l4 + SCTP_BYTES, length - SCTP_BYTES);
}
