// pptp with translation: the client's identifier of a call becomes one that is its own on the outside, the port of the control
// connection there. The server uses that; its packets, and what it says of the call, are changed back.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EXPECT_DIRECTION, EXPECT_MASTER, EXPECT_SAVED_PORT, EXPECT_TUPLE } from '../abi/expect.ts';
import {
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_DIRECTION_TUPLE,
  FLOW_REPLY,
  MANIP_DST,
  MANIP_SRC,
  PPTP_PAC_CALL_ID,
  PPTP_PNS_CALL_ID,
  PPTP_TOLD_PNS_CALL_ID,
  SHARD_HELPER_SCRATCH,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { NAT_RANGE_PROTO_SPECIFIED, RANGE_BYTES, RANGE_FLAGS, RANGE_PORT_MAX, RANGE_PORT_MIN } from '../abi/nat.ts';
import { PACKET_CT, PACKET_L4, PACKET_L4_LENGTH, PACKET_TIME } from '../abi/packet.ts';
import { findExpectation, giveUpExpectation } from '../conntrack/expect.ts';
import { IPPROTO_GRE, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { settleAt } from '../nat/bind.ts';
import { fold, pseudoSum, sumBytes } from '../wire/checksum.ts';
import { ownBytes, pullTransport } from '../wire/edit.ts';
import { TCP_CHECKSUM } from '../wire/tcp.ts';
import { state } from './context.ts';
import { blockOf } from './expect.ts';

/** Gives the client's call its identifier outside. Ref: net/ipv4/netfilter/nf_nat_pptp.c:pptp_outbound_pkt() */
export function chooseCallId(entry: usize): void {
  const info = state(entry);
  store<u16>(info, load<u16>(info, PPTP_PNS_CALL_ID), PPTP_TOLD_PNS_CALL_ID);
  store<u16>(info, load<u16>(entry, FLOW_REPLY + TUPLE_DPORT), PPTP_PNS_CALL_ID);
}

/**
 * Writes the identifier of a call at `at` in the packet: the one at `kept` of what is kept of the connection. The packet's bytes may lie
 * elsewhere then.
 *
 * Ref: net/netfilter/nf_nat_helper.c:__nf_nat_mangle_tcp_packet()
 */
export function writeCallId(env: usize, packet: usize, entry: usize, at: usize, kept: u32): void {
  const offset = <u32>at - load<u32>(packet, PACKET_L4);
  ownBytes(env, packet);
  pullTransport(packet, load<u32>(packet, PACKET_L4_LENGTH));
  const tcp: usize = load<u32>(packet, PACKET_L4);
  store<u16>(tcp + offset, bswap<u16>(load<u16>(state(entry) + kept)));
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  store<u16>(tcp, 0, TCP_CHECKSUM);
  store<u16>(tcp, <u16>~fold(sumBytes(tcp, length) + pseudoSum(packet, IPPROTO_TCP, length)), TCP_CHECKSUM);
}

/** Makes the expectations of a call those of its packets as they come. Ref: net/ipv4/netfilter/nf_nat_pptp.c:pptp_exp_gre() */
export function translateCall(entry: usize, forth: usize, back: usize): void {
  const info = state(entry);
  const pns = load<u16>(info, PPTP_PNS_CALL_ID);
  const told = load<u16>(info, PPTP_TOLD_PNS_CALL_ID);
  const pac = load<u16>(info, PPTP_PAC_CALL_ID);
  store<u16>(forth, pns, EXPECT_SAVED_PORT);
  store<u16>(forth, told, EXPECT_TUPLE + TUPLE_SPORT);
  store<u16>(forth, pac, EXPECT_TUPLE + TUPLE_DPORT);
  store<u8>(forth, <u8>DIRECTION_ORIGINAL, EXPECT_DIRECTION);
  store<u16>(back, told, EXPECT_SAVED_PORT);
  store<u16>(back, pac, EXPECT_TUPLE + TUPLE_SPORT);
  store<u16>(back, pns, EXPECT_TUPLE + TUPLE_DPORT);
  store<u8>(back, <u8>DIRECTION_REPLY, EXPECT_DIRECTION);
}

/**
 * Translates the connection of a call that has come as its control connection is, and gives up what is expected of the other direction.
 *
 * Ref: net/ipv4/netfilter/nf_nat_pptp.c:pptp_nat_expected()
 */
export function translatedCallHasCome(env: usize, packet: usize, expected: usize): void {
  const master = <usize>load<u32>(expected, EXPECT_MASTER);
  const direction = <u32>load<u8>(expected, EXPECT_DIRECTION);
  const other = master + (direction ^ 1) * FLOW_DIRECTION_TUPLE;
  giveUpOther(env, packet, expected, other, direction);
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const key = load<u16>(expected, EXPECT_SAVED_PORT);
  settleSide(env, packet, entry, other + TUPLE_DST, MANIP_SRC, direction == DIRECTION_ORIGINAL, key);
  settleSide(env, packet, entry, other + TUPLE_SRC, MANIP_DST, direction == DIRECTION_REPLY, key);
}

function settleSide(env: usize, packet: usize, entry: usize, address: usize, manip: u32, hasKey: bool, key: u16): void {
  const asked = blockOf(env, packet) + SHARD_HELPER_SCRATCH;
  memory.fill(asked, 0, RANGE_BYTES);
  if (hasKey) {
    store<u32>(asked, NAT_RANGE_PROTO_SPECIFIED, RANGE_FLAGS);
    store<u32>(asked, key, RANGE_PORT_MIN);
    store<u32>(asked, key, RANGE_PORT_MAX);
  }
  settleAt(env, packet, entry, address, manip, asked);
}

function giveUpOther(env: usize, packet: usize, expected: usize, other: usize, direction: u32): void {
  const info = state(<usize>load<u32>(expected, EXPECT_MASTER));
  const block = blockOf(env, packet);
  const tuple = block + SHARD_HELPER_SCRATCH;
  const isForth = direction == DIRECTION_ORIGINAL;
  memory.copy(tuple, other, TUPLE_BYTES);
  store<u8>(tuple, <u8>IPPROTO_GRE, TUPLE_PROTO);
  // The kernel takes the identifiers as told from the call's own connection, which has none: what is expected forth stays.
  store<u16>(tuple, isForth ? load<u16>(info, PPTP_PAC_CALL_ID) : 0, TUPLE_SPORT);
  store<u16>(tuple, isForth ? load<u16>(info, PPTP_PNS_CALL_ID) : 0, TUPLE_DPORT);
  const zone = load<u16>(expected, EXPECT_TUPLE + TUPLE_ZONE);
  const found = findExpectation(block, tuple, zone, load<u64>(packet, PACKET_TIME));
  if (found != 0) giveUpExpectation(load<u32>(env, ENV_CONNTRACK), block, found);
}
