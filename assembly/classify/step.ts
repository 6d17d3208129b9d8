// Steps of leaves: what is left to ask of an item in the region of its leaf.

import { STEP_GLANCE_FIELD, STEP_GLANCE_LOW, STEP_GLANCE_MASK, STEP_GLANCE_SPAN, STEP_TESTS } from '../abi/program.ts';
import { ANSWER_HOLDS, ANSWER_MISS } from '../match/answer.ts';
import { holdAll } from './tests.ts';

/** Whether a step is worth asking: its glance holds. */
export function glances(step: usize, packet: usize): bool {
  const word = load<u32>(packet + load<u32>(step, STEP_GLANCE_FIELD)) & load<u32>(step, STEP_GLANCE_MASK);
  return word - load<u32>(step, STEP_GLANCE_LOW) <= load<u32>(step, STEP_GLANCE_SPAN);
}

/** Whether the item of a step matches: an answer of `holdAll`. */
export function holdStep(env: usize, image: usize, step: usize, packet: usize): u32 {
  if (!glances(step, packet)) return ANSWER_MISS;
  const tests = load<u32>(step, STEP_TESTS);
  return tests == 0 ? ANSWER_HOLDS : holdAll(env, packet, image + tests);
}
