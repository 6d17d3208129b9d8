// h323: the addresses that messages tell, and what is expected of them. A message is followed only where it tells the sender's own
// address, so that nobody can open a way to another.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EXPECT_ANY_PORT, EXPECT_ASSIGN_HELPER, EXPECT_DONE, EXPECT_FLAG_PERMANENT, EXPECT_FLAGS, HELPER_H245 } from '../abi/expect.ts';
import { CONNTRACK_H323_KEPT, CONNTRACK_H323_TABLE, FLOW_DIRECTION_TUPLE, FLOW_ORIGINAL, TUPLE_DST, TUPLE_FAMILY, TUPLE_SRC } from '../abi/flow.ts';
import {
  ADDRESS_IPV4,
  ADDRESS_IPV6,
  ADDRESS_PLACE,
  CONTROL_ADDRESS_IPV4,
  CONTROL_ADDRESS_IPV6,
  CONTROL_ADDRESS_PLACE,
  CONTROL_ADDRESS_UNICAST,
  H323_KEPT_BYTES,
} from '../abi/h323.ts';
import { PACKET_SHARD } from '../abi/packet.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { giveUpExpectation } from '../conntrack/expect.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { be16, IPPROTO_TCP, IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { scratch } from './context.ts';
import { decodeMessage } from './h323-decode.ts';
import { MESSAGE_END, MESSAGE_START, TOLD_ADDRESS, TOLD_PORT } from './h323-memory.ts';
import { announceControl, announceData, announceStream, isSenderHidden } from './h323-nat.ts';
import { blockOf, announce, expectation, put, register } from './expect.ts';

/** Results: nothing is wrong, or the packet is to be dropped. */
export const GOES_ON: bool = true;
export const IS_DROPPED: bool = false;

/** What the packet's shard keeps of messages of the kind at `place` (KEPT_*). */
export function keptOf(env: usize, packet: usize, place: u32): usize {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  return <usize>(load<u32>(region, CONNTRACK_H323_KEPT) + load<u32>(packet, PACKET_SHARD) * H323_KEPT_BYTES + place);
}

/** Decodes the message from `at` to `end` of the type of a root (ROOT_*); `start` is where it begins for its addresses. */
export function decodeOf(env: usize, packet: usize, root: u32, start: usize, at: usize, end: usize, kept: usize): i32 {
  const room = scratch(env, packet);
  store<u32>(room, <u32>start, MESSAGE_START);
  store<u32>(room, <u32>end, MESSAGE_END);
  const table = <usize>load<u32>(<usize>load<u32>(env, ENV_CONNTRACK), CONNTRACK_H323_TABLE);
  return decodeMessage(room, table, root, start, at, end, kept);
}

/** The tuple of the packet's direction, and that of the other. */
export function ownTuple(packet: usize, entry: usize): usize {
  return entry + packetDirection(packet) * FLOW_DIRECTION_TUPLE;
}

export function otherTuple(packet: usize, entry: usize): usize {
  return entry + (packetDirection(packet) ^ 1) * FLOW_DIRECTION_TUPLE;
}

/**
 * Reads the address and port at a place of the message to TOLD_ADDRESS. An older message's place may lie behind the end.
 *
 * Returns: the port; -1 when it is no address of the connection's family.
 */
function readAt(room: usize, entry: usize, place: u32, isIpv6: bool): i32 {
  const family = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
  if (isIpv6 != (family == 6)) return -1;
  const bytes: u32 = isIpv6 ? 16 : 4;
  const at = load<u32>(room, MESSAGE_START) + place;
  if (at + bytes + 2 > load<u32>(room, MESSAGE_END)) return -1;
  memory.fill(room + TOLD_ADDRESS, 0, 16);
  for (let i: u32 = 0; i < bytes; i += 4) store<u32>(room + TOLD_ADDRESS + i, bswap<u32>(load<u32>(at + i)));
  const port = be16(at + bytes);
  store<u32>(room, port, TOLD_PORT);
  return <i32>port;
}

/** Reads an address of H.225.0. Ref: net/netfilter/nf_conntrack_h323_main.c:get_h225_addr() */
export function readAddress(env: usize, packet: usize, entry: usize, address: usize): i32 {
  const choice = load<u32>(address);
  if (choice != ADDRESS_IPV4 && choice != ADDRESS_IPV6) return -1;
  return readAt(scratch(env, packet), entry, load<u32>(address, ADDRESS_PLACE), choice == ADDRESS_IPV6);
}

/** Reads an address of H.245. Ref: net/netfilter/nf_conntrack_h323_main.c:get_h245_addr() */
function readControlAddress(env: usize, packet: usize, entry: usize, address: usize): i32 {
  const choice = load<u32>(address, CONTROL_ADDRESS_UNICAST);
  if (load<u32>(address) != 0 || (choice != CONTROL_ADDRESS_IPV4 && choice != CONTROL_ADDRESS_IPV6)) return -1;
  return readAt(scratch(env, packet), entry, load<u32>(address, CONTROL_ADDRESS_PLACE), choice == CONTROL_ADDRESS_IPV6);
}

/** Whether the address that was read last is the sender's. */
export function isOwn(env: usize, packet: usize, entry: usize): bool {
  return sameAddress(scratch(env, packet) + TOLD_ADDRESS, ownTuple(packet, entry) + TUPLE_SRC);
}

/** Whether the port that was read last is one, and the address the sender's. */
function isFollowed(env: usize, packet: usize, entry: usize, port: i32): bool {
  return port > 0 && isOwn(env, packet, entry);
}

/** What is expected of one connection from the other side to an address; 0 = no memory. */
export function describeOne(
  env: usize,
  packet: usize,
  source: usize,
  address: usize,
  proto: u32,
  port: u32,
  flags: u32,
  helper: u32,
): usize {
  const made = expectation(env, packet, 0, source, address, proto, EXPECT_ANY_PORT, port);
  if (made == 0) return 0;
  store<u32>(made, helper, EXPECT_ASSIGN_HELPER);
  store<u32>(made, flags, EXPECT_FLAGS);
  return made;
}

/** Expects one connection from the other side to an address. */
export function expectOne(env: usize, packet: usize, source: usize, address: usize, proto: u32, port: u32, flags: u32, helper: u32): bool {
  const made = describeOne(env, packet, source, address, proto, port, flags, helper);
  return announce(env, packet, made) == VERDICT_ACCEPT ? GOES_ON : IS_DROPPED;
}

/** Expects a control connection at an H.225.0 address, if it is the sender's own. Ref: net/netfilter/nf_conntrack_h323_main.c:expect_h245() */
export function expectControl(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readAddress(env, packet, entry, address);
  if (!isFollowed(env, packet, entry, port)) return GOES_ON;
  const other = otherTuple(packet, entry);
  const made = describeOne(env, packet, other + TUPLE_SRC, other + TUPLE_DST, IPPROTO_TCP, port, 0, HELPER_H245);
  if (made == 0 || !isSenderHidden(packet, entry)) return announce(env, packet, made) == VERDICT_ACCEPT ? GOES_ON : IS_DROPPED;
  const isTold = announceControl(env, packet, entry, made, load<u32>(address, ADDRESS_PLACE), port);
  put(env, packet, made);
  return isTold ? GOES_ON : IS_DROPPED;
}

/** Expects the connections of a data channel at an H.245 address. Ref: net/netfilter/nf_conntrack_h323_main.c:expect_t120() */
export function expectData(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readControlAddress(env, packet, entry, address);
  if (!isFollowed(env, packet, entry, port)) return GOES_ON;
  const other = otherTuple(packet, entry);
  const made = describeOne(env, packet, other + TUPLE_SRC, other + TUPLE_DST, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, 0);
  if (made == 0 || !isSenderHidden(packet, entry)) return announce(env, packet, made) == VERDICT_ACCEPT ? GOES_ON : IS_DROPPED;
  const isTold = announceData(env, packet, entry, made, load<u32>(address, CONTROL_ADDRESS_PLACE), port);
  put(env, packet, made);
  return isTold ? GOES_ON : IS_DROPPED;
}

/**
 * Expects data and control of a stream: an even port, and the next.
 *
 * Ref: net/netfilter/nf_conntrack_h323_main.c:expect_rtp_rtcp()
 */
export function expectStream(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readControlAddress(env, packet, entry, address);
  if (!isFollowed(env, packet, entry, port)) return GOES_ON;
  const other = otherTuple(packet, entry);
  const source = other + TUPLE_SRC;
  const destination = other + TUPLE_DST;
  const data = expectation(env, packet, 0, source, destination, IPPROTO_UDP, EXPECT_ANY_PORT, <u32>port & ~1);
  if (data == 0) return IS_DROPPED;
  const control = expectation(env, packet, 0, source, destination, IPPROTO_UDP, EXPECT_ANY_PORT, <u32>port | 1);
  let isDone = control != 0;
  if (isDone && isSenderHidden(packet, entry)) {
    isDone = announceStream(env, packet, entry, data, control, load<u32>(address, CONTROL_ADDRESS_PLACE), port);
  } else if (isDone) isDone = registerBoth(env, packet, data, control);
  if (control != 0) put(env, packet, control);
  put(env, packet, data);
  return isDone ? GOES_ON : IS_DROPPED;
}

function registerBoth(env: usize, packet: usize, data: usize, control: usize): bool {
  if (register(env, packet, data, 0) != EXPECT_DONE) return false;
  if (register(env, packet, control, 0) == EXPECT_DONE) return true;
  giveUpExpectation(load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), data);
  return false;
}
