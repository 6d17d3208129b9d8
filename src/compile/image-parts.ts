// What an image is made of.

import { CHAIN_BYTES, ENTRY_BYTES, ITEM_BYTES, ROW_BYTES, STEP_BYTES } from '../../assembly/abi/program.ts';
import type { Family } from '../ir/ir.ts';
import type { CounterSets } from './counters.ts';
import type { FlatChain } from './flatten.ts';
import type { GuardedItem } from './guard.ts';
import { type Leaf, STEP_WORDS } from './leaf.ts';
import type { Table } from './tables.ts';

/** One chain program, ready to be written. */
export interface CompiledChain {
  readonly flat: FlatChain;
  /** Absent = linear walk only. */
  readonly table?: Table;
  /** What the table knows of the items; there with `table`. */
  readonly guarded?: readonly GuardedItem[];
  /** Place in the chain table, row * HOOKS + column; absent for a called chain. */
  readonly slot?: number | undefined;
  /** Index among all chains of what a call item calls. */
  readonly callee: (chain: string) => number;
}

export interface ImageParts {
  readonly family: Family;
  readonly flags: number;
  readonly ruleCount: number;
  readonly maxHits: number;
  readonly chains: readonly CompiledChain[];
  readonly leaves: readonly Leaf[];
  /** Receives the sets of ids that leaves count together. */
  readonly counters: CounterSets;
}

/** About what an image takes, so that it is not moved again and again while it grows. */
export function roomFor({ chains, leaves }: ImageParts): number {
  const items = chains.reduce((sum, { flat }) => sum + flat.items.length, 0);
  const entries = chains.reduce((sum, { table }) => sum + (table?.trees.reduce((n, tree) => n + tree.entries.length, 0) ?? 0), 0);
  const steps = leaves.reduce((sum, leaf) => sum + leaf.steps.length / STEP_WORDS, 0);
  const ofStep = STEP_BYTES + 2 * ROW_BYTES;
  return (
    2 ** 16 + chains.length * CHAIN_BYTES + items * 2 * ITEM_BYTES + entries * ENTRY_BYTES + leaves.length * 128 + steps * ofStep
  );
}
