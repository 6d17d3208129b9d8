// Rows: tests of an item as the blocks of a leaf ask them, four items at a time: field - low <= span, unsigned.

import type { Atom } from './atom.ts';
import { FIELD_COUNT, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Step } from './leaf.ts';

/** field - `low` <= `span`, unsigned, which wraps around for what lies outside a range. */
export interface Row {
  readonly field: number;
  readonly low: number;
  readonly span: number;
  /** The test says no more than this. */
  readonly isExact: boolean;
}

/** An atom as a row, for packets of which `whole` is known; undefined when it is none. */
export function rowOf(atom: Atom, whole: Region): Row | undefined {
  if (atom.kind === 'mask') {
    const known = whole.mask[atom.field]!;
    const free = ~(atom.mask | known) >>> 0;
    // The free bits must be the lowest.
    if ((free & (free + 1)) !== 0) return undefined;
    const low = (atom.value | (whole.value[atom.field]! & ~atom.mask)) >>> 0;
    return within(atom.field, low, free, atom.negate);
  }
  if (atom.kind !== 'range' || atom.ranges.length === 0) return undefined;
  const low = atom.ranges[0]![0];
  const span = atom.ranges.at(-1)![1] - low;
  if (atom.ranges.length === 1) return within(atom.field, low, span, atom.negate);
  return atom.negate ? undefined : { field: atom.field, low, span, isExact: false };
}

function within(field: number, low: number, span: number, negate: boolean): Row | undefined {
  if (!negate) return { field, low, span, isExact: true };
  if (span >= 0xffffffff) return undefined;
  return { field, low: (low + span + 1) >>> 0, span: (0xfffffffe - span) >>> 0, isExact: true };
}

/** The rows of a leaf's blocks. */
export interface Rows {
  /** Field of each row. */
  readonly fields: readonly number[];
  /** For each step the row of each field that has one for it. */
  readonly ofStep: readonly (readonly (Row | undefined)[])[];
  /** For each step the bits of its `asked` tests that the rows leave to ask. */
  readonly left: readonly number[];
}

/** Tests beyond this number are always asked, and never by a row. */
export const ASKED_BITS = 30;

/** Lays the steps of a leaf out in rows, at most `most`: those of the fields that say something of the most steps. */
export function layRows(guarded: readonly GuardedItem[], steps: readonly Step[], whole: Region, most: number): Rows {
  const uses = new Uint32Array(FIELD_COUNT);
  const candidates = steps.map(({ item, asked }) => rowsOfStep(guarded[item]!, asked, whole));
  for (const rows of candidates) for (const { row } of rows) uses[row.field]!++;
  let fields = [...uses.keys()].filter((field) => uses[field]! > 0);
  if (fields.length > most) fields = fields.sort((a, b) => uses[b]! - uses[a]!).slice(0, most);
  const ofStep: (Row | undefined)[][] = [];
  const left: number[] = [];
  candidates.forEach((rows, k) => {
    const own: (Row | undefined)[] = fields.map(() => undefined);
    let asked = steps[k]!.asked;
    for (const { row, test } of rows) {
      const place = fields.indexOf(row.field);
      if (place < 0 || own[place]) continue;
      own[place] = row;
      if (row.isExact) asked &= ~(1 << test);
    }
    ofStep.push(own);
    left.push(asked);
  });
  return { fields, ofStep, left };
}

function rowsOfStep({ asked: tests }: GuardedItem, asked: number, whole: Region): { row: Row; test: number }[] {
  const rows: { row: Row; test: number }[] = [];
  for (let test = 0; test < tests.length && test < ASKED_BITS; test++) {
    const { atom } = tests[test]!;
    if (!atom || !((asked >>> test) & 1)) continue;
    const row = rowOf(atom, whole);
    if (row) rows.push({ row, test });
  }
  return rows;
}
