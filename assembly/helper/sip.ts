// sip: calls and registrations, over UDP and TCP. Offers and answers (INVITE, UPDATE, PRACK, ACK) tell where media go, REGISTER where
// calls to a phone go; BYE, a new INVITE and a refusal forget media.

import { PARAMETER_SIP_TIMEOUT } from '../abi/expect.ts';
import { FLOW_DIRECTION_TUPLE, FLOW_ORIGINAL, TUPLE_FAMILY, TUPLE_PROTO, TUPLE_SPORT, TUPLE_SRC } from '../abi/flow.ts';
import { CTINFO_ESTABLISHED, CTINFO_ESTABLISHED_REPLY, PACKET_CTINFO, PACKET_L4, PACKET_LENGTH } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { extendTime, packetDirection } from '../conntrack/expire.ts';
import { be32, IPPROTO_TCP, sameAddress } from '../conntrack/tuple.ts';
import { parameter, scratch, state } from './context.ts';
import { payloadEnd, tcpPayload, udpPayload } from './payload.ts';
import {
  FOUND,
  FOUND_ADDRESS,
  FOUND_AT,
  FOUND_END,
  FOUND_IN_LIST,
  FOUND_PORT,
  findAddress,
  findHeader,
  HEADER_CONTENT_LENGTH,
  HEADER_CSEQ,
  HEADER_VIA_UDP,
} from './sip-header.ts';
import { followMedia } from './sip-media.ts';
import { SCRATCH_END, SCRATCH_FOUND, SCRATCH_START, SIP_FORCED_PORT, SIP_INVITE_CSEQ } from './sip-memory.ts';
import { translateMessage } from './sip-nat.ts';
import { messageEnd } from './sip-text.ts';
import { isTranslated } from './translate.ts';
import { grown } from '../nat/payload.ts';
import { followRegister, followRegistered, forget } from './sip-register.ts';
import { hasWord, isLetter, numberEnd, readNumber } from './text.ts';
import { ownBytes, pullAll } from '../wire/edit.ts';

const SECOND_NS: u64 = 1_000_000_000;
/** What nothing shorter than is a message: "SIP/2.0 200". */
const SHORTEST: usize = 11;
const STATUS_LINE_BYTES: usize = 8;
const SPACE: u32 = 0x20;
/** CR LF CR LF as a little-endian word: the end of the headers. */
const EMPTY_LINE: u32 = 0x0a0d0a0d;

/** Methods that something follows from, in the order in which they are tried. */
const METHOD_INVITE: u32 = 0;
const METHOD_UPDATE: u32 = 1;
const METHOD_ACK: u32 = 2;
const METHOD_PRACK: u32 = 3;
const METHOD_BYE: u32 = 4;
const METHOD_REGISTER: u32 = 5;
const METHODS: u32 = 6;

function methodName(method: u32): string {
  switch (method) {
    case METHOD_INVITE:
      return 'invite';
    case METHOD_UPDATE:
      return 'update';
    case METHOD_ACK:
      return 'ack';
    case METHOD_PRACK:
      return 'prack';
    case METHOD_BYE:
      return 'bye';
    default:
      return 'register';
  }
}

/** Ref: net/netfilter/nf_conntrack_sip.c:sip_help_udp(), sip_help_tcp() */
export function sip(env: usize, packet: usize, entry: usize): u32 {
  const isTcp = load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) == IPPROTO_TCP;
  if (isTcp) {
    const info = load<u32>(packet, PACKET_CTINFO);
    if (info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY) return VERDICT_ACCEPT;
  }
  const at = isTcp ? tcpPayload(packet) : udpPayload(packet);
  if (at == 0) return VERDICT_ACCEPT;
  const timeout = <u64>parameter(env, entry, PARAMETER_SIP_TIMEOUT) * SECOND_NS;
  extendTime(entry, packet, timeout);
  pullAll(packet);
  if (payloadEnd(packet) - at < SHORTEST) return VERDICT_ACCEPT;
  // From here on what stands ahead of a change stays where it is.
  if (isTranslated(entry)) ownBytes(env, packet);
  return isTcp ? followStream(env, packet, entry, tcpPayload(packet)) : followMessage(env, packet, entry, udpPayload(packet), payloadEnd(packet));
}

/** Follows the messages that a segment holds whole, one behind the other. What translation adds to them counts once, for the segment. */
function followStream(env: usize, packet: usize, entry: usize, at: usize): u32 {
  const length = load<u32>(packet, PACKET_LENGTH);
  const seq = be32(load<u32>(packet, PACKET_L4) + 4);
  let end = payloadEnd(packet);
  let stop = wholeEnd(env, packet, entry, at, end);
  while (stop != 0 && stop <= end) {
    if (followMessage(env, packet, entry, at, stop) != VERDICT_ACCEPT) return VERDICT_DROP;
    at = messageEnd(env, packet);
    end = payloadEnd(packet);
    stop = wholeEnd(env, packet, entry, at, end);
  }
  return grown(env, packet, seq, <i32>(load<u32>(packet, PACKET_LENGTH) - length)) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/** Where the message at `at` ends, as its Content-Length says; 0 when that cannot be told. */
function wholeEnd(env: usize, packet: usize, entry: usize, at: usize, end: usize): usize {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  const family = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
  if (findHeader(HEADER_CONTENT_LENGTH, family, at, end, found) != FOUND) return 0;
  const value = <usize>load<u32>(found, FOUND_AT);
  const number = readNumber(value, end);
  const length = <usize>(number & 0xffffffff);
  if (numberEnd(number) == value || length > end - at) return 0;
  for (let stop = numberEnd(number); stop + 4 <= end; stop++) {
    if (load<u32>(stop) == EMPTY_LINE) return stop + 4 + length;
  }
  return 0;
}

/**
 * Follows one message.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_sip.c:process_sip_msg()
 */
function followMessage(env: usize, packet: usize, entry: usize, at: usize, end: usize): u32 {
  const room = scratch(env, packet);
  store<u32>(room, <u32>at, SCRATCH_START);
  store<u32>(room, <u32>end, SCRATCH_END);
  const isAnswer = hasWord(at, end, 'sip/2.0 ');
  const verdict = isAnswer ? followAnswer(env, packet, entry, at, end) : followRequest(env, packet, entry, at, end);
  if (verdict != VERDICT_ACCEPT || !isTranslated(entry)) return verdict;
  return translateMessage(env, packet, entry, at) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/** Ref: net/netfilter/nf_conntrack_sip.c:process_sip_request() */
function followRequest(env: usize, packet: usize, entry: usize, at: usize, end: usize): u32 {
  noteVia(env, packet, entry, at, end);
  for (let method: u32 = 0; method < METHODS; method++) {
    const name = methodName(method);
    const behind = at + name.length;
    if (behind + 2 > end || !hasWord(at, end, name)) continue;
    if (load<u8>(behind) != SPACE || !isLetter(load<u8>(behind, 1))) continue;
    const cseq = readCseq(env, packet, entry, at, end);
    return cseq < 0 ? VERDICT_DROP : followMethod(method, env, packet, entry, at, end, <u32>cseq);
  }
  return VERDICT_ACCEPT;
}

function followMethod(method: u32, env: usize, packet: usize, entry: usize, at: usize, end: usize, cseq: u32): u32 {
  if (method == METHOD_REGISTER) return followRegister(env, packet, entry, at, end, cseq);
  if (method == METHOD_INVITE || method == METHOD_BYE) forget(env, packet, entry, true);
  if (method == METHOD_BYE) return VERDICT_ACCEPT;
  const verdict = followMedia(env, packet, entry, at);
  if (method == METHOD_INVITE && verdict == VERDICT_ACCEPT) store<u32>(state(entry), cseq, SIP_INVITE_CSEQ);
  return verdict;
}

/** Ref: net/netfilter/nf_conntrack_sip.c:process_sip_response() */
function followAnswer(env: usize, packet: usize, entry: usize, at: usize, end: usize): u32 {
  if (end - at < SHORTEST) return VERDICT_ACCEPT;
  const code = <u32>readNumber(at + STATUS_LINE_BYTES, end);
  if (code == 0) return VERDICT_DROP;
  const cseq = readCseq(env, packet, entry, at, end);
  if (cseq < 0) return VERDICT_DROP;
  const name = <usize>load<u32>(scratch(env, packet) + SCRATCH_FOUND, FOUND_END) + 1;
  for (let method: u32 = 0; method < METHODS; method++) {
    if (method == METHOD_ACK || method == METHOD_BYE || !hasWord(name, end, methodName(method))) continue;
    if (method == METHOD_REGISTER) return followRegistered(env, packet, entry, at, end, <u32>cseq, code);
    if (code - 100 < 200) return followMedia(env, packet, entry, at);
    if (load<u32>(state(entry), SIP_INVITE_CSEQ) == <u32>cseq) forget(env, packet, entry, true);
    return VERDICT_ACCEPT;
  }
  return VERDICT_ACCEPT;
}

/** The sequence number of a message; -1 when it cannot be read. */
function readCseq(env: usize, packet: usize, entry: usize, at: usize, end: usize): i64 {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  if (findHeader(HEADER_CSEQ, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), at, end, found) != FOUND) return -1;
  const value = <usize>load<u32>(found, FOUND_AT);
  const number = readNumber(value, end);
  return numberEnd(number) == value ? -1 : <i64>(number & 0xffffffff);
}

/** Keeps the port that a phone wants answers at, if it is not the one that it sends from: translation sends them there. */
function noteVia(env: usize, packet: usize, entry: usize, at: usize, end: usize): void {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  store<u8>(found, 0, FOUND_IN_LIST);
  if (!findAddress(HEADER_VIA_UDP, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), at, end, found)) return;
  const own = entry + packetDirection(packet) * FLOW_DIRECTION_TUPLE;
  const port = load<u16>(found, FOUND_PORT);
  if (port != load<u16>(own, TUPLE_SPORT) && sameAddress(found + FOUND_ADDRESS, own + TUPLE_SRC)) {
    store<u16>(state(entry), port, SIP_FORCED_PORT);
  }
}
