// One decision tree: from a list of items to cuts with leaves, built greedily, the longest lists first, within a budget of
// memory and work. Where the budget ends, leaves stay long; nothing blows up.

import { ENTRY_BYTES, LEAF_HITS, STEP_BYTES } from '../../assembly/abi/program.ts';
import { Chooser, countOpen, type Load } from './choose.ts';
import type { Region } from './fields.ts';
import type { Leaf, LeafStore } from './leaf.ts';
import { type Candidates, reachable, wholeList } from './list.ts';
import { childMass } from './prior.ts';
import { type Cut, Spread, spread, windowMask } from './spread.ts';

/** What an entry of the table leads to: a leaf, or the children of a cut (`first` is the entry of child 0). */
export type Entry = { readonly leaf: Leaf } | { readonly cut: Cut; readonly first: number };

export interface Tree {
  readonly root: Entry;
  /** Children of all nodes, those of one node in a row. */
  readonly entries: readonly Entry[];
}

export interface TableLimits {
  /** Bytes of entries and steps. */
  readonly memoryBytes: number;
  /** Items looked at while building: a measure of time that is the same on every machine. */
  readonly work: number;
}

/** About what a step's test program takes. */
const STEP_TESTS_BYTES = 24;
/** Deeper than any sensible tree; a guard against cuts that do not divide. */
const DEPTH_MAX = 48;

interface OpenNode extends Load {
  readonly region: Region;
  readonly depth: number;
  /** Entries that lead here; -1 = the root. */
  readonly slots: number[];
}

/** Packets that fall anywhere, for each that is drawn from an item. */
const EVEN_TRAFFIC = 1;

/** Builds one tree over some of a chain's items. */
export class TreeBuilder {
  private readonly context: Candidates;
  private readonly store: LeafStore;
  private readonly chain: number;
  private readonly limits: TableLimits;
  private readonly isShared: boolean;
  /** Made for the first cut: most chains need none. */
  private tools: { readonly chooser: Chooser; readonly spread: Spread } | undefined;
  private readonly entries: Entry[] = [];
  private root: Entry | undefined;
  /** Nodes to do, by the binary logarithm of their list's length. */
  private readonly open: OpenNode[][] = Array.from({ length: 32 }, () => []);
  bytes = 0;
  private placed = 0;

  constructor(context: Candidates, store: LeafStore, chain: number, limits: TableLimits, isShared: boolean) {
    this.context = context;
    this.store = store;
    this.chain = chain;
    this.limits = limits;
    this.isShared = isShared;
  }

  /** Work done so far. */
  get work(): number {
    return this.placed + (this.tools?.chooser.work ?? 0);
  }

  build(items: Int32Array, whole: Region): Tree {
    const list = wholeList(this.context, items, whole);
    const weights = new Float64Array(list.length).fill(1);
    this.add({ list, weights, even: EVEN_TRAFFIC * list.length, region: whole, depth: 0, slots: [-1] });
    for (let node = this.longest(); node; node = this.longest()) {
      if (this.divide(node)) continue;
      this.settle(node.slots, { leaf: this.store.of(this.context, this.chain, node.list, node.region, this.isShared) });
    }
    return { root: this.root!, entries: this.entries };
  }

  private add(node: OpenNode): void {
    this.bytes += costBytes(node.list);
    this.open[32 - Math.clz32(node.list.length)]!.push(node);
  }

  private longest(): OpenNode | undefined {
    for (let size = this.open.length - 1; size >= 0; size--) {
      const node = this.open[size]!.pop();
      if (node) return node;
    }
    return undefined;
  }

  private settle(slots: readonly number[], entry: Entry): void {
    for (const slot of slots) {
      if (slot < 0) this.root = entry;
      else this.entries[slot] = entry;
    }
  }

  /** Cuts the node if that pays and the budget allows. */
  private divide(node: OpenNode): boolean {
    if (countOpen(node.list) === 0 || node.depth >= DEPTH_MAX) return false;
    if (this.bytes >= this.limits.memoryBytes || this.work >= this.limits.work) return false;
    this.tools ??= { chooser: new Chooser(this.context), spread: new Spread() };
    const cut = this.tools.chooser.choose(node, node.region);
    if (!cut) return false;
    const { field, shift, bits } = cut;
    const mass = childMass(field, node.region.mask[field]!, node.region.value[field]!, shift, bits);
    const spreads = new Float64Array(node.list.length);
    const children = this.distribute(node, cut, mass, spreads);
    if (!children) return false;
    const first = this.entries.length;
    for (let child = 0; child < children.length; child++) this.entries.push(UNSETTLED);
    this.bytes += children.length * ENTRY_BYTES - costBytes(node.list);
    for (const { list, numbers } of this.groups(children)) {
      const share = numbers.reduce((sum, child) => sum + massOf(mass, child, children.length), 0);
      const weights = childWeights(node, spreads, list, share);
      const slots = numbers.map((child) => first + child);
      const region = narrowed(node.region, cut, numbers);
      this.add({ list, weights, even: node.even * share, region, depth: node.depth + 1, slots });
    }
    this.settle(node.slots, { cut, first });
    return true;
  }

  /**
   * The items of each child, not yet cut down to the reachable ones; undefined when memory would not do. Writes the share of
   * the packets that falls on the children each item is in.
   */
  private distribute(node: OpenNode, cut: Cut, mass: Float64Array | undefined, spreads: Float64Array): number[][] | undefined {
    const children: number[][] = Array.from({ length: 2 ** cut.bits }, () => []);
    const out = this.tools!.spread;
    let placed = 0;
    for (let at = 0; at < node.list.length; at++) {
      const code = node.list[at]!;
      spread(this.context.guarded[code >> 1]!, (code & 1) === 1, node.region, cut, out);
      placed += out.count;
      for (let k = 0; k < out.count; k++) {
        children[out.child[k]!]!.push((code & ~1) | out.certain[k]!);
        spreads[at]! += massOf(mass, out.child[k]!, children.length);
      }
      if (placed * STEP_BYTES > 4 * this.limits.memoryBytes) return undefined;
    }
    this.placed += placed;
    return children;
  }

  /** Children with equal lists together, each list cut down to what is reachable. */
  private groups(children: readonly number[][]): Group[] {
    const rough = groupEqual(children.map((codes, number) => ({ list: Int32Array.from(codes), numbers: [number] })));
    return groupEqual(rough.map(({ list, numbers }) => ({ list: reachable(this.context, list), numbers })));
  }
}

/** The share of packets that falls on a child. */
function massOf(mass: Float64Array | undefined, child: number, children: number): number {
  return mass ? mass[child]! : 1 / children;
}

/** Of the packets drawn from each item, those that come to children of the given share. */
function childWeights(node: OpenNode, spreads: Float64Array, list: Int32Array, share: number): Float64Array {
  const weights = new Float64Array(list.length);
  let at = 0;
  for (let k = 0; k < list.length; k++) {
    while (node.list[at]! >> 1 !== list[k]! >> 1) at++;
    weights[k] = spreads[at]! > 0 ? (node.weights[at]! * share) / spreads[at]! : 0;
  }
  return weights;
}

const UNSETTLED: Entry = { cut: { field: 0, shift: 0, bits: 0 }, first: 0 };

interface Group {
  readonly list: Int32Array;
  /** The children. */
  readonly numbers: number[];
}

function groupEqual(groups: readonly Group[]): Group[] {
  const byHash = new Map<number, Group[]>();
  const result: Group[] = [];
  for (const group of groups) {
    const hash = hashOf(group.list);
    const bucket = byHash.get(hash);
    const same = bucket?.find((other) => equal(other.list, group.list));
    if (same) {
      for (const number of group.numbers) same.numbers.push(number);
      continue;
    }
    const own = { ...group, numbers: [...group.numbers] };
    result.push(own);
    if (bucket) bucket.push(own);
    else byHash.set(hash, [own]);
  }
  return result;
}

function hashOf(list: Int32Array): number {
  let hash = list.length;
  for (let k = 0; k < list.length; k++) hash = Math.imul(hash ^ list[k]!, 0x01000193);
  return hash;
}

function equal(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((code, k) => code === b[k]);
}

function costBytes(list: Int32Array): number {
  return LEAF_HITS + (STEP_BYTES + STEP_TESTS_BYTES) * list.length;
}

/** The region of several children: what they have in common is known. */
function narrowed(region: Region, cut: Cut, children: readonly number[]): Region {
  const all = children.reduce((bits, child) => bits & child, -1);
  const any = children.reduce((bits, child) => bits | child, 0);
  const same = (~(all ^ any) << cut.shift) & windowMask(cut);
  const result = { mask: region.mask.slice(), value: region.value.slice() };
  result.mask[cut.field]! |= same;
  result.value[cut.field] = result.value[cut.field]! | ((all << cut.shift) & same);
  return result;
}
