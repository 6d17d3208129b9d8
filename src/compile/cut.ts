// Cuts: what a node of a decision tree looks at.

/** A window of one field: child = (field >> shift) & (2 ** bits - 1). */
export interface Cut {
  readonly field: number;
  readonly shift: number;
  readonly bits: number;
}

export const CUT_BITS_MAX = 12;

/** All bits of a window of some width: shifted, not a power, for it is asked millions of times. */
export function windowOf(bits: number): number {
  return (1 << bits) - 1;
}

/** Bits of the field that the cut looks at. */
export function windowMask({ shift, bits }: Cut): number {
  return (windowOf(bits) << shift) >>> 0;
}

/** How many bits of a word are set. */
export function bitCount(bits: number): number {
  // Pairs, fours, eights, all: each sum within its own bits.
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
