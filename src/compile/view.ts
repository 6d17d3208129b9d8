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

/** The share of the items that is left behind a bit of which so large shares of them want a 0, and a 1. */
function leftBehind(zero: number, one: number): number {
  const both = 1 - zero - one;
  const anywhere = (1 + both) / 2;
  const drawn = zero * (zero + both) + one * (one + both) + both * anywhere;
  return 0.85 * drawn + 0.15 * anywhere;
}

/** Behind one that has the same value in all. */
const LEFT_BY_SAME = leftBehind(1, 0);

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

/**
 * The items that a field is open for, or all in their places; made once and filled again for each list and field. A field is surveyed first:
 * few tell enough to be looked at item by item.
 */
export class FieldView {
  /** Items in the view; and, left out because the field tells nothing of them, how much they cost and with what packets. */
  count = 0;
  otherUnits = 0;
  otherWeight = 0;
  /** What every child has to ask at least: of items that the field tells nothing of, unless others may hide them. */
  leastUnits = 0;
  /** What the items cost of which there is more to ask than the field. */
  stayingUnits = 0;
  /** Bits that some item cares about and that are not known. */
  care = 0;
  /** Items that ask the field something of which its bits do not tell. */
  generals = 0;
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

  /** Turns to some places of a list, of which `survey` and `fill` then show one field after the other. */
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

  /** Finds out which bits of a field matter, and what every child has to ask at least. `whole`: with the items that it tells nothing of. */
  survey(field: number, whole: boolean): void {
    const { kind, a, b } = this.boxes!.fields[field]!;
    const { itemIndex, itemGuard, itemUnits, itemCloses, itemLeft, zeros, ones } = this;
    const bit = 1 << field;
    zeros.fill(0);
    ones.fill(0);
    let count = 0;
    let care = 0;
    let least = 0;
    let staying = 0;
    let hides = 0;
    let generals = 0;
    for (let p = 0; p < this.looked; p++) {
      if ((itemGuard[p]! & bit) === 0) {
        least += itemUnits[p]!;
        continue;
      }
      count++;
      const index = itemIndex[p]!;
      hides |= itemCloses[p]!;
      if ((itemLeft[p]! & ~bit) !== 0) staying += itemUnits[p]!;
      switch (kind[index]) {
        case MASK: {
          const mask = a[index]!;
          care |= mask;
          tally(ones, mask & b[index]!);
          tally(zeros, mask & ~b[index]!);
          break;
        }
        case RANGE: {
          const known = commonPrefix(a[index]!, b[index]!);
          care |= rangeBits(a[index]!, b[index]!);
          tally(ones, known & a[index]!);
          tally(zeros, known & ~a[index]!);
          break;
        }
        case GENERAL:
          care = -1;
          generals++;
      }
    }
    this.count = whole ? this.looked : count;
    this.care = (care & ~this.region!.mask[field]!) >>> 0;
    this.leastUnits = whole && hides ? 0 : least;
    this.stayingUnits = staying + least;
    this.generals = generals;
  }

  /**
   * Tells for each bit of the field surveyed which share of the items is left behind it: for packets drawn from the items mostly, and a
   * little for packets that fall anywhere. Returns what would be left behind all of them; where the bits do not tell, nothing.
   */
  leftByBits(left: Float64Array): number {
    const { zeros, ones, care } = this;
    left.fill(1);
    const all = Math.max(1, this.count);
    const used = 32 - Math.clz32(all);
    let behindAll = 1;
    for (let rest = care; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest);
      const zero = tallied(zeros, used, bit);
      const one = tallied(ones, used, bit);
      left[bit] = zero === all || one === all ? LEFT_BY_SAME : leftBehind(zero / all, one / all);
      behindAll *= left[bit]!;
    }
    return this.generals > 0 ? 0 : behindAll;
  }

  /** Shows what a field says of the items. `whole`: with those that it tells nothing of. */
  fill(field: number, whole: boolean): void {
    const { kind, a, b } = this.boxes!.fields[field]!;
    const { itemIndex, itemGuard, itemUnits, itemWeight, itemCloses, itemLeft } = this;
    const bit = 1 << field;
    let count = 0;
    let otherUnits = 0;
    let otherWeight = 0;
    for (let p = 0; p < this.looked; p++) {
      const isOpen = (itemGuard[p]! & bit) !== 0;
      if (!isOpen && !whole) {
        otherUnits += itemUnits[p]!;
        otherWeight += itemWeight[p]!;
        continue;
      }
      const k = count++;
      const index = itemIndex[p]!;
      const left = itemLeft[p]!;
      this.index[k] = index;
      this.kind[k] = isOpen ? kind[index]! : FREE;
      this.a[k] = a[index]!;
      this.b[k] = b[index]!;
      this.units[k] = itemUnits[p]!;
      this.weight[k] = itemWeight[p]!;
      this.closes[k] = itemCloses[p]!;
      this.settles[k] = left === 0 ? 2 : (left & ~bit) === 0 ? 1 : 0;
    }
    this.count = count;
    this.otherUnits = otherUnits;
    this.otherWeight = otherWeight;
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
