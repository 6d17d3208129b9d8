// The short look at a frame, for what most frames are: TCP or UDP, whole, in IPv4 without options, in Ethernet or in nothing. What it says of them is
// what dissect() says, word by word, as far as it says anything; of all others it says nothing.

import {
  ENV_INTERFACES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAG_LOOPBACK,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
} from '../abi/batch.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../abi/capture.ts';
import { PLACE_FLAGS, PLACE_INTERFACE_SHIFT, PLACE_PKTTYPE_SHIFT } from '../abi/journey.ts';
import {
  PACKET_DPORT,
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAG_PLAIN,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_IN,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_NUMBER,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_TCP_FLAGS,
  PACKET_TIME,
  PACKET_TOS,
  PACKET_TTL,
  PACKET_WHY,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { PROTO_TCP, PROTO_UDP } from './transport.ts';

const ETHERNET_BYTES: u32 = 14;
const IPV4_BYTES: u32 = 20;
const TCP_BYTES: u32 = 20;
const UDP_BYTES: u32 = 8;
// As they lie in memory.
const ETHERTYPE_IPV4: u32 = 0x0008;
const IPV4_WITHOUT_OPTIONS: u64 = 0x45;
const DF: u32 = 0x0040;
/** Of the first eight bytes of the header, those that tell of options and fragments. */
const SIMPLE_MASK: u64 = 0xffbf0000000000ff;

// @ts-ignore: decorator
@inline
function interfaceOf(env: usize, frame: usize): usize {
  return <usize>load<u32>(env, ENV_INTERFACES) + <usize>load<u32>(frame, FRAME_INTERFACE) * INTERFACE_BYTES;
}

/** Where a simple frame's IP header is; 0 for another, or one that the IP layer refuses. */
// @ts-ignore: decorator
@inline
export function glanceHeader(env: usize, frame: usize): usize {
  return glanceHeaderOf(frame, load<u32>(interfaceOf(env, frame), INTERFACE_LINKTYPE));
}

/** The same of a frame of that link type. */
// @ts-ignore: decorator
@inline
export function glanceHeaderOf(frame: usize, linktype: u32): usize {
  const data: usize = load<u32>(frame, FRAME_DATA);
  let ip = data;
  if (linktype == LINKTYPE_ETHERNET) {
    ip += ETHERNET_BYTES;
    // To a single station, and not with the loopback device's addresses, which are all zero: what begins so takes the long way.
    const addresses = load<u64>(data);
    if (<u32>load<u16>(ip - 2) != ETHERTYPE_IPV4 || addresses == 0 || (addresses & 1) != 0) return 0;
  } else if (linktype != LINKTYPE_RAW) return 0;
  const first = load<u64>(ip);
  const second = load<u64>(ip, 8);
  if ((first & SIMPLE_MASK) != IPV4_WITHOUT_OPTIONS) return 0;
  const proto = <u32>(second >> 8) & 0xff;
  let needed = IPV4_BYTES + TCP_BYTES;
  if (proto != PROTO_TCP) {
    if (proto != PROTO_UDP) return 0;
    needed = IPV4_BYTES + UDP_BYTES;
  }
  const link = <u32>(ip - data);
  const length: u32 = bswap<u16>(<u16>(first >> 16));
  if (length < needed || load<u32>(frame, FRAME_CAPTURED) < link + needed || length > load<u32>(frame, FRAME_LENGTH) - link) return 0;
  return isSumRight(first, second, load<u32>(ip, 16)) || (load<u32>(frame, FRAME_FLAGS) & FRAME_FLAG_SENT) != 0 ? ip : 0;
}

/** Times 65,535 it is 1, modulo 2^64. */
const INVERSE_OF_ALL_ONES: u64 = 0xfffefffefffeffff;
const MOST_QUOTIENT: u64 = 0x0001000100010001;

/**
 * Whether the checksum of a header of these 20 bytes is right: whether the sum of its words is a multiple of 65,535, which numbers are whose
 * product with its inverse is small. Ref: net/ipv4/ip_input.c:ip_rcv_core()
 */
// @ts-ignore: decorator
@inline
function isSumRight(first: u64, second: u64, last: u64): bool {
  // A carry out of 64 bits counts one, as one out of 16 bits does.
  let sum = first + second;
  sum += <u64>(sum < first);
  sum += last;
  sum += <u64>(sum < last);
  return sum * INVERSE_OF_ALL_ONES <= MOST_QUOTIENT;
}

/**
 * Where the IP header of a frame of that link type is whose shard its addresses tell, whatever else is the matter with it; 0 for another. All
 * simple frames are such frames.
 */
// @ts-ignore: decorator
@inline
export function glanceAddresses(frame: usize, linktype: u32): usize {
  const link = linktype == LINKTYPE_ETHERNET ? ETHERNET_BYTES : 0;
  if (load<u32>(frame, FRAME_CAPTURED) < link + IPV4_BYTES) return 0;
  const ip = <usize>load<u32>(frame, FRAME_DATA) + link;
  if (load<u8>(ip) != 0x45 || (load<u16>(ip, 6) & ~DF) != 0) return 0;
  if (linktype == LINKTYPE_ETHERNET ? <u32>load<u16>(ip - 2) != ETHERTYPE_IPV4 : linktype != LINKTYPE_RAW) return 0;
  const proto = load<u8>(ip, 9);
  return proto == PROTO_TCP || proto == PROTO_UDP ? ip : 0;
}

/**
 * Fills in what the short way asks of a packet.
 *
 * Returns: whether the frame is simple; if not, the record is as it was.
 */
export function glance(env: usize, frame: usize, packet: usize): bool {
  const ip = glanceHeader(env, frame);
  if (ip == 0) return false;
  describe(env, frame, ip, packet);
  return true;
}

/** Does so for a simple frame whose IP header is at `ip`. */
export function describe(env: usize, frame: usize, ip: usize, packet: usize): void {
  const entry = interfaceOf(env, frame);
  const sent = (load<u32>(frame, FRAME_FLAGS) & FRAME_FLAG_SENT) != 0;
  const length: u32 = bswap<u16>(load<u16>(ip, 2));
  const link = <u32>(ip - <usize>load<u32>(frame, FRAME_DATA));
  const present = min(load<u32>(frame, FRAME_CAPTURED) - link, length);
  const proto: u32 = load<u8>(ip, 9);
  const transport = ip + IPV4_BYTES;
  let flags = PACKET_FLAG_PLAIN | (sent ? PACKET_FLAG_SENT : 0);
  if ((load<u32>(entry, INTERFACE_FLAGS) & INTERFACE_FLAG_LOOPBACK) != 0) flags |= PACKET_FLAG_LOOPBACK;
  if ((load<u16>(ip, 6) & DF) != 0) flags |= PACKET_FLAG_DF;
  if (present < length) flags |= PACKET_FLAG_CUT;
  store<u32>(packet, bswap<u32>(load<u32>(ip, 12)), PACKET_SRC);
  store<u32>(packet, bswap<u32>(load<u32>(ip, 16)), PACKET_DST);
  store<u32>(packet, bswap<u16>(load<u16>(transport)), PACKET_SPORT);
  store<u32>(packet, bswap<u16>(load<u16>(transport, 2)), PACKET_DPORT);
  store<u32>(packet, proto, PACKET_PROTO);
  store<u32>(packet, proto == PROTO_TCP ? load<u8>(transport, 13) : 0, PACKET_TCP_FLAGS);
  store<u32>(packet, length, PACKET_LENGTH);
  store<u32>(packet, load<u8>(ip, 1), PACKET_TOS);
  store<u32>(packet, load<u8>(ip, 8), PACKET_TTL);
  store<u32>(packet, sent ? 0 : load<u32>(entry, INTERFACE_INDEX), PACKET_IN);
  store<u32>(packet, PKTTYPE_HOST, PACKET_PKTTYPE);
  store<u32>(packet, flags, PACKET_FLAGS);
  store<u32>(packet, ip as u32, PACKET_L3);
  store<u32>(packet, transport as u32, PACKET_L4);
  store<u32>(packet, (ip as u32) + present, PACKET_END);
  store<u64>(packet, load<u64>(frame, FRAME_TIME), PACKET_TIME);
  store<u32>(packet, length - IPV4_BYTES, PACKET_L4_LENGTH);
  store<u32>(packet, load<u32>(frame, FRAME_INTERFACE), PACKET_FRAME_INTERFACE);
  store<u32>(packet, load<u32>(frame, FRAME_NUMBER), PACKET_NUMBER);
}

/** Flags of which a simple packet has just the first. */
const SIMPLE_FLAGS: u32 = PACKET_FLAG_PLAIN | PACKET_FLAG_IPV6 | PACKET_FLAG_OPTIONS | PACKET_FLAG_FRAGMENT;

/** Address of the IP header of a dissected packet that is TCP or UDP, whole, in IPv4 without options, and not refused; 0 for others. */
export function simpleHeaderOf(packet: usize): usize {
  if ((load<u32>(packet, PACKET_FLAGS) & SIMPLE_FLAGS) != PACKET_FLAG_PLAIN || load<u32>(packet, PACKET_WHY) != WHY_NONE) return 0;
  const proto = load<u32>(packet, PACKET_PROTO);
  const l4 = load<u32>(packet, PACKET_L4);
  if ((proto != PROTO_TCP && proto != PROTO_UDP) || l4 == 0) return 0;
  const isWhole = load<u32>(packet, PACKET_END) - l4 >= (proto == PROTO_TCP ? TCP_BYTES : UDP_BYTES);
  return isWhole ? <usize>load<u32>(packet, PACKET_L3) : 0;
}

/** The place (JOURNEY_PLACE) that a simple frame comes from which was received by an interface of the interface table. */
export function placeOfInterface(entry: usize): u32 {
  const loopback = (load<u32>(entry, INTERFACE_FLAGS) & INTERFACE_FLAG_LOOPBACK) != 0 ? PACKET_FLAG_LOOPBACK : 0;
  return (load<u32>(entry, INTERFACE_INDEX) << PLACE_INTERFACE_SHIFT) | (PKTTYPE_HOST << PLACE_PKTTYPE_SHIFT) | loopback;
}

/** The place of a packet that has a record. */
export function placeOfPacket(env: usize, packet: usize): u32 {
  const entry = <usize>load<u32>(env, ENV_INTERFACES) + <usize>load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES;
  return (
    (load<u32>(entry, INTERFACE_INDEX) << PLACE_INTERFACE_SHIFT) |
    (load<u32>(packet, PACKET_PKTTYPE) << PLACE_PKTTYPE_SHIFT) |
    (load<u32>(packet, PACKET_FLAGS) & PLACE_FLAGS)
  );
}
