// How an item spreads over the children of a cut: which child regions it is possible in, and in which it is certain.

import { CERTAIN, IMPOSSIBLE, type MaskAtom, POSSIBLE, status } from './atom.ts';
import { DOMAINS, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';

/** A window of one field: child = (field >> shift) & (2 ** bits - 1). */
export interface Cut {
  readonly field: number;
  readonly shift: number;
  readonly bits: number;
}

export const CUT_BITS_MAX = 12;

/** Result of `spread`: the first `count` children, in ascending order, with what the item is in each. */
export class Spread {
  count = 0;
  readonly child = new Int32Array(2 ** CUT_BITS_MAX);
  /** 1 = certain there. */
  readonly certain = new Uint8Array(2 ** CUT_BITS_MAX);
}

/** Bits of the field that the cut looks at. */
export function windowMask({ shift, bits }: Cut): number {
  return ((2 ** bits - 1) << shift) >>> 0;
}

/**
 * Spreads an item that is possible in `region`; `certain` says that it is certain there already.
 * The region's field is changed while at work and put back.
 */
export function spread(guarded: GuardedItem, certain: boolean, region: Region, cut: Cut, out: Spread): void {
  const { field } = cut;
  out.count = 0;
  const elsewhere = certain || (guarded.complete && certainApartFrom(guarded, region, field));
  const only = onlyOpenAtom(guarded, region, field);
  if (only === 'none') {
    const known = knownInWindow(region, cut);
    fill(known.mask, known.value, elsewhere, cut, out);
  } else if (only !== 'several' && only.kind === 'mask' && !only.negate && !DOMAINS[field]) {
    spreadMask(only, certain || (elsewhere && !guarded.own.includes(only)), elsewhere, region, cut, out);
  } else {
    spreadByTrial(guarded, certain, elsewhere, region, cut, out);
  }
}

function certainApartFrom({ own }: GuardedItem, region: Region, field: number): boolean {
  for (const atom of own) if (!((atom.fields >>> field) & 1) && status(atom, region) !== CERTAIN) return false;
  return true;
}

function onlyOpenAtom({ guard }: GuardedItem, region: Region, field: number): GuardedItem['guard'][number] | 'none' | 'several' {
  let only: GuardedItem['guard'][number] | 'none' = 'none';
  for (const atom of guard) {
    if (!((atom.fields >>> field) & 1) || status(atom, region) !== POSSIBLE) continue;
    if (only !== 'none') return 'several';
    only = atom;
  }
  return only;
}

/** The bits of the window that are known already, and their values, as child numbers. */
function knownInWindow(region: Region, { field, shift, bits }: Cut): { mask: number; value: number } {
  const window = 2 ** bits - 1;
  return { mask: (region.mask[field]! >>> shift) & window, value: (region.value[field]! >>> shift) & window };
}

/** `certain`: whatever the atom says; `elsewhere`: if the window settles the atom. */
function spreadMask(atom: MaskAtom, certain: boolean, elsewhere: boolean, region: Region, cut: Cut, out: Spread): void {
  const window = 2 ** cut.bits - 1;
  const known = knownInWindow(region, cut);
  const mask = known.mask | ((atom.mask >>> cut.shift) & window);
  const value = known.value | ((atom.value >>> cut.shift) & window);
  const settled = (atom.mask & ~(region.mask[cut.field]! | windowMask(cut))) === 0;
  fill(mask, value, certain || (elsewhere && settled), cut, out);
}

/** All children with the given bits, ascending. */
function fill(mask: number, value: number, certain: boolean, cut: Cut, out: Spread): void {
  const window = 2 ** cut.bits - 1;
  const flag = certain ? 1 : 0;
  let child = value;
  for (;;) {
    out.child[out.count] = child;
    out.certain[out.count++] = flag;
    const next = ((child | mask) + 1) & ~mask;
    if (next > window) return;
    child = next | value;
  }
}

/** The general way: asks every child. */
function spreadByTrial(
  { guard, own, complete }: GuardedItem,
  certain: boolean,
  elsewhere: boolean,
  region: Region,
  cut: Cut,
  out: Spread,
): void {
  const { field, shift, bits } = cut;
  const mask = region.mask[field]!;
  const value = region.value[field]!;
  const known = knownInWindow(region, cut);
  const open = guard.filter((atom) => (atom.fields >>> field) & 1);
  const mine = own.filter((atom) => (atom.fields >>> field) & 1);
  region.mask[field] = mask | windowMask(cut);
  for (let child = 0; child < 2 ** bits; child++) {
    if (((child ^ known.value) & known.mask) !== 0) continue;
    region.value[field] = value | (child << shift);
    if (!open.every((atom) => status(atom, region) !== IMPOSSIBLE)) continue;
    out.child[out.count] = child;
    const settled = certain || (elsewhere && complete && mine.every((atom) => status(atom, region) === CERTAIN));
    out.certain[out.count++] = settled ? 1 : 0;
  }
  region.mask[field] = mask;
  region.value[field] = value;
}
