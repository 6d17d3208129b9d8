// One decision tree: from a list of items to cuts with leaves, built greedily, the longest lists first and then those that most packets
// come to, within a budget of memory and work. Where the budget ends, leaves stay long; nothing blows up.

import { ENTRY_BYTES, LEAF_BLOCKS, ROW_BYTES, STEP_BYTES } from '../../assembly/abi/program.ts';
import { type Bunch, wholeBunch } from './bunch.ts';
import { Chooser } from './choose.ts';
import type { Cut } from './cut.ts';
import { Divider } from './divide.ts';
import type { Region } from './fields.ts';
import type { Leaf } from './leaf.ts';
import type { Candidates } from './list.ts';

/** What packets come to that are divided: the children of a cut stand in a row, child 0 is entry `first`. */
export interface Node {
  readonly cut: Cut;
  readonly first: number;
}

/** `End`: what stands for a leaf. In a tree on trial that is the bunch that the leaf would be made of. */
export interface Tree<End = Leaf> {
  readonly nodes: readonly Node[];
  readonly ends: readonly End[];
  /** What the root, and each child of all nodes, leads to: the number of an end, or ~number of a node. */
  readonly root: number;
  readonly entries: Int32Array;
}

export interface TableLimits {
  /** Bytes of entries and steps. */
  readonly memoryBytes: number;
  /** Items looked at while building: a measure of time that is the same on every machine. */
  readonly work: number;
  /** Lists are cut as long as anything can be told apart, also where that does not pay: for tests of trees. */
  readonly isEager?: boolean;
  /** Fewer cuts are tried: for trees that are only to be compared with each other. */
  readonly isRough?: boolean;
}

/** About what a step takes: its place in three rows, the step, and some test programs. */
const ITEM_BYTES = (3 * ROW_BYTES) / 4 + STEP_BYTES + 8;
/** Deeper than any sensible tree; a guard against cuts that do not divide. */
const DEPTH_MAX = 48;

/** Lists of so many items are long. */
const LONG = 64;
/** Shares of the packets are told apart down to 2 ** -SHARE_BITS. */
const SHARE_BITS = 24;
/** What is long is more urgent than the largest share of what is not. */
const URGENCIES = SHARE_BITS + Math.log2(LONG) + 32;

interface OpenNode {
  readonly bunch: Bunch;
  readonly depth: number;
  /** Entries that lead here: these children of the node whose child 0 is entry `first`. */
  readonly first: number;
  readonly numbers: readonly number[];
  readonly absent: readonly number[];
}

/** Builds one tree over some of a chain's items. */
export class TreeBuilder<End> {
  private readonly context: Candidates;
  private readonly limits: TableLimits;
  private readonly leafOf: (bunch: Bunch) => End;
  private readonly tools: Tools;
  private readonly nodes: Node[] = [];
  private readonly ends: End[] = [];
  /** The root, and behind it the children of all nodes. */
  private entries = new Int32Array(FIRST_ENTRIES);
  private entryCount = 1;
  private first: Cut | undefined;
  /** Nodes to do, by how urgent they are. */
  private readonly open: OpenNode[][] = Array.from({ length: URGENCIES }, () => []);
  /** Packets that come to the root. */
  private packets = 0;
  bytes = 0;
  private readonly workBefore: number;

  constructor(context: Candidates, tools: Tools, limits: TableLimits, leafOf: (bunch: Bunch) => End) {
    this.context = context;
    this.tools = tools;
    this.limits = limits;
    this.leafOf = leafOf;
    this.workBefore = tools.work;
  }

  /** Work done so far. */
  get work(): number {
    return this.tools.work - this.workBefore;
  }

  /** `first`: the cut to begin with, if there is one. */
  build(items: Int32Array, whole: Region, first?: Cut): Tree<End> {
    this.first = first;
    const bunch = wholeBunch(this.context, items, whole);
    this.packets = packetsOf(bunch);
    this.add({ bunch, depth: 0, first: 0, numbers: ROOT, absent: NONE });
    for (let node = this.mostUrgent(); node; node = this.mostUrgent()) {
      if (!this.divide(node)) this.settle(node, this.ends.push(this.leafOf(node.bunch)) - 1);
    }
    const { nodes, ends, entries, entryCount } = this;
    return { nodes, ends, root: entries[0]!, entries: entries.subarray(1, entryCount) };
  }

  private add(node: OpenNode): void {
    this.bytes += costBytes(node.bunch);
    this.open[this.urgency(node.bunch)]!.push(node);
  }

  /** What is long comes first, by length; then what many packets come to, by their share times the length. */
  private urgency(bunch: Bunch): number {
    const { length } = bunch.codes;
    if (length >= LONG) return URGENCIES - 1 - Math.clz32(length);
    const asked = (length * packetsOf(bunch)) / Math.max(1, this.packets);
    return Math.max(0, Math.floor(Math.log2(asked)) + SHARE_BITS);
  }

  private mostUrgent(): OpenNode | undefined {
    for (let size = this.open.length - 1; size >= 0; size--) {
      const node = this.open[size]!.pop();
      if (node) return node;
    }
    return undefined;
  }

  private settle({ first, numbers, absent }: OpenNode, to: number): void {
    const { entries } = this;
    for (let k = 0; k < numbers.length; k++) entries[first + numbers[k]!] = to;
    for (let k = 0; k < absent.length; k++) entries[first + absent[k]!] = to;
  }

  /** Makes room for the children of a node. Returns the first. */
  private reserve(children: number): number {
    const first = this.entryCount;
    this.entryCount += children;
    if (this.entryCount > this.entries.length) {
      const larger = new Int32Array(2 * this.entryCount);
      larger.set(this.entries);
      this.entries = larger;
    }
    return first;
  }

  /** Cuts the node if that pays and the budget allows. */
  private divide(node: OpenNode): boolean {
    const { bunch, depth } = node;
    const { memoryBytes, work } = this.limits;
    if (depth >= DEPTH_MAX || this.bytes >= memoryBytes || this.work >= work) return false;
    const given = depth === 0 ? this.first : undefined;
    const cut = given ?? this.tools.chooser.choose(this.context, bunch, this.limits);
    const parts = cut && this.tools.divider.divide(this.context, bunch, cut, 4 * memoryBytes);
    if (!parts) return false;
    const children = 1 << cut.bits;
    const first = this.reserve(children);
    this.bytes += children * ENTRY_BYTES - costBytes(bunch);
    for (const { bunch, numbers, absent } of parts) this.add({ bunch, depth: depth + 1, first, numbers, absent });
    this.settle(node, ~(this.nodes.push({ cut, first: first - 1 }) - 1));
    return true;
  }
}

/** What builds trees, one after the other. Its memory serves all chains of a ruleset. */
export class Tools {
  private made: { readonly chooser: Chooser; readonly divider: Divider } | undefined;

  // Made for the first cut: many rulesets need none.
  private get both(): { readonly chooser: Chooser; readonly divider: Divider } {
    this.made ??= { chooser: new Chooser(), divider: new Divider() };
    return this.made;
  }

  get chooser(): Chooser {
    return this.both.chooser;
  }

  get divider(): Divider {
    return this.both.divider;
  }

  /** Work done so far. */
  get work(): number {
    return this.made ? this.made.chooser.work + this.made.divider.placed : 0;
  }
}

/** Packets that come to a bunch. */
function packetsOf({ weights, even }: Bunch): number {
  let packets = even;
  for (let k = 0; k < weights.length; k++) packets += weights[k]!;
  return packets;
}

const ROOT: readonly number[] = [0];
const NONE: readonly number[] = [];
/** Room for entries that a tree begins with. */
const FIRST_ENTRIES = 1024;

function costBytes({ codes }: Bunch): number {
  return LEAF_BLOCKS + ITEM_BYTES * codes.length;
}
