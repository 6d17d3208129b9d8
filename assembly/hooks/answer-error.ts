// ICMP and ICMPv6 errors that this host reports: whether it may, where the report goes and where it comes from, what it quotes.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_ANSWER_INBOUND4,
  HOST_ANSWERS,
  HOST_LOOPBACK,
  HOST_OWN6,
  HOST_OWN6_COUNT,
  OWN_ADDRESS,
  OWN_BYTES,
  OWN_INTERFACE,
  ROUTE_FLAG_ADDRESS,
  ROUTE_FLAGS,
  ROUTE_SOURCE,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_HOP,
  PACKET_IN,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_ROUTE,
  PACKET_SRC,
  PACKET_TOS,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { WHY_NO_ROUTE } from '../abi/verdict.ts';
import { attachAnswer } from '../conntrack/attach.ts';
import { ICMP_BYTES } from '../wire/icmp.ts';
import { IPV4_BYTES } from '../wire/ipv4.ts';
import { findUpperLayer, UPPER_LAYER_NONE, upperLayerOffset, upperLayerProtocol } from '../wire/ipv6.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from '../wire/transport.ts';
import { isLinkLocal6, isLoopback6, isMulticast6, isUnspecified6 } from './address.ts';
import { assumedWay, isAssumed, leaveOut, sendAnswer, startAnswer } from './answer.ts';
import { captured, writeAnswerHeader, writeQuote } from './answer-bytes.ts';
import { isForMany4, leaves4 } from './answer-reset.ts';
import { same6 } from './fib.ts';
import { FLOW_DST, FLOW_MARK, FLOW_PACKET, FLOW_PROTO, FLOW_SPORT, FLOW_SRC, FLOW_TOS, setAddress, startFlow } from './flow.ts';
import { LIMIT_HOLDS, LIMIT_REACHED, limitOf, mayTellDestination } from './limit.ts';
import { wayMtu } from './mtu.ts';
import { buildOptions, ECHO_REFUSED, echoOptions, hidesOptions } from './options-echo.ts';
import { HEADER_MAX } from './options-fill.ts';
import { select4 } from './own.ts';
import { output6 } from './route-output.ts';
import { sourceFor6 } from './source6.ts';
import { ends, ROUTE_DROPPED, ROUTE_LOOPS } from './way.ts';

/** An IPv4 error is no longer than this. */
const REPORT_MAX: u32 = 576;
/** An IPv6 error, with all its headers. */
const REPORT6_MAX: u32 = 1280 - 40 - 8;
const TOS_MASK: u32 = 0x1e;
const TOS_CONTROL: u32 = 0xc0;
/** 127.0.0.1, and the address that says no more than that a router is one (192.0.0.8). */
const LOOPBACK4: u32 = 0x7f000001;
const DUMMY4: u32 = 0xc0000008;
/** ICMP types from 0 to 18 that are no errors. */
const ICMP_QUERIES: u32 = 0x7e101;
const ICMP_TYPE_MAX: u32 = 18;
const ICMPV6_INFOMSG_MASK: u32 = 128;
const ICMPV6_TOO_BIG: u32 = 2;

/** The error is about a packet whose way ends at this host. */
export const ERROR_LOCAL: u32 = 1;
/** It is made where the packet has left its connection behind. */
export const ERROR_UNTRACKED: u32 = 2;
/** It names a byte of the options behind which none is known. */
export const ERROR_OPTIONS: u32 = 4;

/**
 * Reports an error to the source of a packet, as far as one may. `info`: the second word of the message; `how`: ERROR_* bits.
 *
 * Ref: net/ipv4/icmp.c:__icmp_send(), net/ipv6/icmp.c:icmp6_send()
 */
export function reportError(env: usize, packet: usize, type: u32, code: u32, info: u32, how: u32): void {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 ? !mayReport6(packet, type) : !mayReport4(env, packet)) return;
  const limit = limitOf(env, packet, type, code);
  if (limit == LIMIT_REACHED) return;
  if (hidesOptions(packet)) return leaveOut(env, packet);
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  // Of options that are at fault those before are known.
  const options = echoOptions(env, packet, answer, (how & ERROR_OPTIONS) != 0 ? info >>> 24 : HEADER_MAX);
  if (options == ECHO_REFUSED) return;
  setAddress(answer + PACKET_DST, packet + PACKET_SRC);
  const hop = load<u32>(answer, PACKET_HOP);
  if (hop != 0) store<u32>(answer, hop, PACKET_DST);
  const tos = isIpv6 ? 0 : (load<u32>(packet, PACKET_TOS) & TOS_MASK) | TOS_CONTROL;
  const isLocal = (how & ERROR_LOCAL) != 0;
  const name = (type << 8) | code;
  const decision = isIpv6 ? routeError6(env, packet, answer, name) : routeError4(env, packet, answer, name, tos, isLocal);
  if (decision == ROUTE_DROPPED || (limit == LIMIT_HOLDS && !mayTellDestination(env, answer, decision))) return;
  const room = isIpv6 ? REPORT6_MAX : room4(env, answer, options);
  if (room <= IPV4_BYTES) return;
  const length = min(load<u32>(packet, PACKET_LENGTH), room);
  writeAnswerHeader(env, answer, isIpv6 ? PROTO_ICMPV6 : PROTO_ICMP, tos, ICMP_BYTES + length, false, options);
  writeQuote(packet, answer, type, code, info, length);
  if (options != 0) buildOptions(packet, answer);
  if ((how & ERROR_UNTRACKED) == 0) attachAnswer(packet, answer);
  sendAnswer(env, packet, answer, decision);
}

/** Bytes that an IPv4 error may quote. */
function room4(env: usize, answer: usize, options: u32): u32 {
  const mtu = isAssumed(env) ? REPORT_MAX : min(REPORT_MAX, wayMtu(load<u32>(env, ENV_HOST), answer));
  const headers = IPV4_BYTES + options + ICMP_BYTES;
  return mtu < headers ? 0 : mtu - headers;
}

// ── Whether ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Not about what came as broadcast or multicast, not about fragments behind the first, not about errors. */
function mayReport4(env: usize, packet: usize): bool {
  if (load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST || isForMany4(env, packet)) return false;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_LATER_FRAGMENT) != 0) return false;
  if (load<u32>(packet, PACKET_PROTO) != PROTO_ICMP) return true;
  const icmp: usize = load<u32>(packet, PACKET_L4);
  if (icmp == 0 || load<u32>(packet, PACKET_L4_LENGTH) == 0) return false;
  const type: u32 = load<u8>(icmp);
  return type <= ICMP_TYPE_MAX && ((ICMP_QUERIES >> type) & 1) != 0;
}

function mayReport6(packet: usize, type: u32): bool {
  const source = packet + PACKET_SRC;
  const isForMany = isMulticast6(packet + PACKET_DST) || load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST;
  if (isForMany && type != ICMPV6_TOO_BIG) return false;
  return !isUnspecified6(source) && !isMulticast6(source) && !isError6(packet);
}

/** Whether a packet is an error, as far as one can see. Ref: net/ipv6/icmp.c:is_ineligible() */
function isError6(packet: usize): bool {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const found = findUpperLayer(ip, captured(packet));
  if (found == UPPER_LAYER_NONE || upperLayerProtocol(found) != PROTO_ICMPV6) return false;
  const at = upperLayerOffset(found);
  if (at >= captured(packet)) return true;
  return (<u32>load<u8>(ip + at) & ICMPV6_INFOMSG_MASK) == 0;
}

// ── Where ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the host itself sent is rejected at OUTPUT: it answers itself. */
function assumedError(env: usize, packet: usize, answer: usize): u32 {
  setAddress(answer + PACKET_SRC, packet + (load<u32>(packet, PACKET_IN) == 0 ? PACKET_SRC : PACKET_DST));
  return assumedWay(env, packet, answer);
}

/**
 * Routes an IPv4 error, and settles its source: the address that the packet is for if that is here, else the one that the way is taken from.
 * Ref: net/ipv4/icmp.c:icmp_route_lookup()
 */
function routeError4(env: usize, packet: usize, answer: usize, name: u32, tos: u32, isLocal: bool): u32 {
  if (isAssumed(env)) return assumedError(env, packet, answer);
  const host: usize = load<u32>(env, ENV_HOST);
  const input = load<u32>(packet, PACKET_IN);
  const usesInbound = input != 0 && (load<u32>(host, HOST_ANSWERS) & HOST_ANSWER_INBOUND4) != 0;
  const given = isLocal ? load<u32>(packet, PACKET_DST) : usesInbound ? select4(host, input, load<u32>(packet, PACKET_SRC)) : 0;
  if (load<u32>(answer, PACKET_DST) == 0) store<u32>(answer, given == 0 ? LOOPBACK4 : given, PACKET_DST);
  const flow = startFlow(env, packet);
  store<u32>(flow, load<u32>(answer, PACKET_DST), FLOW_DST);
  store<u32>(flow, given, FLOW_SRC);
  errorFlow(flow, packet, answer, PROTO_ICMP, name);
  store<u32>(flow, tos, FLOW_TOS);
  const decision = leaves4(host, answer, flow);
  store<u32>(answer, given != 0 ? given : wayAddress4(answer, decision), PACKET_SRC);
  return decision;
}

function errorFlow(flow: usize, packet: usize, answer: usize, proto: u32, name: u32): void {
  store<u32>(flow, load<u32>(answer, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, proto, FLOW_PROTO);
  store<u32>(flow, name, FLOW_SPORT);
  store<u32>(flow, packet as u32, FLOW_PACKET);
}

/** The address that a way out is taken from. Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu() */
function wayAddress4(answer: usize, decision: u32): u32 {
  const route: usize = load<u32>(answer, PACKET_ROUTE);
  if (decision == ROUTE_LOOPS && (route == 0 || (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_ADDRESS) == 0)) return load<u32>(answer, PACKET_DST);
  const source = route == 0 ? 0 : load<u32>(route, ROUTE_SOURCE);
  return source == 0 ? DUMMY4 : source;
}

/** The same for IPv6: else it comes from the device that the packet came in by. */
function routeError6(env: usize, packet: usize, answer: usize, name: u32): u32 {
  if (isAssumed(env)) return assumedError(env, packet, answer);
  const host: usize = load<u32>(env, ENV_HOST);
  const input = load<u32>(packet, PACKET_IN);
  const device = input == 0 ? load<u32>(packet, PACKET_OUT) : input;
  const source = packet + PACKET_SRC;
  const isForMany = isMulticast6(packet + PACKET_DST) || load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST;
  const isOwn = !isForMany && isOwn6(host, packet + PACKET_DST, input == 0 ? load<u32>(host, HOST_LOOPBACK) : input);
  const from = isOwn ? packet + PACKET_DST : input == 0 ? 0 : sourceFor6(host, source, input);
  const flow = startFlow(env, packet);
  setAddress(flow + FLOW_DST, source);
  if (from != 0) setAddress(flow + FLOW_SRC, from);
  errorFlow(flow, packet, answer, PROTO_ICMPV6, name);
  const decision = output6(host, answer, flow, device);
  return decision == ROUTE_DROPPED ? decision : takeSource6(host, answer, from, decision);
}

/** Gives an answer its source, or that of the device that it leaves by. Returns: the decision, ROUTE_DROPPED where there is none. */
export function takeSource6(host: usize, answer: usize, from: usize, decision: u32): u32 {
  const source = from != 0 ? from : sourceFor6(host, answer + PACKET_DST, load<u32>(answer, PACKET_OUT));
  if (source == 0) return ends(answer, WHY_NO_ROUTE);
  setAddress(answer + PACKET_SRC, source);
  return decision;
}

/** Whether an address is the host's: a link-local one only on its device. Ref: net/ipv6/addrconf.c:ipv6_chk_addr() */
export function isOwn6(host: usize, address: usize, device: u32): bool {
  const end = host + load<u32>(host, HOST_OWN6) + <usize>load<u32>(host, HOST_OWN6_COUNT) * OWN_BYTES;
  const isBound = isLinkLocal6(address) || isLoopback6(address);
  for (let own = host + load<u32>(host, HOST_OWN6); own < end; own += OWN_BYTES) {
    if (same6(own + OWN_ADDRESS, address) && (!isBound || load<u32>(own, OWN_INTERFACE) == device)) return true;
  }
  return false;
}
