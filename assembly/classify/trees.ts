// Chains whose items are shared between several decision trees: the leaves' steps are taken in the order of the items.

import { PACKET_BY } from '../abi/packet.ts';
import {
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  ENTRY_BYTES,
  ITEM_ACTION,
  ITEM_OPERAND,
  ITEM_RULE,
  LEAF_HIT_COUNT,
  LEAF_HITS,
  LEAF_STEP_COUNT,
  STEP_BYTES,
  STEP_END,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
} from '../abi/program.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { ANSWER_HOLDS_AND_DROP, ANSWER_HOTDROP, ANSWER_MISS, ANSWER_UNKNOWN } from '../match/answer.ts';
import { count, note } from './count.ts';
import { carryOut } from './effect.ts';
import { dropBehind, endInPolicy, endingVerdict, endOnTheSpot } from './end.ts';
import { stackOf } from './stack.ts';
import { glances, holdStep } from './step.ts';
import { descend } from './table.ts';

// Where a tree stands, in the shard's walk stack: its leaf's steps and their end, and the step it is at.
const CURSOR_STEPS: usize = 0;
const CURSOR_END: usize = 4;
const CURSOR_STEP: usize = 8;
const CURSOR_SHIFT: usize = 4;

/** No step is left: behind every item. */
const EXHAUSTED: u32 = 0xffffffff;

/** Runs a base chain of several trees. Such chains call no other chain. */
export function walkTrees(env: usize, image: usize, chain: usize, packet: usize, counters: usize, trace: usize): u32 {
  const cursors = stackOf(env, packet);
  const last = cursors + (<usize>load<u32>(chain, CHAIN_TREE_COUNT) << CURSOR_SHIFT);
  startCursors(image, chain, packet, cursors, last);
  while (true) {
    const cursor = firstCursor(cursors, last);
    const step = <usize>load<u32>(cursor, CURSOR_STEP);
    if (step == load<u32>(cursor, CURSOR_END)) return endInPolicy(env, chain, packet, counters, trace);
    const item = image + load<u32>(step, STEP_ITEM);
    const answer = holdStep(env, image, step, packet);
    if (answer == ANSWER_HOTDROP || answer == ANSWER_UNKNOWN) return endOnTheSpot(env, item, packet, answer);
    let place: u32;
    if (answer == ANSWER_MISS) {
      place = load<u32>(step, STEP_MISS);
    } else {
      const rule = load<u32>(item, ITEM_RULE);
      count(counters, rule, packet);
      note(env, packet, trace, rule);
      if (answer == ANSWER_HOLDS_AND_DROP) return dropBehind(env, image, item, packet);
      let ending = endingVerdict(item);
      if (ending == VERDICT_NONE) ending = carryOut(env, packet, load<u32>(item, ITEM_ACTION), image + load<u32>(item, ITEM_OPERAND));
      if (ending != VERDICT_NONE) {
        store<u32>(packet, rule, PACKET_BY);
        return ending;
      }
      place = load<u32>(step, STEP_NEXT);
    }
    if (place == STEP_END) return endInPolicy(env, chain, packet, counters, trace);
    const steps = load<u32>(cursor, CURSOR_STEPS);
    store<u32>(cursor, worthAsking(steps, steps + place * STEP_BYTES, load<u32>(cursor, CURSOR_END), packet), CURSOR_STEP);
  }
}

/** The first step from `at` on whose glance holds, going where misses lead; one whose miss ends the chain is left for its turn. */
function worthAsking(steps: u32, at: u32, end: u32, packet: usize): u32 {
  let step = at;
  while (step != end && !glances(step, packet)) {
    const miss = load<u32>(step, STEP_MISS);
    if (miss == STEP_END) return step;
    step = steps + miss * STEP_BYTES;
  }
  return step;
}

/** Puts each tree's cursor on the first step of the packet's leaf. */
function startCursors(image: usize, chain: usize, packet: usize, cursors: usize, last: usize): void {
  let root = image + load<u32>(chain, CHAIN_TREES);
  for (let cursor = cursors; cursor < last; cursor += 1 << CURSOR_SHIFT) {
    const leaf = descend(image, root, packet);
    const steps = <u32>leaf + LEAF_HITS + (load<u32>(leaf, LEAF_HIT_COUNT) << 2);
    store<u32>(cursor, steps, CURSOR_STEPS);
    store<u32>(cursor, steps + load<u32>(leaf, LEAF_STEP_COUNT) * STEP_BYTES, CURSOR_END);
    store<u32>(cursor, worthAsking(steps, steps, load<u32>(cursor, CURSOR_END), packet), CURSOR_STEP);
    root += ENTRY_BYTES;
  }
}

/** The cursor whose step has the foremost item; any cursor when none has a step left. */
function firstCursor(cursors: usize, last: usize): usize {
  let first = cursors;
  let least = EXHAUSTED;
  for (let cursor = cursors; cursor < last; cursor += 1 << CURSOR_SHIFT) {
    const step = <usize>load<u32>(cursor, CURSOR_STEP);
    if (step == load<u32>(cursor, CURSOR_END)) continue;
    const item = load<u32>(step, STEP_ITEM);
    if (item < least) {
      least = item;
      first = cursor;
    }
  }
  return first;
}
