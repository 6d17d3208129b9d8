// What the walks have in common: asking an item, and the ways a run ends without one.

import { PACKET_BY, PACKET_WHY } from '../abi/packet.ts';
import { CHAIN_POLICY, CHAIN_POLICY_VERDICT, ITEM_TESTS, NO_COUNTER } from '../abi/program.ts';
import { VERDICT_DROP, WHY_HOTDROP } from '../abi/verdict.ts';
import { ANSWER_HOLDS } from '../match/answer.ts';
import { count, note } from './count.ts';
import { holdAll } from './tests.ts';

/** Whether the tests of an item hold: ANSWER_MISS, ANSWER_HOLDS or ANSWER_HOTDROP. */
export function holdItem(env: usize, image: usize, item: usize, packet: usize): u32 {
  const tests = load<u32>(item, ITEM_TESTS);
  return tests == 0 ? ANSWER_HOLDS : holdAll(env, packet, image + tests);
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
