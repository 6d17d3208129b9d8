// Items as boxes: for each item and field, in flat arrays, what the guard of the item asks of the field. Building a table asks little
// else, millions of times.

import { type Atom, CERTAIN, status } from './atom.ts';
import { DOMAINS, FIELD_COUNT, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';

/** Nothing is asked of the field. */
export const FREE = 0;
/** (field & a) == b. */
export const MASK = 1;
/** a <= field <= b. */
export const RANGE = 2;
/** Anything else: `generals[a]`. */
export const GENERAL = 3;

/** What one field is asked by one item that is no single mask or range. */
export interface General {
  readonly guard: readonly Atom[];
  readonly own: readonly Atom[];
}

/** One field of all items. */
export interface FieldBoxes {
  readonly kind: Uint8Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly generals: General[];
}

export interface Boxes {
  /** By field number; undefined where no item asks anything. */
  readonly fields: readonly (FieldBoxes | undefined)[];
  /** Fields, as a set, of which a row of a leaf's block asks what the item itself asks. */
  readonly rowFields: Int32Array;
  /** 1 = some atom of the item reads several fields, so that settling one may settle another. */
  readonly isMixed: Uint8Array;
}

/** Describes the items of a chain. */
export function boxesOf(guarded: readonly GuardedItem[]): Boxes {
  const fields = new Array<FieldBoxes | undefined>(FIELD_COUNT).fill(undefined);
  const rowFields = new Int32Array(guarded.length);
  const isMixed = new Uint8Array(guarded.length);
  const interned = new Map<string, number>();
  const numbers = new Map<Atom, number>();
  const nameOf = (atoms: readonly Atom[]): string => atoms.map((atom) => numberOf(numbers, atom)).join();
  guarded.forEach(({ guard, own }, index) => {
    let set = 0;
    for (const atom of guard) {
      set |= atom.fields;
      if ((atom.fields & (atom.fields - 1)) !== 0) isMixed[index] = 1;
    }
    for (const atom of own) if (atom.row) rowFields[index]! |= atom.fields;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const field = 31 - Math.clz32(rest & -rest);
      fields[field] ??= emptyBoxes(guarded.length);
      const boxes = fields[field];
      if (describe(boxes, index, field, guard)) continue;
      const general = { guard: reading(guard, field), own: reading(own, field) };
      const key = `${field}:${nameOf(general.guard)}:${nameOf(general.own)}`;
      let number = interned.get(key);
      if (number === undefined) {
        number = boxes.generals.push(general) - 1;
        interned.set(key, number);
      }
      boxes.kind[index] = GENERAL;
      boxes.a[index] = number;
    }
  });
  return { fields, rowFields, isMixed };
}

function emptyBoxes(count: number): FieldBoxes {
  return { kind: new Uint8Array(count), a: new Uint32Array(count), b: new Uint32Array(count), generals: [] };
}

function numberOf(numbers: Map<Atom, number>, atom: Atom): number {
  let number = numbers.get(atom);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(atom, number);
  }
  return number;
}

function reading(atoms: readonly Atom[], field: number): Atom[] {
  return atoms.filter((atom) => (atom.fields >>> field) & 1);
}

/** Describes what the only atom that reads the field asks of it; false when there are several, or it is of no plain kind. */
function describe({ kind, a, b }: FieldBoxes, index: number, field: number, guard: readonly Atom[]): boolean {
  let only: Atom | undefined;
  for (const atom of guard) {
    if (!((atom.fields >>> field) & 1)) continue;
    if (only) return false;
    only = atom;
  }
  if (!only || DOMAINS[field]) return false;
  if (only.kind === 'mask' && !only.negate) {
    kind[index] = MASK;
    a[index] = only.mask;
    b[index] = only.value;
    return true;
  }
  if (only.kind !== 'range' || only.negate || only.ranges.length !== 1) return false;
  kind[index] = RANGE;
  [a[index], b[index]] = only.ranges[0]! as [number, number];
  return true;
}

/** In a set of fields: a question that no field settles. */
const UNSETTLED = 1 << 30;

/** The set of fields that some of the atoms still leave open in a region. */
export function openFields(atoms: readonly Atom[], region: Region): number {
  let set = 0;
  for (const atom of atoms) {
    const fields = atom.fields || UNSETTLED;
    if ((fields & ~set) !== 0 && status(atom, region) !== CERTAIN) set |= fields;
  }
  return set;
}
