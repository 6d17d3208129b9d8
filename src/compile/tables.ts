// Decision tables: the ways to part a chain's items between trees are tried with some of the items, then the best of them with more, and
// the one with the fastest lookups is taken.

import type { Bunch } from './bunch.ts';
import { drawPackets, type LookupCost, lookupCost, tableCost } from './estimate.ts';
import type { Region } from './fields.ts';
import type { Leaf, LeafStore } from './leaf.ts';
import type { Candidates } from './list.ts';
import { groupsOf, type Parting, partings, sampleUnits, type Way } from './partition.ts';
import { type TableLimits, type Tools, type Tree, TreeBuilder } from './tree.ts';

/** One tree, or several that share the items between them. */
export interface Table {
  readonly trees: readonly Tree[];
}

/** Limits that grow with the list. */
export function tableLimits(items: number): TableLimits {
  return { memoryBytes: 2 ** 18 + 600 * items, work: 4e6 + 5000 * items };
}

/** The ways are tried in rounds: so many of the best so far, with about so many items. What a sample hides shows with more items. */
const ROUNDS = [
  { ways: Number.POSITIVE_INFINITY, items: 500, from: 0 },
  { ways: 3, items: 2000, from: 0 },
  { ways: 2, items: 8000, from: 30_000 },
] as const;
/** Chains of up to so many times the items of a round are tried whole. */
const WHOLE = 1.5;
/** Of ways for a long chain whose cost differs by no more than this, the one that is the least work is taken. */
const ALIKE = 1.15;
/** Work that a trial may take. */
const TRIAL_WORK = { base: 1e6, ofItem: 2000 };
/** Memory that a trial may take beside its share. */
const TRIAL_BYTES = 2 ** 17;
/** A trial that takes this share of its memory does not tell how much more it would take. */
const FULL = 0.9;
const FULL_GROWTH = 0.7;

/** Builds the table of a chain. */
export function buildTable(
  context: Candidates,
  tools: Tools,
  whole: Region,
  store: LeafStore,
  chain: number,
  limits: TableLimits = tableLimits(context.guarded.length),
): Table {
  const count = context.guarded.length;
  const parting = partings(context);
  const all = Int32Array.from(context.guarded.keys());
  let { ways } = parting;
  let before: Trial | undefined;
  for (const round of ROUNDS) {
    if (ways.length <= 1 || count < round.from) break;
    const isWhole = count <= WHOLE * round.items;
    const items = isWhole ? all : sampleUnits(context, round.items);
    const trial = new Trial(context, tools, whole, parting, items, isWhole ? limits : trialLimits(limits, items.length, count));
    const costs = new Map(ways.slice(0, round.ways).map((way) => [way, trial.cost(way, limits, before)]));
    ways = [...costs.keys()].sort((a, b) => costs.get(a)! - costs.get(b)!).filter(isBestOfItsGroups);
    if (isWhole)
      return { trees: trial.trees(ways[0]!).map((tree) => withLeaves(tree, leafMaker(context, store, chain, ways[0]!))) };
    if (round.from > 0) ways = [trial.leastWork(ways.filter((way) => costs.get(way)! <= ALIKE * costs.get(ways[0]!)!))];
    before = trial;
  }
  const way = ways[0]!;
  const groups = groupsOf(parting, way, all);
  const leafOf = leafMaker(context, store, chain, way);
  const trees = groups.map((group) => {
    const own = limitsOf(limits, group.length / Math.max(1, count), groups.length);
    return new TreeBuilder(context, tools, own, leafOf).build(group, whole, way.first);
  });
  return { trees };
}

/** Limits for a trial with some of the items: for each of them no more memory than in the end. */
function trialLimits(limits: TableLimits, items: number, count: number): TableLimits {
  const memoryBytes = TRIAL_BYTES + (limits.memoryBytes * items) / count;
  const work = TRIAL_WORK.base + TRIAL_WORK.ofItem * items;
  const { isEager } = limits;
  return {
    memoryBytes: Math.min(limits.memoryBytes, memoryBytes),
    work: Math.min(limits.work, work),
    isRough: true,
    ...(isEager === undefined ? {} : { isEager }),
  };
}

/** Whether a way is the first one with its groups: of ways that differ in how they begin only the best is tried further. */
function isBestOfItsGroups({ groupOf }: Way, index: number, ways: readonly Way[]): boolean {
  return ways.findIndex((way) => way.groupOf === groupOf) === index;
}

/** The part of a budget for one tree of several: half by size, half alike, for what is in few rules may be what is hard to part. */
function limitsOf(limits: TableLimits, sizeShare: number, trees: number): TableLimits {
  const share = (sizeShare + 1 / trees) / 2;
  return { ...limits, memoryBytes: limits.memoryBytes * share, work: limits.work * share };
}

function leafMaker(context: Candidates, store: LeafStore, chain: number, { groups }: Way): (bunch: Bunch) => Leaf {
  return (bunch) => store.of(context, chain, bunch, groups > 1);
}

interface TriedTree {
  readonly tree: Tree<Bunch>;
  readonly cost: LookupCost;
  readonly bytes: number;
  readonly work: number;
}

/** Trees over some items of a chain, for comparing ways. Ways that have a group in common share its tree. */
class Trial {
  private readonly context: Candidates;
  private readonly tools: Tools;
  private readonly whole: Region;
  private readonly parting: Parting;
  private readonly items: Int32Array;
  private readonly limits: TableLimits;
  private readonly drawn: ReturnType<typeof drawPackets>;
  private readonly known = new Map<string, TriedTree>();
  private readonly growths = new Map<Way, number>();

  constructor(context: Candidates, tools: Tools, whole: Region, parting: Parting, items: Int32Array, limits: TableLimits) {
    this.context = context;
    this.tools = tools;
    this.whole = whole;
    this.parting = parting;
    this.items = items;
    this.limits = limits;
    this.drawn = drawPackets(context, whole, items);
  }

  /** Expected nanoseconds of a lookup in the table of the whole chain. `before`: a trial with fewer items, which tells how tables grow. */
  cost(way: Way, { memoryBytes }: TableLimits, before?: Trial): number {
    const count = this.context.guarded.length;
    const ofItem = this.bytesOf(way) / Math.max(1, this.items.length);
    const growth = before ? this.growthOf(way, before) : 0;
    const cost = tableCost(
      this.try(way).map(({ cost }) => cost),
      count * ofItem,
    );
    // Where the budget ends leaves stay long.
    const grown = count * ofItem * (count / Math.max(1, this.items.length)) ** growth;
    return cost * Math.max(1, grown / Math.max(1, memoryBytes));
  }

  /** The power of the number of items that the bytes for each of them grow with. */
  private growthOf(way: Way, before: Trial): number {
    const [fewer, more] = [before, this].map((trial) => trial.bytesOf(way) / Math.max(1, trial.items.length));
    const power = Math.log(more! / fewer!) / Math.log(this.items.length / before.items.length);
    const isFull = this.bytesOf(way) >= FULL * this.limits.memoryBytes;
    const growth = Math.min(1, Math.max(0, power, isFull ? (before.growths.get(way) ?? FULL_GROWTH) : 0));
    this.growths.set(way, growth);
    return growth;
  }

  private bytesOf(way: Way): number {
    return this.try(way).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The one of some ways whose trees were the least work. */
  leastWork(ways: readonly Way[]): Way {
    const work = (way: Way): number => this.try(way).reduce((sum, tree) => sum + tree.work, 0);
    return ways.reduce((least, way) => (work(way) < work(least) ? way : least));
  }

  trees(way: Way): readonly Tree<Bunch>[] {
    return this.try(way).map(({ tree }) => tree);
  }

  private try(way: Way): TriedTree[] {
    const { context, tools, items, whole } = this;
    const groups = groupsOf(this.parting, way, items).filter(({ length }) => length > 0);
    return groups.map((group) => {
      const key = `${way.first ? 'first ' : ''}${this.keyOf(group)}`;
      let tried = this.known.get(key);
      if (!tried) {
        const limits = limitsOf(this.limits, group.length / Math.max(1, items.length), groups.length);
        const builder = new TreeBuilder<Bunch>(context, tools, limits, (bunch) => bunch);
        const tree = builder.build(group, whole, way.first);
        tried = { tree, cost: lookupCost(context, tree, this.drawn), bytes: builder.bytes, work: builder.work };
        this.known.set(key, tried);
      }
      return tried;
    });
  }

  /** The shapes in a group: what they are in a group of their own, they are in any. */
  private keyOf(group: Int32Array): string {
    const { shapeOf } = this.parting;
    const shapes = new Set<number>();
    for (const item of group) shapes.add(shapeOf[item]!);
    return [...shapes].sort((a, b) => a - b).join();
  }
}

/** A tree with leaves for its bunches. */
function withLeaves(tree: Tree<Bunch>, leafOf: (bunch: Bunch) => Leaf): Tree {
  return { ...tree, ends: tree.ends.map(leafOf) };
}
