// Runs a base chain over a packet: through its decision table where that holds, or linearly, item by item, which is the
// table's slow twin and must agree with it.

import { ENV_FLAG_LINEAR, ENV_FLAGS } from '../abi/batch.ts';
import { ACTION_CALL, ACTION_CONTINUE, ACTION_GOTO } from '../abi/opcode.ts';
import { PACKET_BY, PACKET_FLAG_PLAIN, PACKET_FLAGS } from '../abi/packet.ts';
import {
  BLOCK_STEPS,
  CHAIN_ITEM_COUNT,
  CHAIN_ITEMS,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  ENTRY_TARGET,
  ITEM_ACTION,
  ITEM_BYTES,
  ITEM_MISS,
  ITEM_NEXT,
  ITEM_OPERAND,
  ITEM_RULE,
  ITEM_TESTS,
  LEAF_BY,
  LEAF_COUNTER,
  LEAF_FLAGS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_STRAIGHT,
  LEAF_VERDICT,
  NO_COUNTER,
  STEP_BYTES,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
  WALK_CHAIN,
  WALK_FRAME_BYTES,
  WALK_LEAF,
  WALK_NEXT,
} from '../abi/program.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { ANSWER_HOLDS, ANSWER_HOLDS_AND_DROP, ANSWER_HOTDROP, ANSWER_MISS, ANSWER_UNKNOWN } from '../match/answer.ts';
import { isRecorded } from '../journey/recorder.ts';
import { count, countOnly, note } from './count.ts';
import { carryOut } from './effect.ts';
import { descend, descendUnnoted, findLeaf, takeLeaf } from './table.ts';
import { dropBehind, endIn, endInPolicy, endingVerdict, endOnTheSpot } from './end.ts';
import { stackOf } from './stack.ts';
import { anyHold } from './rows.ts';
import { holdStep, seek, seekUnnoted } from './step.ts';
import { holdAll, holdPlain } from './tests.ts';
import { walkTrees } from './trees.ts';

/**
 * Runs the base chain at `chainOffset` of the image over a packet, counting every rule that matches and the policy if it
 * decides.
 *
 * `counters`: the shard's counter array. `trace`: where ids are appended (TRACE_*), 0 = nowhere.
 * Returns: a VERDICT_*. PACKET_BY = the id that decided. A match that drops the packet on the spot gives VERDICT_DROP with
 * PACKET_WHY = WHY_HOTDROP and NO_COUNTER; one that the capture leaves unanswered VERDICT_NONE, with its reason in PACKET_WHY.
 * Ref: net/ipv4/netfilter/ip_tables.c:ipt_do_table()
 */
export function runChain(env: usize, image: usize, chainOffset: u32, packet: usize, counters: usize, trace: usize): u32 {
  return runChainHere(env, image, chainOffset, packet, counters, trace);
}

/** The same, for whoever runs most of them. */
// @ts-ignore: decorator
@inline
export function runChainHere(env: usize, image: usize, chainOffset: u32, packet: usize, counters: usize, trace: usize): u32 {
  const chain = image + chainOffset;
  const isLinear = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_LINEAR) != 0;
  // Most chains have one tree.
  const isTree = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_PLAIN) != 0 && !isLinear && load<u32>(chain, CHAIN_ROOT + ENTRY_TARGET) != 0;
  if (!isTree) return runEither(env, image, chainOffset, packet, counters, trace, isLinear);
  if (trace == 0 && !isRecorded(packet)) return runUnnoted(env, image, chain, packet, counters);
  return runLeaf(env, image, chain, descend(image, chain + CHAIN_ROOT, packet), packet, counters, trace);
}

/** Runs a base chain of one tree over a packet of whose journey nobody takes note: as runLeaf(), without the calls, which would take longest. */
// @ts-ignore: decorator
@inline
function runUnnoted(env: usize, image: usize, chain: usize, packet: usize, counters: usize): u32 {
  const leaf = descendUnnoted(image, chain + CHAIN_ROOT, packet);
  const counter = load<u32>(leaf, LEAF_COUNTER);
  if (counter != NO_COUNTER) countOnly(counters, counter, packet);
  const constant = load<u32>(leaf, LEAF_VERDICT);
  if (constant != VERDICT_NONE) {
    store<u32>(packet, load<u32>(leaf, LEAF_BY), PACKET_BY);
    return constant;
  }
  if ((load<u8>(leaf, LEAF_FLAGS) & LEAF_STRAIGHT) == 0) return runSteps(env, image, chain, leaf, packet, counters, 0);
  const place = seekUnnoted(leaf, packet);
  // Behind the last step there is one for what no step stops.
  const step = image + load<u32>(leaf, LEAF_STEPS) + <usize>place * STEP_BYTES;
  const ending = load<u32>(step, STEP_VERDICT);
  if (ending == VERDICT_NONE || load<u32>(step, STEP_TESTS) != 0) return runSteps(env, image, chain, leaf, packet, counters, place);
  const id = load<u32>(step, STEP_RULE);
  countOnly(counters, id, packet);
  store<u32>(packet, id, PACKET_BY);
  return ending;
}

/** Goes on from a step of a leaf for a packet of whose journey nobody takes note, as far as that asks for nothing but words of its record. */
function runSteps(env: usize, image: usize, chain: usize, leaf: usize, packet: usize, counters: usize, first: u32): u32 {
  const count = load<u32>(leaf, LEAF_STEP_COUNT);
  const steps = image + load<u32>(leaf, LEAF_STEPS);
  let block: u32 = -1;
  let lanes: u32 = 0;
  let place = first;
  while (place < count) {
    if (place / BLOCK_STEPS != block) {
      block = place / BLOCK_STEPS;
      lanes = anyHold(leaf, block, packet);
    }
    const step = steps + <usize>place * STEP_BYTES;
    const tests = load<u32>(step, STEP_TESTS);
    const isSought = ((lanes >>> (place % BLOCK_STEPS)) & 1) != 0;
    const answer = !isSought ? ANSWER_MISS : tests == 0 ? ANSWER_HOLDS : holdPlain(packet, image + tests);
    if (answer == ANSWER_MISS) {
      place = load<u32>(step, STEP_MISS);
      continue;
    }
    const ending = load<u32>(step, STEP_VERDICT);
    const isPlain = ending != VERDICT_NONE || load<u32>(image + load<u32>(step, STEP_ITEM), ITEM_ACTION) == ACTION_CONTINUE;
    if (answer != ANSWER_HOLDS || !isPlain) return walk(env, image, chain, leaf, place, true, packet, counters, 0, true);
    const rule = load<u32>(step, STEP_RULE);
    countOnly(counters, rule, packet);
    if (ending != VERDICT_NONE) {
      store<u32>(packet, rule, PACKET_BY);
      return ending;
    }
    place = load<u32>(step, STEP_NEXT);
  }
  return endInPolicy(env, chain, packet, counters, 0);
}

/** As `runChain`, but linearly if so told, whatever the environment says. */
export function runEither(
  env: usize,
  image: usize,
  chainOffset: u32,
  packet: usize,
  counters: usize,
  trace: usize,
  isLinear: bool,
): u32 {
  const chain = image + chainOffset;
  const usesTables = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_PLAIN) != 0 && !isLinear;
  if (usesTables && load<u32>(chain, CHAIN_TREE_COUNT) > 1) return walkTrees(env, image, chain, packet, counters, trace);
  const leaf: usize = usesTables ? findLeaf(image, chain, packet) : 0;
  if (leaf != 0) return runLeaf(env, image, chain, leaf, packet, counters, trace);
  return walk(env, image, chain, 0, 0, false, packet, counters, trace, usesTables);
}

/** Runs a base chain from the leaf on that its only tree has for the packet. */
export function runLeaf(env: usize, image: usize, chain: usize, leaf: usize, packet: usize, counters: usize, trace: usize): u32 {
  const verdict = takeLeaf(env, image, leaf, packet, counters, trace);
  if (verdict != VERDICT_NONE) return verdict;
  const place = seek(image, leaf, 0, packet, false);
  if (place >= load<u32>(leaf, LEAF_STEP_COUNT)) return endInPolicy(env, chain, packet, counters, trace);
  // Most leaves have no more to say than that one of their steps decides.
  const step = image + load<u32>(leaf, LEAF_STEPS) + <usize>place * STEP_BYTES;
  const ending = load<u32>(step, STEP_VERDICT);
  if (ending != VERDICT_NONE && load<u32>(step, STEP_TESTS) == 0) return endIn(env, load<u32>(step, STEP_RULE), ending, packet, counters, trace);
  return walk(env, image, chain, leaf, place, true, packet, counters, trace, true);
}

/** Goes on from a step of a leaf, which has been sought or not, or from an item of the chain when there is no leaf. */
function walk(
  env: usize,
  image: usize,
  base: usize,
  firstLeaf: usize,
  firstPlace: u32,
  isFirstSought: bool,
  packet: usize,
  counters: usize,
  trace: usize,
  usesTables: bool,
): u32 {
  const stack = stackOf(env, packet);
  let frame = stack;
  let chain = base;
  let leaf = firstLeaf;
  let place = firstPlace;
  let isSought = isFirstSought;
  while (true) {
    if (leaf != 0 && !isSought) place = seek(image, leaf, place, packet, false);
    isSought = false;
    if (place >= listLength(chain, leaf)) {
      if (frame == stack) return endInPolicy(env, base, packet, counters, trace);
      frame -= WALK_FRAME_BYTES;
      chain = load<u32>(frame, WALK_CHAIN);
      leaf = load<u32>(frame, WALK_LEAF);
      place = load<u32>(frame, WALK_NEXT);
      continue;
    }
    const step: usize = leaf == 0 ? 0 : image + load<u32>(leaf, LEAF_STEPS) + <usize>place * STEP_BYTES;
    const item = step == 0 ? itemAt(image, chain, place) : image + load<u32>(step, STEP_ITEM);
    const answer = step == 0 ? holdItem(env, image, item, packet) : holdStep(env, image, step, packet);
    if (answer == ANSWER_MISS) {
      place = step == 0 ? load<u32>(item, ITEM_MISS) : load<u32>(step, STEP_MISS);
      continue;
    }
    if (answer == ANSWER_HOTDROP || answer == ANSWER_UNKNOWN) return endOnTheSpot(env, item, packet, answer);
    const rule = step == 0 ? load<u32>(item, ITEM_RULE) : load<u32>(step, STEP_RULE);
    count(counters, rule, packet);
    note(env, packet, trace, rule);
    if (answer == ANSWER_HOLDS_AND_DROP) return dropBehind(env, image, item, packet);
    const ending = step == 0 ? endingVerdict(item) : load<u32>(step, STEP_VERDICT);
    if (ending != VERDICT_NONE) {
      store<u32>(packet, rule, PACKET_BY);
      return ending;
    }
    const next = step == 0 ? load<u32>(item, ITEM_NEXT) : load<u32>(step, STEP_NEXT);
    const action = load<u32>(item, ITEM_ACTION);
    if (action != ACTION_CALL && action != ACTION_GOTO) {
      const given = carryOut(env, packet, action, image + load<u32>(item, ITEM_OPERAND));
      if (given != VERDICT_NONE) {
        store<u32>(packet, rule, PACKET_BY);
        return given;
      }
      place = next;
      continue;
    }
    if (action == ACTION_CALL) {
      store<u32>(frame, <u32>chain, WALK_CHAIN);
      store<u32>(frame, <u32>leaf, WALK_LEAF);
      store<u32>(frame, next, WALK_NEXT);
      frame += WALK_FRAME_BYTES;
    }
    chain = image + load<u32>(item, ITEM_OPERAND);
    leaf = usesTables ? findLeaf(image, chain, packet) : 0;
    place = 0;
    if (leaf == 0) continue;
    const verdict = takeLeaf(env, image, leaf, packet, counters, trace);
    if (verdict != VERDICT_NONE) return verdict;
  }
}

/** Number of places in the list that is walked: a leaf's steps, or a chain's items. */
function listLength(chain: usize, leaf: usize): u32 {
  return leaf == 0 ? load<u32>(chain, CHAIN_ITEM_COUNT) : load<u32>(leaf, LEAF_STEP_COUNT);
}

function itemAt(image: usize, chain: usize, place: u32): usize {
  return image + load<u32>(chain, CHAIN_ITEMS) + <usize>place * ITEM_BYTES;
}

function holdItem(env: usize, image: usize, item: usize, packet: usize): u32 {
  const tests = load<u32>(item, ITEM_TESTS);
  return tests == 0 ? ANSWER_HOLDS : holdAll(env, packet, image + tests);
}
