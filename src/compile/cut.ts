// Cuts: what a node of a decision tree looks at.

/** A window of one field: child = (field >> shift) & (2 ** bits - 1). */
export interface Cut {
  readonly field: number;
  readonly shift: number;
  readonly bits: number;
}

export const CUT_BITS_MAX = 12;

/** Bits of the field that the cut looks at. */
export function windowMask({ shift, bits }: Cut): number {
  return ((2 ** bits - 1) << shift) >>> 0;
}
