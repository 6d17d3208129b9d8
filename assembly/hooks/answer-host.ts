// What a host answers with of which no program listens to anything: echo replies, resets, unreachable ports and protocols.

import { ENV_FLAG_ANSWER_HOST, ENV_FLAGS, ENV_HOST } from '../abi/batch.ts';
import {
  HOST_ANSWER_NO_BROADCAST4,
  HOST_ANSWER_NO_ECHO4,
  HOST_ANSWER_NO_ECHO6,
  HOST_ANSWER_NO_MULTICAST6,
  HOST_ANSWERS,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_MARK,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SRC,
  PACKET_TOS,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { PROGRAM_FLAGS, PROGRAM_USES_CONNTRACK } from '../abi/program.ts';
import { spoil } from '../journey/recorder.ts';
import { fold, pseudoSum, sumBytes, transportChecksumOk } from '../wire/checksum.ts';
import { ICMP_BYTES } from '../wire/icmp.ts';
import { NEXT_NONE } from '../wire/ipv6.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from '../wire/transport.ts';
import { length as coverageOf, UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';
import { isMulticast6 } from './address.ts';
import { assumedWay, isAssumed, leaveOut, sendAnswer, startAnswer } from './answer.ts';
import { writeAnswerHeader, writeEcho, writeTimestamp } from './answer-bytes.ts';
import { ERROR_LOCAL, ERROR_UNTRACKED, reportError, takeSource6 } from './answer-error.ts';
import { HEADERS_END, passHeaders } from './answer-headers.ts';
import { isForMany4, leaves4, resetUnheard, turnAround } from './answer-reset.ts';
import {
  FLOW_DEVICE,
  FLOW_DST,
  FLOW_FLAG_STRICT,
  FLOW_FLAGS,
  FLOW_MARK,
  FLOW_OIF,
  FLOW_PROTO,
  FLOW_SRC,
  FLOW_TOS,
  setAddress,
  startFlow,
} from './flow.ts';
import { programOf } from './hook.ts';
import { LIMIT_HOLDS, LIMIT_REACHED, limitOf, mayTellDestination } from './limit.ts';
import { buildOptions, ECHO_REFUSED, echoOptions, hidesOptions } from './options-echo.ts';
import { output6 } from './route-output.ts';
import { ROUTE_DROPPED } from './way.ts';

const ICMP_ECHO: u32 = 8;
const ICMP_TIMESTAMP: u32 = 13;
const ICMP_TIMESTAMP_REPLY: u32 = 14;
const ICMPV6_ECHO: u32 = 128;
const ICMPV6_ECHO_REPLY: u32 = 129;
const ICMP_UNREACHABLE: u32 = 3;
const PROTOCOL_UNREACHABLE: u32 = 2;
const PORT_UNREACHABLE: u32 = 3;
const ICMPV6_UNREACHABLE: u32 = 1;
const PORT_UNREACHABLE6: u32 = 4;
const ICMPV6_PARAMETER_PROBLEM: u32 = 4;
const UNKNOWN_NEXT_HEADER: u32 = 1;
/** Those that every kernel takes without an answer; and one that stands for no protocol. */
const PROTO_IGMP: u32 = 2;
const PROTO_PIM: u32 = 103;
const PROTO_RAW: u32 = 255;
/** Bytes of a timestamp message behind the ICMP header; the first four are from who asks. */
const STAMPS_BYTES: u32 = 12;
const STAMP_BYTES: u32 = 4;

/**
 * Answers a packet that has come through INPUT, as a host on which no program listens, and whose kernel has no tunnels, IPsec or SCTP loaded.
 */
export function answerDelivered(env: usize, packet: usize): void {
  if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_ANSWER_HOST) == 0) return;
  spoil(packet);
  const flags = load<u32>(packet, PACKET_FLAGS);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  const place = isIpv6 ? passHeaders(env, packet) : 0;
  if (isIpv6 && place == HEADERS_END) return;
  const proto: u32 = isIpv6 ? load<u8>(load<u32>(packet, PACKET_L3) + place) : load<u32>(packet, PACKET_PROTO);
  if (proto == (isIpv6 ? PROTO_ICMPV6 : PROTO_ICMP)) return isIpv6 ? answerEcho6(env, packet) : answerEcho4(env, packet);
  if (proto == PROTO_UDP || proto == PROTO_UDPLITE) return answerDatagram(env, packet, proto, isIpv6);
  if (proto == PROTO_TCP) {
    if (load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST) return;
    return hidesOptions(packet) ? leaveOut(env, packet) : resetUnheard(env, packet);
  }
  if (proto == PROTO_PIM || proto == (isIpv6 ? NEXT_NONE : PROTO_IGMP)) return;
  if (isIpv6) reportError(env, packet, ICMPV6_PARAMETER_PROBLEM, UNKNOWN_NEXT_HEADER, place, ERROR_LOCAL);
  else if (proto != PROTO_RAW) reportError(env, packet, ICMP_UNREACHABLE, PROTOCOL_UNREACHABLE, 0, ERROR_LOCAL);
}

/** Ref: net/ipv4/udp.c:__udp4_lib_rcv(), net/ipv6/udp.c:__udp6_lib_rcv() */
function answerDatagram(env: usize, packet: usize, proto: u32, isIpv6: bool): void {
  const udp: usize = load<u32>(packet, PACKET_L4);
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (udp == 0 || length < UDP_BYTES) return;
  if (isIpv6 ? isMulticast6(packet + PACKET_DST) : isForMany4(env, packet)) return;
  const said = coverageOf(udp);
  const isLite = proto == PROTO_UDPLITE;
  if (isLite ? !isLiteSound(packet, udp, length, said) : said < UDP_BYTES || said > length || !transportChecksumOk(packet)) return;
  // IPv6 takes no datagram without a checksum.
  if (isIpv6 && load<u16>(udp, UDP_CHECKSUM) == 0) return;
  // The kernel cuts off what is behind, and quotes no more.
  if (!isLite && said != length) return leaveOut(env, packet);
  const how = ERROR_LOCAL | ERROR_UNTRACKED;
  if (isIpv6) reportError(env, packet, ICMPV6_UNREACHABLE, PORT_UNREACHABLE6, 0, how);
  else reportError(env, packet, ICMP_UNREACHABLE, PORT_UNREACHABLE, 0, how);
}

/** As a receiver sums it, which is not what the tracker does. Ref: include/net/udplite.h:udplite_checksum_init() */
function isLiteSound(packet: usize, udp: usize, length: u32, said: u32): bool {
  if (load<u16>(udp, UDP_CHECKSUM) == 0 || (said != 0 && said < UDP_BYTES) || said > length) return false;
  if (load<u32>(packet, PACKET_END) - (udp as u32) < length) return true;
  return fold(sumBytes(udp, said == 0 ? length : said) + pseudoSum(packet, PROTO_UDPLITE, length)) == 0xffff;
}

function isWholeIcmp(packet: usize): bool {
  return load<u32>(packet, PACKET_L4) != 0 && load<u32>(packet, PACKET_L4_LENGTH) >= ICMP_BYTES && transportChecksumOk(packet);
}

/** Ref: net/ipv4/icmp.c:icmp_rcv(), icmp_echo(), icmp_timestamp(), icmp_reply() */
function answerEcho4(env: usize, packet: usize): void {
  if (!isWholeIcmp(packet)) return;
  const type = load<u32>(packet, PACKET_ICMP) >> 8;
  const settings = load<u32>(load<u32>(env, ENV_HOST), HOST_ANSWERS);
  const isForMany = isForMany4(env, packet);
  if (isForMany && (settings & HOST_ANSWER_NO_BROADCAST4) != 0) return;
  const isTimestamp = type == ICMP_TIMESTAMP && load<u32>(packet, PACKET_L4_LENGTH) >= ICMP_BYTES + STAMP_BYTES;
  if (!isTimestamp && (type != ICMP_ECHO || (settings & HOST_ANSWER_NO_ECHO4) != 0)) return;
  if (isForMany || hidesOptions(packet)) return leaveOut(env, packet);
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  const options = echoOptions(env, packet, answer);
  const limit = options == ECHO_REFUSED ? LIMIT_REACHED : limitOf(env, packet, isTimestamp ? ICMP_TIMESTAMP_REPLY : 0, 0);
  if (limit == LIMIT_REACHED) return;
  turnAround(packet, answer);
  const tos = load<u32>(packet, PACKET_TOS);
  const decision = isAssumed(env) ? assumedWay(env, packet, answer) : routeEcho4(env, packet, answer, tos);
  if (decision == ROUTE_DROPPED || (limit == LIMIT_HOLDS && !mayTellDestination(env, answer, decision))) return;
  const length = isTimestamp ? ICMP_BYTES + STAMPS_BYTES : load<u32>(packet, PACKET_L4_LENGTH);
  writeAnswerHeader(env, answer, PROTO_ICMP, tos, length, false, options);
  if (isTimestamp) writeTimestamp(packet, answer, ICMP_TIMESTAMP_REPLY);
  else writeEcho(packet, answer, 0);
  if (options != 0) buildOptions(packet, answer);
  sendAnswer(env, packet, answer, decision);
}

function routeEcho4(env: usize, packet: usize, answer: usize, tos: u32): u32 {
  const flow = startFlow(env, packet);
  store<u32>(flow, load<u32>(answer, PACKET_DST), FLOW_DST);
  store<u32>(flow, load<u32>(answer, PACKET_SRC), FLOW_SRC);
  store<u32>(flow, tos, FLOW_TOS);
  store<u32>(flow, load<u32>(answer, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, PROTO_ICMP, FLOW_PROTO);
  return leaves4(load<u32>(env, ENV_HOST), answer, flow);
}

/** Ref: net/ipv6/icmp.c:icmpv6_rcv(), icmpv6_echo_reply() */
function answerEcho6(env: usize, packet: usize): void {
  if (load<u32>(packet, PACKET_ICMP) >> 8 != ICMPV6_ECHO || !isWholeIcmp(packet)) return;
  const settings = load<u32>(load<u32>(env, ENV_HOST), HOST_ANSWERS);
  const isForMany = isMulticast6(packet + PACKET_DST);
  if ((settings & HOST_ANSWER_NO_ECHO6) != 0 || (isForMany && (settings & HOST_ANSWER_NO_MULTICAST6) != 0)) return;
  if (isForMany && (isAssumed(env) || isTracked(env, packet))) return leaveOut(env, packet);
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  turnAround(packet, answer);
  const decision = isAssumed(env) ? assumedWay(env, packet, answer) : routeEcho6(env, packet, answer, isForMany);
  if (decision == ROUTE_DROPPED) return;
  const limit = limitOf(env, packet, ICMPV6_ECHO_REPLY, 0);
  if (limit == LIMIT_REACHED || (limit == LIMIT_HOLDS && !mayTellDestination(env, answer, decision))) return;
  writeAnswerHeader(env, answer, PROTO_ICMPV6, load<u32>(packet, PACKET_TOS), load<u32>(packet, PACKET_L4_LENGTH), false);
  writeEcho(packet, answer, ICMPV6_ECHO_REPLY);
  sendAnswer(env, packet, answer, decision);
}

/** An answer to a multicast comes from another address: its connection, if any, may be kept elsewhere. */
function isTracked(env: usize, packet: usize): bool {
  const program = programOf(env, packet);
  return program != 0 && (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_USES_CONNTRACK) != 0;
}

function routeEcho6(env: usize, packet: usize, answer: usize, isForMany: bool): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const device = load<u32>(packet, PACKET_IN);
  const flow = startFlow(env, packet);
  setAddress(flow + FLOW_DST, packet + PACKET_SRC);
  if (!isForMany) setAddress(flow + FLOW_SRC, packet + PACKET_DST);
  store<u32>(flow, load<u32>(answer, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, PROTO_ICMPV6, FLOW_PROTO);
  store<u32>(flow, device, FLOW_OIF);
  store<u32>(flow, device, FLOW_DEVICE);
  if (isForMany) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  const decision = output6(host, answer, flow, device);
  return decision == ROUTE_DROPPED || !isForMany ? decision : takeSource6(host, answer, 0, decision);
}
