// Connections that were expected by one that is translated go the way that it went.

import { EXPECT_DIRECTION, EXPECT_MASTER, EXPECT_SAVED_PORT } from '../abi/expect.ts';
import { FLOW_DIRECTION_TUPLE, MANIP_DST, MANIP_SRC, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import {
  NAT_RANGE,
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PROTO_SPECIFIED,
  RANGE_BYTES,
  RANGE_FLAGS,
  RANGE_MAX,
  RANGE_MIN,
  RANGE_PORT_MAX,
  RANGE_PORT_MIN,
} from '../abi/nat.ts';
import { settle, settleAt } from './bind.ts';
import { copyAddress, roomOf } from './room.ts';

/**
 * Settles both sides of a new entry: its source is whom the master sends to, its destination who sends to the master, at the port that
 * was announced.
 *
 * Ref: net/netfilter/nf_nat_helper.c:nf_nat_follow_master()
 */
export function followMaster(env: usize, packet: usize, entry: usize, expectation: usize): void {
  const direction = <usize>load<u8>(expectation, EXPECT_DIRECTION) ^ 1;
  const tuple = <usize>load<u32>(expectation, EXPECT_MASTER) + direction * FLOW_DIRECTION_TUPLE;
  settleAt(env, packet, entry, tuple + TUPLE_DST, MANIP_SRC, 0);
  settleAtPort(env, packet, entry, tuple + TUPLE_SRC, <u32>load<u16>(expectation, EXPECT_SAVED_PORT), MANIP_DST);
}

/** Settles one side of an entry at an address and a port. */
export function settleAtPort(env: usize, packet: usize, entry: usize, address: usize, port: u32, manip: u32): void {
  const range = roomOf(env, packet) + NAT_RANGE;
  memory.fill(range, 0, RANGE_BYTES);
  store<u32>(range, NAT_RANGE_MAP_IPS | NAT_RANGE_PROTO_SPECIFIED, RANGE_FLAGS);
  copyAddress(range + RANGE_MIN, address);
  copyAddress(range + RANGE_MAX, address);
  store<u32>(range, port, RANGE_PORT_MIN);
  store<u32>(range, port, RANGE_PORT_MAX);
  settle(env, packet, entry, range, manip);
}
