// The ways a run ends: by an item, in the policy, on the spot.

import { ACTION_CALL, ACTION_GOTO, ACTION_REJECT, ACTION_VERDICT } from '../abi/opcode.ts';
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
import { CHAIN_PASSED, CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE, VERDICT_REJECT, WHY_HOTDROP } from '../abi/verdict.ts';
import { ANSWER_HOTDROP, ANSWER_UNKNOWN } from '../match/answer.ts';
import { writeRecord } from '../wire/log.ts';
import { count, note } from './count.ts';
import { carryOut } from './effect.ts';

/** The verdict of an item that ends the run; VERDICT_NONE for one that goes on. */
export function endingVerdict(item: usize): u32 {
  const action = load<u32>(item, ITEM_ACTION);
  const operand = load<u32>(item, ITEM_OPERAND);
  if (action == ACTION_VERDICT) return operand;
  return action == ACTION_REJECT ? CHAIN_REJECT + operand : VERDICT_NONE;
}

/** Ends the run of a base chain in its policy. */
export function endInPolicy(env: usize, chain: usize, packet: usize, counters: usize, trace: usize): u32 {
  return endIn(env, load<u32>(chain, CHAIN_POLICY), load<u32>(chain, CHAIN_POLICY_VERDICT), packet, counters, trace);
}

/** Ends the run in a rule or policy, which counts. Returns the verdict. */
export function endIn(env: usize, id: u32, verdict: u32, packet: usize, counters: usize, trace: usize): u32 {
  count(counters, id, packet);
  note(env, packet, trace, id);
  store<u32>(packet, id, PACKET_BY);
  return verdict;
}

/**
 * Ends the run where a match answered neither yes nor no. It dropped the packet, which nothing counts (ANSWER_HOTDROP); or the capture
 * does not tell what it would have answered, and the packet has no verdict.
 */
export function endOnTheSpot(env: usize, item: usize, packet: usize, answer: u32): u32 {
  store<u32>(packet, NO_COUNTER, PACKET_BY);
  if (answer == ANSWER_UNKNOWN) return VERDICT_NONE;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TRACE) != 0) writeRecord(env, packet, RECORD_KIND_DROPPED, load<u32>(item, ITEM_RULE));
  store<u32>(packet, WHY_HOTDROP, PACKET_WHY);
  return VERDICT_DROP;
}

/**
 * Ends the run behind an item that counted although one of its matches drops the packet: its target has its effect, but no say in the
 * verdict, unless it rejects.
 */
export function dropBehind(env: usize, image: usize, item: usize, packet: usize): u32 {
  const ending = endingVerdict(item);
  if (ending >= CHAIN_REJECT) {
    store<u32>(packet, load<u32>(item, ITEM_RULE), PACKET_BY);
    return ending;
  }
  const action = load<u32>(item, ITEM_ACTION);
  if (ending == VERDICT_NONE && action != ACTION_CALL && action != ACTION_GOTO) {
    carryOut(env, packet, action, image + load<u32>(item, ITEM_OPERAND));
  }
  return endOnTheSpot(env, item, packet, ANSWER_HOTDROP);
}

/** The VERDICT_* of what a chain ends in. */
export function chainVerdict(ending: u32): u32 {
  return ending >= CHAIN_REJECT ? VERDICT_REJECT : ending == CHAIN_PASSED ? VERDICT_ACCEPT : ending;
}
