// Which items share a decision tree. One tree over rules that look at the source and rules that look at the destination
// multiplies them; a tree for each adds them up, for the price of going down more than one tree.

import type { Atom } from './atom.ts';
import { type Boxes, FREE, GENERAL, MASK, RANGE } from './box.ts';
import { bitCount, type Cut } from './cut.ts';
import { fieldNumber } from './fields.ts';
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

/** The cut by protocol is worth a trial if this share of the items asks for one. */
const PROTOCOL_MIN = 0.6;
const PROTOCOL: Cut = { field: fieldNumber('proto'), shift: 0, bits: 8 };

/** A way of parting is another one if it puts this share of the items elsewhere. */
const MOVED_MIN = 0.05;

/** What a way of parting looks at in an item. */
interface Shape {
  /** Bits of the addresses that are tested. */
  readonly srcBits: number;
  readonly dstBits: number;
  /** 0 = a narrow destination port, 1 = a narrow source port, 2 = neither. */
  readonly ports: number;
}

const SRC_FIRST = (bits: number, shape: Shape): number => (shape.srcBits >= bits ? 0 : shape.dstBits >= bits ? 1 : 2);
const DST_FIRST = (bits: number, shape: Shape): number => (shape.dstBits >= bits ? 0 : shape.srcBits >= bits ? 1 : 2);

/** Ways to part a chain, the single tree first. */
const WAYS: readonly ((shape: Shape) => number)[] = [
  () => 0,
  ...NARROW_BITS.flatMap((bits): ((shape: Shape) => number)[] => [
    (shape) => SRC_FIRST(bits, shape),
    (shape) => DST_FIRST(bits, shape),
    (shape) => byPorts(SRC_FIRST(bits, shape), shape),
    (shape) => byPorts(DST_FIRST(bits, shape), shape),
  ]),
];

function byPorts(group: number, shape: Shape): number {
  return group < 2 ? group : 2 + shape.ports;
}

/** A way of parting: the group of each shape, counted from 0 without gaps. */
export interface Way {
  readonly groupOf: Uint8Array;
  readonly groups: number;
  /** The first cut of each tree, whatever it seems to bring. */
  readonly first?: Cut;
}

/** What items a chain has, and the ways of parting them that are worth trying. */
export interface Parting {
  /** Number of each item's shape; an item of an inlined body has that of the jump. */
  readonly shapeOf: Int32Array;
  readonly ways: readonly Way[];
}

/** The ways of parting worth trying, the single tree first. */
export function partings(context: Candidates): Parting {
  const { guarded } = context;
  const shapes: Shape[] = [];
  const shapeOf = shapesOf(context, shapes);
  const units = guarded.reduce((sum, { item }) => sum + (item.parent < 0 ? 1 : 0), 0);
  if (units < PARTITION_MIN || !isDivisible(context)) return { shapeOf, ways: [wayOf(shapes, WAYS[0]!)] };
  const sizes = new Int32Array(shapes.length);
  for (const shape of shapeOf) sizes[shape]!++;
  const ways = WAYS.map((way) => wayOf(shapes, way)).filter((way) => !hasSmallRest(way, sizes));
  const [single, ...several] = distinct(ways, sizes);
  const first = asksProtocol(context) ? [{ ...single!, first: PROTOCOL }] : [];
  return { shapeOf, ways: [single!, ...first, ...several] };
}

/** Whether most items ask for a protocol. A cut by that leaves packets of another one with few items, and no item is on both its sides. */
function asksProtocol({ boxes, guarded }: Candidates): boolean {
  const kinds = boxes.fields[PROTOCOL.field]?.kind;
  let asking = 0;
  for (let index = 0; index < guarded.length; index++) if (kinds?.[index] === MASK) asking++;
  return asking >= PROTOCOL_MIN * guarded.length;
}

/** Of some items those of each group. */
export function groupsOf({ shapeOf }: Parting, { groupOf, groups }: Way, items: Int32Array): Partition {
  const sizes = new Int32Array(Math.max(1, groups));
  for (const item of items) sizes[groupOf[shapeOf[item]!]!]!++;
  const parted = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  for (const item of items) {
    const group = groupOf[shapeOf[item]!]!;
    parted[group]![sizes[group]!++] = item;
  }
  return parted;
}

/** Those of some ways that put enough items elsewhere than each before them: what hardly differs need not be tried twice. */
function distinct(ways: readonly Way[], sizes: Int32Array): Way[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const kept: Way[] = [];
  for (const way of ways) {
    const isNew = kept.every(({ groupOf, groups }) => {
      let moved = 0;
      for (let shape = 0; shape < sizes.length; shape++) if (groupOf[shape] !== way.groupOf[shape]) moved += sizes[shape]!;
      return groups !== way.groups || moved > MOVED_MIN * all;
    });
    if (isNew) kept.push(way);
  }
  return kept;
}

function wayOf(shapes: readonly Shape[], way: (shape: Shape) => number): Way {
  const raw = Uint8Array.from(shapes, way);
  const places = new Map([...new Set(raw)].sort((a, b) => a - b).map((group, place) => [group, place]));
  return { groupOf: raw.map((group) => places.get(group)!), groups: places.size };
}

function hasSmallRest({ groupOf, groups }: Way, sizes: Int32Array): boolean {
  if (groups <= 3) return false;
  let rest = 0;
  for (let shape = 0; shape < sizes.length; shape++) if (groupOf[shape]! >= 2) rest += sizes[shape]!;
  return rest < REST_MIN;
}

/** Calls would have to remember where each tree stands; and without whole guards a tree cannot tell bodies apart. */
function isDivisible({ flat, guarded }: Candidates): boolean {
  if (!flat.chain.policy) return false;
  return guarded.every(
    ({ item, detour }) => item.action.kind !== 'call' && item.action.kind !== 'goto' && !(detour && item.parent < 0),
  );
}

/** The number of each item's shape; receives the shapes. */
function shapesOf({ guarded, boxes }: Candidates, shapes: Shape[]): Int32Array {
  const numbers = new Map<number, number>();
  const shapeOf = new Int32Array(guarded.length);
  for (let index = 0; index < guarded.length; index++) {
    const { item } = guarded[index]!;
    if (item.parent >= 0) {
      shapeOf[index] = shapeOf[item.parent]!;
      continue;
    }
    const srcBits = testedBits(boxes, SOURCE, index);
    const dstBits = testedBits(boxes, DESTINATION, index);
    const ports = isNarrowPort(boxes, DPORT, index) ? 0 : isNarrowPort(boxes, SPORT, index) ? 1 : 2;
    const key = (srcBits * 256 + dstBits) * 4 + ports;
    let number = numbers.get(key);
    if (number === undefined) {
      number = shapes.push({ srcBits, dstBits, ports }) - 1;
      numbers.set(key, number);
    }
    shapeOf[index] = number;
  }
  return shapeOf;
}

const SOURCE = (['src0', 'src1', 'src2', 'src3'] as const).map(fieldNumber);
const DESTINATION = (['dst0', 'dst1', 'dst2', 'dst3'] as const).map(fieldNumber);
const SPORT = fieldNumber('sport');
const DPORT = fieldNumber('dport');

function testedBits({ fields }: Boxes, numbers: readonly number[], index: number): number {
  let bits = 0;
  for (const field of numbers) {
    const box = fields[field];
    if (box?.kind[index] === MASK) bits += bitCount(box.a[index]!);
    if (box?.kind[index] !== GENERAL) continue;
    for (const atom of box.generals[box.a[index]!]!.guard)
      if (atom.kind === 'mask' && atom.field === field && !atom.negate) bits += bitCount(atom.mask);
  }
  return bits;
}

function isNarrowPort({ fields }: Boxes, field: number, index: number): boolean {
  const box = fields[field];
  const kind = box ? box.kind[index]! : FREE;
  if (kind === MASK) return true;
  if (kind === RANGE) return box!.b[index]! - box!.a[index]! < NARROW_PORTS;
  return kind === GENERAL && box!.generals[box!.a[index]!]!.guard.some((atom) => isNarrow(atom, field));
}

function isNarrow(atom: Atom, field: number): boolean {
  if ((atom.kind !== 'mask' && atom.kind !== 'range') || atom.field !== field || atom.negate) return false;
  return atom.kind === 'mask' || (atom.ranges.length === 1 && atom.ranges[0]![1] - atom.ranges[0]![0] < NARROW_PORTS);
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
