// Leaves of a decision table: what is left to do for the packets of a region.
//
// First the constant part, the items that certainly match and only count; then steps, the items that must be asked or that do
// something. Equal leaves are one leaf.

import { ACTION_REJECT, ACTION_VERDICT } from '../../assembly/abi/opcode.ts';
import { NO_COUNTER, STEP_END } from '../../assembly/abi/program.ts';
import { CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE } from '../../assembly/abi/verdict.ts';
import type { Test, Verdict } from '../ir/ir.ts';
import { Arena } from './arena.ts';
import type { Bunch } from './bunch.ts';
import type { Item } from './flatten.ts';
import { ASKED_BITS, type GuardedItem } from './guard.ts';
import { type Candidates, positionOf } from './list.ts';

/**
 * The steps of a leaf, STEP_WORDS words each: the index of the item in its chain; those of the item's `asked` tests that must be asked, as
 * a bit mask; the steps to go on with after a match and after a miss: the number of steps = behind the last of this tree, LIST_END = the end
 * of the chain.
 */
export type Steps = Int32Array;
export const STEP_ITEM = 0;
export const STEP_ASKED = 1;
export const STEP_NEXT = 2;
export const STEP_MISS = 3;
export const STEP_WORDS = 4;
/** The end of the chain, signed. */
export const LIST_END = STEP_END | 0;

export interface Leaf {
  /** Number in order of making. */
  readonly id: number;
  /** Ids that count, in the order met: rules, and at the end the policy when a constant leaf ends in it. */
  readonly hits: readonly number[];
  /** VERDICT_* of a constant leaf; VERDICT_NONE for one with steps, and for a called chain that returns. */
  readonly verdict: number;
  /** Counter id that decides a constant leaf; NO_COUNTER when it decides nothing. */
  readonly by: number;
  readonly steps: Steps;
}

export function verdictNumber(verdict: Verdict): number {
  return verdict === 'ACCEPT' ? VERDICT_ACCEPT : VERDICT_DROP;
}

export class LeafStore {
  readonly leaves: Leaf[] = [];
  private readonly arena = new Arena();
  /** With the chain that each was made for. */
  private readonly byHash = new Map<number, { readonly leaf: Leaf; readonly of: number }[]>();

  /**
   * The leaf for a bunch of a chain. `chain` tells the chains apart: steps are items of one chain. `shared`: the chain
   * has other trees whose items may stand between these, so that nothing is constant.
   */
  of(context: Candidates, chain: number, bunch: Bunch, shared: boolean): Leaf {
    return this.intern(shared ? onlySteps([], context, bunch, 0, this.arena) : makeLeaf(context, bunch, this.arena), chain);
  }

  /** The leaf of this store that equals one of another. */
  adopt(leaf: Leaf, chain: number): Leaf {
    return this.intern(leaf, chain);
  }

  private intern(made: Omit<Leaf, 'id'>, chain: number): Leaf {
    const hash = hashOf(made, chain);
    const bucket = this.byHash.get(hash);
    const known = bucket?.find(({ leaf, of }) => (of === chain || made.steps.length === 0) && isSame(leaf, made));
    if (known) return known.leaf;
    const { hits, verdict, by, steps } = made;
    const leaf: Leaf = { id: this.leaves.length, hits, verdict, by, steps };
    this.leaves.push(leaf);
    if (bucket) bucket.push({ leaf, of: chain });
    else this.byHash.set(hash, [{ leaf, of: chain }]);
    return leaf;
  }
}

const NO_STEPS: Steps = new Int32Array(0);

function onlySteps(hits: readonly number[], context: Candidates, bunch: Bunch, first: number, arena: Arena): Omit<Leaf, 'id'> {
  return { hits, verdict: VERDICT_NONE, by: NO_COUNTER, steps: steps(context, bunch, first, arena) };
}

function hashOf({ hits, verdict, by, steps }: Omit<Leaf, 'id'>, chain: number): number {
  let hash = Math.imul(verdict ^ by, 0x01000193) ^ (steps.length > 0 ? chain : -1);
  for (const id of hits) hash = Math.imul(hash ^ id, 0x01000193);
  for (let k = 0; k < steps.length; k++) hash = Math.imul(hash ^ steps[k]!, 0x01000193);
  return hash;
}

function isSame(a: Leaf, b: Omit<Leaf, 'id'>): boolean {
  if (a.verdict !== b.verdict || a.by !== b.by || a.hits.length !== b.hits.length || a.steps.length !== b.steps.length)
    return false;
  if (a.hits.some((id, k) => id !== b.hits[k])) return false;
  for (let k = 0; k < a.steps.length; k++) if (a.steps[k] !== b.steps[k]) return false;
  return true;
}

function makeLeaf(context: Candidates, bunch: Bunch, arena: Arena): Omit<Leaf, 'id'> {
  const list = bunch.codes;
  const { guarded, flat } = context;
  const hits: number[] = [];
  let position = positionOf(context, list, 0, 0);
  for (;;) {
    const code = list[position];
    if (code === undefined) {
      const { policy } = flat.chain;
      if (!policy) return { hits, verdict: VERDICT_NONE, by: NO_COUNTER, steps: NO_STEPS };
      return { hits: [...hits, policy.id], verdict: verdictNumber(policy.verdict), by: policy.id, steps: NO_STEPS };
    }
    const { item } = guarded[code >> 1]!;
    const constant = (code & 1) === 1 ? constantVerdict(item) : undefined;
    if (constant === undefined) return onlySteps(hits, context, bunch, position, arena);
    hits.push(item.rule.id);
    if (constant !== VERDICT_NONE) return { hits, verdict: constant, by: item.rule.id, steps: NO_STEPS };
    position = positionOf(context, list, item.next, position + 1);
  }
}

/** The verdict of an item that does no more than count and maybe end the run; VERDICT_NONE = goes on; undefined = does more. */
function constantVerdict(item: Item): number | undefined {
  return item.action.kind === 'continue' ? VERDICT_NONE : endingVerdict(item);
}

/** What an item ends the run with that does nothing but that; undefined = it does more, or goes on. */
export function endingVerdict({ action }: Item): number | undefined {
  if (action.kind === 'verdict') return verdictNumber(action.verdict);
  if (action.kind !== 'terminate') return undefined;
  if (action.opcode === ACTION_REJECT) return CHAIN_REJECT + action.operands[0]!;
  return action.opcode === ACTION_VERDICT ? action.operands[0] : undefined;
}

function steps(context: Candidates, { codes: list, own }: Bunch, first: number, arena: Arena): Steps {
  const { guarded, ends, isStraight } = context;
  const result = arena.ints(STEP_WORDS * (list.length - first));
  for (let k = first, at = 0; k < list.length; k++, at += STEP_WORDS) {
    const code = list[k]!;
    const index = code >> 1;
    const { item } = guarded[index]!;
    const certain = (code & 1) === 1;
    result[at + STEP_ITEM] = index;
    result[at + STEP_ASKED] = certain ? 0 : asking(guarded[index]!, own[k]!);
    // In a straight chain all goes on with the next item that is listed.
    const on = index + 1 < guarded.length ? k + 1 - first : LIST_END;
    if (isStraight) {
      result[at + STEP_NEXT] = ends[index] ? LIST_END : on;
      result[at + STEP_MISS] = certain ? LIST_END : on;
      continue;
    }
    result[at + STEP_NEXT] = ends[index] ? LIST_END : stepTo(context, list, item.next, k + 1, first);
    result[at + STEP_MISS] = certain ? LIST_END : stepTo(context, list, item.miss, k + 1, first);
  }
  return result;
}

function stepTo(context: Candidates, list: Int32Array, index: number, from: number, first: number): number {
  return index >= context.guarded.length ? LIST_END : positionOf(context, list, index, from) - first;
}

/** What there is to ask of an item whose own tests leave some fields open. */
function asking({ asked }: GuardedItem, open: number): number {
  let set = asked.length > ASKED_BITS ? 1 << ASKED_BITS : 0;
  for (let k = 0; k < asked.length && k < ASKED_BITS; k++) {
    const { atom } = asked[k]!;
    if (!atom || atom.fields === 0 || (atom.fields & open) !== 0) set |= 1 << k;
  }
  return set;
}

/** Those of an item's `asked` tests that a set names, in order. */
export function testsIn({ asked }: GuardedItem, set: number): Test[] {
  const tests: Test[] = [];
  for (let k = 0; k < asked.length; k++) if ((set >>> Math.min(k, ASKED_BITS)) & 1) tests.push(asked[k]!.test);
  return tests;
}
