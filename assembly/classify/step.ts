// Steps of leaves: what is left to ask of an item in the region of its leaf, four at a time.

import {
  BLOCK_STEPS,
  LEAF_BLOCKS,
  LEAF_FIELDS,
  LEAF_FLAGS,
  LEAF_ROWS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_STRAIGHT,
  ROW_BYTES,
  ROW_SPAN,
  STEP_BYTES,
  STEP_END,
  STEP_MISS,
  STEP_TESTS,
} from '../abi/program.ts';
import { ANSWER_HOLDS } from '../match/answer.ts';
import { asksRange, isRecorded } from '../journey/recorder.ts';
import { anyHold } from './rows.ts';
import { holdAll } from './tests.ts';

/** The bits of the steps of a block whose rows all hold. */
// @ts-ignore: decorator
@inline
function blockHolds(leaf: usize, block: u32, packet: usize): u32 {
  if (isRecorded(packet)) recordBlock(leaf, block, packet);
  return anyHold(leaf, block, packet);
}

/** Takes note of what the rows of a block ask of a packet. */
function recordBlock(leaf: usize, block: u32, packet: usize): void {
  const rows: usize = load<u8>(leaf, LEAF_ROWS);
  let field = leaf;
  let row = leaf + LEAF_BLOCKS + <usize>block * rows * ROW_BYTES;
  for (const end = row + rows * ROW_BYTES; row < end; row += ROW_BYTES) {
    for (let lane: usize = 0; lane < 4 * BLOCK_STEPS; lane += 4) {
      const low = load<u32>(row + lane);
      const span = load<u32>(row + lane, ROW_SPAN);
      if (span != ~0) asksRange(packet, load<u8>(field, LEAF_FIELDS), low, low + span);
    }
    field++;
  }
}

/**
 * The first step of a leaf from `place` on that is worth asking, going where misses lead; not below the number of steps when there is
 * none. `isOneOfSeveral`: other trees have steps too, so that one whose miss ends the chain is left for its turn.
 */
export function seek(image: usize, leaf: usize, place: u32, packet: usize, isOneOfSeveral: bool): u32 {
  const count = load<u32>(leaf, LEAF_STEP_COUNT);
  if (place >= count) return place;
  if ((load<u8>(leaf, LEAF_FLAGS) & LEAF_STRAIGHT) == 0) return seekAround(image, leaf, place, packet, isOneOfSeveral);
  let block = place / BLOCK_STEPS;
  let lanes = blockHolds(leaf, block, packet) & (-1 << (place % BLOCK_STEPS));
  while (lanes == 0) {
    block++;
    if (block * BLOCK_STEPS >= count) return count;
    lanes = blockHolds(leaf, block, packet);
  }
  // Behind the last step its block has lanes that hold.
  return block * BLOCK_STEPS + ctz(lanes);
}

/** As `seek` from the first step of a straight leaf on, for a packet of whose journey nobody takes note. */
// @ts-ignore: decorator
@inline
export function seekUnnoted(leaf: usize, packet: usize): u32 {
  const count = load<u32>(leaf, LEAF_STEP_COUNT);
  let first: u32 = 0;
  let lanes = anyHold(leaf, 0, packet);
  while (lanes == 0) {
    first += BLOCK_STEPS;
    if (first >= count) return count;
    lanes = anyHold(leaf, first / BLOCK_STEPS, packet);
  }
  return first + ctz(lanes);
}

/** As `seek`, in a leaf where a miss may lead past some steps. */
function seekAround(image: usize, leaf: usize, from: u32, packet: usize, isOneOfSeveral: bool): u32 {
  const count = load<u32>(leaf, LEAF_STEP_COUNT);
  const steps = image + load<u32>(leaf, LEAF_STEPS);
  let place = from;
  let block: u32 = -1;
  let lanes: u32 = 0;
  while (place < count) {
    if (place / BLOCK_STEPS != block) {
      block = place / BLOCK_STEPS;
      lanes = blockHolds(leaf, block, packet);
    }
    if (((lanes >> (place % BLOCK_STEPS)) & 1) != 0) return place;
    const miss = load<u32>(steps + <usize>place * STEP_BYTES, STEP_MISS);
    if (miss == STEP_END && isOneOfSeveral) return place;
    place = miss;
  }
  return place;
}

/** Whether the place of a step in its block holds. */
export function isSought(leaf: usize, place: u32, packet: usize): bool {
  return ((blockHolds(leaf, place / BLOCK_STEPS, packet) >> (place % BLOCK_STEPS)) & 1) != 0;
}

/** Whether the item of a step that was sought matches: an answer of `holdAll`. */
export function holdStep(env: usize, image: usize, step: usize, packet: usize): u32 {
  const tests = load<u32>(step, STEP_TESTS);
  return tests == 0 ? ANSWER_HOLDS : holdAll(env, packet, image + tests);
}
