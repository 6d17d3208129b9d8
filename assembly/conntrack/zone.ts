// Zones: which of several tables of connections, as it were, each direction of a packet's connection is in.
//
// Two zones are one word: that of the original direction, and that of the reply direction in the upper half.

import {
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_DIRECTION_TUPLE,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  TEMPLATE_BY_MARK,
  TEMPLATE_DIRECTIONS,
  TEMPLATE_ZONE,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { PACKET_MARK, PACKET_TEMPLATE } from '../abi/packet.ts';
import { bucketOf, DIRECTION_BOTH, findTuple, notedHash, notedReplyHash } from './table.ts';
import { hashTuple } from './tuple.ts';

/** The zones that a packet's connection is looked for in. Ref: include/net/netfilter/nf_conntrack_zones.h:nf_ct_zone_tmpl() */
export function packetZones(packet: usize): u32 {
  const template = <usize>load<u32>(packet, PACKET_TEMPLATE);
  if (template == 0) return 0;
  if (!load<u32>(template, FLOW_PROTO + TEMPLATE_BY_MARK)) return templateZones(template);
  return inDirections(template, load<u32>(packet, PACKET_MARK) & 0xffff);
}

/** The zones of a template as such, whatever marks say. */
export function templateZones(template: usize): u32 {
  return inDirections(template, load<u32>(template, FLOW_PROTO + TEMPLATE_ZONE));
}

function inDirections(template: usize, zone: u32): u32 {
  const directions = load<u32>(template, FLOW_PROTO + TEMPLATE_DIRECTIONS);
  return ((directions >> DIRECTION_ORIGINAL) & 1 ? zone : 0) | ((directions >> DIRECTION_REPLY) & 1 ? zone << 16 : 0);
}

/** The number of a zone, whichever directions have it. */
export function zoneId(zones: u32): u32 {
  return (zones & 0xffff) | (zones >> 16);
}

/** The zones of an entry. */
export function entryZones(entry: usize): u32 {
  return load<u16>(entry, FLOW_ORIGINAL + TUPLE_ZONE) | (<u32>load<u16>(entry, FLOW_REPLY + TUPLE_ZONE) << 16);
}

/** The zone of a tuple of the original direction. */
export function originalZone(zones: u32): u32 {
  return zones & 0xffff;
}

/** Puts a tuple in the zone of the reply direction. */
export function setReplyZone(tuple: usize, zones: u32): void {
  store<u16>(tuple, <u16>(zones >> 16), TUPLE_ZONE);
}

/**
 * Finds the entry that has `tuple`, which is in the zone of the original direction, as its original tuple, or in the zone of the reply
 * direction as its reply.
 *
 * Returns: a link, or 0. The tuple is left as it was.
 * Ref: net/netfilter/nf_conntrack_core.c:resolve_normal_ct(), nf_conntrack_find_get()
 */
export function findInZones(region: usize, block: usize, tuple: usize, zones: u32, now: u64): u32 {
  const original = originalZone(zones);
  if (zones >> 16 == original) return findTuple(region, block, tuple, hashTuple(tuple), DIRECTION_BOTH, now);
  const link = findTuple(region, block, tuple, hashTuple(tuple), 1 << DIRECTION_ORIGINAL, now);
  if (link != 0) return link;
  setReplyZone(tuple, zones);
  const other = findTuple(region, block, tuple, hashTuple(tuple), 1 << DIRECTION_REPLY, now);
  store<u16>(tuple, <u16>original, TUPLE_ZONE);
  return other;
}

/**
 * Whether another entry in the table has one of the tuples of an entry whose hashes are noted.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_confirm()
 */
// @ts-ignore: decorator
@inline
export function isTaken(region: usize, block: usize, entry: usize, now: u64): bool {
  return hasOther(region, block, entry, DIRECTION_ORIGINAL, notedHash(entry), now) || hasOther(region, block, entry, DIRECTION_REPLY, notedReplyHash(entry), now);
}

/** The same of its reply tuple alone. */
// @ts-ignore: decorator
@inline
export function isReplyTaken(region: usize, block: usize, entry: usize, now: u64): bool {
  return hasOther(region, block, entry, DIRECTION_REPLY, notedReplyHash(entry), now);
}

/** The same of one of them. Most buckets are empty. */
// @ts-ignore: decorator
@inline
function hasOther(region: usize, block: usize, entry: usize, direction: u32, hash: u32, now: u64): bool {
  if (load<u32>(bucketOf(region, block, hash)) == 0) return false;
  const zones = entryZones(entry);
  const directions = zones >> 16 == originalZone(zones) ? DIRECTION_BOTH : 1 << direction;
  return findTuple(region, block, entry + <usize>direction * FLOW_DIRECTION_TUPLE, hash, directions, now) != 0;
}
