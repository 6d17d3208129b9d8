// Which items of a list can never match, for an earlier one ends the list wherever they would.

import { FREE, MASK, RANGE } from './box.ts';
import type { Candidates } from './list.ts';

/** Longer lists are not looked through: it takes time that grows with the square of the length. */
export const COVER_MAX = 64;

/**
 * Whether an item, of whose own tests the fields in `own` are open, ends the list for every packet that the later item `second` would
 * match, of whose guard those in `guard` are open.
 */
export function covers(context: Candidates, first: number, own: number, second: number, guard: number): boolean {
  // Where a field says nothing of the second item, that matches more values than the first.
  if ((own & ~guard) !== 0) return false;
  for (let rest = own; rest !== 0; rest &= rest - 1) {
    if (!contains(context, 31 - Math.clz32(rest & -rest), first, second)) return false;
  }
  return true;
}

/** Whether the item may hide others: it ends the list, alone and by pure tests, and every packet of the list comes to it. */
export function mayCover({ ends, topLevel, isComplete }: Candidates, index: number, guard: number, own: number): boolean {
  return ends[index] === 1 && topLevel[index] === 1 && isComplete[index] === 1 && guard === own;
}

/** Whether the item may be left out: no other items are reached by way of it. */
export function mayBeCovered({ isLone }: Candidates, index: number): boolean {
  return isLone[index] === 1;
}

/** Whether the values of a field that one item matches are all matched by another: false also where that is not plain to see. */
function contains({ boxes }: Candidates, field: number, outer: number, inner: number): boolean {
  const box = boxes.fields[field];
  if (!box) return false;
  const { kind, a, b } = box;
  if (kind[outer] !== kind[inner]) return false;
  switch (kind[outer]) {
    case FREE:
      return true;
    case MASK:
      return (a[outer]! & ~a[inner]!) === 0 && ((b[outer]! ^ b[inner]!) & a[outer]!) === 0;
    case RANGE:
      return a[outer]! <= a[inner]! && b[inner]! <= b[outer]!;
    default:
      return a[outer] === a[inner];
  }
}
