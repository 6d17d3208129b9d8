// Which items share a decision tree. One tree over rules that look at the source and rules that look at the destination
// multiplies them; a tree for each adds them up, for the price of going down more than one tree.

import type { Field } from '../ir/ir.ts';
import { fieldNumber } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';

/** Item indexes of each tree, ascending. A jump and the body inlined at it stay together. */
export type Partition = readonly Int32Array[];

/** Shorter chains are not worth a second tree. */
const PARTITION_MIN = 64;
/** A word is narrow from so many leading bits on. */
const NARROW_MASK = 0xff000000;
/** A port range is narrow up to so many ports. */
const NARROW_PORTS = 256;

type Rule = (item: GuardedItem) => number;

const src = (item: GuardedItem): boolean => isNarrow(item, 'src0');
const dst = (item: GuardedItem): boolean => isNarrow(item, 'dst0');
const ports = (item: GuardedItem): number => (isNarrow(item, 'dport') ? 0 : isNarrow(item, 'sport') ? 1 : 2);

/** Ways to part a chain, the single tree first. */
const WAYS: readonly Rule[] = [
  () => 0,
  (item) => (src(item) ? 0 : dst(item) ? 1 : 2),
  (item) => (dst(item) ? 0 : src(item) ? 1 : 2),
  (item) => (src(item) ? 0 : dst(item) ? 1 : 2 + ports(item)),
  (item) => (dst(item) ? 0 : src(item) ? 1 : 2 + ports(item)),
];

/** The partitions worth trying, each with its items. */
export function partitions(context: Candidates): Partition[] {
  const units = context.guarded.filter(({ item }) => item.parent < 0).length;
  const ways = units < PARTITION_MIN || !isDivisible(context) ? WAYS.slice(0, 1) : WAYS;
  const seen = new Set<string>();
  const result: Partition[] = [];
  for (const way of ways) {
    const groups = divide(context, way);
    const key = groups.map((group) => group.join()).join('|');
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(groups);
  }
  return result;
}

/** Calls would have to remember where each tree stands; and without whole guards a tree cannot tell bodies apart. */
function isDivisible({ guarded }: Candidates): boolean {
  return guarded.every(
    ({ item, detour }) => item.action.kind !== 'call' && item.action.kind !== 'goto' && !(detour && item.parent < 0),
  );
}

function divide({ guarded }: Candidates, way: Rule): Int32Array[] {
  const groups: number[][] = [];
  const groupOf = new Int32Array(guarded.length);
  guarded.forEach((item, index) => {
    const { parent } = item.item;
    const group = parent < 0 ? way(item) : groupOf[parent]!;
    groupOf[index] = group;
    groups[group] ??= [];
    groups[group].push(index);
  });
  const parted = groups.filter((group) => group.length > 0).map((group) => Int32Array.from(group));
  return parted.length > 0 ? parted : [new Int32Array(0)];
}

function isNarrow({ guard }: GuardedItem, name: Field): boolean {
  const field = fieldNumber(name);
  const isPort = name === 'sport' || name === 'dport';
  return guard.some((atom) => {
    if ((atom.kind !== 'mask' && atom.kind !== 'range') || atom.field !== field || atom.negate) return false;
    if (atom.kind === 'mask') return isPort || (atom.mask & NARROW_MASK) >>> 0 === NARROW_MASK;
    return atom.ranges.length === 1 && atom.ranges[0]![1] - atom.ranges[0]![0] < NARROW_PORTS;
  });
}

/** Some of a chain's items, evenly chosen, bodies with their jumps. */
export function sampleUnits({ guarded }: Candidates, count: number): Int32Array {
  const every = Math.max(1, Math.ceil(guarded.length / count));
  const chosen: number[] = [];
  let unit = -1;
  for (let index = 0; index < guarded.length; index++) {
    if (guarded[index]!.item.parent < 0) unit++;
    if (unit % every === 0) chosen.push(index);
  }
  return Int32Array.from(chosen);
}
