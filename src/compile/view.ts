// A list as one field sees it, for trying many windows fast.

import { FREE, GENERAL, MASK, RANGE } from './box.ts';
import type { Bunch } from './bunch.ts';
import type { Candidates } from './list.ts';

/** Steps of this kind are not filtered four at a time: each costs about as much as so many of those that are. */
export const SLOW_STEP = 4;

/** What the items of a list that must be asked cost there: one for each whose block can tell, more for the others. */
export function listUnits({ boxes }: Candidates, { codes, own }: Pick<Bunch, 'codes' | 'own'>): number {
  let units = 0;
  for (let k = 0; k < codes.length; k++) units += unitsOf(boxes.rowFields[codes[k]! >> 1]!, codes[k]!, own[k]!);
  return units;
}

export function unitsOf(rowFields: number, code: number, own: number): number {
  if (code & 1) return 0;
  return own & rowFields ? 1 : SLOW_STEP;
}

/** Words that count for each bit how often it was met, all bits at once: word k has digit k of every count. */
const TALLY_WORDS = 32;

/** Counts the bits of a word. */
function tally(digits: Int32Array, bits: number): void {
  let carry = bits;
  for (let k = 0; carry !== 0; k++) {
    const digit = digits[k]!;
    digits[k] = digit ^ carry;
    carry &= digit;
  }
}

/** How often a bit was met. */
function tallied(digits: Int32Array, bit: number): number {
  let count = 0;
  for (let k = 0; k < TALLY_WORDS; k++) count |= ((digits[k]! >>> bit) & 1) << k;
  return count;
}

/** The items that a field is open for, or all in their places; made once and filled again for each field and list. */
export class FieldView {
  /** Items in the view; and, left out because the field tells nothing of them, how much they cost and with what packets. */
  count = 0;
  otherUnits = 0;
  otherWeight = 0;
  /** What every child has to ask at least: of items that the field tells nothing of, unless others may hide them. */
  leastUnits = 0;
  /** Bits that some item cares about and that are not known. */
  care = 0;
  index = new Int32Array(0);
  kind = new Uint8Array(0);
  a = new Uint32Array(0);
  b = new Uint32Array(0);
  units = new Uint8Array(0);
  /** 1 = nothing must be asked once the field is settled; 2 = nothing must be asked. */
  settles = new Uint8Array(0);
  /** 1 = where nothing must be asked, no later item matters. */
  closes = new Uint8Array(0);
  weight = new Float64Array(0);
  /** For each bit of the field how many items want a 0 there, and a 1 (tally). */
  private readonly zeros = new Int32Array(TALLY_WORDS);
  private readonly ones = new Int32Array(TALLY_WORDS);

  /** Looks at places `from`, `from + step` … of a list. `whole`: with the items that the field tells nothing of. */
  fill(context: Candidates, bunch: Bunch, places: Int32Array, field: number, whole: boolean): void {
    const { codes, guard, own, weights, region } = bunch;
    const { boxes, ends, topLevel, isComplete } = context;
    const { kind, a, b } = boxes.fields[field]!;
    if (this.index.length < places.length) this.grow(2 * places.length);
    this.count = 0;
    this.otherUnits = 0;
    this.otherWeight = 0;
    let care = 0;
    let least = 0;
    let hides = false;
    for (let p = 0; p < places.length; p++) {
      const at = places[p]!;
      const code = codes[at]!;
      const index = code >> 1;
      const isOpen = (guard[at]! >>> field) & 1;
      const units = unitsOf(boxes.rowFields[index]!, code, own[at]!);
      if (!isOpen) least += units;
      if (!isOpen && !whole) {
        this.otherUnits += units;
        this.otherWeight += weights[at]!;
        continue;
      }
      const k = this.count++;
      this.index[k] = index;
      this.kind[k] = isOpen ? kind[index]! : FREE;
      this.a[k] = a[index]!;
      this.b[k] = b[index]!;
      this.units[k] = units;
      this.weight[k] = weights[at]!;
      this.closes[k] = ends[index]! & topLevel[index]!;
      this.settles[k] = code & 1 ? 2 : isComplete[index] && (own[at]! & ~(1 << field)) === 0 ? 1 : 0;
      if (isOpen && this.closes[k]) hides = true;
      if (isOpen) care |= careOf(kind[index]!, a[index]!, b[index]!);
    }
    this.care = (care & ~region.mask[field]!) >>> 0;
    this.leastUnits = whole && hides ? 0 : least;
  }

  /**
   * How much each bit of the field tells items apart, as the binary logarithm of what it divides the list by: for packets drawn from the
   * items mostly, and a little for packets that fall anywhere.
   */
  bitWorth(worth: Float64Array): void {
    const { zeros, ones, care } = this;
    zeros.fill(0);
    ones.fill(0);
    for (let k = 0; k < this.count; k++) {
      const kind = this.kind[k]!;
      if (kind === FREE || kind === GENERAL) continue;
      const known = (kind === MASK ? this.a[k]! : commonPrefix(this.a[k]!, this.b[k]!)) & care;
      const value = kind === MASK ? this.b[k]! : this.a[k]!;
      tally(ones, known & value);
      tally(zeros, known & ~value);
    }
    worth.fill(0);
    const all = Math.max(1, this.count);
    for (let rest = care; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      const zero = tallied(zeros, bit) / all;
      const one = tallied(ones, bit) / all;
      const both = 1 - zero - one;
      const anywhere = (1 + both) / 2;
      const drawn = zero * (zero + both) + one * (one + both) + both * anywhere;
      worth[bit] = -Math.log2(0.85 * drawn + 0.15 * anywhere);
    }
  }

  private grow(length: number): void {
    this.index = new Int32Array(length);
    this.kind = new Uint8Array(length);
    this.a = new Uint32Array(length);
    this.b = new Uint32Array(length);
    this.units = new Uint8Array(length);
    this.settles = new Uint8Array(length);
    this.closes = new Uint8Array(length);
    this.weight = new Float64Array(length);
  }
}

/** The bits of a field that tell packets an item matches from others. */
function careOf(kind: number, a: number, b: number): number {
  if (kind === MASK) return a;
  if (kind === GENERAL) return 0xffffffff;
  return kind === RANGE ? rangeBits(a, b) : 0;
}

/** The upper bits that all numbers of a range have in common. */
function commonPrefix(low: number, high: number): number {
  const differing = 32 - Math.clz32(low ^ high);
  return differing === 32 ? 0 : (-1 << differing) >>> 0;
}

/** Bits that tell numbers in a range from those outside. */
function rangeBits(low: number, high: number): number {
  const lowBits = low === 0 ? 0 : -(low & -low);
  const end = high + 1;
  const highBits = end > 0xffffffff ? 0 : -(end & -end);
  return (lowBits | highBits) >>> 0;
}
