// TCP resets: those of REJECT, and those that a host answers with where no program listens.

import { ENV_HOST } from '../abi/batch.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_KERNEL_SOCKET,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_HOP,
  PACKET_IN,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_SRC,
  PACKET_TCP_FLAGS,
  PACKET_TOS,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { WHY_MARTIAN } from '../abi/verdict.ts';
import { attachAnswer } from '../conntrack/attach.ts';
import { closeConnection } from '../conntrack/close.ts';
import { fold, isHeaderSealed, pseudoSum, sumBytes, transportChecksumOk } from '../wire/checksum.ts';
import { ack, headerLength, seq, TCP_BYTES, TCP_CHECKSUM, TCP_FLAGS, TCP_OFFSET } from '../wire/tcp.ts';
import { PROTO_TCP } from '../wire/transport.ts';
import { isMulticast4, isMulticast6, isUnspecified6, LIMITED_BROADCAST4, needsDevice6 } from './address.ts';
import { type4 } from './address-type.ts';
import { answerBytes, assumedWay, isAssumed, makesAnswers, sendAnswer, startAnswer } from './answer.ts';
import { answerHeader, readAnswer, writeAnswerHeader } from './answer-bytes.ts';
import { FLOW_DST, FLOW_FLAG_STRICT, FLOW_FLAGS, FLOW_MARK, FLOW_SRC, FLOW_TOS, setAddress, setTransport, startFlow, swapPorts } from './flow.ts';
import { buildOptions, ECHO_REFUSED, echoOptions } from './options-echo.ts';
import { output4, output6, staysHere } from './route-output.ts';
import { ends, ROUTE_DROPPED } from './way.ts';

// Bits of PACKET_TCP_FLAGS.
const FIN: u32 = 1;
const SYN: u32 = 2;
const RST: u32 = 4;
const ACK: u32 = 16;
/** The two lower bits of the type of service. */
const ECN_MASK: u32 = 3;

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

/** Not a reset itself, whole, and with a right checksum. */
function isResettable(packet: usize): bool {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_LATER_FRAGMENT) != 0 || load<u32>(packet, PACKET_L4) == 0) return false;
  if (load<u32>(packet, PACKET_L4_LENGTH) < TCP_BYTES || (load<u32>(packet, PACKET_TCP_FLAGS) & RST) != 0) return false;
  return transportChecksumOk(packet);
}

// ── REJECT ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Carries out `REJECT --reject-with tcp-reset`: a rejected TCP packet between two machines, with a way back to where it came from, is answered
 * with a reset, and its connection closes.
 *
 * Ref: net/ipv4/netfilter/nf_reject_ipv4.c:nf_send_reset(), net/ipv6/netfilter/nf_reject_ipv6.c:nf_send_reset6()
 */
export function rejectWithReset(env: usize, packet: usize): void {
  if (!isResettable(packet) || !isHeaderSealed(packet) || !isBetweenTwo(env, packet)) return;
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  store<u32>(answer, load<u32>(answer, PACKET_FLAGS) & ~PACKET_FLAG_KERNEL_SOCKET, PACKET_FLAGS);
  turnAround(packet, answer);
  const decision = isIpv6(packet) ? routeReset6(env, packet, answer) : routeReset4(env, packet, answer);
  if (decision == ROUTE_DROPPED) return;
  // The network card finishes IPv4's checksum.
  writeReset(env, packet, answer, 0, !isIpv6(packet), 0);
  attachAnswer(packet, answer);
  closeConnection(env, packet);
  if (makesAnswers(env)) sendAnswer(env, packet, answer, decision);
}

function isBetweenTwo(env: usize, packet: usize): bool {
  const source = packet + PACKET_SRC;
  const destination = packet + PACKET_DST;
  if (isIpv6(packet)) return !(isMulticast6(source) || isUnspecified6(source) || isMulticast6(destination) || isUnspecified6(destination));
  return !isForMany4(env, packet);
}

/** Whether the way of an IPv4 packet is a broadcast or multicast. */
export function isForMany4(env: usize, packet: usize): bool {
  const destination = load<u32>(packet, PACKET_DST);
  if (destination == LIMITED_BROADCAST4 || isMulticast4(destination)) return true;
  return !isAssumed(env) && type4(load<u32>(env, ENV_HOST), startFlow(env, packet), destination, 0) == 1 << RTN_BROADCAST;
}

/** The answer goes to the source, or to where a source route leads back, from the destination. */
export function turnAround(packet: usize, answer: usize): void {
  setAddress(answer + PACKET_DST, packet + PACKET_SRC);
  const hop = load<u32>(answer, PACKET_HOP);
  if (hop != 0) store<u32>(answer, hop, PACKET_DST);
  setAddress(answer + PACKET_SRC, packet + PACKET_DST);
}

/** Ref: net/ipv4/netfilter.c:ip_route_me_harder() */
function routeReset4(env: usize, packet: usize, answer: usize): u32 {
  if (isAssumed(env)) return assumedWay(env, packet, answer);
  const host: usize = load<u32>(env, ENV_HOST);
  const flow = startFlow(env, packet);
  const type = type4(host, flow, load<u32>(packet, PACKET_DST), 0);
  resetFlow(flow, packet, answer);
  if (type != 1 << RTN_LOCAL && type != 1 << RTN_UNICAST) store<u32>(flow, 0, FLOW_SRC);
  return leaves4(host, answer, flow);
}

/** Routes an answer of IPv4 for a flow; a loopback address does not leave. Returns: ROUTE_*. */
export function leaves4(host: usize, answer: usize, flow: usize): u32 {
  const decision = output4(host, answer, flow, 0);
  if (decision == ROUTE_DROPPED || !staysHere(host, load<u32>(flow, FLOW_SRC), load<u32>(answer, PACKET_OUT))) return decision;
  return ends(answer, WHY_MARTIAN);
}

function resetFlow(flow: usize, packet: usize, answer: usize): void {
  setAddress(flow + FLOW_DST, answer + PACKET_DST);
  setAddress(flow + FLOW_SRC, answer + PACKET_SRC);
  store<u32>(flow, load<u32>(answer, PACKET_MARK), FLOW_MARK);
  setTransport(flow, packet);
  swapPorts(flow);
}

function routeReset6(env: usize, packet: usize, answer: usize): u32 {
  if (isAssumed(env)) return assumedWay(env, packet, answer);
  const flow = startFlow(env, packet);
  resetFlow(flow, packet, answer);
  if (needsDevice6(packet + PACKET_SRC)) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  return output6(load<u32>(env, ENV_HOST), answer, flow, 0);
}

// ── Bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ref: net/ipv4/netfilter/nf_reject_ipv4.c:nf_reject_ip_tcphdr_put(), net/ipv4/tcp_ipv4.c:tcp_v4_send_reset() */
function writeReset(env: usize, packet: usize, answer: usize, tos: u32, isOpen: bool, options: u32): void {
  writeAnswerHeader(env, answer, PROTO_TCP, tos, TCP_BYTES, true, options);
  const tcp = answerBytes(answer) + answerHeader(answer);
  const from: usize = load<u32>(packet, PACKET_L4);
  const flags = load<u32>(packet, PACKET_TCP_FLAGS);
  const isAnswered = (flags & ACK) != 0;
  const text = load<u32>(packet, PACKET_L4_LENGTH) - headerLength(from);
  const next = seq(from) + ((flags & SYN) >> 1) + (flags & FIN) + text;
  store<u16>(tcp, load<u16>(from, 2));
  store<u16>(tcp, load<u16>(from), 2);
  store<u32>(tcp, bswap<u32>(isAnswered ? ack(from) : 0), 4);
  store<u32>(tcp, bswap<u32>(isAnswered ? 0 : next), 8);
  store<u8>(tcp, <u8>((TCP_BYTES >> 2) << 4), TCP_OFFSET);
  store<u8>(tcp, <u8>(isAnswered ? RST : RST | ACK), TCP_FLAGS);
  store<u32>(tcp, 0, 14);
  store<u16>(tcp, 0, 18);
  readAnswer(answer, TCP_BYTES, TCP_BYTES);
  // The checksum is about who is at the end of a source route, which the header has not yet.
  const pseudo = pseudoSum(isRouted(answer) ? packet : answer, PROTO_TCP, TCP_BYTES);
  store<u16>(tcp, isOpen ? <u16>fold(pseudo) : <u16>~fold(sumBytes(tcp, TCP_BYTES) + pseudo), TCP_CHECKSUM);
}

function isRouted(answer: usize): bool {
  return load<u32>(answer, PACKET_HOP) != 0;
}

// ── Where nobody listens ────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Answers a TCP packet that was delivered, where no program listens. Its connection, if any, is found anew.
 *
 * Ref: net/ipv4/tcp_ipv4.c:tcp_v4_rcv(), tcp_v4_send_reset(), net/ipv6/tcp_ipv6.c:tcp_v6_send_reset()
 */
export function resetUnheard(env: usize, packet: usize): void {
  if (!isResettable(packet)) return;
  const header = headerLength(load<u32>(packet, PACKET_L4));
  if (header < TCP_BYTES || header > load<u32>(packet, PACKET_L4_LENGTH)) return;
  if (isIpv6(packet) ? isMulticast6(packet + PACKET_DST) : isForMany4(env, packet)) return;
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  const options = echoOptions(env, packet, answer);
  if (options == ECHO_REFUSED) return;
  turnAround(packet, answer);
  const tos = load<u32>(packet, PACKET_TOS) & ~ECN_MASK;
  const decision = isAssumed(env) ? assumedWay(env, packet, answer) : routeUnheard(env, packet, answer, tos);
  if (decision == ROUTE_DROPPED) return;
  writeReset(env, packet, answer, tos, isIpv6(packet), options);
  if (options != 0) buildOptions(packet, answer);
  sendAnswer(env, packet, answer, decision);
}

/** Ref: net/ipv4/ip_output.c:ip_send_unicast_reply(), net/ipv6/tcp_ipv6.c:tcp_v6_send_response() */
function routeUnheard(env: usize, packet: usize, answer: usize, tos: u32): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const flow = startFlow(env, packet);
  resetFlow(flow, packet, answer);
  if (isIpv6(packet)) return output6(host, answer, flow, load<u32>(packet, PACKET_IN));
  store<u32>(flow, tos, FLOW_TOS);
  return leaves4(host, answer, flow);
}
