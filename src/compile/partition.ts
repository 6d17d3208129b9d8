// Which items share a decision tree. One tree over rules that look at the source and rules that look at the destination
// multiplies them; a tree for each adds them up, for the price of going down more than one tree.

import type { Field } from '../ir/ir.ts';
import type { Atom } from './atom.ts';
import { fieldNumber } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';

/** Item indexes of each tree, ascending. A jump and the body inlined at it stay together. */
export type Partition = readonly Int32Array[];

/** Shorter chains are not worth a second tree. */
const PARTITION_MIN = 100;
/** An address test of at least so many bits is narrow: what is narrow enough depends on the ruleset, so each is tried. */
const NARROW_BITS = [8, 16, 24, 32, 48, 64] as const;
/** A port range is narrow up to so many ports. */
const NARROW_PORTS = 256;
/** The items narrow in no address are parted by ports too if they are at least so many. */
const REST_MIN = 64;

/** What a way of parting looks at in an item. */
interface Shape {
  /** Bits of the addresses that are tested. */
  readonly srcBits: number;
  readonly dstBits: number;
  /** 0 = a narrow destination port, 1 = a narrow source port, 2 = neither. */
  readonly ports: number;
}

type Way = (shape: Shape) => number;

const SRC_FIRST = (bits: number, shape: Shape): number => (shape.srcBits >= bits ? 0 : shape.dstBits >= bits ? 1 : 2);
const DST_FIRST = (bits: number, shape: Shape): number => (shape.dstBits >= bits ? 0 : shape.srcBits >= bits ? 1 : 2);

/** Ways to part a chain, the single tree first. */
const WAYS: readonly Way[] = [
  () => 0,
  ...NARROW_BITS.flatMap((bits): Way[] => [
    (shape) => SRC_FIRST(bits, shape),
    (shape) => DST_FIRST(bits, shape),
    (shape) => byPorts(SRC_FIRST(bits, shape), shape),
    (shape) => byPorts(DST_FIRST(bits, shape), shape),
  ]),
];

function byPorts(group: number, shape: Shape): number {
  return group < 2 ? group : 2 + shape.ports;
}

/** The partitions worth trying, each with its items. */
export function partitions(context: Candidates): Partition[] {
  const shapes = context.guarded.map(shapeOf);
  const units = context.guarded.filter(({ item }) => item.parent < 0).length;
  const ways = units < PARTITION_MIN || !isDivisible(context) ? WAYS.slice(0, 1) : WAYS;
  const seen = new Set<string>();
  const result: Partition[] = [];
  for (const way of ways) {
    const groups = collect(divide(context, shapes, way));
    const key = groups.map((group) => group.join()).join('|');
    const smallRest = groups.length > 3 && groups.slice(2).reduce((sum, { length }) => sum + length, 0) < REST_MIN;
    if (seen.has(key) || smallRest) continue;
    seen.add(key);
    result.push(groups);
  }
  return result;
}

/** Calls would have to remember where each tree stands; and without whole guards a tree cannot tell bodies apart. */
function isDivisible({ flat, guarded }: Candidates): boolean {
  if (!flat.chain.policy) return false;
  return guarded.every(
    ({ item, detour }) => item.action.kind !== 'call' && item.action.kind !== 'goto' && !(detour && item.parent < 0),
  );
}

/** The group of each item: that of the jump whose body holds it, or its own. */
function divide({ guarded }: Candidates, shapes: readonly Shape[], way: Way): Int32Array {
  const groupOf = new Int32Array(guarded.length);
  guarded.forEach(({ item }, index) => {
    groupOf[index] = item.parent < 0 ? way(shapes[index]!) : groupOf[item.parent]!;
  });
  return groupOf;
}

function collect(groupOf: Int32Array): Int32Array[] {
  const groups: number[][] = [];
  groupOf.forEach((group, index) => {
    groups[group] ??= [];
    groups[group].push(index);
  });
  const parted = groups.filter((group) => group.length > 0).map((group) => Int32Array.from(group));
  return parted.length > 0 ? parted : [new Int32Array(0)];
}

function shapeOf({ guard }: GuardedItem): Shape {
  const ports = isNarrowPort(guard, 'dport') ? 0 : isNarrowPort(guard, 'sport') ? 1 : 2;
  return {
    srcBits: testedBits(guard, ['src0', 'src1', 'src2', 'src3']),
    dstBits: testedBits(guard, ['dst0', 'dst1', 'dst2', 'dst3']),
    ports,
  };
}

function testedBits(guard: readonly Atom[], names: readonly Field[]): number {
  let bits = 0;
  for (const atom of guard) {
    if (atom.kind !== 'mask' || atom.negate || !names.some((name) => fieldNumber(name) === atom.field)) continue;
    for (let rest = atom.mask; rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}

function isNarrowPort(guard: readonly Atom[], name: Field): boolean {
  const field = fieldNumber(name);
  return guard.some((atom) => {
    if ((atom.kind !== 'mask' && atom.kind !== 'range') || atom.field !== field || atom.negate) return false;
    return atom.kind === 'mask' || (atom.ranges.length === 1 && atom.ranges[0]![1] - atom.ranges[0]![0] < NARROW_PORTS);
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
