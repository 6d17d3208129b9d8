// Atoms: pure tests as a decision table sees them. Of a region (some bits of some fields known) an atom says whether it cannot
// hold, may hold, or certainly holds.

import type { Test } from '../ir/ir.ts';
import { DOMAINS, FIELD_COUNT, fieldNumber, type Region } from './fields.ts';
import { type Row, rowOf } from './row.ts';

export const IMPOSSIBLE = 0;
export const POSSIBLE = 1;
export const CERTAIN = 2;
/** Order matters: a conjunction has the least status of its parts. */
export type Status = 0 | 1 | 2;

export type Atom = MaskAtom | RangeAtom | NotAtom | OpaqueAtom;

interface AtomBase {
  /** Set of the field numbers it reads, as a bit mask. */
  readonly fields: number;
  /** How the blocks of a leaf ask it; undefined = they cannot. */
  readonly row: Row | undefined;
  /** Its status for all packets. */
  readonly initially: Status;
}
export interface MaskAtom extends AtomBase {
  readonly kind: 'mask';
  readonly field: number;
  readonly mask: number;
  readonly value: number;
  readonly negate: boolean;
}
/** In one of the ranges: sorted, apart. `gaps` are the ranges between and beside them. */
export interface RangeAtom extends AtomBase {
  readonly kind: 'range';
  readonly field: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly gaps: readonly (readonly [number, number])[];
  readonly negate: boolean;
}
export interface NotAtom extends AtomBase {
  readonly kind: 'not';
  readonly parts: readonly Atom[];
}
/** A question the table cannot answer: always possible, never certain. */
export interface OpaqueAtom extends AtomBase {
  readonly kind: 'opaque';
}

/** What an atom of one field asks. */
export type MaskAsked = Omit<MaskAtom, 'row' | 'initially'>;
export type RangeAsked = Omit<RangeAtom, 'row' | 'initially'>;
type FieldAsked = MaskAsked | RangeAsked;

const OPAQUE: OpaqueAtom = { kind: 'opaque', fields: 0, row: undefined, initially: POSSIBLE };

/** Makes atoms for packets of which `whole` is known, giving equal tests the same atom. */
export class AtomPool {
  private readonly byKey = new Map<string, Atom>();
  /** Masks and ranges by kind, sign and field, then by their two numbers: there are as many as rules, so that finding them must be quick. */
  private readonly byNumbers: (Map<number, Map<number, Atom>> | undefined)[] = new Array(4 * FIELD_COUNT).fill(undefined);
  private readonly whole: Region;

  constructor(whole: Region) {
    this.whole = whole;
  }

  of(test: Test): Atom {
    switch (test.kind) {
      case 'ask':
        return OPAQUE;
      case 'mask':
        return this.numbered(test, test.mask, test.value);
      case 'range':
        return this.numbered(test, test.low, test.high);
      default: {
        const key = JSON.stringify(test);
        let atom = this.byKey.get(key);
        if (!atom) {
          atom = this.make(test);
          this.byKey.set(key, atom);
        }
        return atom;
      }
    }
  }

  private numbered(test: Extract<Test, { kind: 'mask' | 'range' }>, first: number, second: number): Atom {
    const place = 4 * fieldNumber(test.field) + (test.kind === 'mask' ? 0 : 2) + (test.negate ? 1 : 0);
    let byFirst = this.byNumbers[place];
    if (!byFirst) {
      byFirst = new Map();
      this.byNumbers[place] = byFirst;
    }
    let bySecond = byFirst.get(first);
    if (!bySecond) {
      bySecond = new Map();
      byFirst.set(first, bySecond);
    }
    let atom = bySecond.get(second);
    if (!atom) {
      atom = this.make(test);
      bySecond.set(second, atom);
    }
    return atom;
  }

  private make(test: Exclude<Test, { kind: 'ask' }>): Atom {
    switch (test.kind) {
      case 'mask': {
        const field = fieldNumber(test.field);
        const { negate } = test;
        const mask = test.mask >>> 0;
        const value = test.value >>> 0;
        const asked: MaskAsked = { kind: 'mask', field, fields: 1 << field, mask, value, negate };
        const row = rowOf(asked, this.whole);
        const initially = initialStatus(asked, this.whole);
        // Written out: what is spread into an object and added to is slow to read, and atoms are read all the time.
        return { kind: 'mask', field, fields: 1 << field, mask, value, negate, row, initially };
      }
      case 'range':
        return rangeAtom(fieldNumber(test.field), [[test.low, test.high]], test.negate, this.whole);
      case 'ranges':
        return rangeAtom(fieldNumber(test.field), test.ranges, test.negate, this.whole);
      case 'not': {
        const parts = test.tests.map((part) => this.of(part));
        const fields = parts.reduce((set, part) => set | part.fields, 0);
        return { kind: 'not', parts, fields, row: undefined, initially: notStatus({ parts }, this.whole) };
      }
    }
  }
}

function rangeAtom(field: number, ranges: readonly (readonly [number, number])[], negate: boolean, whole: Region): RangeAtom {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of sorted) {
    if (low > next) gaps.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= 0xffffffff) gaps.push([next, 0xffffffff]);
  const asked: RangeAsked = { kind: 'range', field, fields: 1 << field, ranges: sorted, gaps, negate };
  const row = rowOf(asked, whole);
  const initially = initialStatus(asked, whole);
  return { kind: 'range', field, fields: 1 << field, ranges: sorted, gaps, negate, row, initially };
}

function initialStatus(atom: FieldAsked, { mask, value }: Region): Status {
  return fieldStatus(atom, mask[atom.field]!, value[atom.field]!);
}

/** Whether the atom can hold, or must hold, for the packets of a region. */
export function status(atom: Atom, region: Region): Status {
  switch (atom.kind) {
    case 'mask':
    case 'range':
      return fieldStatus(atom, region.mask[atom.field]!, region.value[atom.field]!);
    case 'not':
      return notStatus(atom, region);
    case 'opaque':
      return POSSIBLE;
  }
}

/** As `status`, for an atom of one field of which `known` bits have the values `value`. */
export function fieldStatus(atom: FieldAsked, known: number, value: number): Status {
  const domain = DOMAINS[atom.field];
  let answer: Status;
  if (domain) answer = domainStatus(atom, domain, known, value);
  else answer = atom.kind === 'mask' ? maskStatus(atom, known, value) : rangeStatus(atom, known, value);
  return atom.negate ? ((2 - answer) as Status) : answer;
}

function maskStatus(atom: MaskAsked, known: number, value: number): Status {
  const care = known & atom.mask;
  if (((value ^ atom.value) & care) !== 0) return IMPOSSIBLE;
  return care >>> 0 === atom.mask ? CERTAIN : POSSIBLE;
}

function rangeStatus(atom: RangeAsked, known: number, value: number): Status {
  if (!someInside(atom.ranges, known, value)) return IMPOSSIBLE;
  return someInside(atom.gaps, known, value) ? POSSIBLE : CERTAIN;
}

function domainStatus(atom: FieldAsked, domain: readonly number[], known: number, value: number): Status {
  let some = false;
  let all = true;
  for (const x of domain) {
    if (((x ^ value) & known) !== 0) continue;
    if (holds(atom, x)) some = true;
    else all = false;
  }
  if (!some) return IMPOSSIBLE;
  return all ? CERTAIN : POSSIBLE;
}

function holds(atom: FieldAsked, x: number): boolean {
  if (atom.kind === 'mask') return (x & atom.mask) >>> 0 === atom.value;
  return atom.ranges.some(([low, high]) => low <= x && x <= high);
}

function notStatus(atom: Pick<NotAtom, 'parts'>, region: Region): Status {
  let all: Status = CERTAIN;
  for (const part of atom.parts) {
    const one = status(part, region);
    if (one === IMPOSSIBLE) return CERTAIN;
    if (one < all) all = one;
  }
  return all === CERTAIN ? IMPOSSIBLE : POSSIBLE;
}

function someInside(ranges: readonly (readonly [number, number])[], known: number, value: number): boolean {
  for (let i = 0; i < ranges.length; i++) {
    const [low, high] = ranges[i]!;
    const x = leastFrom(low, known, value);
    if (x >= 0 && x <= high) return true;
  }
  return false;
}

/** The least number not below `low` whose `known` bits have the values `value`; -1 when there is none. */
export function leastFrom(low: number, known: number, value: number): number {
  const x = ((low & ~known) | value) >>> 0;
  if (x === low) return x;
  const differing = 31 - Math.clz32(x ^ low);
  const below = ~(-1 << differing);
  if (x > low) return ((x & ~below) | (value & below)) >>> 0;
  // A known 0 stands where `low` has a 1: raise the lowest free 0 above it.
  const free = ~known & ~low & ~(below | (below + 1));
  if (free === 0) return -1;
  const raised = free & -free;
  const under = raised - 1;
  return ((low & ~(raised | under)) | raised | (value & under)) >>> 0;
}
