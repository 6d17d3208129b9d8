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
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAGS,
  PACKET_FRAG_OFFSET,
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
import { transportChecksumOk } from '../wire/checksum.ts';
import { ICMP_BYTES } from '../wire/icmp.ts';
import { IPV6_BYTES, isExtension, NEXT_HOP_BY_HOP, NEXT_NONE, nextHeader } from '../wire/ipv6.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from '../wire/transport.ts';
import { length as coverageOf, UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';
import { isMulticast6 } from './address.ts';
import { assumedWay, isAssumed, leaveOut, sendAnswer, startAnswer } from './answer.ts';
import { writeAnswerHeader, writeEcho, writeTimestamp } from './answer-bytes.ts';
import { ERROR_LOCAL, ERROR_UNTRACKED, reportError, takeSource6 } from './answer-error.ts';
import { isForMany4, resetUnheard, turnAround } from './answer-reset.ts';
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
import { echoesOptions } from './options.ts';
import { output4, output6 } from './route-output.ts';
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
const IPV6_NEXT: u32 = 6;
/** Those that every kernel takes without an answer; and one that stands for no protocol. */
const PROTO_IGMP: u32 = 2;
const PROTO_PIM: u32 = 103;
const PROTO_RAW: u32 = 255;
/** Bytes of a timestamp message behind the ICMP header; the first four are from who asks. */
const STAMPS_BYTES: u32 = 12;
const STAMP_BYTES: u32 = 4;

/**
 * Answers a packet that has come through INPUT, as a host on which no program listens, and whose kernel has no tunnels, IPsec or SCTP loaded.
 * Not modelled: UDP-Lite, what IPv6 brings in fragments or behind headers that the host itself must look into.
 */
export function answerDelivered(env: usize, packet: usize): void {
  if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_ANSWER_HOST) == 0) return;
  spoil(packet);
  const flags = load<u32>(packet, PACKET_FLAGS);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  // IPv6 puts fragments together behind INPUT.
  if (isIpv6 && (flags & PACKET_FLAG_FRAGMENT) != 0 && (load<u32>(packet, PACKET_FRAG_OFFSET) | (flags & PACKET_FLAG_MORE_FRAGMENTS)) != 0) {
    return leaveOut(env, packet);
  }
  if (isIpv6 && hasOtherHeaders(packet)) return leaveOut(env, packet);
  const proto = load<u32>(packet, PACKET_PROTO);
  if (proto == (isIpv6 ? PROTO_ICMPV6 : PROTO_ICMP)) return isIpv6 ? answerEcho6(env, packet) : answerEcho4(env, packet);
  if (proto == PROTO_UDPLITE) return leaveOut(env, packet);
  if (proto == PROTO_UDP) return answerDatagram(env, packet, isIpv6);
  if (proto == PROTO_TCP) {
    if (load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST) return;
    return !isIpv6 && echoesOptions(packet) ? leaveOut(env, packet) : resetUnheard(env, packet);
  }
  if (isIpv6) answerProtocol6(env, packet, proto);
  else if (proto != PROTO_IGMP && proto != PROTO_PIM && proto != PROTO_RAW) {
    reportError(env, packet, ICMP_UNREACHABLE, PROTOCOL_UNREACHABLE, 0, ERROR_LOCAL);
  }
}

/** Whether an IPv6 packet has extension headers beside hop-by-hop options. */
function hasOtherHeaders(packet: usize): bool {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const first = nextHeader(ip);
  const next: u32 = first == NEXT_HOP_BY_HOP ? load<u8>(ip, IPV6_BYTES) : first;
  return isExtension(next) && next != NEXT_NONE;
}

/** Names the place where the protocol is told. Ref: net/ipv6/ip6_input.c:ip6_protocol_deliver_rcu() */
function answerProtocol6(env: usize, packet: usize, proto: u32): void {
  if (proto == NEXT_NONE || proto == PROTO_PIM) return;
  const place: u32 = nextHeader(load<u32>(packet, PACKET_L3)) == NEXT_HOP_BY_HOP ? IPV6_BYTES : IPV6_NEXT;
  reportError(env, packet, ICMPV6_PARAMETER_PROBLEM, UNKNOWN_NEXT_HEADER, place, ERROR_LOCAL);
}

/** Ref: net/ipv4/udp.c:__udp4_lib_rcv(), net/ipv6/udp.c:__udp6_lib_rcv() */
function answerDatagram(env: usize, packet: usize, isIpv6: bool): void {
  const udp: usize = load<u32>(packet, PACKET_L4);
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (udp == 0 || length < UDP_BYTES || !transportChecksumOk(packet)) return;
  if (isIpv6 ? isMulticast6(packet + PACKET_DST) : isForMany4(env, packet)) return;
  // IPv6 takes no datagram without a checksum.
  if (isIpv6 && load<u16>(udp, UDP_CHECKSUM) == 0) return;
  const said = coverageOf(udp);
  if (said < UDP_BYTES || said > length) return;
  // The kernel cuts off what is behind, and quotes no more.
  if (said != length) return leaveOut(env, packet);
  const how = ERROR_LOCAL | ERROR_UNTRACKED;
  if (isIpv6) reportError(env, packet, ICMPV6_UNREACHABLE, PORT_UNREACHABLE6, 0, how);
  else reportError(env, packet, ICMP_UNREACHABLE, PORT_UNREACHABLE, 0, how);
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
  if (isForMany || echoesOptions(packet)) return leaveOut(env, packet);
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  turnAround(packet, answer);
  const tos = load<u32>(packet, PACKET_TOS);
  const decision = isAssumed(env) ? assumedWay(env, packet, answer) : routeEcho4(env, packet, answer, tos);
  if (decision == ROUTE_DROPPED) return;
  const length = isTimestamp ? ICMP_BYTES + STAMPS_BYTES : load<u32>(packet, PACKET_L4_LENGTH);
  writeAnswerHeader(env, answer, PROTO_ICMP, tos, length, false);
  if (isTimestamp) writeTimestamp(packet, answer, ICMP_TIMESTAMP_REPLY);
  else writeEcho(packet, answer, 0);
  sendAnswer(env, packet, answer, decision);
}

function routeEcho4(env: usize, packet: usize, answer: usize, tos: u32): u32 {
  const flow = startFlow(env, packet);
  store<u32>(flow, load<u32>(packet, PACKET_SRC), FLOW_DST);
  store<u32>(flow, load<u32>(packet, PACKET_DST), FLOW_SRC);
  store<u32>(flow, tos, FLOW_TOS);
  store<u32>(flow, load<u32>(answer, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, PROTO_ICMP, FLOW_PROTO);
  return output4(load<u32>(env, ENV_HOST), answer, flow, 0);
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
