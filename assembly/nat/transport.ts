// Ports, ids and keys of headers, and the checksums that cover them and the addresses.

import { MANIP_DST, MANIP_SRC, TUPLE_DPORT, TUPLE_FAMILY, TUPLE_PROTO, TUPLE_SPORT } from '../abi/flow.ts';
import { PACKET_END, PACKET_L3, PACKET_L4, PACKET_LENGTH } from '../abi/packet.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../conntrack/tuple.ts';
import { isLeftOpen, sctpChecksum } from '../wire/checksum.ts';
import { mendTransport, pull } from '../wire/edit.ts';
import { IPV4_DST, IPV4_SRC } from '../wire/ipv4.ts';
import { IPV6_DST, IPV6_SRC } from '../wire/ipv6.ts';
import { SCTP_BYTES, SCTP_CHECKSUM } from '../wire/sctp.ts';
import { TCP_BYTES, TCP_CHECKSUM } from '../wire/tcp.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';
import { sideOf } from './room.ts';

/** What a quoted TCP or SCTP header has at least. */
const PORTS_BYTES: u32 = 8;
const ICMP_CHECKSUM: usize = 2;
const ICMP_ID: usize = 4;
const ICMP_BYTES: u32 = 8;
const ICMPV6_ECHO_REQUEST: u32 = 128;
const ICMPV6_ECHO_REPLY: u32 = 129;
const GRE_BYTES: u32 = 8;
const GRE_CALL_ID: usize = 6;
const GRE_VERSION: u32 = 7;
/** A UDP checksum of zero would mean that there is none. */
const CHECKSUM_MANGLED: u16 = 0xffff;

/**
 * Makes the transport header at `l4` of the IP packet at `ip` look like `target` on one side (MANIP_*), before the addresses are changed.
 * `ip` is the packet itself, or one that an ICMP error in it quotes.
 *
 * Returns: false when the header is too short, or of a kind that cannot be.
 * Ref: net/netfilter/nf_nat_proto.c:l4proto_manip_pkt()
 */
export function changeTransport(packet: usize, ip: usize, l4: usize, target: usize, manip: u32): bool {
  switch (<u32>load<u8>(target, TUPLE_PROTO)) {
    case IPPROTO_TCP:
      return changeTcp(packet, ip, l4, target, manip);
    case IPPROTO_UDP:
      return changeUdp(packet, ip, l4, target, manip, load<u16>(l4, UDP_CHECKSUM) != 0);
    case IPPROTO_UDPLITE:
      return changeUdp(packet, ip, l4, target, manip, true);
    case IPPROTO_SCTP:
      return changeSctp(packet, l4, target, manip);
    case IPPROTO_ICMP:
      return changeIcmp(packet, l4, target);
    case IPPROTO_ICMPV6:
      return changeIcmpv6(packet, ip, l4, target, manip);
    case IPPROTO_GRE:
      return changeGre(packet, l4, target, manip);
    default:
      return true;
  }
}

/** Bytes of the packet from `at` on, captured or not. */
function bytesFrom(packet: usize, at: usize): u32 {
  const end = load<u32>(packet, PACKET_L3) + load<u32>(packet, PACKET_LENGTH);
  return <u32>at > end ? 0 : end - <u32>at;
}

/** Whether the packet has so many bytes from `at` on; the kernel then has them together. */
function need(packet: usize, at: usize, bytes: u32): bool {
  if (bytesFrom(packet, at) < bytes) return false;
  pull(packet, <u32>at - load<u32>(packet, PACKET_L3) + bytes);
  return true;
}

/** Sets a 16-bit number (host order). Returns what stood there, as it lay in memory. */
function put(at: usize, value: u32): u32 {
  const old = load<u16>(at);
  store<u16>(at, bswap<u16>(<u16>value));
  return old;
}

/** The number of a side of a tuple, as it lies in memory of a packet. */
function portOf(target: usize, manip: u32): u32 {
  return <u32>load<u16>(target + (manip == MANIP_SRC ? TUPLE_SPORT : TUPLE_DPORT));
}

/** Mends a checksum for the address of a side, which still is what it was. Ref: net/netfilter/nf_nat_proto.c:nf_csum_update() */
function mendAddress(checksum: usize, ip: usize, target: usize, manip: u32, isOpen: bool): void {
  const isIpv6 = <u32>load<u8>(target, TUPLE_FAMILY) == 6;
  const at = ip + (isIpv6 ? (manip == MANIP_SRC ? IPV6_SRC : IPV6_DST) : manip == MANIP_SRC ? IPV4_SRC : IPV4_DST);
  const side = target + sideOf(manip);
  const bytes: usize = isIpv6 ? 16 : 4;
  for (let i: usize = 0; i < bytes; i += 4) mendTransport(checksum, load<u32>(at + i), bswap<u32>(load<u32>(side + i)), true, isOpen);
}

/** The checksum of the packet's own transport is left to the network card. */
function isOpenAt(packet: usize, l4: usize, field: u32): bool {
  return l4 == <usize>load<u32>(packet, PACKET_L4) && isLeftOpen(packet, field);
}

function changeTcp(packet: usize, ip: usize, l4: usize, target: usize, manip: u32): bool {
  const isWhole = bytesFrom(packet, l4) >= TCP_BYTES;
  if (!need(packet, l4, isWhole ? TCP_BYTES : PORTS_BYTES)) return false;
  const isOpen = isWhole && isOpenAt(packet, l4, TCP_CHECKSUM);
  const port = portOf(target, manip);
  const old = put(l4 + (manip == MANIP_SRC ? 0 : 2), port);
  if (!isWhole) return true;
  mendAddress(l4 + TCP_CHECKSUM, ip, target, manip, isOpen);
  mendTransport(l4 + TCP_CHECKSUM, old, bswap<u16>(<u16>port), false, isOpen);
  return true;
}

function changeUdp(packet: usize, ip: usize, l4: usize, target: usize, manip: u32, isSummed: bool): bool {
  if (!need(packet, l4, UDP_BYTES)) return false;
  const isOpen = isSummed && isOpenAt(packet, l4, UDP_CHECKSUM);
  const port = portOf(target, manip);
  const old = put(l4 + (manip == MANIP_SRC ? 0 : 2), port);
  if (!isSummed) return true;
  const checksum = l4 + UDP_CHECKSUM;
  mendAddress(checksum, ip, target, manip, isOpen);
  mendTransport(checksum, old, bswap<u16>(<u16>port), false, isOpen);
  if (load<u16>(checksum) == 0) store<u16>(checksum, CHECKSUM_MANGLED);
  return true;
}

/** What is not captured cannot be summed. */
function changeSctp(packet: usize, l4: usize, target: usize, manip: u32): bool {
  const length = bytesFrom(packet, l4);
  const isWhole = length >= SCTP_BYTES;
  if (!need(packet, l4, isWhole ? SCTP_BYTES : PORTS_BYTES)) return false;
  put(l4 + (manip == MANIP_SRC ? 0 : 2), portOf(target, manip));
  const isCaptured = load<u32>(packet, PACKET_END) - <u32>l4 >= length;
  if (isWhole && isCaptured) store<u32>(l4, sctpChecksum(l4, length), SCTP_CHECKSUM);
  return true;
}

/** The id of those that ask and answer: types 0, 8 and 13 to 18. */
function changeIcmp(packet: usize, l4: usize, target: usize): bool {
  if (!need(packet, l4, ICMP_BYTES)) return false;
  const type = <u32>load<u8>(l4);
  if (type != 0 && type != 8 && (type < 13 || type > 18)) return true;
  changeId(l4, target);
  return true;
}

function changeId(l4: usize, target: usize): void {
  const id = <u32>load<u16>(target, TUPLE_SPORT);
  const old = put(l4 + ICMP_ID, id);
  mendTransport(l4 + ICMP_CHECKSUM, old, bswap<u16>(<u16>id), false, false);
}

function changeIcmpv6(packet: usize, ip: usize, l4: usize, target: usize, manip: u32): bool {
  if (!need(packet, l4, ICMP_BYTES)) return false;
  mendAddress(l4 + ICMP_CHECKSUM, ip, target, manip, false);
  const type = <u32>load<u8>(l4);
  if (type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY) changeId(l4, target);
  return true;
}

/** Of PPTP's calls, only that of the receiver is in the packet. */
function changeGre(packet: usize, l4: usize, target: usize, manip: u32): bool {
  if (!need(packet, l4, GRE_BYTES)) return false;
  if (manip != MANIP_DST) return true;
  const version = <u32>load<u8>(l4, 1) & GRE_VERSION;
  if (version == 1) put(l4 + GRE_CALL_ID, <u32>load<u16>(target, TUPLE_DPORT));
  return version <= 1;
}
