// Decision tables: the ways to part a chain's items between trees are tried, and the one with the fastest lookups is taken.

import { estimate } from './estimate.ts';
import type { Region } from './fields.ts';
import { type Leaf, LeafStore } from './leaf.ts';
import type { Candidates } from './list.ts';
import { type Partition, partitions, sampleUnits } from './partition.ts';
import { type Entry, type TableLimits, type Tools, type Tree, TreeBuilder } from './tree.ts';

/** One tree, or several that share the items between them. */
export interface Table {
  readonly trees: readonly Tree[];
}

/** Limits that grow with the list. */
export function tableLimits(items: number): TableLimits {
  return { memoryBytes: 2 ** 18 + 600 * items, work: 4e6 + 5000 * items };
}

/** The ways are tried with so many items at most and so much work first, and only the best with all. */
const TRIAL_ITEMS = 500;
const TRIAL_WORK = 2e6;
/** So many ways go through to the second round. */
const FINALISTS = 2;
/** A further way may take so many times the work of the one before. */
const SECOND_WORK = 3;

/** Builds the table of a chain. */
export function buildTable(
  context: Candidates,
  tools: Tools,
  whole: Region,
  store: LeafStore,
  chain: number,
  limits: TableLimits = tableLimits(context.guarded.length),
): Table {
  const all = Int32Array.from(context.guarded.keys());
  let ways = partitions(context);
  if (ways.length > FINALISTS) {
    const sample = sampleUnits(context, TRIAL_ITEMS);
    const less = {
      ...limits,
      memoryBytes: Math.min(limits.memoryBytes, tableLimits(sample.length).memoryBytes),
      work: Math.min(limits.work, TRIAL_WORK),
    };
    const costs = new Map(ways.map((way) => [way, draft(context, tools, whole, chain, part(way, sample), sample, less).cost]));
    ways = [...ways].sort((a, b) => costs.get(a)! - costs.get(b)!).slice(0, FINALISTS);
  }
  if (ways.length === 1) return { trees: grow(context, tools, whole, chain, ways[0]!, all, limits, store).trees };
  // The way with most trees is the least work; one that takes much more is on the way to a table too large to be fast.
  ways.sort((a, b) => b.length - a.length);
  let best: Draft | undefined;
  for (const way of ways) {
    const work = best ? Math.min(limits.work, SECOND_WORK * best.work) : limits.work;
    const next = draft(context, tools, whole, chain, way, all, { ...limits, work });
    if (!best || next.cost < best.cost) best = next;
  }
  return { trees: best!.trees.map((tree) => adopt(tree, store, chain)) };
}

interface Draft {
  readonly trees: readonly Tree[];
  /** Expected nanoseconds of a lookup. */
  readonly cost: number;
  /** Work that building took. */
  readonly work: number;
}

/** Builds the trees of one way for a trial. `items`: those that it parts. */
function draft(
  context: Candidates,
  tools: Tools,
  whole: Region,
  chain: number,
  way: Partition,
  items: Int32Array,
  limits: TableLimits,
): Draft {
  const { trees, bytes, work } = grow(context, tools, whole, chain, way, items, limits, new LeafStore());
  // A sample's table stands for one as much larger as the chain is.
  const wholeBytes = (bytes * context.guarded.length) / Math.max(1, items.length);
  return { trees, cost: estimate(context, whole, items, trees, wholeBytes), work };
}

function grow(
  context: Candidates,
  tools: Tools,
  whole: Region,
  chain: number,
  way: Partition,
  items: Int32Array,
  limits: TableLimits,
  store: LeafStore,
): { trees: Tree[]; bytes: number; work: number } {
  const trees: Tree[] = [];
  let bytes = 0;
  let work = 0;
  for (const group of way) {
    // Half of the budget by size, half alike: what is in few rules may be what is hard to part.
    const share = (group.length / Math.max(1, items.length) + 1 / way.length) / 2;
    const own = { ...limits, memoryBytes: limits.memoryBytes * share, work: limits.work * share };
    const builder = new TreeBuilder(context, tools, store, chain, own, way.length > 1);
    trees.push(builder.build(group, whole));
    bytes += builder.bytes;
    work += builder.work;
  }
  return { trees, bytes, work };
}

/** A partition of fewer items. */
function part(way: Partition, items: Int32Array): Partition {
  const kept = new Set(items);
  const groups = way.map((group) => group.filter((item) => kept.has(item))).filter((group) => group.length > 0);
  return groups.length > 0 ? groups : way.slice(0, 1);
}

/** The same tree with its leaves in another store. */
function adopt({ root, entries }: Tree, store: LeafStore, chain: number): Tree {
  const adopted = new Map<Leaf, Entry>();
  const own = (entry: Entry): Entry => {
    if (!('leaf' in entry)) return entry;
    let same = adopted.get(entry.leaf);
    if (!same) {
      same = { leaf: store.adopt(entry.leaf, chain) };
      adopted.set(entry.leaf, same);
    }
    return same;
  };
  return { root: own(root), entries: entries.map(own) };
}
