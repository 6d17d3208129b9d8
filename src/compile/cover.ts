// Which items of a list can never match, for an earlier one ends the list wherever they would.

import { FREE, MASK, RANGE } from './box.ts';
import type { Candidates } from './list.ts';

/** Longer lists are not looked through: it takes time that grows with the square of the length. */
export const COVER_MAX = 64;

/** An item of a list: its index, and the sets of fields that are open of its guard and of its own tests. */
export interface Place {
  readonly index: number;
  readonly guard: number;
  readonly own: number;
}

/** Whether the item at `first` ends the list for every packet that the later one at `second` would match. */
export function covers(context: Candidates, first: Place, second: Place): boolean {
  for (let rest = first.own; rest !== 0; rest &= rest - 1) {
    const field = 31 - Math.clz32(rest & -rest);
    // Where the field says nothing of the second item, it matches more values than the first.
    if (!((second.guard >>> field) & 1) || !contains(context, field, first.index, second.index)) return false;
  }
  return true;
}

/** Whether the item may hide others: it ends the list, alone and by pure tests, and every packet of the list comes to it. */
export function mayCover({ ends, topLevel, isComplete }: Candidates, { index, guard, own }: Place): boolean {
  return ends[index] === 1 && topLevel[index] === 1 && isComplete[index] === 1 && guard === own;
}

/** Whether the item may be left out: no other items are reached by way of it. */
export function mayBeCovered({ guarded }: Candidates, { index }: Place): boolean {
  const { item, detour } = guarded[index]!;
  return !detour && item.after === index + 1;
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
