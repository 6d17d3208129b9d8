// pptp: the control connection arranges calls, each of which is carried by GRE in both directions. The calls' identifiers are the
// keys of GRE: both packets of a call name only the identifier of whom they go to, so that the other one is looked up
// (conntrack/gre-keys.ts).
//
// The client is taken for the network server (PNS), who connects to the access concentrator (PAC). One call at a time is followed.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EXPECT_FUNCTION, EXPECT_FUNCTION_PPTP, EXPECT_DONE, EXPECT_TUPLE } from '../abi/expect.ts';
import {
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_DIRECTION_TUPLE,
  FLOW_EXTENSION,
  PPTP_CALL,
  PPTP_PAC_CALL_ID,
  PPTP_PNS_CALL_ID,
  PPTP_SESSION,
  PPTP_TOLD_PNS_CALL_ID,
  TUPLE_DST,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { CTINFO_ESTABLISHED, CTINFO_ESTABLISHED_REPLY, PACKET_CTINFO, PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { giveUpExpectation } from '../conntrack/expect.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { addGreKey } from '../conntrack/gre-keys.ts';
import { be16, be32, IPPROTO_GRE } from '../conntrack/tuple.ts';
import { state } from './context.ts';
import { blockOf, expectation, put, register } from './expect.ts';
import { payloadEnd, tcpPayload } from './payload.ts';
import { chooseCallId, translateCall, writeCallId } from './pptp-nat.ts';
import { isTranslated } from './translate.ts';
import { endCall } from '../conntrack/gre-call.ts';

// ── Wire ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
//
//   0: length (16) | packet type (16) | cookie (32) | message type (16) | reserved (16) | message
const PACKET_TYPE: u32 = 2;
const COOKIE: u32 = 4;
const MESSAGE_TYPE: u32 = 8;
const MESSAGE: u32 = 12;
const TYPE_CONTROL: u32 = 1;
const MAGIC_COOKIE: u32 = 0x1a2b3c4d;

const START_SESSION_REQUEST: u32 = 1;
const START_SESSION_REPLY: u32 = 2;
const STOP_SESSION_REQUEST: u32 = 3;
const STOP_SESSION_REPLY: u32 = 4;
const ECHO_REQUEST: u32 = 5;
const ECHO_REPLY: u32 = 6;
const OUT_CALL_REQUEST: u32 = 7;
const OUT_CALL_REPLY: u32 = 8;
const IN_CALL_REQUEST: u32 = 9;
const IN_CALL_REPLY: u32 = 10;
const IN_CALL_CONNECT: u32 = 11;
const CALL_CLEAR_REQUEST: u32 = 12;
const CALL_DISCONNECT_NOTIFY: u32 = 13;
const WAN_ERROR_NOTIFY: u32 = 14;
const SET_LINK_INFO: u32 = 15;

/** Bytes of each message at least, by its type: nothing shorter is looked at. RFC 2637, 2 */
const MESSAGE_BYTES: StaticArray<u8> = [0, 144, 144, 4, 4, 0, 0, 156, 20, 208, 12, 16, 4, 136, 28, 12];

/** The caller's identifier; in replies the peer's stands behind it, and in other messages alone. */
const CALL_ID: u32 = 0;
const PEER_CALL_ID: u32 = 2;
const CONNECT_PEER_CALL_ID: u32 = 0;
/** Results of replies to a session's start and end, and to calls. All but that of a stop say the same with 1. */
const START_RESULT: u32 = 2;
const STOP_RESULT: u32 = 0;
const CALL_RESULT: u32 = 4;
const RESULT_DONE: u32 = 1;

// ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Ref: include/linux/netfilter/nf_conntrack_pptp.h:pptp_ctrlsess_state; the order counts */
const SESSION_NONE: u32 = 0;
const SESSION_ERROR: u32 = 1;
const SESSION_STOPPING: u32 = 2;
const SESSION_REQUESTED: u32 = 3;
const SESSION_CONFIRMED: u32 = 4;

/** Ref: include/linux/netfilter/nf_conntrack_pptp.h:pptp_ctrlcall_state */
const CALL_NONE: u32 = 0;
const CALL_OUT_REQUESTED: u32 = 2;
const CALL_OUT_CONFIRMED: u32 = 3;
const CALL_IN_REQUESTED: u32 = 4;
const CALL_IN_ANSWERED: u32 = 5;
const CALL_IN_CONFIRMED: u32 = 6;
const CALL_CLEARING: u32 = 7;

/**
 * Follows a control message.
 *
 * Ref: net/netfilter/nf_conntrack_pptp.c:conntrack_pptp_help()
 */
export function pptp(env: usize, packet: usize, entry: usize): u32 {
  const info = load<u32>(packet, PACKET_CTINFO);
  if (info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY) return VERDICT_ACCEPT;
  const at = tcpPayload(packet);
  const end = payloadEnd(packet);
  if (at == 0 || end - at < MESSAGE) return VERDICT_ACCEPT;
  if (be16(at + PACKET_TYPE) != TYPE_CONTROL || be32(at + COOKIE) != MAGIC_COOKIE) return VERDICT_ACCEPT;
  const type = be16(at + MESSAGE_TYPE);
  const message = at + MESSAGE;
  if (type >= <u32>MESSAGE_BYTES.length || end - message < <usize>unchecked(MESSAGE_BYTES[type])) return VERDICT_ACCEPT;
  if (packetDirection(packet) == DIRECTION_ORIGINAL) {
    if (fromClient(entry, type, message) && isTranslated(entry)) translateOut(env, packet, entry, type, message);
  } else if (fromServer(env, packet, entry, type, message) && isTranslated(entry)) translateIn(env, packet, entry, type, message);
  return VERDICT_ACCEPT;
}

/** Writes the client's identifier, of a new call one of the outside. Ref: net/ipv4/netfilter/nf_nat_pptp.c:pptp_outbound_pkt() */
function translateOut(env: usize, packet: usize, entry: usize, type: u32, message: usize): void {
  if (type == OUT_CALL_REQUEST) chooseCallId(entry);
  if (type == OUT_CALL_REQUEST || type == IN_CALL_REPLY || type == CALL_CLEAR_REQUEST) {
    writeCallId(env, packet, entry, message + CALL_ID, PPTP_PNS_CALL_ID);
  }
}

/** Writes the client's own identifier. Ref: net/ipv4/netfilter/nf_nat_pptp.c:pptp_inbound_pkt() */
function translateIn(env: usize, packet: usize, entry: usize, type: u32, message: usize): void {
  switch (type) {
    case OUT_CALL_REPLY:
      writeCallId(env, packet, entry, message + PEER_CALL_ID, PPTP_TOLD_PNS_CALL_ID);
      return;
    case IN_CALL_CONNECT:
    case WAN_ERROR_NOTIFY:
    case CALL_DISCONNECT_NOTIFY:
    case SET_LINK_INFO:
      writeCallId(env, packet, entry, message + CONNECT_PEER_CALL_ID, PPTP_TOLD_PNS_CALL_ID);
  }
}

/**
 * Follows a message of the client.
 *
 * Returns: whether it is in order.
 * Ref: net/netfilter/nf_conntrack_pptp.c:pptp_outbound_pkt()
 */
function fromClient(entry: usize, type: u32, message: usize): bool {
  const info = state(entry);
  const session = <u32>load<u8>(info, PPTP_SESSION);
  switch (type) {
    case START_SESSION_REQUEST:
      if (session != SESSION_NONE) return false;
      store<u8>(info, <u8>SESSION_REQUESTED, PPTP_SESSION);
      return true;
    case STOP_SESSION_REQUEST:
      store<u8>(info, <u8>SESSION_STOPPING, PPTP_SESSION);
      return true;
    case OUT_CALL_REQUEST:
      if (session != SESSION_CONFIRMED) return false;
      store<u8>(info, <u8>CALL_OUT_REQUESTED, PPTP_CALL);
      store<u16>(info, <u16>be16(message + CALL_ID), PPTP_PNS_CALL_ID);
      return true;
    case IN_CALL_REPLY:
      return inCallReply(info, message);
    case CALL_CLEAR_REQUEST:
      if (session != SESSION_CONFIRMED) return false;
      store<u8>(info, <u8>CALL_CLEARING, PPTP_CALL);
      return true;
    default:
      return type == SET_LINK_INFO || type == ECHO_REQUEST || type == ECHO_REPLY;
  }
}

function inCallReply(info: usize, message: usize): bool {
  const call = <u32>load<u8>(info, PPTP_CALL);
  if (call != CALL_IN_REQUESTED && call != CALL_IN_ANSWERED) return false;
  if (<u32>load<u16>(info, PPTP_PAC_CALL_ID) != be16(message + PEER_CALL_ID)) return false;
  const isAccepted = load<u8>(message, CALL_RESULT) == RESULT_DONE;
  store<u8>(info, <u8>(isAccepted ? CALL_IN_ANSWERED : CALL_NONE), PPTP_CALL);
  if (isAccepted) store<u16>(info, <u16>be16(message + CALL_ID), PPTP_PNS_CALL_ID);
  return true;
}

/**
 * Follows a message of the server.
 *
 * Returns: whether it is in order.
 * Ref: net/netfilter/nf_conntrack_pptp.c:pptp_inbound_pkt()
 */
function fromServer(env: usize, packet: usize, entry: usize, type: u32, message: usize): bool {
  const info = state(entry);
  const session = <u32>load<u8>(info, PPTP_SESSION);
  switch (type) {
    case START_SESSION_REPLY:
      if (session < SESSION_REQUESTED) return false;
      store<u8>(info, <u8>(load<u8>(message, START_RESULT) == RESULT_DONE ? SESSION_CONFIRMED : SESSION_ERROR), PPTP_SESSION);
      return true;
    case STOP_SESSION_REPLY:
      if (session > SESSION_STOPPING) return false;
      store<u8>(info, <u8>(load<u8>(message, STOP_RESULT) == RESULT_DONE ? SESSION_NONE : SESSION_ERROR), PPTP_SESSION);
      return true;
    case CALL_DISCONNECT_NOTIFY:
      store<u8>(info, <u8>CALL_NONE, PPTP_CALL);
      endCall(<usize>load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), entry, load<u64>(packet, PACKET_TIME));
      return true;
    case OUT_CALL_REPLY:
      return session == SESSION_CONFIRMED && outCallReply(env, packet, entry, info, message);
    case IN_CALL_REQUEST:
      if (session != SESSION_CONFIRMED) return false;
      store<u8>(info, <u8>CALL_IN_REQUESTED, PPTP_CALL);
      store<u16>(info, <u16>be16(message + CALL_ID), PPTP_PAC_CALL_ID);
      return true;
    case IN_CALL_CONNECT:
      return session == SESSION_CONFIRMED && inCallConnect(env, packet, entry, info, message);
    default:
      return type == WAN_ERROR_NOTIFY || type == SET_LINK_INFO || type == ECHO_REQUEST || type == ECHO_REPLY;
  }
}

function outCallReply(env: usize, packet: usize, entry: usize, info: usize, message: usize): bool {
  const call = <u32>load<u8>(info, PPTP_CALL);
  if (call != CALL_OUT_REQUESTED && call != CALL_OUT_CONFIRMED) return false;
  const peer = be16(message + PEER_CALL_ID);
  if (<u32>load<u16>(info, PPTP_PNS_CALL_ID) != peer) return false;
  if (load<u8>(message, CALL_RESULT) != RESULT_DONE) {
    store<u8>(info, <u8>CALL_NONE, PPTP_CALL);
    return true;
  }
  const id = be16(message + CALL_ID);
  store<u8>(info, <u8>CALL_OUT_CONFIRMED, PPTP_CALL);
  store<u16>(info, <u16>id, PPTP_PAC_CALL_ID);
  expectCall(env, packet, entry, id, peer);
  return true;
}

function inCallConnect(env: usize, packet: usize, entry: usize, info: usize, message: usize): bool {
  const call = <u32>load<u8>(info, PPTP_CALL);
  if (call != CALL_IN_ANSWERED && call != CALL_IN_CONFIRMED) return false;
  const peer = be16(message + CONNECT_PEER_CALL_ID);
  if (<u32>load<u16>(info, PPTP_PNS_CALL_ID) != peer) return false;
  store<u8>(info, <u8>CALL_IN_CONFIRMED, PPTP_CALL);
  expectCall(env, packet, entry, load<u16>(info, PPTP_PAC_CALL_ID), peer);
  return true;
}

/** Expects a call's packets in both directions; the first of either takes the other expectation away. Ref: net/netfilter/nf_conntrack_pptp.c:exp_gre() */
function expectCall(env: usize, packet: usize, entry: usize, pac: u32, pns: u32): void {
  const forth = expectGre(env, packet, entry, DIRECTION_ORIGINAL, pns, pac);
  if (forth == 0) return;
  const back = expectGre(env, packet, entry, DIRECTION_REPLY, pac, pns);
  if (back != 0) {
    if (isTranslated(entry)) translateCall(entry, forth, back);
    registerCall(env, packet, entry, forth, back);
    put(env, packet, back);
  }
  put(env, packet, forth);
}

function expectGre(env: usize, packet: usize, entry: usize, direction: u32, from: u32, to: u32): usize {
  const tuple = entry + direction * FLOW_DIRECTION_TUPLE;
  const made = expectation(env, packet, 0, tuple + TUPLE_SRC, tuple + TUPLE_DST, IPPROTO_GRE, from, to);
  if (made != 0) store<u32>(made, EXPECT_FUNCTION_PPTP, EXPECT_FUNCTION);
  return made;
}

function registerCall(env: usize, packet: usize, entry: usize, forth: usize, back: usize): void {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const block = blockOf(env, packet);
  if (register(env, packet, forth, 0) != EXPECT_DONE) return;
  if (register(env, packet, back, 0) == EXPECT_DONE) {
    const extension = <usize>load<u32>(entry, FLOW_EXTENSION);
    if (
      addGreKey(block, extension, DIRECTION_ORIGINAL, forth + EXPECT_TUPLE) &&
      addGreKey(block, extension, DIRECTION_REPLY, back + EXPECT_TUPLE)
    ) {
      return;
    }
    giveUpExpectation(region, block, back);
  }
  giveUpExpectation(region, block, forth);
}
