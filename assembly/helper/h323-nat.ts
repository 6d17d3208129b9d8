// h323 with translation: addresses in messages become those where the other side can reach them, and that is expected. Only of IPv4. An
// address and its port are six bytes that change in place; the packet's bytes are its own by then, so that all stays where it is.

import {
  EXPECT_BUSY,
  EXPECT_DIRECTION,
  EXPECT_DONE,
  EXPECT_FUNCTION,
  EXPECT_FUNCTION_NAT_CALL_FORWARDING,
  EXPECT_FUNCTION_NAT_Q931,
  EXPECT_MASTER,
  EXPECT_SAVED_ADDRESS,
  EXPECT_SAVED_PORT,
  EXPECT_TUPLE,
} from '../abi/expect.ts';
import { FLOW_DIRECTION_TUPLE, FLOW_ORIGINAL, MANIP_DST, MANIP_SRC, TUPLE_DPORT, TUPLE_DST, TUPLE_FAMILY, TUPLE_SRC } from '../abi/flow.ts';
import { PACKET_PROTO } from '../abi/packet.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_TCP, sameAddress } from '../conntrack/tuple.ts';
import { settleAt } from '../nat/bind.ts';
import { followMaster, settleAtPort } from '../nat/follow.ts';
import { changePayload } from '../nat/payload.ts';
import { copyAddress } from '../nat/room.ts';
import { ownBytes, pullAll } from '../wire/edit.ts';
import { scratch, state } from './context.ts';
import { giveUp, register } from './expect.ts';
import { H323_MEDIA_PAIRS, H323_MEDIA_PORTS, H323_SIGNAL_PORT, MESSAGE_START, TOLD_TEXT } from './h323-memory.ts';
import { tcpPayload, udpPayload } from './payload.ts';
import { followLater, isTranslated, registerAtPort } from './translate.ts';

/** IPv4 address (32) | port (16) */
const TOLD_BYTES: u32 = 6;
const PORT_MAX: u32 = 65535;

/** Whether addresses that a connection's messages tell are translated. */
export function isRewritten(entry: usize): bool {
  return isTranslated(entry) && load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY) == 4;
}

/** Whether the other side knows the sender by another address. */
export function isSenderHidden(packet: usize, entry: usize): bool {
  return isRewritten(entry) && !sameAddress(tupleOf(entry, packetDirection(packet)) + TUPLE_SRC, hereOf(packet, entry));
}

/** Lets what a message says stay where it is while it is changed. */
export function holdStill(env: usize, packet: usize, entry: usize): void {
  if (!isRewritten(entry)) return;
  pullAll(packet);
  ownBytes(env, packet);
}

function tupleOf(entry: usize, direction: u32): usize {
  return entry + direction * FLOW_DIRECTION_TUPLE;
}

/** The address where the other side of a packet reaches its sender. */
function hereOf(packet: usize, entry: usize): usize {
  return tupleOf(entry, packetDirection(packet) ^ 1) + TUPLE_DST;
}

/** Puts an address and a port at a place of the message. Ref: net/ipv4/netfilter/nf_nat_h323.c:set_addr() */
export function tell(env: usize, packet: usize, place: u32, address: usize, port: u32): bool {
  const room = scratch(env, packet);
  const start = load<u32>(packet, PACKET_PROTO) == IPPROTO_TCP ? tcpPayload(packet) : udpPayload(packet);
  store<u32>(room, bswap<u32>(load<u32>(address)), TOLD_TEXT);
  store<u16>(room, bswap<u16>(<u16>port), TOLD_TEXT + 4);
  const offset = load<u32>(room, MESSAGE_START) + place - <u32>start;
  return changePayload(env, packet, offset, TOLD_BYTES, room + TOLD_TEXT, TOLD_BYTES);
}

/** Tells where the sender is reached, at a port. */
export function tellHere(env: usize, packet: usize, entry: usize, place: u32, port: u32): bool {
  return tell(env, packet, place, hereOf(packet, entry), port);
}

function signalPort(packet: usize, entry: usize, turn: u32): usize {
  return state(entry) + H323_SIGNAL_PORT + ((packetDirection(packet) ^ turn) << 1);
}

/** The ports that calls are expected at: as the sender knows it, and as the other side does. */
export function ownSignalPort(packet: usize, entry: usize): u32 {
  return load<u16>(signalPort(packet, entry, 0));
}

export function otherSignalPort(packet: usize, entry: usize): u32 {
  return load<u16>(signalPort(packet, entry, 1));
}

/**
 * Registers what is expected at a port, or above it, and tells that instead. Without a free port it is left alone.
 *
 * Returns: the port, 0 = none; -1 when it cannot be told.
 */
function announceAt(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): i32 {
  store<u16>(made, <u16>port, EXPECT_TUPLE + TUPLE_DPORT);
  const found = registerAtPort(env, packet, made);
  if (found == 0) return 0;
  if (tellHere(env, packet, entry, place, found)) return <i32>found;
  giveUp(env, packet, made);
  return -1;
}

/** Announces a data channel (T.120). Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_t120() */
export function announceData(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): bool {
  followLater(made, packetDirection(packet) ^ 1, port);
  return announceAt(env, packet, entry, made, place, port) >= 0;
}

/** Announces a control connection. Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_h245() */
export function announceControl(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): bool {
  followLater(made, packetDirection(packet) ^ 1, port);
  return announceSignal(env, packet, entry, made, place, port) >= 0;
}

/**
 * Announces where an endpoint is called.
 *
 * Returns: the port, 0 = none is free; -1 when it cannot be told.
 * Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_q931()
 */
export function announceCalls(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): i32 {
  followLater(made, packetDirection(packet) ^ 1, port);
  store<u32>(made, EXPECT_FUNCTION_NAT_Q931, EXPECT_FUNCTION);
  return announceSignal(env, packet, entry, made, place, port);
}

/** The same port is announced again for the same. */
function announceSignal(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): i32 {
  const again = ownSignalPort(packet, entry) == port;
  const found = announceAt(env, packet, entry, made, place, again ? otherSignalPort(packet, entry) : port);
  if (found <= 0) return found;
  store<u16>(signalPort(packet, entry, 0), <u16>port);
  store<u16>(signalPort(packet, entry, 1), <u16>found);
  return found;
}

/** Announces the call to where this one is forwarded. Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_callforwarding() */
export function announceForwarded(env: usize, packet: usize, entry: usize, made: usize, place: u32, port: u32): bool {
  followLater(made, packetDirection(packet) ^ 1, port);
  store<u32>(made, EXPECT_FUNCTION_NAT_CALL_FORWARDING, EXPECT_FUNCTION);
  copyAddress(made + EXPECT_SAVED_ADDRESS, made + EXPECT_TUPLE + TUPLE_DST);
  copyAddress(made + EXPECT_TUPLE + TUPLE_DST, hereOf(packet, entry));
  return announceAt(env, packet, entry, made, place, port) >= 0;
}

/**
 * Announces data and control of a stream at a pair of ports, the next that is free. Without any it is left alone, as it is once the
 * connection has had as many streams as are remembered.
 *
 * Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_rtp_rtcp()
 */
export function announceStream(env: usize, packet: usize, entry: usize, data: usize, control: usize, place: u32, port: u32): bool {
  const even = port & ~1;
  followLater(data, packetDirection(packet) ^ 1, even);
  followLater(control, packetDirection(packet) ^ 1, even | 1);
  const pair = pairOf(packet, entry, even);
  if (pair == 0) return true;
  const found = registerPair(env, packet, data, control, even);
  if (found == 0) return true;
  if (!tellHere(env, packet, entry, place, found | (port & 1))) {
    giveUp(env, packet, data);
    giveUp(env, packet, control);
    return false;
  }
  const direction = packetDirection(packet);
  store<u16>(pair + (direction << 1), <u16>even);
  store<u16>(pair + ((direction ^ 1) << 1), <u16>found);
  return true;
}

/** Where the ports of a stream are remembered, or can be; 0 = nowhere. */
function pairOf(packet: usize, entry: usize, port: u32): usize {
  for (let i: usize = 0; i < H323_MEDIA_PAIRS; i++) {
    const pair = state(entry) + H323_MEDIA_PORTS + (i << 2);
    const known = <u32>load<u16>(pair + (packetDirection(packet) << 1));
    if (known == port || known == 0) return pair;
  }
  return 0;
}

/** Returns: the even port of the pair, 0 = there is none. */
function registerPair(env: usize, packet: usize, data: usize, control: usize, even: u32): u32 {
  if (even == 0) return 0;
  for (let port = even; port < PORT_MAX; port += 2) {
    store<u16>(data, <u16>port, EXPECT_TUPLE + TUPLE_DPORT);
    let answer = register(env, packet, data, 0);
    if (answer == EXPECT_DONE) {
      store<u16>(control, <u16>(port + 1), EXPECT_TUPLE + TUPLE_DPORT);
      answer = register(env, packet, control, 0);
      if (answer == EXPECT_DONE) return port;
      giveUp(env, packet, data);
    }
    if (answer != EXPECT_BUSY) return 0;
  }
  return 0;
}

// ── When they come ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Leads a call to whom it is for. Ref: net/ipv4/netfilter/nf_nat_h323.c:ip_nat_q931_expect() */
export function leadCall(env: usize, packet: usize, entry: usize, expectation: usize): void {
  // From the gatekeeper.
  if (load<u32>(expectation, EXPECT_TUPLE + TUPLE_SRC) != 0) {
    followMaster(env, packet, entry, expectation);
    return;
  }
  const back = load<u8>(expectation, EXPECT_DIRECTION) ^ 1;
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  lead(env, packet, entry, expectation, tupleOf(master, back) + TUPLE_SRC);
}

/** Leads a forwarded call. Ref: net/ipv4/netfilter/nf_nat_h323.c:ip_nat_callforwarding_expect() */
export function leadForwarded(env: usize, packet: usize, entry: usize, expectation: usize): void {
  lead(env, packet, entry, expectation, expectation + EXPECT_SAVED_ADDRESS);
}

function lead(env: usize, packet: usize, entry: usize, expectation: usize, to: usize): void {
  const back = load<u8>(expectation, EXPECT_DIRECTION) ^ 1;
  settleAt(env, packet, entry, tupleOf(entry, back) + TUPLE_SRC, MANIP_SRC, 0);
  settleAtPort(env, packet, entry, to, <u32>load<u16>(expectation, EXPECT_SAVED_PORT), MANIP_DST);
}
