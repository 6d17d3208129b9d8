// What lookups in built trees cost: packets drawn from the rules, and packets drawn at random, sent down the trees on paper.

import type { Bunch } from './bunch.ts';
import { askingCost, LEVEL_COST } from './choose.ts';
import { windowOf } from './cut.ts';
import { FIELD_COUNT, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';
import { priorValue } from './prior.ts';
import type { Tree } from './tree.ts';
import { unitsOf } from './view.ts';

const SAMPLE = 512;
/** Starting on a tree, and taking its steps in turn with those of others. */
const TREE_COST = 8;
/** What each level and step waits for memory, for each doubling of the table beyond a cache. */
const CACHE_BYTES = 2 ** 18;
const WAIT_COST = 1;

/** Packets to send down trees: half are drawn from the rules, half from everything. */
export interface Drawn {
  readonly packets: readonly Uint32Array[];
  /** For each the item that it is drawn from, behind which no item is asked; the number of items = from everything. */
  readonly until: Int32Array;
}

/** What a lookup in one tree costs: nanoseconds, and how often it reads memory that may have to be waited for. */
export interface LookupCost {
  readonly ns: number;
  readonly reads: number;
}

/** Small seeded generator: the same table for the same rules everywhere. */
class Draws {
  private state = 0x9e3779b9;
  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state ^ (this.state >>> 15)) >>> 0;
  }
}

/** Draws packets for some items of a chain. */
export function drawPackets({ guarded }: Candidates, whole: Region, items: Int32Array): Drawn {
  const draws = new Draws();
  const until = new Int32Array(items.length === 0 ? 0 : SAMPLE);
  const packets: Uint32Array[] = [];
  for (let k = 0; k < until.length; k++) {
    const index = items[Math.floor((k * items.length) / SAMPLE)]!;
    const isDrawn = k % 2 === 0;
    until[k] = isDrawn ? index : guarded.length;
    packets.push(draw(isDrawn ? guarded[index]! : undefined, whole, draws));
  }
  return { packets, until };
}

/** What a lookup in a tree costs on average. */
export function lookupCost({ boxes }: Candidates, tree: Tree<Bunch>, { packets, until }: Drawn): LookupCost {
  let ns = 0;
  let reads = 0;
  for (let k = 0; k < packets.length; k++) {
    const packet = packets[k]!;
    let entry = tree.root;
    while (entry < 0) {
      const { cut, first } = tree.nodes[~entry]!;
      entry = tree.entries[first + ((packet[cut.field]! >>> cut.shift) & windowOf(cut.bits))]!;
      ns += LEVEL_COST;
      reads++;
    }
    const { codes, own } = tree.ends[entry]!;
    let units = 0;
    for (let at = 0; at < codes.length && codes[at]! >> 1 <= until[k]!; at++)
      units += unitsOf(boxes.rowFields[codes[at]! >> 1]!, codes[at]!, own[at]!);
    ns += askingCost(units);
    reads += Math.ceil(units / 4) + 1;
  }
  const count = Math.max(1, packets.length);
  return { ns: ns / count, reads: reads / count };
}

/** Expected nanoseconds of a lookup in all trees of a table of so many bytes. */
export function tableCost(trees: readonly LookupCost[], bytes: number): number {
  const wait = WAIT_COST * Math.max(0, Math.log2(bytes / CACHE_BYTES));
  const each = trees.length > 1 ? TREE_COST : 0;
  return trees.reduce((sum, { ns, reads }) => sum + each + ns + reads * wait, 0);
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
