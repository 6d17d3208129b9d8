// Leaves of a decision table: what is left to do for the packets of a region.
//
// First the constant part, the items that certainly match and only count; then steps, the items that must be asked or that do
// something. Equal leaves are one leaf.

import { ACTION_REJECT, ACTION_VERDICT } from '../../assembly/abi/opcode.ts';
import { NO_COUNTER, STEP_END } from '../../assembly/abi/program.ts';
import { CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE } from '../../assembly/abi/verdict.ts';
import type { Test, Verdict } from '../ir/ir.ts';
import type { Bunch } from './bunch.ts';
import type { Item } from './flatten.ts';
import type { GuardedItem } from './guard.ts';
import { type Candidates, positionOf } from './list.ts';
import { ASKED_BITS } from './row.ts';

export interface Step {
  /** Index of the item in its chain. */
  readonly item: number;
  /** Those of the item's `asked` tests that must be asked, as a bit mask. */
  readonly asked: number;
  /** Steps to go on with; the number of steps = behind the last of this tree; STEP_END = the end of the chain. */
  readonly next: number;
  readonly miss: number;
}

export interface Leaf {
  /** Number in order of making. */
  readonly id: number;
  /** Ids that count, in the order met: rules, and at the end the policy when a constant leaf ends in it. */
  readonly hits: readonly number[];
  /** VERDICT_* of a constant leaf; VERDICT_NONE for one with steps, and for a called chain that returns. */
  readonly verdict: number;
  /** Counter id that decides a constant leaf; NO_COUNTER when it decides nothing. */
  readonly by: number;
  readonly steps: readonly Step[];
}

export function verdictNumber(verdict: Verdict): number {
  return verdict === 'ACCEPT' ? VERDICT_ACCEPT : VERDICT_DROP;
}

export class LeafStore {
  readonly leaves: Leaf[] = [];
  /** With the chain that each was made for. */
  private readonly byHash = new Map<number, { readonly leaf: Leaf; readonly of: number }[]>();

  /**
   * The leaf for a bunch of a chain. `chain` tells the chains apart: steps are items of one chain. `shared`: the chain
   * has other trees whose items may stand between these, so that nothing is constant.
   */
  of(context: Candidates, chain: number, bunch: Bunch, shared: boolean): Leaf {
    const made = shared ? { ...NOTHING, steps: steps(context, bunch, 0) } : makeLeaf(context, bunch);
    return this.intern(made, chain);
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
    const leaf: Leaf = { ...made, id: this.leaves.length };
    this.leaves.push(leaf);
    if (bucket) bucket.push({ leaf, of: chain });
    else this.byHash.set(hash, [{ leaf, of: chain }]);
    return leaf;
  }
}

const NOTHING = { hits: [], verdict: VERDICT_NONE, by: NO_COUNTER } as const;

function hashOf({ hits, verdict, by, steps }: Omit<Leaf, 'id'>, chain: number): number {
  let hash = Math.imul(verdict ^ by, 0x01000193) ^ (steps.length > 0 ? chain : -1);
  for (const id of hits) hash = Math.imul(hash ^ id, 0x01000193);
  for (const { item, asked, next, miss } of steps)
    hash = Math.imul(hash ^ (item << 8) ^ asked ^ (next << 16) ^ (miss << 24), 0x01000193);
  return hash;
}

function isSame(a: Leaf, b: Omit<Leaf, 'id'>): boolean {
  if (a.verdict !== b.verdict || a.by !== b.by || a.hits.length !== b.hits.length || a.steps.length !== b.steps.length)
    return false;
  if (a.hits.some((id, k) => id !== b.hits[k])) return false;
  return a.steps.every((step, k) => {
    const other = b.steps[k]!;
    return step.item === other.item && step.asked === other.asked && step.next === other.next && step.miss === other.miss;
  });
}

function makeLeaf(context: Candidates, bunch: Bunch): Omit<Leaf, 'id'> {
  const list = bunch.codes;
  const { guarded, flat } = context;
  const hits: number[] = [];
  let position = positionOf(context, list, 0, 0);
  for (;;) {
    const code = list[position];
    if (code === undefined) {
      const { policy } = flat.chain;
      if (!policy) return { hits, verdict: VERDICT_NONE, by: NO_COUNTER, steps: [] };
      return { hits: [...hits, policy.id], verdict: verdictNumber(policy.verdict), by: policy.id, steps: [] };
    }
    const { item } = guarded[code >> 1]!;
    const constant = (code & 1) === 1 ? constantVerdict(item) : undefined;
    if (constant === undefined) return { hits, verdict: VERDICT_NONE, by: NO_COUNTER, steps: steps(context, bunch, position) };
    hits.push(item.rule.id);
    if (constant !== VERDICT_NONE) return { hits, verdict: constant, by: item.rule.id, steps: [] };
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

function steps(context: Candidates, { codes: list, own }: Bunch, first: number): Step[] {
  const { guarded, ends } = context;
  const result: Step[] = [];
  for (let k = first; k < list.length; k++) {
    const code = list[k]!;
    const { item } = guarded[code >> 1]!;
    const certain = (code & 1) === 1;
    const to = (index: number): number => (index >= guarded.length ? STEP_END : positionOf(context, list, index, k + 1) - first);
    const miss = certain ? STEP_END : to(item.miss);
    const next = ends[code >> 1] ? STEP_END : to(item.next);
    result.push({ item: code >> 1, asked: certain ? 0 : asking(guarded[code >> 1]!, own[k]!), next, miss });
  }
  return result;
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
  return asked.filter((_, k) => (set >>> Math.min(k, ASKED_BITS)) & 1).map(({ test }) => test);
}
