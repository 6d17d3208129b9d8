// Table nat: its chains settle what a connection is translated to, then every packet of it is translated, in every hook that has the
// table, be there rules or not.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  FLOW_DIRECTION_TUPLE,
  FLOW_STATUS,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_EXPECTED,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
  MANIP_DST,
  MANIP_SRC,
  TUPLE_DST,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  CTINFO_ESTABLISHED,
  CTINFO_ESTABLISHED_REPLY,
  CTINFO_IS_REPLY,
  CTINFO_RELATED,
  CTINFO_RELATED_REPLY,
  PACKET_BY,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_NUMBER,
  PACKET_OUT,
  PACKET_PROTO,
  PACKET_SHARD,
  PACKET_WHY,
} from '../abi/packet.ts';
import {
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NO_COUNTER,
  PROGRAM_FLAGS,
  PROGRAM_NEEDS_ADDRTYPE,
  TABLE_NAT,
} from '../abi/program.ts';
import { CHAIN_PASSED, VERDICT_ACCEPT, VERDICT_DROP, WHY_NAT_DEVICE, WHY_NAT_ERROR, WHY_NAT_HEADER } from '../abi/verdict.ts';
import { runChain } from '../classify/walk.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { masqueradeOf } from '../conntrack/sources.ts';
import { killEntry, shardBlock } from '../conntrack/table.ts';
import { spoil } from '../journey/recorder.ts';
import { isSettled, settleAlone, settleAsIs } from '../nat/bind.ts';
import { changePacket, isChanged } from '../nat/change.ts';
import { changeError } from '../nat/error.ts';
import { sameAddress } from '../nat/room.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from '../wire/transport.ts';
import { fillAddressTypes } from './address-type.ts';
import { decided } from './decide.ts';
import { reroute } from './route-output.ts';

/** Of a connection that is not as it was made. */
const CHANGED: u32 = IPS_SRC_NAT | IPS_DST_NAT | IPS_EXPECTED;

/** The side that a hook translates. Ref: include/net/netfilter/nf_nat.h:HOOK2MANIP() */
// @ts-ignore: decorator
@inline
function manipOf(hook: u32): u32 {
  return hook == HOOK_PREROUTING || hook == HOOK_OUTPUT ? MANIP_DST : MANIP_SRC;
}

/**
 * Takes a packet through table nat at a hook. Chains see a connection's first packet, and never one without an entry; what they leave
 * alone is settled as it is. ICMP errors go as their connection does, without meeting the chains.
 *
 * Returns: VERDICT_ACCEPT, or the verdict that ended the packet.
 * Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv4_local_fn(), nf_nat_ipv6_local_fn()
 */
export function runNat(
  env: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  chain: u32,
  counters: usize,
  trace: usize,
  hook: u32,
): u32 {
  const verdict = translate(env, packet, outcome, program, chain, counters, trace, hook);
  if (hook != HOOK_OUTPUT || verdict != VERDICT_ACCEPT || !isRedirected(packet)) return verdict;
  const routed = reroute(env, packet);
  if (routed != VERDICT_ACCEPT) decided(outcome, NO_COUNTER, TABLE_NAT, routed);
  return routed;
}

/**
 * The same at PREROUTING, INPUT or POSTROUTING for a packet of TCP or UDP that has just opened its connection. `alone`: nobody has the replies to
 * that as it was made.
 */
// @ts-ignore: decorator
@inline
export function runNatFirst(
  env: usize,
  block: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  chain: u32,
  counters: usize,
  hook: u32,
  entry: usize,
  alone: bool,
): u32 {
  const status = load<u32>(entry, FLOW_STATUS);
  const manip = manipOf(hook);
  if (!alone || (status & (manip == MANIP_DST ? CHANGED | IPS_DST_NAT_DONE : CHANGED | IPS_SRC_NAT_DONE)) != 0) {
    return runNat(env, packet, outcome, program, chain, counters, 0, hook);
  }
  const verdict = runChain(env, program, chain, packet, counters, 0);
  if (verdict == VERDICT_ACCEPT && load<u32>(entry, FLOW_STATUS) == status && settleAlone(env, block, entry, status, manip)) {
    decided(outcome, load<u32>(packet, PACKET_BY), TABLE_NAT, VERDICT_ACCEPT);
    return VERDICT_ACCEPT;
  }
  return heed(env, packet, outcome, program, entry, manip, verdict);
}

/** Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv4_fn(), net/netfilter/nf_nat_core.c:nf_nat_inet_fn() */
function translate(
  env: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  chain: u32,
  counters: usize,
  trace: usize,
  hook: u32,
): u32 {
  const entry: usize = load<u32>(packet, PACKET_CT);
  if (entry == 0) return VERDICT_ACCEPT;
  const manip = manipOf(hook);
  if (isErrorAbout(packet)) {
    spoil(packet);
    if (!changeError(env, packet, manip)) return refused(packet, outcome, WHY_NAT_ERROR);
    afterChange(env, packet, program);
    return VERDICT_ACCEPT;
  }
  if (asksChain(packet, entry, manip)) {
    spoil(packet);
    const verdict = runChain(env, program, chain, packet, counters, trace);
    return heed(env, packet, outcome, program, entry, manip, verdict);
  } else if (hook == HOOK_POSTROUTING && leavesElsewhere(env, packet, entry)) {
    return refused(packet, outcome, WHY_NAT_DEVICE);
  }
  return change(env, packet, outcome, program, manip);
}

/** Does what a chain has said of a connection. Returns: the packet's verdict. */
function heed(env: usize, packet: usize, outcome: usize, program: usize, entry: usize, manip: u32, verdict: u32): u32 {
  // A connection whose chain has not come to an end of its own stays as it is, and its next packet asks again.
  const isPassed = verdict == CHAIN_PASSED;
  decided(outcome, load<u32>(packet, PACKET_BY), TABLE_NAT, isPassed ? VERDICT_ACCEPT : verdict);
  if (isPassed) return VERDICT_ACCEPT;
  if (verdict != VERDICT_ACCEPT) return verdict;
  if (!isSettled(entry, manip)) settleAsIs(env, packet, entry, manip);
  return change(env, packet, outcome, program, manip);
}

/** Gives a packet the addresses that its connection has now. */
function change(env: usize, packet: usize, outcome: usize, program: usize, manip: u32): u32 {
  // A packet that is spared its journey is spared this too: nobody asks for its bytes.
  if (!isChanged(packet, manip)) return VERDICT_ACCEPT;
  if (!changePacket(env, packet, manip)) return refused(packet, outcome, WHY_NAT_HEADER);
  afterChange(env, packet, program);
  return VERDICT_ACCEPT;
}

function refused(packet: usize, outcome: usize, why: u32): u32 {
  store<u32>(packet, why, PACKET_WHY);
  decided(outcome, NO_COUNTER, TABLE_NAT, VERDICT_DROP);
  return VERDICT_DROP;
}

/** Rules behind see the new addresses. */
function afterChange(env: usize, packet: usize, program: usize): void {
  if ((load<u32>(program, PROGRAM_FLAGS) & PROGRAM_NEEDS_ADDRTYPE) != 0) fillAddressTypes(env, packet);
}

/**
 * Whether the packet is an ICMP or ICMPv6 error about a connection. Later fragments of one that this host sent itself in fragments, which
 * carry its connection, are none to IPv6: the walk to their transport ends at the fragment header.
 *
 * Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv6_fn(), net/ipv6/exthdrs_core.c:ipv6_skip_exthdr()
 */
// @ts-ignore: decorator
@inline
function isErrorAbout(packet: usize): bool {
  const info = load<u32>(packet, PACKET_CTINFO);
  if (info != CTINFO_RELATED && info != CTINFO_RELATED_REPLY) return false;
  const flags = load<u32>(packet, PACKET_FLAGS);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 && (flags & PACKET_FLAG_LATER_FRAGMENT) != 0) return false;
  return load<u32>(packet, PACKET_PROTO) == (isIpv6 ? PROTO_ICMPV6 : PROTO_ICMP);
}

// @ts-ignore: decorator
@inline
function asksChain(packet: usize, entry: usize, manip: u32): bool {
  const info = load<u32>(packet, PACKET_CTINFO);
  return info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY && !isSettled(entry, manip);
}

/**
 * A connection that was given the address of one device, and now would leave by another, ends here.
 *
 * Ref: include/net/netfilter/nf_nat.h:nf_nat_oif_changed()
 */
function leavesElsewhere(env: usize, packet: usize, entry: usize): bool {
  if (load<u32>(packet, PACKET_CTINFO) >= CTINFO_IS_REPLY || !isSettled(entry, MANIP_SRC)) return false;
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  const device = masqueradeOf(block, entry);
  if (device == 0 || device == load<u32>(packet, PACKET_OUT)) return false;
  killEntry(region, block, entry, load<u32>(packet, PACKET_NUMBER));
  return true;
}

/**
 * Whether packets in the direction of this one go to another address than they are sent to: those of this host are routed anew then.
 *
 * Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv4_local_fn(), nf_nat_ipv6_local_fn()
 */
function isRedirected(packet: usize): bool {
  const entry: usize = load<u32>(packet, PACKET_CT);
  if (entry == 0) return false;
  const direction = packetDirection(packet);
  const ours = entry + <usize>direction * FLOW_DIRECTION_TUPLE;
  const theirs = entry + <usize>(direction ^ 1) * FLOW_DIRECTION_TUPLE;
  return !sameAddress(ours + TUPLE_DST, theirs + TUPLE_SRC);
}
