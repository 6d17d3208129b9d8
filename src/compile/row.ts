// Rows: tests of an item as the blocks of a leaf ask them, four items at a time: field - low <= span, unsigned.

import type { MaskAsked, RangeAsked } from './atom.ts';
import type { Region } from './fields.ts';

/** field - `low` <= `span`, unsigned, which wraps around for what lies outside a range. */
export interface Row {
  readonly field: number;
  readonly low: number;
  readonly span: number;
  /** The test says no more than this. */
  readonly isExact: boolean;
}

/** An atom as a row, for packets of which `whole` is known; undefined when it is none. */
export function rowOf(atom: MaskAsked | RangeAsked, whole: Region): Row | undefined {
  if (atom.kind === 'mask') {
    const known = whole.mask[atom.field]!;
    const free = ~(atom.mask | known) >>> 0;
    // The free bits must be the lowest.
    if ((free & (free + 1)) !== 0) return undefined;
    const low = (atom.value | (whole.value[atom.field]! & ~atom.mask)) >>> 0;
    return within(atom.field, low, free, atom.negate);
  }
  if (atom.ranges.length === 0) return undefined;
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
