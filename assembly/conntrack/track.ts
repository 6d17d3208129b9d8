// Connection tracking as the hooks see it. Comes in: a packet record; goes out: its entry, its place in it, and what rules see
// of that. This folder must not know rules, tables or interfaces.
//
// A packet is tracked at PREROUTING or OUTPUT (`track`); the entry that its first packet makes is its own until the packet has
// come out at the other end (`confirm`), or is given back if it did not (`release`). All that an entry's packets touch lies in
// one shard, so nothing here waits for anything.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EVENTS_OFF, IPCT_HELPER, IPCT_MARK, IPCT_NEW, IPCT_RELATED, IPCT_REPLY } from '../abi/event.ts';
import {
  CONNTRACK_EVENTS,
  FLOW_MARK,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_SEEN_REPLY,
  IPS_TEMPLATE,
  SHARD_DROP,
  SHARD_ERROR,
  SHARD_INSERT_FAILED,
  SHARD_INVALID,
} from '../abi/flow.ts';
import {
  CTINFO_ESTABLISHED_REPLY,
  CTINFO_IS_REPLY,
  CTINFO_UNTRACKED,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_END,
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_L3,
  PACKET_L4,
  PACKET_NUMBER,
  PACKET_PROTO,
  PACKET_SHARD,
  PACKET_TEMPLATE,
  PACKET_TIME,
  PACKET_TRACKED,
  PACKET_TRACKED_LINK,
  PACKET_WHY,
} from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, WHY_CONNTRACK_DROP, WHY_CONNTRACK_FULL } from '../abi/verdict.ts';
import { HANDLED, HANDLED_REPEAT } from './answer.ts';
import { attach, detach } from './attach.ts';
import { helperOf } from './expect.ts';
import { deliverEvents, noteEvent } from './event.ts';
import { NO_PROTOCOL, walkedProtocol, walkExtensions } from './extension.ts';
import { trackGeneric } from './generic.ts';
import { trackGre } from './gre.ts';
import { trackIcmp } from './icmp.ts';
import { trackIcmpv6 } from './icmpv6.ts';
import { checkIcmp, checkIcmpv6, QUOTE_INVALID, QUOTE_NONE } from './quote.ts';
import { trackSctp } from './sctp.ts';
import { emptyLimbo, freeEntry, insertEntry, linkDirection, linkEntry, shardBlock, startClock } from './table.ts';
import { trackTcp } from './tcp.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_NONE,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from './tuple.ts';
import { isTaken, packetZones } from './zone.ts';
import { trackUdp, trackUdpLite } from './udp.ts';
import { shardOf } from '../wire/shard.ts';
import { linkInfo, resolve, RESOLVED, RESOLVED_FULL, RESOLVED_INVALID } from './resolve.ts';

/**
 * Tracks a packet at PREROUTING or OUTPUT: finds or makes its entry, puts the packet into effect on it, and writes
 * PACKET_CT, PACKET_CTINFO, PACKET_CTSTATE and PACKET_CTMARK. A packet that already carries an entry (it came back over the
 * loopback interface) or is UNTRACKED is left alone.
 *
 * Returns: VERDICT_ACCEPT, or VERDICT_DROP with PACKET_WHY when there is no memory for a new entry.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_conntrack_in()
 */
export function track(env: usize, packet: usize): u32 {
  if (!takeTemplate(packet)) return VERDICT_ACCEPT;
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  emptyLimbo(region, block, load<u32>(packet, PACKET_NUMBER));
  const proto = protocolOf(packet);
  if (proto < 0) {
    count(block, SHARD_INVALID);
    detach(packet);
    return VERDICT_ACCEPT;
  }
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const zones = packetZones(packet);
  let quote = QUOTE_NONE;
  if (proto == IPPROTO_ICMP && !isIpv6) quote = checkIcmp(region, quotedBlock(env, region, packet), packet, zones);
  else if (proto == IPPROTO_ICMPV6 && isIpv6) quote = checkIcmpv6(region, quotedBlock(env, region, packet), packet, zones);
  if (quote == QUOTE_INVALID) {
    count(block, SHARD_ERROR);
    detach(packet);
  }
  if (quote != QUOTE_NONE) return VERDICT_ACCEPT;
  return trackByTuple(region, block, packet, <u32>proto, zones);
}

/**
 * The block of the shard that the connections are in which an ICMP message may quote. An error that came in fragments was not seen to quote
 * anything: if that is of another shard than the fragments, nothing else runs now (SLOT_QUOTES).
 */
function quotedBlock(env: usize, region: usize, packet: usize): usize {
  const shard = load<u32>(packet, PACKET_FRAG_MAX) == 0 ? load<u32>(packet, PACKET_SHARD) : shardOf(env, packet);
  return shardBlock(region, shard);
}

/**
 * Takes the template that the packet carries, if any, out of the connection's place.
 *
 * Returns: false for a packet that is not to be tracked: it has a connection already, or is UNTRACKED.
 */
// @ts-ignore: decorator
@inline
function takeTemplate(packet: usize): bool {
  const carried = <usize>load<u32>(packet, PACKET_CT);
  store<u32>(packet, 0, PACKET_TEMPLATE);
  if (carried == 0) return load<u32>(packet, PACKET_CTINFO) != CTINFO_UNTRACKED;
  if (!(load<u32>(carried, FLOW_STATUS) & IPS_TEMPLATE)) return false;
  store<u32>(packet, <u32>carried, PACKET_TEMPLATE);
  store<u32>(packet, 0, PACKET_CT);
  return true;
}

/**
 * The transport protocol to track a packet by; -1 for a later fragment and where the header chain leads nowhere.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:get_l4proto()
 */
export function protocolOf(packet: usize): i32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if (flags & PACKET_FLAG_LATER_FRAGMENT) return -1;
  const proto = load<u32>(packet, PACKET_PROTO);
  if (load<u32>(packet, PACKET_L4) != 0) return flags & PACKET_FLAG_IPV6 && proto == IPPROTO_NONE ? -1 : <i32>proto;
  if (!(flags & PACKET_FLAG_BAD_CHAIN)) return -1;
  const walked = walkExtensions(<usize>load<u32>(packet, PACKET_L3), <usize>load<u32>(packet, PACKET_END));
  if (walked == NO_PROTOCOL) return -1;
  const found = walkedProtocol(walked);
  // Of an ICMPv6 message the header is looked at before anything else.
  return found == IPPROTO_ICMPV6 ? -1 : <i32>found;
}

// @ts-ignore: decorator
@inline
function trackByTuple(region: usize, block: usize, packet: usize, proto: u32, zones: u32): u32 {
  for (;;) {
    const tracked = load<u32>(packet, PACKET_TRACKED);
    const resolved = tracked == 0 ? resolve(region, block, packet, proto, zones) : resume(packet);
    if (resolved == RESOLVED_FULL) {
      count(block, SHARD_DROP);
      detach(packet);
      store<u32>(packet, WHY_CONNTRACK_FULL, PACKET_WHY);
      return VERDICT_DROP;
    }
    if (resolved == RESOLVED_INVALID) break;
    const entry = <usize>load<u32>(packet, PACKET_CT);
    const handled = tracked == 0 ? handle(region, block, entry, packet, proto) : tracked - 1;
    if (handled == HANDLED) {
      if (load<u32>(packet, PACKET_CTINFO) == CTINFO_ESTABLISHED_REPLY) seeReply(entry);
      return VERDICT_ACCEPT;
    }
    if (handled != HANDLED_REPEAT) {
      if (!(load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED)) freeEntry(region, block, entry);
      break;
    }
  }
  count(block, SHARD_INVALID);
  detach(packet);
  return VERDICT_ACCEPT;
}

/** Gives the packet the entry that it was put into effect on before its journey (trackKnown). */
function resume(packet: usize): u32 {
  const link = load<u32>(packet, PACKET_TRACKED_LINK);
  store<u32>(packet, 0, PACKET_TRACKED);
  attach(packet, linkEntry(link), linkInfo(link));
  return RESOLVED;
}

/** Adds one to what `conntrack -S` tells of a shard. */
function count(block: usize, counter: usize): void {
  store<u32>(block + counter, load<u32>(block + counter) + 1);
}

function seeReply(entry: usize): void {
  const status = load<u32>(entry, FLOW_STATUS);
  if (status & IPS_SEEN_REPLY) return;
  store<u32>(entry, status | IPS_SEEN_REPLY, FLOW_STATUS);
  noteEvent(entry, IPCT_REPLY);
}

/**
 * Tracks a packet of TCP or UDP whose entry is known before any rule has seen the packet: for those that are spared the rules. Its record
 * need have no more than the tracker of the protocol asks for, and PACKET_CTINFO.
 *
 * Returns: HANDLED; or what PACKET_TRACKED is to say, with PACKET_TRACKED_LINK, when it takes its journey after all.
 */
export function trackKnown(region: usize, block: usize, link: u32, packet: usize, proto: u32): u32 {
  const entry = linkEntry(link);
  const handled = proto == IPPROTO_TCP ? trackTcp(region, block, entry, packet) : trackUdp(region, entry, packet);
  if (handled == HANDLED && linkDirection(link)) seeReply(entry);
  return handled;
}

/** Ref: net/netfilter/nf_conntrack_core.c:nf_conntrack_handle_packet() */
function handle(region: usize, block: usize, entry: usize, packet: usize, proto: u32): u32 {
  switch (proto) {
    case IPPROTO_TCP:
      return trackTcp(region, block, entry, packet);
    case IPPROTO_UDP:
      return trackUdp(region, entry, packet);
    case IPPROTO_ICMP:
      return trackIcmp(region, entry, packet);
    case IPPROTO_ICMPV6:
      return trackIcmpv6(region, entry, packet);
    case IPPROTO_UDPLITE:
      return trackUdpLite(region, entry, packet);
    case IPPROTO_SCTP:
      return trackSctp(region, entry, packet);
    case IPPROTO_GRE:
      return trackGre(region, entry, packet);
    default:
      return trackGeneric(region, entry, packet);
  }
}

/**
 * Puts the entry that a packet made into the table, now that the packet has come through; its timeout starts here, and its events are
 * told. Packets without an entry, with a confirmed one, or of the reply direction pass.
 *
 * Differs: the kernel lets a packet of UDP and of protocols without a tracker that lost a race have the winner's entry, or one for
 * its reply alone. That needs an entry with the same original tuple and zone that came between `track` and here; here one packet is on
 * its way at a time, what it loops back has its own entry, copies of TEE have none, and a taken reply alone is refused in the kernel too.
 *
 * Returns: VERDICT_ACCEPT, or VERDICT_DROP with PACKET_WHY where another entry has taken one of its tuples.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_confirm(), nf_ct_resolve_clash()
 */
export function confirm(env: usize, packet: usize): u32 {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return VERDICT_ACCEPT;
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const status = load<u32>(entry, FLOW_STATUS);
  const isNew = !(status & IPS_CONFIRMED) && load<u32>(packet, PACKET_CTINFO) < CTINFO_IS_REPLY;
  if (isNew && confirmNew(region, entry, packet, status) != VERDICT_ACCEPT) return VERDICT_DROP;
  if (load<u32>(region, CONNTRACK_EVENTS) != EVENTS_OFF) {
    deliverEvents(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), entry);
  }
  return VERDICT_ACCEPT;
}

// @ts-ignore: decorator
@inline
function confirmNew(region: usize, entry: usize, packet: usize, status: u32): u32 {
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  const now = load<u64>(packet, PACKET_TIME);
  if (status & IPS_DYING) return refuse(region, block, entry, packet);
  if (isTaken(region, block, entry, now)) return refuse(region, block, entry, packet);
  insertEntry(region, block, entry);
  startClock(entry, now);
  store<u32>(entry, status | IPS_CONFIRMED, FLOW_STATUS);
  if (helperOf(entry) != 0) noteEvent(entry, IPCT_HELPER);
  noteEvent(entry, status & IPS_EXPECTED ? IPCT_RELATED : IPCT_NEW);
  return VERDICT_ACCEPT;
}

function refuse(region: usize, block: usize, entry: usize, packet: usize): u32 {
  count(block, SHARD_INSERT_FAILED);
  count(block, SHARD_DROP);
  detach(packet);
  freeEntry(region, block, entry);
  store<u32>(packet, WHY_CONNTRACK_DROP, PACKET_WHY);
  return VERDICT_DROP;
}

/**
 * Gives back what a packet holds when its way ends before `confirm`: the entry it made, if it is still its own. To be called
 * for every packet that was tracked and is dropped or consumed; it may be called for any.
 */
export function release(env: usize, packet: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED) return;
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  freeEntry(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), entry);
  store<u32>(packet, 0, PACKET_CT);
}

/** The mark of an entry. */
export function ctMark(entry: usize): u32 {
  return load<u32>(entry, FLOW_MARK);
}

/** Sets the mark of an entry. `refreshState` shows it to the rules behind on a packet's way. */
export function setCtMark(entry: usize, mark: u32): void {
  if (load<u32>(entry, FLOW_MARK) == mark) return;
  noteEvent(entry, IPCT_MARK);
  store<u32>(entry, mark, FLOW_MARK);
}
