// Whether a tuple that is tried would be told apart from all others by its replies.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_STATUS,
  IPS_DST_NAT,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_SEQ_ADJUST,
  IPS_SRC_NAT,
  TCP_CT_SYN_SENT,
  TCP_CT_TIME_WAIT,
  TCP_END,
  TCP_STATE,
  TUPLE_DST,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { NAT_TRIED } from '../abi/nat.ts';
import { PACKET_NUMBER, PACKET_SHARD, PACKET_TIME } from '../abi/packet.ts';
import { DIRECTION_BOTH, findTuple, killEntry, linkDirection, linkEntry, shardBlock } from '../conntrack/table.ts';
import { hashTuple, invertTuple, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, sameTuple } from '../conntrack/tuple.ts';
import { entryZones, findInZones, originalZone } from '../conntrack/zone.ts';
import { foresee } from './foresight.ts';
import { roomOf, sameAddress } from './room.ts';

/** So few attempts before the last a connection that is over may be put out of the way. Ref: net/netfilter/nf_nat_core.c:NF_NAT_HARDER_THRESH */
const HARDER: u32 = 32;
const TRANSLATED: u32 = IPS_SRC_NAT | IPS_DST_NAT | IPS_SEQ_ADJUST;

/** The reply to a tuple that an entry may get, in the entry's zone of replies. */
function replyTo(env: usize, packet: usize, entry: usize, tuple: usize): usize {
  const reply = roomOf(env, packet) + NAT_TRIED;
  invertTuple(tuple, reply);
  store<u16>(reply, load<u16>(entry, FLOW_REPLY + TUPLE_ZONE), TUPLE_ZONE);
  foresee(env, packet, reply);
  return reply;
}

/** The entry that has the reply to a tuple already, as a link; 0 = none but `entry` itself. */
function findReply(env: usize, packet: usize, entry: usize, tuple: usize): u32 {
  const reply = replyTo(env, packet, entry, tuple);
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  const zones = entryZones(entry);
  const directions: u32 = zones >> 16 == originalZone(zones) ? DIRECTION_BOTH : 1 << DIRECTION_REPLY;
  return findTuple(region, block, reply, hashTuple(reply), directions, load<u64>(packet, PACKET_TIME));
}

/** The same as a packet would find it, which may be another where zones differ by direction. */
function findReplyInZones(env: usize, packet: usize, entry: usize, tuple: usize): u32 {
  const reply = replyTo(env, packet, entry, tuple);
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  const zones = entryZones(entry);
  store<u16>(reply, <u16>originalZone(zones), TUPLE_ZONE);
  return findInZones(region, block, reply, zones, load<u64>(packet, PACKET_TIME));
}

/**
 * Whether another entry has the reply to a tuple already. One with the same original tuple is the same connection, which is settled when
 * the entry is confirmed.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_used_tuple(), net/netfilter/nf_conntrack_core.c:nf_conntrack_tuple_taken()
 */
export function isTupleTaken(env: usize, packet: usize, entry: usize, tuple: usize): bool {
  const link = findReply(env, packet, entry, tuple);
  return link != 0 && !sameTuple(linkEntry(link) + FLOW_ORIGINAL, entry + FLOW_ORIGINAL);
}

/**
 * As isTupleTaken(), for the tuple that a connection has already: of protocols that let clash, another that is the same seen from the other side
 * is none, if nothing of it is translated. Zones that differ by direction let both come to be.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_used_tuple_new()
 */
export function isOwnTupleTaken(env: usize, packet: usize, entry: usize, tuple: usize): bool {
  if (!isTupleTaken(env, packet, entry, tuple)) return false;
  if (!letsClash(load<u8>(tuple, TUPLE_PROTO))) return true;
  const link = findReplyInZones(env, packet, entry, tuple);
  const other = linkEntry(link);
  if (link == 0 || (load<u32>(other, FLOW_STATUS) & TRANSLATED) != 0) return link != 0;
  return !isSameTuple(other + FLOW_ORIGINAL, entry + FLOW_REPLY) || !isSameTuple(other + FLOW_REPLY, entry + FLOW_ORIGINAL);
}

/**
 * Whether connections of a protocol may clash: where first packets of one flow race, the loser's may share the winner's. So it is with all but
 * TCP, SCTP and ICMP.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_allow_clash()
 */
function letsClash(proto: u32): bool {
  return proto != IPPROTO_TCP && proto != IPPROTO_SCTP && proto != IPPROTO_ICMP && proto != IPPROTO_ICMPV6;
}

/** Whether tuples are the same but for their zones. */
function isSameTuple(a: usize, b: usize): bool {
  return (
    sameAddress(a + TUPLE_SRC, b + TUPLE_SRC) &&
    sameAddress(a + TUPLE_DST, b + TUPLE_DST) &&
    load<u32>(a, TUPLE_SPORT) == load<u32>(b, TUPLE_SPORT) &&
    load<u8>(a, TUPLE_PROTO) == load<u8>(b, TUPLE_PROTO)
  );
}

/**
 * As isTupleTaken(), but for a new TCP connection puts the one that has it out of the way, if that is over and its sequence numbers lie
 * behind. `left`: attempts that are left, this one included.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_used_tuple_harder()
 */
export function isTupleTakenStill(env: usize, packet: usize, entry: usize, tuple: usize, left: u32): bool {
  const isNewTcp = <u32>load<u8>(tuple, TUPLE_PROTO) == IPPROTO_TCP && <u32>load<u8>(entry, FLOW_PROTO + TCP_STATE) == TCP_CT_SYN_SENT;
  if (left > HARDER || !isNewTcp) return isTupleTaken(env, packet, entry, tuple);
  const link = findReplyInZones(env, packet, entry, tuple);
  if (link == 0) return false;
  const other = linkEntry(link);
  if (linkDirection(link) == DIRECTION_ORIGINAL || !isOver(other)) return true;
  const advance = load<u32>(entry, FLOW_PROTO + TCP_END) - load<u32>(other, FLOW_PROTO + TCP_END);
  if (<i32>advance <= 0) return true;
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  killEntry(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), other, load<u32>(packet, PACKET_NUMBER));
  return false;
}

/** Ref: net/netfilter/nf_nat_core.c:nf_nat_may_kill() */
function isOver(entry: usize): bool {
  const status = load<u32>(entry, FLOW_STATUS);
  if (<u32>load<u8>(entry, FLOW_PROTO + TCP_STATE) < TCP_CT_TIME_WAIT) return false;
  return !(status & (IPS_FIXED_TIMEOUT | IPS_DYING)) && (status & IPS_SRC_NAT) != 0;
}
