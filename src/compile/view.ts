// A list as one field sees it, for trying many windows fast.

import { type Boxes, FREE, GENERAL, MASK, RANGE, UNSETTLED } from './box.ts';
import type { Bunch } from './bunch.ts';
import type { Region } from './fields.ts';
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

/** What a bit tells of which so large shares of the items want a 0, and a 1. */
function worthOf(zero: number, one: number): number {
  const both = 1 - zero - one;
  const anywhere = (1 + both) / 2;
  const drawn = zero * (zero + both) + one * (one + both) + both * anywhere;
  return -Math.log2(0.85 * drawn + 0.15 * anywhere);
}

/** Of one that has the same value in all. */
const SAME_WORTH = worthOf(1, 0);

/** Counts the bits of a word. */
function tally(digits: Int32Array, bits: number): void {
  let carry = bits;
  for (let k = 0; carry !== 0; k++) {
    const digit = digits[k]!;
    digits[k] = digit ^ carry;
    carry &= digit;
  }
}

/** How often a bit was met. `used`: digits that counts may have. */
function tallied(digits: Int32Array, used: number, bit: number): number {
  let count = 0;
  for (let k = 0; k < used; k++) count |= ((digits[k]! >>> bit) & 1) << k;
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
  /** What is looked at, whatever the field: `itemLeft` = fields that the item's own tests leave open. */
  private boxes: Boxes | undefined;
  private region: Region | undefined;
  private looked = 0;
  private itemIndex = new Int32Array(0);
  private itemGuard = new Int32Array(0);
  private itemUnits = new Uint8Array(0);
  private itemWeight = new Float64Array(0);
  private itemCloses = new Uint8Array(0);
  private itemLeft = new Int32Array(0);
  /** For each bit of the field how many items want a 0 there, and a 1 (tally). */
  private readonly zeros = new Int32Array(TALLY_WORDS);
  private readonly ones = new Int32Array(TALLY_WORDS);

  /** Turns to some places of a list, of which `fill` then shows one field after the other. */
  turnTo(context: Candidates, { codes, guard, own, weights, region }: Bunch, places: Int32Array): void {
    const { boxes, ends, topLevel, isComplete } = context;
    if (this.index.length < places.length) this.grow(2 * places.length);
    this.boxes = boxes;
    this.region = region;
    this.looked = places.length;
    for (let p = 0; p < places.length; p++) {
      const at = places[p]!;
      const code = codes[at]!;
      const index = code >> 1;
      this.itemIndex[p] = index;
      this.itemGuard[p] = guard[at]!;
      this.itemUnits[p] = unitsOf(boxes.rowFields[index]!, code, own[at]!);
      this.itemWeight[p] = weights[at]!;
      this.itemCloses[p] = ends[index]! & topLevel[index]!;
      this.itemLeft[p] = code & 1 ? 0 : isComplete[index] ? own[at]! : UNSETTLED;
    }
  }

  /** Shows what a field says of the items. `whole`: with those that it tells nothing of. */
  fill(field: number, whole: boolean): void {
    const { kind, a, b } = this.boxes!.fields[field]!;
    const { itemIndex, itemGuard, itemUnits, itemWeight, itemCloses, itemLeft } = this;
    const bit = 1 << field;
    let count = 0;
    let otherUnits = 0;
    let otherWeight = 0;
    let care = 0;
    let least = 0;
    let hides = false;
    for (let p = 0; p < this.looked; p++) {
      const isOpen = (itemGuard[p]! & bit) !== 0;
      const units = itemUnits[p]!;
      if (!isOpen) {
        least += units;
        if (!whole) {
          otherUnits += units;
          otherWeight += itemWeight[p]!;
          continue;
        }
      }
      const k = count++;
      const index = itemIndex[p]!;
      const left = itemLeft[p]!;
      this.index[k] = index;
      this.kind[k] = isOpen ? kind[index]! : FREE;
      this.a[k] = a[index]!;
      this.b[k] = b[index]!;
      this.units[k] = units;
      this.weight[k] = itemWeight[p]!;
      this.closes[k] = itemCloses[p]!;
      this.settles[k] = left === 0 ? 2 : (left & ~bit) === 0 ? 1 : 0;
      if (!isOpen) continue;
      if (itemCloses[p]) hides = true;
      care |= careOf(kind[index]!, a[index]!, b[index]!);
    }
    this.count = count;
    this.otherUnits = otherUnits;
    this.otherWeight = otherWeight;
    this.care = (care & ~this.region!.mask[field]!) >>> 0;
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
    const used = 32 - Math.clz32(all);
    for (let rest = care; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      const zero = tallied(zeros, used, bit);
      const one = tallied(ones, used, bit);
      worth[bit] = zero === all || one === all ? SAME_WORTH : worthOf(zero / all, one / all);
    }
  }

  private grow(length: number): void {
    this.itemIndex = new Int32Array(length);
    this.itemGuard = new Int32Array(length);
    this.itemUnits = new Uint8Array(length);
    this.itemWeight = new Float64Array(length);
    this.itemCloses = new Uint8Array(length);
    this.itemLeft = new Int32Array(length);
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
