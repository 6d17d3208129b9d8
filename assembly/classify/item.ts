// What the walks have in common: asking an item, and the ways a run ends without one.

import { ACTION_REJECT, ACTION_VERDICT, REJECT_TCP_RESET } from '../abi/opcode.ts';
import { PACKET_BY, PACKET_WHY } from '../abi/packet.ts';
import {
  CHAIN_POLICY,
  CHAIN_POLICY_VERDICT,
  ITEM_ACTION,
  ITEM_OPERAND,
  ITEM_TESTS,
  NO_COUNTER,
  STEP_GLANCE_FIELD,
  STEP_GLANCE_LOW,
  STEP_GLANCE_MASK,
  STEP_GLANCE_SPAN,
} from '../abi/program.ts';
import { VERDICT_DROP, VERDICT_NONE, VERDICT_REJECT, CHAIN_RESET, WHY_HOTDROP } from '../abi/verdict.ts';
import { ANSWER_HOLDS } from '../match/answer.ts';
import { count, note } from './count.ts';
import { holdAll } from './tests.ts';

/** Whether the tests of an item hold: ANSWER_MISS, ANSWER_HOLDS or ANSWER_HOTDROP. */
export function holdItem(env: usize, image: usize, item: usize, packet: usize): u32 {
  const tests = load<u32>(item, ITEM_TESTS);
  return tests == 0 ? ANSWER_HOLDS : holdAll(env, packet, image + tests);
}

/** Whether a leaf's step is worth asking: its glance holds. */
export function glances(step: usize, packet: usize): bool {
  const word = load<u32>(packet + load<u32>(step, STEP_GLANCE_FIELD)) & load<u32>(step, STEP_GLANCE_MASK);
  return word - load<u32>(step, STEP_GLANCE_LOW) <= load<u32>(step, STEP_GLANCE_SPAN);
}

/** The verdict of an item that ends the run; VERDICT_NONE for one that goes on. */
export function endingVerdict(item: usize): u32 {
  const action = load<u32>(item, ITEM_ACTION);
  const operand = load<u32>(item, ITEM_OPERAND);
  if (action == ACTION_VERDICT) return operand;
  if (action != ACTION_REJECT) return VERDICT_NONE;
  return operand == REJECT_TCP_RESET ? CHAIN_RESET : VERDICT_REJECT;
}

/** Ends the run of a base chain in its policy. */
export function endInPolicy(chain: usize, packet: usize, counters: usize, trace: usize): u32 {
  const policy = load<u32>(chain, CHAIN_POLICY);
  count(counters, policy, packet);
  note(trace, policy);
  store<u32>(packet, policy, PACKET_BY);
  return load<u32>(chain, CHAIN_POLICY_VERDICT);
}

/** Ends the run because a match dropped the packet; nothing counts it. */
export function dropOnTheSpot(packet: usize): u32 {
  store<u32>(packet, WHY_HOTDROP, PACKET_WHY);
  store<u32>(packet, NO_COUNTER, PACKET_BY);
  return VERDICT_DROP;
}
