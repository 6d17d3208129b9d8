// Settling one side of a connection: what its source, or its destination, is from now on.

import { ENV_CONNTRACK, ENV_SIDES } from '../abi/batch.ts';
import {
  FLOW_ORIGINAL,
  FLOW_REPLY,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
  MANIP_SRC,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { NAT_CHOSEN, NAT_CURRENT, NAT_RANGE, NAT_RANGE_MAP_IPS, RANGE_BYTES, RANGE_FLAGS, RANGE_MAX, RANGE_MIN } from '../abi/nat.ts';
import { PACKET_SHARD } from '../abi/packet.ts';
import { refreshState } from '../conntrack/attach.ts';
import { addToSource } from '../conntrack/sources.ts';
import { bucketOf, noteReplyHash, notedReplyHash, shardBlock } from '../conntrack/table.ts';
import { hashTuple, invertTuple, sameTuple } from '../conntrack/tuple.ts';
import { chooseTuple } from './choose.ts';
import { foresee, tellsSource } from './foresight.ts';
import { hasPorts } from './range.ts';
import { copyAddress, roomOf } from './room.ts';

/** Whether one side (MANIP_*) of an entry is settled. Ref: include/net/netfilter/nf_nat.h:nf_nat_initialized() */
// @ts-ignore: decorator
@inline
export function isSettled(entry: usize, manip: u32): bool {
  return (load<u32>(entry, FLOW_STATUS) & (manip == MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE)) != 0;
}

/**
 * Settles one side (MANIP_*) of a packet's entry within a range. An entry that is confirmed stays as it is.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_setup_info()
 */
export function settle(env: usize, packet: usize, entry: usize, range: usize, manip: u32): void {
  if (load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED) return;
  const room = roomOf(env, packet);
  const current = room + NAT_CURRENT;
  const chosen = room + NAT_CHOSEN;
  invertTuple(entry + FLOW_REPLY, current);
  chooseTuple(env, packet, entry, current, chosen, range, manip);
  let status = load<u32>(entry, FLOW_STATUS);
  if (!sameTuple(chosen, current)) {
    const zone = load<u16>(entry, FLOW_REPLY + TUPLE_ZONE);
    invertTuple(chosen, entry + FLOW_REPLY);
    store<u16>(entry, zone, FLOW_REPLY + TUPLE_ZONE);
    noteReplyHash(entry, hashTuple(entry + FLOW_REPLY));
    foresee(env, packet, entry + FLOW_REPLY);
    status |= manip == MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
  }
  conclude(env, packet, entry, status, load<u16>(chosen, TUPLE_SPORT), manip);
}

/** Notes that a side is settled. `sport`: the source port, or what stands at its place, that others see from now on. */
function conclude(env: usize, packet: usize, entry: usize, status: u32, sport: u32, manip: u32): void {
  if (manip == MANIP_SRC) {
    addToSource(shardBlock(<usize>load<u32>(env, ENV_CONNTRACK), load<u32>(packet, PACKET_SHARD)), entry);
    if (sport != load<u16>(entry, FLOW_ORIGINAL + TUPLE_SPORT)) tellsSource(env, packet, entry + FLOW_ORIGINAL);
  }
  store<u32>(entry, status | (manip == MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE), FLOW_STATUS);
  refreshState(packet);
}

/**
 * Settles one side of an entry at the address that it has: its port changes only if another entry has the replies to it.
 *
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_alloc_null_binding()
 */
export function settleAsIs(env: usize, packet: usize, entry: usize, manip: u32): void {
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_CONFIRMED) && hasPorts(load<u8>(entry, FLOW_REPLY + TUPLE_PROTO)) && isAlone(env, packet, entry)) {
    foresee(env, packet, entry + FLOW_REPLY);
    conclude(env, packet, entry, status, load<u16>(entry, FLOW_REPLY + TUPLE_DPORT), manip);
    return;
  }
  settleAt(env, packet, entry, entry + FLOW_REPLY + (manip == MANIP_SRC ? TUPLE_DST : TUPLE_SRC), manip, 0);
}

/**
 * Does the same at once for an entry that is not confirmed, has been translated on neither side, and the replies to which nobody else has, of a
 * protocol with ports, unless packets are spread by who is inside. `status`: the entry's.
 *
 * Returns: whether it is done.
 */
// @ts-ignore: decorator
@inline
export function settleAlone(env: usize, block: usize, entry: usize, status: u32, manip: u32): bool {
  if (load<u32>(env, ENV_SIDES) != 0) return false;
  if (manip == MANIP_SRC) addToSource(block, entry);
  store<u32>(entry, status | (manip == MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE), FLOW_STATUS);
  return true;
}

/** Whether nobody else can have the replies to an entry: their bucket is empty. */
function isAlone(env: usize, packet: usize, entry: usize): bool {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  return load<u32>(bucketOf(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), notedReplyHash(entry))) == 0;
}

/** Settles one side of an entry at an address. `asked`: a range whose ports and flags hold besides, 0 = none. */
export function settleAt(env: usize, packet: usize, entry: usize, address: usize, manip: u32, asked: usize): void {
  const range = roomOf(env, packet) + NAT_RANGE;
  if (asked != 0) memory.copy(range, asked, RANGE_BYTES);
  else memory.fill(range, 0, RANGE_BYTES);
  store<u32>(range, load<u32>(range, RANGE_FLAGS) | NAT_RANGE_MAP_IPS, RANGE_FLAGS);
  copyAddress(range + RANGE_MIN, address);
  copyAddress(range + RANGE_MAX, address);
  settle(env, packet, entry, range, manip);
}
