// TEST_CONNBYTES: `-m connbytes`.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { COLD_BYTES_SEEN, COLD_PACKETS, FLOW_STATUS, IPS_TEMPLATE } from '../abi/flow.ts';
import { CONNBYTES_AVERAGE, CONNBYTES_PACKETS } from '../abi/opcode.ts';
import { PACKET_CT } from '../abi/packet.ts';
import { cold } from '../conntrack/pool.ts';
import { ANSWER_HOLDS, ANSWER_MISS, ANSWER_MISS_EITHER_WAY } from './answer.ts';

/** Bytes between what an entry counts of one direction and of the other. */
const DIRECTION_BYTES: usize = 16;

/** Whether what the connection has carried is in the range. Ref: net/netfilter/xt_connbytes.c:connbytes_mt() */
export function hasCarried(env: usize, packet: usize, operands: usize): u32 {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u32>(entry, FLOW_STATUS) & IPS_TEMPLATE) return ANSWER_MISS_EITHER_WAY;
  const what = load<u32>(operands);
  const counters = cold(load<u32>(env, ENV_CONNTRACK), entry);
  const packets = sum(counters + COLD_PACKETS, load<u32>(operands, 4));
  const bytes = sum(counters + COLD_BYTES_SEEN, load<u32>(operands, 4));
  let carried = what == CONNBYTES_PACKETS ? packets : bytes;
  if (what == CONNBYTES_AVERAGE) carried = packets == 0 ? 0 : bytes / packets;
  return carried >= long(operands + 8) && carried <= long(operands + 16) ? ANSWER_HOLDS : ANSWER_MISS;
}

function sum(counter: usize, directions: u32): u64 {
  let total: u64 = 0;
  if (directions & 1) total += load<u64>(counter);
  if (directions & 2) total += load<u64>(counter + DIRECTION_BYTES);
  return total;
}

function long(operand: usize): u64 {
  return <u64>load<u32>(operand) | (<u64>load<u32>(operand, 4) << 32);
}
