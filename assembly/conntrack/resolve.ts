// Which entry a packet belongs to: the one that has its tuple, or a new one.

import { HELPER_NONE } from '../abi/expect.ts';
import {
  CONNTRACK_ORDERED,
  DIRECTION_ORIGINAL,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_STATUS,
  FLOW_TEMPLATE,
  IPS_EXPECTED,
  IPS_OWN_TIMEOUTS,
  IPS_SEEN_REPLY,
  ORDERED_AND_TIGHT,
  SHARD_EXPECTATIONS,
  SHARD_INVERSE,
  SHARD_TUPLE,
  TEMPLATE_HELPER,
} from '../abi/flow.ts';
import {
  CTINFO_ESTABLISHED,
  CTINFO_ESTABLISHED_REPLY,
  CTINFO_NEW,
  CTINFO_RELATED,
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L4,
  PACKET_NUMBER,
  PACKET_SHARD,
  PACKET_SRC,
  PACKET_TEMPLATE,
  PACKET_TIME,
} from '../abi/packet.ts';
import { attach } from './attach.ts';
import { fulfil, giveHelper, helperByPort, takeExpected } from './expect.ts';
import { makeRoom } from './full.ts';
import {
  bucketOf,
  DIRECTION_BOTH,
  emptyEntry,
  findTuple,
  freeEntry,
  linkDirection,
  linkEntry,
  newEntry,
  noteHash,
  noteReplyHash,
} from './table.ts';
import { endOfTuple4, hashTuple4, invertTuple, IPPROTO_TCP, IPPROTO_UDP, packetTuple, portsOf, storeTuple4 } from './tuple.ts';
import { findInZones, originalZone, setReplyZone, zoneId } from './zone.ts';

/** The packet has an entry, has none and is INVALID, or there is no memory for one. */
export const RESOLVED: u32 = 0;
export const RESOLVED_INVALID: u32 = 1;
export const RESOLVED_FULL: u32 = 2;

/** Finds or makes the entry of a packet. Ref: net/netfilter/nf_conntrack_core.c:resolve_normal_ct() */
export function resolve(region: usize, block: usize, packet: usize, proto: u32, zones: u32): u32 {
  if (zones == 0 && isPlain4(packet, proto)) return resolve4(region, block, packet, proto);
  const tuple = block + SHARD_TUPLE;
  if (!packetTuple(block, packet, proto, originalZone(zones), tuple)) return RESOLVED_INVALID;
  const now = load<u64>(packet, PACKET_TIME);
  const link = findInZones(region, block, tuple, zones, now);
  if (link == 0) {
    const inverse = block + SHARD_INVERSE;
    if (!invertTuple(tuple, inverse)) return RESOLVED_INVALID;
    setReplyZone(inverse, zones);
    if (load<u32>(region, CONNTRACK_ORDERED) == ORDERED_AND_TIGHT && !makeRoom(region, block, tuple, now)) return RESOLVED_FULL;
    const entry = newEntry(region, block, tuple, inverse, load<u32>(packet, PACKET_SHARD), load<u32>(packet, PACKET_NUMBER), now);
    return begin(region, block, entry, packet, zones);
  }
  attach(packet, linkEntry(link), linkInfo(link));
  return RESOLVED;
}

/** Gives a packet the entry that was made for it, 0 = there was no memory. */
function begin(region: usize, block: usize, entry: usize, packet: usize, zones: u32): u32 {
  if (entry == 0) return RESOLVED_FULL;
  if (!introduce(region, block, entry, packet, zones)) {
    freeEntry(region, block, entry);
    return RESOLVED_FULL;
  }
  attach(packet, entry, infoOf(load<u32>(entry, FLOW_STATUS), DIRECTION_ORIGINAL));
  return RESOLVED;
}

/** Whether a packet's tuple is made of IPv4 addresses and ports. */
// @ts-ignore: decorator
@inline
function isPlain4(packet: usize, proto: u32): bool {
  const header = load<u32>(packet, PACKET_L4);
  const isKnown = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0 && header != 0 && header + 4 <= load<u32>(packet, PACKET_END);
  return isKnown && (proto == IPPROTO_TCP || proto == IPPROTO_UDP);
}

/** As resolve(), for a packet of isPlain4() in zone 0: most packets that open a connection are. */
// @ts-ignore: decorator
@inline
function resolve4(region: usize, block: usize, packet: usize, proto: u32): u32 {
  const src = load<u32>(packet, PACKET_SRC);
  const dst = load<u32>(packet, PACKET_DST);
  const ports = portsOf(<usize>load<u32>(packet, PACKET_L4));
  const end = endOfTuple4(ports, proto);
  const hash = hashTuple4(src, dst, end);
  const now = load<u64>(packet, PACKET_TIME);
  const tuple = block + SHARD_TUPLE;
  storeTuple4(tuple, src, dst, end);
  if (load<u32>(bucketOf(region, block, hash)) != 0) {
    const link = findTuple(region, block, tuple, hash, DIRECTION_BOTH, now);
    if (link != 0) {
      attach(packet, linkEntry(link), linkInfo(link));
      return RESOLVED;
    }
  }
  if (load<u32>(region, CONNTRACK_ORDERED) == ORDERED_AND_TIGHT && !makeRoom(region, block, tuple, now)) return RESOLVED_FULL;
  const entry = emptyEntry(region, block, load<u32>(packet, PACKET_SHARD), load<u32>(packet, PACKET_NUMBER), now);
  if (entry != 0) {
    const answerEnd = endOfTuple4(rotl<u32>(ports, 16), proto);
    storeTuple4(entry + FLOW_ORIGINAL, src, dst, end);
    storeTuple4(entry + FLOW_REPLY, dst, src, answerEnd);
    noteHash(entry, hash);
    noteReplyHash(entry, hashTuple4(dst, src, answerEnd));
  }
  return begin(region, block, entry, packet, 0);
}

/** The place (CTINFO_*) of a packet in the entry that a link leads to, by the link's direction. */
export function linkInfo(link: u32): u32 {
  return infoOf(load<u32>(linkEntry(link), FLOW_STATUS), linkDirection(link));
}

/** The place of a packet of that direction in an entry of that status. Neither can be foretold, so nothing branches. */
// @ts-ignore: decorator
@inline
export function infoOf(status: u32, direction: u32): u32 {
  const opening = select<u32>(CTINFO_RELATED, CTINFO_NEW, (status & IPS_EXPECTED) != 0);
  const original = select<u32>(CTINFO_ESTABLISHED, opening, (status & IPS_SEEN_REPLY) != 0);
  return select<u32>(CTINFO_ESTABLISHED_REPLY, original, direction != 0);
}

/**
 * Gives a new entry what it has from others: of the packet's template, and of the connection that expected it; without one, the
 * template's helper, or that of its port.
 *
 * Returns: false when there is no memory for it.
 * Ref: net/netfilter/nf_conntrack_core.c:init_conntrack()
 */
// @ts-ignore: decorator
@inline
function introduce(region: usize, block: usize, entry: usize, packet: usize, zones: u32): bool {
  const template = <usize>load<u32>(packet, PACKET_TEMPLATE);
  if (template != 0) {
    store<u32>(entry, <u32>template, FLOW_TEMPLATE);
    store<u32>(entry, load<u32>(entry, FLOW_STATUS) | (load<u32>(template, FLOW_STATUS) & IPS_OWN_TIMEOUTS), FLOW_STATUS);
  }
  if (load<u32>(block, SHARD_EXPECTATIONS) != 0) {
    const expectation = takeExpected(region, block, entry + FLOW_ORIGINAL, zoneId(zones), load<u64>(packet, PACKET_TIME));
    if (expectation != 0) return fulfil(region, block, entry, expectation);
  }
  const templated = template == 0 ? HELPER_NONE : load<u32>(template, FLOW_PROTO + TEMPLATE_HELPER);
  const helper = templated == HELPER_NONE ? helperByPort(region, entry) : templated;
  return helper == HELPER_NONE || giveHelper(region, block, entry, helper);
}
