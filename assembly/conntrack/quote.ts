// ICMP and ICMPv6 errors: which connection is the quoted packet of? Also the other checks that a message must pass before it
// may be tracked as one.

import {
  DIRECTION_REPLY,
  FLOW_DIRECTION_TUPLE,
  SHARD_INVERSE,
  SHARD_TUPLE,
  TUPLE_DST,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  CTINFO_RELATED,
  CTINFO_RELATED_REPLY,
  PACKET_DST,
  PACKET_END,
  PACKET_L4,
  PACKET_SRC,
  PACKET_TIME,
  PACKET_TTL,
} from '../abi/packet.ts';
import { attach, setUntracked } from './attach.ts';
import { badChecksum } from './checksum.ts';
import { NO_PROTOCOL, walkedHeader, walkedProtocol, walkExtensions } from './extension.ts';
import { ICMP_TYPE_MAX, isIcmpError } from './icmp.ts';
import { isUntrackedIcmpv6 } from './icmpv6.ts';
import { linkDirection, linkEntry } from './table.ts';
import { be16, be32, finishTuple, invertTuple } from './tuple.ts';
import { findInZones, originalZone } from './zone.ts';

/** To be tracked by its own tuple. */
export const QUOTE_NONE: u32 = 0;
/** The packet has its state: RELATED, or UNTRACKED. */
export const QUOTE_DONE: u32 = 1;
/** The packet is INVALID. */
export const QUOTE_INVALID: u32 = 2;

const ICMP_HEADER_BYTES: u32 = 8;
const IPV4_HEADER_BYTES: u32 = 20;
const IPV6_HEADER_BYTES: u32 = 40;
const ICMPV6_REDIRECT: u32 = 137;
/** Redirect message: header, target, destination. */
const REDIRECT_BYTES: u32 = 40;
const OPTION_REDIRECTED_HEADER: u32 = 4;

/** Checks an ICMP message. Ref: net/netfilter/nf_conntrack_proto_icmp.c:nf_conntrack_icmpv4_error() */
export function checkIcmp(region: usize, block: usize, packet: usize, zones: u32): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (header + ICMP_HEADER_BYTES > <usize>load<u32>(packet, PACKET_END)) return QUOTE_INVALID;
  if (badChecksum(region, packet)) return QUOTE_INVALID;
  const type = <u32>load<u8>(header);
  if (type > ICMP_TYPE_MAX) return QUOTE_INVALID;
  if (!isIcmpError(type)) return QUOTE_NONE;
  return relate(region, block, packet, header + ICMP_HEADER_BYTES, 4, zones);
}

/** Checks an ICMPv6 message. Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_icmpv6_error() */
export function checkIcmpv6(region: usize, block: usize, packet: usize, zones: u32): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (header + ICMP_HEADER_BYTES > <usize>load<u32>(packet, PACKET_END)) return QUOTE_INVALID;
  if (badChecksum(region, packet)) return QUOTE_INVALID;
  const type = <u32>load<u8>(header);
  if (isUntrackedIcmpv6(type)) {
    setUntracked(packet);
    return QUOTE_DONE;
  }
  if (type == ICMPV6_REDIRECT) return checkRedirect(region, block, packet, header, zones);
  if (type >= 128) return QUOTE_NONE;
  return relate(region, block, packet, header + ICMP_HEADER_BYTES, 6, zones);
}

/**
 * A redirect belongs to the packet that its first option quotes, and must come from a neighbour.
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_icmpv6_redirect()
 */
function checkRedirect(region: usize, block: usize, packet: usize, header: usize, zones: u32): u32 {
  const end = <usize>load<u32>(packet, PACKET_END);
  if (header + REDIRECT_BYTES > end) return QUOTE_INVALID;
  if (load<u8>(header, 1) != 0) return QUOTE_NONE;
  const isLinkLocal = (load<u32>(packet, PACKET_SRC) & 0xffc00000) == 0xfe800000;
  if (load<u32>(packet, PACKET_TTL) != 255 || !isLinkLocal) return QUOTE_INVALID;
  const option = header + REDIRECT_BYTES;
  if (option + 2 > end || load<u8>(option, 1) == 0) return QUOTE_INVALID;
  if (<u32>load<u8>(option) != OPTION_REDIRECTED_HEADER) return QUOTE_NONE;
  return relate(region, block, packet, option + 8, 6, zones);
}

/**
 * Attaches an error to the connection of the packet quoted at `at`. The error must go to where the quoted packet came from;
 * an error about the connection that goes elsewhere is INVALID.
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmp.c:nf_conntrack_inet_error()
 */
function relate(region: usize, block: usize, packet: usize, at: usize, family: u32, zones: u32): u32 {
  const quoted = block + SHARD_TUPLE;
  const inverse = block + SHARD_INVERSE;
  if (!quotedTuple(block, quoted, at, <usize>load<u32>(packet, PACKET_END), family, originalZone(zones))) return QUOTE_INVALID;
  if (!invertTuple(quoted, inverse)) return QUOTE_INVALID;
  const link = findInZones(region, block, inverse, zones, load<u64>(packet, PACKET_TIME));
  if (link == 0) return QUOTE_INVALID;
  const entry = linkEntry(link);
  const direction = linkDirection(link);
  const tuple = entry + <usize>direction * FLOW_DIRECTION_TUPLE;
  if (
    load<u64>(tuple, TUPLE_DST) != load<u64>(packet, PACKET_DST) ||
    load<u64>(tuple, TUPLE_DST + 8) != load<u64>(packet, PACKET_DST + 8)
  ) {
    return QUOTE_INVALID;
  }
  attach(packet, entry, direction == DIRECTION_REPLY ? CTINFO_RELATED_REPLY : CTINFO_RELATED);
  return QUOTE_DONE;
}

/**
 * Writes the tuple of a quoted packet. Version and header length are taken as they stand, as the kernel does.
 *
 * Returns: false when it is cut too short, or is a later fragment.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_get_tuplepr()
 */
function quotedTuple(block: usize, tuple: usize, at: usize, end: usize, family: u32, zone: u32): bool {
  if (family == 4) {
    if (at + IPV4_HEADER_BYTES > end) return false;
    if (be16(at + 6) & 0x1fff) return false;
    const header = at + <usize>((<u32>load<u8>(at) & 15) << 2);
    if (header > end) return false;
    store<u64>(tuple, <u64>be32(at + 12), TUPLE_SRC);
    store<u64>(tuple, 0, TUPLE_SRC + 8);
    store<u64>(tuple, <u64>be32(at + 16), TUPLE_DST);
    store<u64>(tuple, 0, TUPLE_DST + 8);
    return finishTuple(block, tuple, 4, <u32>load<u8>(at, 9), zone, header, end);
  }
  if (at + IPV6_HEADER_BYTES > end) return false;
  for (let i: usize = 0; i < 32; i += 4) store<u32>(tuple + i, be32(at + 8 + i));
  const walked = walkExtensions(at, end);
  if (walked == NO_PROTOCOL) return false;
  return finishTuple(block, tuple, 6, walkedProtocol(walked), zone, walkedHeader(walked), end);
}
