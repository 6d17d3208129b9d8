// Chains whose items are shared between several decision trees: the leaves' steps are taken in the order of the items.

import { PACKET_BY } from '../abi/packet.ts';
import {
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  ENTRY_BYTES,
  ITEM_ACTION,
  ITEM_OPERAND,
  LEAF_FLAGS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_STRAIGHT,
  STEP_BYTES,
  STEP_END,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
} from '../abi/program.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { ANSWER_HOLDS_AND_DROP, ANSWER_HOTDROP, ANSWER_MISS, ANSWER_UNKNOWN } from '../match/answer.ts';
import { count, note } from './count.ts';
import { carryOut } from './effect.ts';
import { dropBehind, endIn, endInPolicy, endOnTheSpot } from './end.ts';
import { stackOf } from './stack.ts';
import { holdStep, isSought, seek } from './step.ts';
import { descend } from './table.ts';

// Where a tree stands: its leaf, the step it is at, the item of that step (EXHAUSTED = no step is left), and whether the step has been
// sought out; one that has not is only the first that may be worth asking.
export const CURSOR_LEAF: usize = 0;
const CURSOR_PLACE: usize = 4;
const CURSOR_ITEM: usize = 8;
const CURSOR_SOUGHT: usize = 12;
export const CURSOR_BYTES: usize = 16;

/** No step is left: behind every item. */
const EXHAUSTED: u32 = 0xffffffff;

/** Runs a base chain of several trees. Such chains call no other chain. */
export function walkTrees(env: usize, image: usize, chain: usize, packet: usize, counters: usize, trace: usize): u32 {
  const cursors = stackOf(env, packet);
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  let root = image + load<u32>(chain, CHAIN_TREES);
  const last = cursors + <usize>trees * CURSOR_BYTES;
  for (let cursor = cursors; cursor < last; cursor += CURSOR_BYTES) {
    store<u32>(cursor, <u32>descend(image, root, packet), CURSOR_LEAF);
    root += ENTRY_BYTES;
  }
  return mergeTrees(env, image, chain, packet, counters, trace, cursors);
}

/** Runs such a chain from the leaves on that its cursors have been put on. */
export function mergeTrees(env: usize, image: usize, chain: usize, packet: usize, counters: usize, trace: usize, cursors: usize): u32 {
  const last = cursors + <usize>load<u32>(chain, CHAIN_TREE_COUNT) * CURSOR_BYTES;
  const foremost = seekForemost(image, packet, cursors, last);
  if (foremost == 0) return endInPolicy(env, chain, packet, counters, trace);
  const step = stepOf(image, foremost);
  const ending = load<u32>(step, STEP_VERDICT);
  if (ending != VERDICT_NONE && load<u32>(step, STEP_TESTS) == 0 && mayHold(load<u32>(foremost, CURSOR_LEAF), load<u32>(foremost, CURSOR_PLACE), packet)) {
    return endIn(env, load<u32>(step, STEP_RULE), ending, packet, counters, trace);
  }
  return mergeOn(env, image, chain, packet, counters, trace, cursors, last);
}

/**
 * Seeks out the first step of each tree and returns the cursor whose item is the foremost; 0 = no tree has a step. A tree of which even the
 * first step is behind the foremost is left for its turn.
 */
function seekForemost(image: usize, packet: usize, cursors: usize, last: usize): usize {
  let least = EXHAUSTED;
  let foremost: usize = 0;
  for (let cursor = cursors; cursor < last; cursor += CURSOR_BYTES) {
    moveTo(image, cursor, 0, false);
    if (load<u32>(cursor, CURSOR_ITEM) >= least) continue;
    moveTo(image, cursor, seek(image, load<u32>(cursor, CURSOR_LEAF), 0, packet, true), true);
    const item = load<u32>(cursor, CURSOR_ITEM);
    if (item >= least) continue;
    least = item;
    foremost = cursor;
  }
  return foremost;
}

/** Goes on from where the cursors stand. */
function mergeOn(
  env: usize,
  image: usize,
  chain: usize,
  packet: usize,
  counters: usize,
  trace: usize,
  cursors: usize,
  last: usize,
): u32 {
  while (true) {
    const cursor = firstCursor(cursors, last);
    const item = load<u32>(cursor, CURSOR_ITEM);
    if (item == EXHAUSTED) return endInPolicy(env, chain, packet, counters, trace);
    const leaf = <usize>load<u32>(cursor, CURSOR_LEAF);
    const at = load<u32>(cursor, CURSOR_PLACE);
    if (load<u32>(cursor, CURSOR_SOUGHT) == 0) {
      moveTo(image, cursor, seek(image, leaf, at, packet, true), true);
      continue;
    }
    const step = stepOf(image, cursor);
    const answer = mayHold(leaf, at, packet) ? holdStep(env, image, step, packet) : ANSWER_MISS;
    if (answer == ANSWER_HOTDROP || answer == ANSWER_UNKNOWN) return endOnTheSpot(env, image + item, packet, answer);
    let place: u32;
    if (answer == ANSWER_MISS) {
      place = load<u32>(step, STEP_MISS);
    } else {
      const rule = load<u32>(step, STEP_RULE);
      count(counters, rule, packet);
      note(env, packet, trace, rule);
      if (answer == ANSWER_HOLDS_AND_DROP) return dropBehind(env, image, image + item, packet);
      let ending = load<u32>(step, STEP_VERDICT);
      if (ending == VERDICT_NONE) {
        ending = carryOut(env, packet, load<u32>(image + item, ITEM_ACTION), image + load<u32>(image + item, ITEM_OPERAND));
      }
      if (ending != VERDICT_NONE) {
        store<u32>(packet, rule, PACKET_BY);
        return ending;
      }
      place = load<u32>(step, STEP_NEXT);
    }
    if (place == STEP_END) return endInPolicy(env, chain, packet, counters, trace);
    moveTo(image, cursor, place, false);
  }
}

/** The step that a cursor is at. */
function stepOf(image: usize, cursor: usize): usize {
  return image + load<u32>(load<u32>(cursor, CURSOR_LEAF), LEAF_STEPS) + <usize>load<u32>(cursor, CURSOR_PLACE) * STEP_BYTES;
}

/** A step that was left for its turn because its miss ends the chain may be one whose block does not hold. */
function mayHold(leaf: usize, place: u32, packet: usize): bool {
  return (load<u8>(leaf, LEAF_FLAGS) & LEAF_STRAIGHT) != 0 || isSought(leaf, place, packet);
}

/** Puts a cursor on a step of its leaf. */
function moveTo(image: usize, cursor: usize, place: u32, isSoughtOut: bool): void {
  const leaf = <usize>load<u32>(cursor, CURSOR_LEAF);
  store<u32>(cursor, place, CURSOR_PLACE);
  store<u32>(cursor, u32(isSoughtOut), CURSOR_SOUGHT);
  const step = image + load<u32>(leaf, LEAF_STEPS) + <usize>place * STEP_BYTES;
  store<u32>(cursor, place < load<u32>(leaf, LEAF_STEP_COUNT) ? load<u32>(step, STEP_ITEM) : EXHAUSTED, CURSOR_ITEM);
}

/** The cursor whose step has the foremost item; any cursor when none has a step left. */
function firstCursor(cursors: usize, last: usize): usize {
  let first = cursors;
  let least = load<u32>(cursors, CURSOR_ITEM);
  for (let cursor = cursors + CURSOR_BYTES; cursor < last; cursor += CURSOR_BYTES) {
    const item = load<u32>(cursor, CURSOR_ITEM);
    if (item >= least) continue;
    least = item;
    first = cursor;
  }
  return first;
}
