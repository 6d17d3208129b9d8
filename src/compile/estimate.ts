// What lookups in built trees cost: packets drawn from the rules, and packets drawn at random, sent down the trees on paper.

import type { Boxes } from './box.ts';
import { askingCost, LEVEL_COST } from './choose.ts';
import { FIELD_COUNT, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';
import { priorValue } from './prior.ts';
import type { Tree } from './tree.ts';
import { SLOW_STEP } from './view.ts';

const SAMPLE = 512;
/** Starting on a tree, and taking its steps in turn with those of others. */
const TREE_COST = 8;
/** What each level and step waits for memory, for each doubling of the table beyond a cache. */
const CACHE_BYTES = 2 ** 18;
const WAIT_COST = 4;

/** Small seeded generator: the same table for the same rules everywhere. */
class Draws {
  private state = 0x9e3779b9;
  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state ^ (this.state >>> 15)) >>> 0;
  }
}

/** Expected nanoseconds of a lookup. Half the packets are drawn from the rules of `items`, half from everything. */
export function estimate(context: Candidates, whole: Region, items: Int32Array, trees: readonly Tree[], bytes: number): number {
  const { guarded, boxes } = context;
  if (items.length === 0) return 0;
  const draws = new Draws();
  const wait = WAIT_COST * Math.max(0, Math.log2(bytes / CACHE_BYTES));
  let cost = 0;
  for (let k = 0; k < SAMPLE; k++) {
    const index = items[Math.floor((k * items.length) / SAMPLE)]!;
    const isDrawn = k % 2 === 0;
    const packet = draw(isDrawn ? guarded[index]! : undefined, whole, draws);
    for (const tree of trees)
      cost += (trees.length > 1 ? TREE_COST : 0) + descend(tree, packet, isDrawn ? index : guarded.length, wait, boxes);
  }
  return cost / SAMPLE;
}

function descend(tree: Tree, packet: Uint32Array, until: number, wait: number, { rowFields }: Boxes): number {
  let cost = 0;
  let entry = tree.root;
  while ('cut' in entry) {
    const { field, shift, bits } = entry.cut;
    entry = tree.entries[entry.first + ((packet[field]! >>> shift) & (2 ** bits - 1))]!;
    cost += LEVEL_COST + wait;
  }
  let units = 0;
  for (const { item, asked } of entry.leaf.steps) if (item <= until && asked !== 0) units += rowFields[item] ? 1 : SLOW_STEP;
  return cost + askingCost(units) + (Math.ceil(units / 4) + 1) * wait;
}

function draw(item: GuardedItem | undefined, whole: Region, draws: Draws): Uint32Array {
  const packet = new Uint32Array(FIELD_COUNT);
  for (let field = 0; field < FIELD_COUNT; field++) {
    const drawn = draws.next();
    packet[field] = priorValue(field, drawn) ?? (drawn & ~whole.mask[field]!) | whole.value[field]!;
  }
  for (const atom of item?.guard ?? []) {
    if ((atom.kind !== 'mask' && atom.kind !== 'range') || atom.negate) continue;
    if (atom.kind === 'mask') packet[atom.field] = (packet[atom.field]! & ~atom.mask) | atom.value;
    else {
      const [low, high] = atom.ranges[draws.next() % atom.ranges.length]!;
      packet[atom.field] = low + (draws.next() % (high - low + 1));
    }
  }
  return packet;
}
