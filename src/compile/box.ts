// Items as boxes: for each item and field, in flat arrays, what the guard of the item asks of the field. Building a table asks little
// else, millions of times.

import { type Atom, CERTAIN, type MaskAtom, type RangeAtom, status } from './atom.ts';
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
  const count = guarded.length;
  const fields = new Array<FieldBoxes | undefined>(FIELD_COUNT).fill(undefined);
  const rowFields = new Int32Array(count);
  const isMixed = new Uint8Array(count);
  const interned = new Map<string, number>();
  const numbers = new Map<Atom, number>();
  const nameOf = (atoms: readonly Atom[]): string => atoms.map((atom) => numberOf(numbers, atom)).join();
  for (let index = 0; index < count; index++) {
    const { guard, own } = guarded[index]!;
    // Fields that some atom reads, and those that several do.
    let some = 0;
    let several = 0;
    for (const atom of guard) {
      several |= some & atom.fields;
      some |= atom.fields;
      if ((atom.fields & (atom.fields - 1)) !== 0) isMixed[index] = 1;
    }
    for (const atom of own) if (atom.row) rowFields[index]! |= atom.fields;
    let left = some;
    for (const atom of guard) {
      if ((atom.fields & several) !== 0 || (atom.kind !== 'mask' && atom.kind !== 'range')) continue;
      fields[atom.field] ??= emptyBoxes(count);
      if (describe(fields[atom.field]!, index, atom)) left &= ~atom.fields;
    }
    for (; left !== 0; left &= left - 1) {
      const field = 31 - Math.clz32(left & -left);
      fields[field] ??= emptyBoxes(count);
      const boxes = fields[field];
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
  }
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

/** Describes what an atom asks that alone reads its field; false when it is of no plain kind. */
function describe({ kind, a, b }: FieldBoxes, index: number, atom: MaskAtom | RangeAtom): boolean {
  if (atom.negate || DOMAINS[atom.field]) return false;
  if (atom.kind === 'mask') {
    kind[index] = MASK;
    a[index] = atom.mask;
    b[index] = atom.value;
    return true;
  }
  if (atom.ranges.length !== 1) return false;
  kind[index] = RANGE;
  [a[index], b[index]] = atom.ranges[0]! as [number, number];
  return true;
}

/** In a set of fields: a question that no field settles. */
export const UNSETTLED = 1 << 30;

/** The set of fields that some of the atoms still leave open in a region. */
export function openFields(atoms: readonly Atom[], region: Region): number {
  let set = 0;
  for (const atom of atoms) {
    const fields = atom.fields || UNSETTLED;
    if ((fields & ~set) !== 0 && status(atom, region) !== CERTAIN) set |= fields;
  }
  return set;
}

/** As `openFields`, for all packets. */
export function openAtFirst(atoms: readonly Atom[]): number {
  let set = 0;
  for (const atom of atoms) if (atom.initially !== CERTAIN) set |= atom.fields || UNSETTLED;
  return set;
}
