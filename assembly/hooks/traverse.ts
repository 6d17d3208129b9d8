// The journey of one packet through the hooks. Comes in: dissected packet records of a slot; goes out: one outcome each, counters
// moved, conntrack entries made. Order and conditions are the kernel's; what a hook does is in hook.ts, where a packet goes in
// route.ts, what a ruleset says in classify/.

import {
  ENV_FLAG_EGRESS,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_HOST,
  ENV_SCRATCH,
  OUTCOME_BY,
  OUTCOME_CT,
  OUTCOME_CTSTATE,
  OUTCOME_DELIVERED,
  OUTCOME_FLAGS,
  OUTCOME_FORESIGHT,
  OUTCOME_OUT,
  OUTCOME_REDIRECT,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
  SCRATCH_OUTCOME,
  SCRATCH_SLOT,
  SCRATCH_TRACE,
  SHARD_SCRATCH_BYTES,
  TRACE_COUNT,
} from '../abi/batch.ts';
import { USER_DELIVERY } from '../abi/fragment.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import {
  CTINFO_UNTRACKED,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_DST,
  PACKET_FACT_REDIRECTED,
  PACKET_FACTS,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_IN,
  PACKET_L4_LENGTH,
  PACKET_OUT,
  PACKET_PIECES,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SPLIT,
  PACKET_TTL,
  PACKET_WHY,
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_MULTICAST,
  SPLIT_FRAGMENTS,
  SPLIT_NONE,
} from '../abi/packet.ts';
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NO_COUNTER,
  PROGRAM_FLAGS,
  PROGRAM_NEEDS_ADDRTYPE,
} from '../abi/program.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE, WHY_IP_OPTIONS, WHY_IP_VERSION, WHY_IPV6_ADDRESS, WHY_NONE } from '../abi/verdict.ts';
import { detach } from '../conntrack/attach.ts';
import { release } from '../conntrack/track.ts';
import { fragmentBytes, fragmentPayload, writeFragment } from '../fragment/split.ts';
import { clear64 } from '../wire/clear.ts';
import { dissectAgain } from '../wire/dissect.ts';
import { addressesAllowed } from '../wire/dissect-ipv6.ts';
import { allowFragments, clonePacket, ownedPlace, pullTransport } from '../wire/edit.ts';
import { TCP_BYTES } from '../wire/tcp.ts';
import { PROTO_TCP } from '../wire/transport.ts';
import { isMulticast4 } from './address.ts';
import { fillAddressTypes } from './address-type.ts';
import { spoil } from '../journey/recorder.ts';
import { admit } from './admit.ts';
import { answerDelivered } from './answer-host.ts';
import { answerRedirected } from './answer-redirect.ts';
import { answerOptions, answerWhy } from './answer-way.ts';
import { forward } from './forward.ts';
import { countersOf, gather, programOf, runHook } from './hook.ts';
import { forgetOptions } from './options-echo.ts';
import { forwardOptions, receiveOptions } from './options-fill.ts';
import { output } from './output.ts';
import { startLog, traceOf, writeEgress, writeLog, writeTrace } from './record.ts';
import { routeInput, routeReceived } from './route-input.ts';
import { routeOutput, takeWay } from './route-output.ts';
import { isRouteError, ROUTE_COPIED, ROUTE_DROPPED, ROUTE_FORWARD, ROUTE_LOCAL, ROUTE_LOOPS } from './way.ts';

/** Takes a packet through the hooks, and writes down what becomes of it. */
export function runPacket(env: usize, shard: u32, slot: usize, packet: usize, outcome: usize): void {
  clear64(outcome);
  store<u32>(outcome, NO_COUNTER, OUTCOME_BY);
  const asked = load<u32>(env, ENV_FLAGS);
  const scratch: usize = load<u32>(env, ENV_SCRATCH) + shard * SHARD_SCRATCH_BYTES;
  const recorded = traceOf(env, shard);
  store<u32>(scratch + SCRATCH_TRACE, 0, TRACE_COUNT);
  store<u32>(scratch, (asked & ENV_FLAG_EGRESS) != 0 ? slot as u32 : 0, SCRATCH_SLOT);
  store<u32>(scratch, outcome as u32, SCRATCH_OUTCOME);
  startLog(env, shard);

  const verdict = admit(env, packet, outcome) ? journey(env, packet, outcome, recorded) : refusal(packet);
  conclude(env, packet, outcome, verdict);
  if ((asked & ENV_FLAG_TRACE) != 0) writeTrace(slot, outcome, recorded);
  writeLog(env, shard, slot, outcome);
  const out = load<u32>(outcome, OUTCOME_OUT);
  if ((asked & ENV_FLAG_EGRESS) == 0 || out == 0 || isLoopback(load<u32>(env, ENV_HOST), out)) return;
  writeEgress(env, slot, outcome, packet, out);
}

/** Writes down what has become of a packet, and gives back what it holds. */
// @ts-ignore: decorator
@inline
export function conclude(env: usize, packet: usize, outcome: usize, verdict: u32): void {
  store<u32>(outcome, verdict, OUTCOME_VERDICT);
  const why = load<u32>(packet, PACKET_WHY);
  store<u32>(outcome, why, OUTCOME_WHY);
  if ((load<u32>(packet, PACKET_FACTS) & PACKET_FACT_REDIRECTED) != 0) flag(outcome, OUTCOME_REDIRECT);
  // What has a reason of its own was decided by no rule, whatever rules it met before.
  if (why != WHY_NONE) store<u32>(outcome, NO_COUNTER, OUTCOME_BY);
  if (load<u32>(outcome, OUTCOME_CTSTATE) != 0) store<u32>(outcome, load<u32>(packet, PACKET_CTSTATE), OUTCOME_CTSTATE);
  if (load<u32>(packet, PACKET_CT) != 0 && verdict != VERDICT_ACCEPT) release(env, packet);
  store<u32>(outcome, load<u32>(packet, PACKET_CT), OUTCOME_CT);
}

/** The verdict of a packet that comes to no hook: none for what is no packet of this host, else the IP layer's drop. */
function refusal(packet: usize): u32 {
  return load<u32>(packet, PACKET_WHY) < WHY_IP_VERSION ? VERDICT_NONE : VERDICT_DROP;
}

function journey(env: usize, packet: usize, outcome: usize, trace: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  const program = programOf(env, packet);
  const counters = countersOf(env, packet);
  if (program != 0 && (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_NEEDS_ADDRTYPE) != 0) fillAddressTypes(env, packet);
  return (flags & PACKET_FLAG_SENT) != 0
    ? sent(env, packet, outcome, program, counters, trace)
    : received(env, packet, outcome, program, counters, trace);
}

function flag(outcome: usize, bit: u32): void {
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | bit, OUTCOME_FLAGS);
}

function dropped(packet: usize, why: u32): u32 {
  store<u32>(packet, why, PACKET_WHY);
  return VERDICT_DROP;
}

/** From PREROUTING on. */
function received(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_PREROUTING);
  if (verdict != VERDICT_ACCEPT) return verdict;
  lookForSocket(packet);
  return routed(env, packet, outcome, program, counters, trace, routeInput(env, packet));
}

/** What PREROUTING let through, by the decision (ROUTE_*) where it goes. */
export function routed(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize, decision: u32): u32 {
  const why = load<u32>(packet, PACKET_WHY);
  const way = decision != ROUTE_DROPPED || isRouteError(why) ? receiveOptions(env, packet, decision) : decision;
  if (way == ROUTE_DROPPED) {
    if (load<u32>(packet, PACKET_WHY) == WHY_IP_OPTIONS) answerOptions(env, packet, decision);
    else answerWhy(env, packet, why);
    return VERDICT_DROP;
  }
  if (way == ROUTE_FORWARD) return forwarded(env, packet, outcome, program, counters, trace);
  return delivered(env, packet, outcome, program, counters, trace);
}

/**
 * Before a packet is routed, the kernel looks for a TCP socket that it may be for, which takes the whole header: what was put together from
 * fragments does not come apart within it again. Differs: as with net.ipv4.tcp_early_demux at its default.
 * Ref: net/ipv4/ip_input.c:ip_rcv_finish_core(), net/ipv4/tcp_ipv4.c:tcp_v4_early_demux()
 */
function lookForSocket(packet: usize): void {
  if (load<u32>(packet, PACKET_FRAG_MAX) == 0 || load<u32>(packet, PACKET_PROTO) != PROTO_TCP) return;
  if (load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_HOST && load<u32>(packet, PACKET_L4_LENGTH) >= TCP_BYTES) pullTransport(packet, TCP_BYTES);
}

function isLoopback(host: usize, device: u32): bool {
  return device == load<u32>(host, HOST_LOOPBACK);
}

/** From PREROUTING on, for what this host sent: it carries the route that its sender found, to this host. */
function comesBack(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  const device = load<u32>(packet, PACKET_OUT);
  store<u32>(packet, device, PACKET_IN);
  store<u32>(packet, 0, PACKET_OUT);
  forgetOptions(packet);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 && !addressesAllowed(packet, isLoopback(load<u32>(env, ENV_HOST), device))) return dropped(packet, WHY_IPV6_ADDRESS);
  const high = load<u64>(packet, PACKET_DST);
  const low = load<u64>(packet, PACKET_DST + 8);
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_PREROUTING);
  if (verdict != VERDICT_ACCEPT) return verdict;
  // What gets another destination here has lost its route.
  if (load<u64>(packet, PACKET_DST) != high || load<u64>(packet, PACKET_DST + 8) != low) {
    return routed(env, packet, outcome, program, counters, trace, routeReceived(env, packet));
  }
  return routed(env, packet, outcome, program, counters, trace, ROUTE_LOCAL);
}

/** To this host; IPv4 puts fragments together first, IPv6 behind INPUT, where no rule sees it. */
function delivered(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const held = isIpv6 ? VERDICT_ACCEPT : gather(env, packet, outcome, USER_DELIVERY);
  if (held != VERDICT_ACCEPT) return held;
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_INPUT);
  if (verdict == VERDICT_ACCEPT) {
    flag(outcome, OUTCOME_DELIVERED);
    answerDelivered(env, packet);
  }
  return verdict;
}

/** POSTROUTING of a forwarded packet still sees the device it came in by. Ref: net/ipv4/ip_output.c:ip_output() */
function forwarded(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const why = forward(host, packet);
  answerRedirected(env, packet, why);
  if (why != WHY_NONE) {
    answerWhy(env, packet, why);
    return dropped(packet, why);
  }
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_FORWARD);
  if (verdict != VERDICT_ACCEPT) return verdict;
  forwardOptions(env, packet);
  return left(env, packet, outcome, program, counters, trace);
}

/** POSTROUTING, and out, in fragments where it is too long. */
function left(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_POSTROUTING);
  return verdict == VERDICT_ACCEPT ? leaves(env, packet, outcome) : verdict;
}

/** Out, behind POSTROUTING. Returns the verdict. */
export function leaves(env: usize, packet: usize, outcome: usize): u32 {
  const why = output(env, packet);
  if (why != WHY_NONE) {
    answerWhy(env, packet, why);
    return dropped(packet, why);
  }
  store<u32>(outcome, load<u32>(packet, PACKET_OUT), OUTCOME_OUT);
  return VERDICT_ACCEPT;
}

/**
 * To this host itself. What left in fragments comes back in fragments. Those of a tracked IPv4 packet are put together at once: it comes
 * back as it was, but without "don't fragment" if it came apart where it was joined. What is told is how the last of the others fared, or the
 * last that was let in: of part of a packet that is delivered, the packet is told to be.
 */
function loops(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  spoil(packet);
  const split = load<u32>(packet, PACKET_SPLIT);
  if (split == SPLIT_NONE) return comesBack(env, packet, outcome, program, counters, trace);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0 && load<u32>(packet, PACKET_CTINFO) != CTINFO_UNTRACKED) {
    if (split == SPLIT_FRAGMENTS) allowFragments(env, packet);
    return comesBack(env, packet, outcome, program, counters, trace);
  }
  let verdict = VERDICT_ACCEPT;
  let letIn = false;
  let by: u32 = 0;
  let offset: u32 = 0;
  const count = load<u32>(packet, PACKET_PIECES);
  for (let i: u32 = 0; i < count; i++) {
    const piece = clonePacket(env, packet);
    const bytes = ownedPlace(env, piece);
    dissectAgain(piece, bytes, fragmentBytes(env, packet, i), writeFragment(env, packet, i, offset, bytes));
    offset += fragmentPayload(env, packet, i);
    verdict = comesBack(env, piece, outcome, program, counters, trace);
    store<u32>(packet, load<u32>(piece, PACKET_WHY), PACKET_WHY);
    if (verdict == VERDICT_ACCEPT) {
      letIn = true;
      by = load<u32>(outcome, OUTCOME_BY);
    }
  }
  if (!letIn) return verdict;
  store<u32>(packet, WHY_NONE, PACKET_WHY);
  store<u32>(outcome, by, OUTCOME_BY);
  return VERDICT_ACCEPT;
}

/** What a program of this host sends. */
function sent(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  store<u32>(packet, 0, PACKET_IN);
  store<u32>(packet, PKTTYPE_HOST, PACKET_PKTTYPE);
  const first = routeOutput(env, packet);
  return first == ROUTE_DROPPED ? VERDICT_DROP : goesOut(env, packet, outcome, program, counters, trace, first);
}

/** From OUTPUT on, by the decision (ROUTE_*) where it goes. */
export function goesOut(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize, first: u32): u32 {
  const verdict = runHook(env, packet, outcome, program, counters, trace, HOOK_OUTPUT);
  if (verdict != VERDICT_ACCEPT) return verdict;
  const decision = takeWay(packet, first);
  if (decision == ROUTE_COPIED) return copied(env, packet, outcome, program, counters, trace);
  const way = left(env, packet, outcome, program, counters, trace);
  return way == VERDICT_ACCEPT && decision == ROUTE_LOOPS ? loops(env, packet, outcome, program, counters, trace) : way;
}

/**
 * A broadcast or multicast that leaves, with a copy for this host itself. Both pass POSTROUTING: IPv4's copy before the packet, IPv6's
 * behind it and only if it went through. From there the copy comes in at once, by the device that the packet leaves by. The verdict is
 * the packet's.
 *
 * Ref: net/ipv4/ip_output.c:ip_mc_output(), net/ipv6/ip6_output.c:ip6_finish_output2()
 */
function copied(env: usize, packet: usize, outcome: usize, program: usize, counters: usize, trace: usize): u32 {
  spoil(packet);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) {
    const verdict = left(env, packet, outcome, program, counters, trace);
    if (verdict != VERDICT_ACCEPT) return verdict;
    if (load<u32>(packet, PACKET_TTL) == 0) store<u32>(outcome, 0, OUTCOME_OUT);
    const copy = clonePacket(env, packet);
    const copyVerdict = runHook(env, copy, outcome, program, counters, trace, HOOK_POSTROUTING);
    if (copyVerdict == VERDICT_ACCEPT) copyComesBack(env, copy, outcome, program, counters, trace, PKTTYPE_MULTICAST);
    return verdict;
  }
  const isMulticast = isMulticast4(load<u32>(packet, PACKET_DST));
  const staysHere = isMulticast && load<u32>(packet, PACKET_TTL) == 0;
  const pkttype = isMulticast ? PKTTYPE_MULTICAST : PKTTYPE_BROADCAST;
  const copy = clonePacket(env, packet);
  const copyVerdict = runHook(env, copy, outcome, program, counters, trace, HOOK_POSTROUTING);
  // The copy may have lost the connection of both.
  if (load<u32>(packet, PACKET_CT) != 0 && load<u32>(copy, PACKET_CT) == 0) detach(packet);
  if (copyVerdict == VERDICT_ACCEPT) copyComesBack(env, copy, outcome, program, counters, trace, pkttype);
  else if (staysHere) release(env, packet); // the copy was all there was to confirm its connection
  return staysHere ? VERDICT_ACCEPT : left(env, packet, outcome, program, counters, trace);
}

/** What becomes of the copy does not change what is told of the packet, except that it was delivered, or may fare otherwise. */
function copyComesBack(
  env: usize,
  copy: usize,
  outcome: usize,
  program: usize,
  counters: usize,
  trace: usize,
  pkttype: u32,
): void {
  const by = load<u32>(outcome, OUTCOME_BY);
  const flags = load<u32>(outcome, OUTCOME_FLAGS);
  store<u32>(copy, pkttype, PACKET_PKTTYPE);
  comesBack(env, copy, outcome, program, counters, trace);
  store<u32>(outcome, by, OUTCOME_BY);
  store<u32>(outcome, flags | (load<u32>(outcome, OUTCOME_FLAGS) & (OUTCOME_DELIVERED | OUTCOME_FORESIGHT)), OUTCOME_FLAGS);
}
