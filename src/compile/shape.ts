// How large the decision tables of an image are, and how far a look-up can have to go in them.

import {
  BLOCK_STEPS,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  CUT_MASK_SHIFT,
  ENTRY_BYTES,
  ENTRY_CUT,
  ENTRY_TARGET,
  HOOKS,
  LEAF_BLOCKS,
  LEAF_ROWS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  PROGRAM_CHAINS,
  ROW_BYTES,
  STEP_BYTES,
} from '../../assembly/abi/program.ts';
import { HOOK_NAMES, type HookName, TABLE_NAMES, type TableName } from '../ir/ir.ts';

/** The decision trees of one chain. */
export interface TableShape {
  readonly trees: number;
  /** Entries, leaves and steps in all of them; what several trees or chains share counts once for each chain. */
  readonly entries: number;
  readonly leaves: number;
  readonly steps: number;
  /** Most cuts on the way down one of them. */
  readonly depth: number;
  /** Steps of the largest leaf. */
  readonly largestLeaf: number;
  /** Bytes of entries, and of leaves without the test programs behind them. */
  readonly bytes: number;
}

/** Offset of a base chain in an image; 0 = it has none of that name. */
export function chainOffset(image: Uint8Array, table: TableName, hook: HookName): number {
  return viewOf(image).getUint32(PROGRAM_CHAINS + 4 * (TABLE_NAMES.indexOf(table) * HOOKS + HOOK_NAMES.indexOf(hook)), true);
}

/** Bytes of the tables of all base chains of an image; chains that are called are left out. */
export function tableBytes(image: Uint8Array): number {
  let bytes = 0;
  for (const table of TABLE_NAMES) {
    for (const hook of HOOK_NAMES) {
      const chain = chainOffset(image, table, hook);
      if (chain !== 0) bytes += tableShape(image, chain).bytes;
    }
  }
  return bytes;
}

/** The shape of the trees of the chain at an offset. */
export function tableShape(image: Uint8Array, chain: number): TableShape {
  const view = viewOf(image);
  const word = (at: number): number => view.getUint32(at, true);
  const trees = word(chain + CHAIN_TREE_COUNT);
  const first = trees > 1 ? word(chain + CHAIN_TREES) : chain + CHAIN_ROOT;
  const leaves = new Set<number>();
  const nodes = new Set<number>();
  let entries = 0;
  let depth = 0;
  // Breadth first: a node that several entries lead to is looked at where it is met first, so its depth is asked for apart.
  let level = Array.from({ length: trees }, (_, tree) => first + tree * ENTRY_BYTES).filter(
    (entry) => word(entry + ENTRY_TARGET) !== 0,
  );
  for (let at = 0; level.length > 0; at++) {
    const below = new Map<number, number>();
    for (const entry of level) {
      const [target, cut] = [word(entry + ENTRY_TARGET), word(entry + ENTRY_CUT)];
      if (cut === 0) leaves.add(target);
      else below.set(target, (cut >>> CUT_MASK_SHIFT) + 1);
    }
    if (below.size > 0) depth = at + 1;
    level = [];
    for (const [target, children] of below) {
      if (!nodes.has(target)) entries += children;
      nodes.add(target);
      for (let child = 0; child < children; child++) level.push(target + child * ENTRY_BYTES);
    }
  }
  return { trees, entries, depth, ...leafSizes(word, leaves), bytes: entries * ENTRY_BYTES + leafBytes(view, leaves) };
}

function leafSizes(
  word: (at: number) => number,
  leaves: ReadonlySet<number>,
): { leaves: number; steps: number; largestLeaf: number } {
  let steps = 0;
  let largestLeaf = 0;
  for (const leaf of leaves) {
    const count = word(leaf + LEAF_STEP_COUNT);
    steps += count;
    largestLeaf = Math.max(largestLeaf, count);
  }
  return { leaves: leaves.size, steps, largestLeaf };
}

function leafBytes(view: DataView, leaves: ReadonlySet<number>): number {
  let bytes = 0;
  for (const leaf of leaves) {
    const steps = view.getUint32(leaf + LEAF_STEP_COUNT, true);
    const rows = view.getUint8(leaf + LEAF_ROWS) * Math.max(1, Math.ceil(steps / BLOCK_STEPS));
    const ids = view.getUint32(view.getUint32(leaf + LEAF_STEPS, true) + (steps + 1) * STEP_BYTES, true);
    bytes += LEAF_BLOCKS + rows * ROW_BYTES + (steps + 1) * STEP_BYTES + 4 * (1 + ids);
  }
  return bytes;
}

function viewOf(image: Uint8Array): DataView {
  return new DataView(image.buffer, image.byteOffset, image.byteLength);
}
