// One hook: its tables and connection tracking in the kernel's order. Which hook a packet comes to next is traverse.ts.

import {
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_COUNTERS6,
  ENV_COUNTERS6_STRIDE,
  ENV_HOST,
  ENV_PROGRAM4,
  ENV_PROGRAM6,
  OUTCOME_CTSTATE,
} from '../abi/batch.ts';
import { FLOW_STATUS, IPS_HELPER, IPS_SEQ_ADJUST } from '../abi/flow.ts';
import { USER_OUTPUT, USER_PREROUTING } from '../abi/fragment.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import {
  CTINFO_NONE,
  CTINFO_RELATED_REPLY,
  PACKET_BY,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_DST,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_IN,
  PACKET_L4,
  PACKET_MARK,
  PACKET_SHARD,
  PACKET_SRC,
  PACKET_TOS,
  PACKET_TTL,
  PACKET_WHY,
} from '../abi/packet.ts';
import {
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  HOOKS,
  NO_COUNTER,
  PROGRAM_CHAINS,
  PROGRAM_DEFRAGMENTS,
  PROGRAM_FLAGS,
  PROGRAM_USES_CONNTRACK,
  TABLE_FILTER,
  TABLE_MANGLE,
  TABLE_NAT,
  TABLE_RAW,
  TABLE_SECURITY,
} from '../abi/program.ts';
import { CHAIN_PASSED, CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_DROP, VERDICT_REJECT, WHY_HELPER } from '../abi/verdict.ts';
import { runChainHere } from '../classify/walk.ts';
import { shiftNumbers } from '../conntrack/sequence.ts';
import { confirm, track } from '../conntrack/track.ts';
import { gather4 } from '../fragment/ipv4.ts';
import { gather6 } from '../fragment/ipv6.ts';
import { spoil } from '../journey/recorder.ts';
import { help } from '../helper/helper.ts';
import { meetExpectation } from '../helper/meet.ts';
import { decided } from './decide.ts';
import { runNat } from './nat.ts';
import { reject } from './reject.ts';
import { reroute } from './route-output.ts';

// Steps that are no table.
const DEFRAGMENT: u32 = 7;
const TRACK: u32 = 8;
const CONFIRM: u32 = 9;

/** The ruleset of a packet's family, 0 = none. */
export function programOf(env: usize, packet: usize): usize {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  return isIpv6 ? load<u32>(env, ENV_PROGRAM6) : load<u32>(env, ENV_PROGRAM4);
}

/** The counters of that ruleset in the packet's shard. */
export function countersOf(env: usize, packet: usize): usize {
  const shard = load<u32>(packet, PACKET_SHARD);
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0
    ? load<u32>(env, ENV_COUNTERS6) + shard * load<u32>(env, ENV_COUNTERS6_STRIDE)
    : load<u32>(env, ENV_COUNTERS4) + shard * load<u32>(env, ENV_COUNTERS4_STRIDE);
}

/**
 * Takes a packet through one hook. `program` is its family's ruleset, 0 = none: everything passes.
 *
 * What a hook does is done in order of priority: defrag -400, raw -300, conntrack -200, mangle -150, dstnat -100, filter 0, security 50,
 * srcnat 100, confirm (with helpers) last. PREROUTING and OUTPUT are the first on a way, INPUT and POSTROUTING the last; raw and dstnat are
 * of the first alone, srcnat of the last, filter of INPUT, FORWARD and OUTPUT.
 *
 * Returns: VERDICT_ACCEPT when the packet goes on, else the verdict that ended it; OUTCOME_BY names the rule or policy.
 * Ref: include/uapi/linux/netfilter_ipv4.h:nf_ip_hook_priorities
 */
export function runHook(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize, hook: u32): u32 {
  if (program == 0) return VERDICT_ACCEPT;
  store<u32>(packet, hook, PACKET_HOOK);
  const tracks = (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_USES_CONNTRACK) != 0;
  const isFirst = hook == HOOK_PREROUTING || hook == HOOK_OUTPUT;
  const isLast = hook == HOOK_INPUT || hook == HOOK_POSTROUTING;
  let verdict = VERDICT_ACCEPT;
  if (isFirst) {
    verdict = gatherFor(env, packet, outcome, program, hook);
    if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, trace, TABLE_RAW, hook);
    if (verdict == VERDICT_ACCEPT && tracks) verdict = runTrack(env, packet, outcome);
    if (verdict != VERDICT_ACCEPT) return verdict;
  }
  verdict = runTable(env, packet, outcome, program, counters, trace, TABLE_MANGLE, hook);
  if (isFirst && verdict == VERDICT_ACCEPT) verdict = runNatTable(env, packet, outcome, program, counters, trace, hook);
  if (hook != HOOK_PREROUTING && hook != HOOK_POSTROUTING) {
    if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, trace, TABLE_FILTER, hook);
    if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, trace, TABLE_SECURITY, hook);
  }
  if (!isLast) return verdict;
  if (verdict == VERDICT_ACCEPT) verdict = runNatTable(env, packet, outcome, program, counters, trace, hook);
  return verdict == VERDICT_ACCEPT && tracks ? runConfirm(env, packet, outcome) : verdict;
}

/** The base chain of a table at a hook, as an offset of the ruleset; 0 = there is none: most tables have no rules at most hooks. */
// @ts-ignore: decorator
@inline
export function chainOf(program: usize, table: u32, hook: u32): u32 {
  return load<u32>(program + PROGRAM_CHAINS + <usize>(table * HOOKS + hook) * 4);
}

/** Puts fragments together where connections are tracked, or the ruleset wants it. */
// @ts-ignore: decorator
@inline
function gatherFor(env: usize, packet: usize, outcome: usize, program: usize, hook: u32): u32 {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_FRAGMENT) == 0 || load<u32>(packet, PACKET_CTINFO) != CTINFO_NONE) return VERDICT_ACCEPT;
  if ((load<u32>(program, PROGRAM_FLAGS) & (PROGRAM_USES_CONNTRACK | PROGRAM_DEFRAGMENTS)) == 0) return VERDICT_ACCEPT;
  return gather(env, packet, outcome, hook == HOOK_PREROUTING ? USER_PREROUTING : USER_OUTPUT);
}

// @ts-ignore: decorator
@inline
function runNatTable(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize, hook: u32): u32 {
  const chain = chainOf(program, TABLE_NAT, hook);
  return chain == 0 ? VERDICT_ACCEPT : runNat(env, packet, outcome, program, chain, counters, trace, hook);
}

/**
 * Holds a fragment until the others are there, for `user` (USER_*); the last to come goes on as the whole packet.
 *
 * Returns: VERDICT_ACCEPT for a whole packet and for what is left alone, VERDICT_STOLEN for a fragment that waits, VERDICT_DROP for one
 * that is given up.
 * Ref: net/ipv4/netfilter/nf_defrag_ipv4.c:ipv4_conntrack_defrag(), net/ipv6/netfilter/nf_defrag_ipv6_hooks.c:ipv6_defrag(),
 * net/ipv4/ip_input.c:ip_local_deliver()
 */
export function gather(env: usize, packet: usize, outcome: usize, user: u32): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_FRAGMENT) == 0) return VERDICT_ACCEPT;
  const verdict = (flags & PACKET_FLAG_IPV6) != 0 ? gather6(env, packet, user) : gather4(env, packet, user);
  if (verdict != VERDICT_ACCEPT) decided(outcome, NO_COUNTER, DEFRAGMENT, verdict);
  return verdict;
}

export function runTrack(env: usize, packet: usize, outcome: usize): u32 {
  const verdict = track(env, packet);
  meetExpectation(env, packet);
  store<u32>(outcome, load<u32>(packet, PACKET_CTSTATE), OUTCOME_CTSTATE);
  if (verdict != VERDICT_ACCEPT) decided(outcome, NO_COUNTER, TRACK, verdict);
  return verdict;
}

/** Shows the packet to its connection's helper, then confirms it. Ref: net/netfilter/nf_conntrack_proto.c:nf_confirm() */
export function runConfirm(env: usize, packet: usize, outcome: usize): u32 {
  const entry: usize = load<u32>(packet, PACKET_CT);
  const isAssisted = entry != 0 && (load<u32>(entry, FLOW_STATUS) & (IPS_HELPER | IPS_SEQ_ADJUST)) != 0;
  if (isAssisted) spoil(packet);
  const helped = isAssisted ? assist(env, packet, entry) : VERDICT_ACCEPT;
  if (helped != VERDICT_ACCEPT) store<u32>(packet, WHY_HELPER, PACKET_WHY);
  const verdict = helped == VERDICT_ACCEPT ? confirm(env, packet) : helped;
  if (verdict != VERDICT_ACCEPT) decided(outcome, NO_COUNTER, CONFIRM, verdict);
  return verdict;
}

/** The helper of a connection, and sequence numbers that it has shifted before; not of what came over the loopback device. */
function assist(env: usize, packet: usize, entry: usize): u32 {
  if (load<u32>(packet, PACKET_CTINFO) == CTINFO_RELATED_REPLY || load<u32>(packet, PACKET_L4) == 0) return VERDICT_ACCEPT;
  const status = load<u32>(entry, FLOW_STATUS);
  const verdict = (status & IPS_HELPER) != 0 ? help(env, packet, entry) : VERDICT_ACCEPT;
  if (verdict != VERDICT_ACCEPT || (status & IPS_SEQ_ADJUST) == 0) return verdict;
  if (load<u32>(packet, PACKET_IN) == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK)) return verdict;
  return shiftNumbers(env, packet, entry) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/** A table but nat. */
// @ts-ignore: decorator
@inline
export function runTable(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize, table: u32, hook: u32): u32 {
  const chain = chainOf(program, table, hook);
  if (chain == 0) return VERDICT_ACCEPT;
  if (table == TABLE_MANGLE && hook == HOOK_OUTPUT) return runRerouting(env, packet, outcome, program, chain, counters, trace);
  return runRules(env, packet, outcome, program, chain, counters, trace, table);
}

function runRules(env: usize, packet: usize, outcome: usize, program: usize, chain: u32, counters: usize, trace: usize, table: u32): u32 {
  let verdict = runChainHere(env, program, chain, packet, counters, trace);
  if (verdict >= CHAIN_REJECT) {
    spoil(packet);
    reject(env, packet, verdict - CHAIN_REJECT);
    verdict = VERDICT_REJECT;
  }
  if (verdict == CHAIN_PASSED) verdict = VERDICT_ACCEPT;
  decided(outcome, load<u32>(packet, PACKET_BY), table, verdict);
  return verdict;
}

/** Table mangle at OUTPUT, behind which a packet may be routed anew. */
function runRerouting(env: usize, packet: usize, outcome: usize, program: usize, chain: u32, counters: usize, trace: usize): u32 {
  const key = routeKey(packet);
  const source = v128.load(packet + PACKET_SRC);
  const destination = v128.load(packet + PACKET_DST);
  const verdict = runRules(env, packet, outcome, program, chain, counters, trace, TABLE_MANGLE);
  if (verdict != VERDICT_ACCEPT) return verdict;
  const moved = v128.or(v128.xor(source, v128.load(packet + PACKET_SRC)), v128.xor(destination, v128.load(packet + PACKET_DST)));
  return v128.any_true(moved) || routeKey(packet) != key ? reroute(env, packet) : verdict;
}

/**
 * What table mangle must change for the kernel to route a packet of OUTPUT anew, beside addresses.
 * Ref: net/ipv4/netfilter/iptable_mangle.c:ipt_mangle_out(), net/ipv6/netfilter/ip6table_mangle.c:ip6t_mangle_out()
 */
function routeKey(packet: usize): u64 {
  const hopLimit = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0 ? load<u32>(packet, PACKET_TTL) : 0;
  return ((<u64>load<u32>(packet, PACKET_MARK)) << 32) | (load<u32>(packet, PACKET_TOS) << 8) | hopLimit;
}
