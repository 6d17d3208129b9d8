// The ways a run ends: by an item, in the policy, on the spot.

import { ACTION_REJECT, ACTION_VERDICT, REJECT_TCP_RESET } from '../abi/opcode.ts';
import { RECORD_KIND_DROPPED } from '../abi/log.ts';
import { PACKET_BY, PACKET_FLAG_TRACE, PACKET_FLAGS, PACKET_WHY } from '../abi/packet.ts';
import {
  CHAIN_POLICY,
  CHAIN_POLICY_VERDICT,
  ITEM_ACTION,
  ITEM_OPERAND,
  ITEM_RULE,
  NO_COUNTER,
} from '../abi/program.ts';
import { VERDICT_DROP, VERDICT_NONE, VERDICT_REJECT, CHAIN_RESET, WHY_HOTDROP } from '../abi/verdict.ts';
import { writeRecord } from '../wire/log.ts';
import { count, note } from './count.ts';

/** The verdict of an item that ends the run; VERDICT_NONE for one that goes on. */
export function endingVerdict(item: usize): u32 {
  const action = load<u32>(item, ITEM_ACTION);
  const operand = load<u32>(item, ITEM_OPERAND);
  if (action == ACTION_VERDICT) return operand;
  if (action != ACTION_REJECT) return VERDICT_NONE;
  return operand == REJECT_TCP_RESET ? CHAIN_RESET : VERDICT_REJECT;
}

/** Ends the run of a base chain in its policy. */
export function endInPolicy(env: usize, chain: usize, packet: usize, counters: usize, trace: usize): u32 {
  const policy = load<u32>(chain, CHAIN_POLICY);
  count(counters, policy, packet);
  note(env, packet, trace, policy);
  store<u32>(packet, policy, PACKET_BY);
  return load<u32>(chain, CHAIN_POLICY_VERDICT);
}

/** Ends the run because a match of an item dropped the packet; nothing counts it. */
export function dropOnTheSpot(env: usize, item: usize, packet: usize): u32 {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TRACE) != 0) writeRecord(env, packet, RECORD_KIND_DROPPED, load<u32>(item, ITEM_RULE));
  store<u32>(packet, WHY_HOTDROP, PACKET_WHY);
  store<u32>(packet, NO_COUNTER, PACKET_BY);
  return VERDICT_DROP;
}
