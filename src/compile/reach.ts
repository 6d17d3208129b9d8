// Where the item of a list comes to be behind a cut: in which children it is still possible, and where the field is settled for it.

import { CERTAIN, IMPOSSIBLE, status } from './atom.ts';
import { type FieldBoxes, FREE, GENERAL, type General, MASK } from './box.ts';
import { CUT_BITS_MAX, type Cut, windowMask, windowOf } from './cut.ts';
import type { Region } from './fields.ts';

/** Everything a field leaves possible. */
export const STEPPED = 0;
/** One child after the other from `first` on, going round at the end. */
export const ROW = 1;
/** By trial: `answers` tells of each child. */
export const TRIED = 2;

/** The item is not possible in the child; possible; possible, and its own tests of the field all hold; and those of its path too. */
export const OUT = 0;
export const OPEN = 1;
export const OWN_SETTLED = 2;
export const SETTLED = 3;

/**
 * The children of a window that an item is possible in. Three shapes: STEPPED = those whose bits in `mask` have the values in `value`, all
 * `settled` or none; ROW = `count` children from `first` on, the inner ones settled where `settled`, the ends where `head` and `tail`; TRIED.
 */
export class Reach {
  shape = STEPPED;
  mask = 0;
  value = 0;
  first = 0;
  count = 0;
  settled = false;
  head = false;
  tail = false;
  answers: Uint8Array = NONE;

  /** The bits of the window that are known, and their values. */
  private knownMask = 0;
  private knownValue = 0;
  private cut: Cut = { field: 0, shift: 0, bits: 0 };
  private region: Region | undefined;
  private readonly tried = new Map<General, Uint8Array>();

  /** Turns to a window of a region. Answers tried before are forgotten. */
  turnTo(region: Region, cut: Cut): void {
    const window = windowOf(cut.bits);
    this.region = region;
    this.cut = cut;
    this.knownMask = (region.mask[cut.field]! >>> cut.shift) & window;
    this.knownValue = (region.value[cut.field]! >>> cut.shift) & window;
    if (this.tried.size > 0) this.tried.clear();
  }

  /** Whether a child is there at all, as far as the region goes. */
  exists(child: number): boolean {
    return ((child ^ this.knownValue) & this.knownMask) === 0;
  }

  /** Finds where item `index` is possible that the field is open for. */
  find({ kind, a, b, generals }: FieldBoxes, index: number): void {
    const { shift, bits, field } = this.cut;
    const window = windowOf(bits);
    const known = this.region!.mask[field]!;
    switch (kind[index]) {
      case FREE:
        this.everywhere();
        return;
      case MASK: {
        const care = a[index]!;
        this.shape = STEPPED;
        this.mask = this.knownMask | ((care >>> shift) & window);
        this.value = this.knownValue | ((b[index]! >>> shift) & window);
        this.settled = (care & ~(known | (window << shift))) === 0;
        return;
      }
      case GENERAL:
        this.shape = TRIED;
        this.answers = this.trial(generals[a[index]!]!);
        return;
      default:
        this.findRange(a[index]!, b[index]!, known, this.region!.value[field]!);
    }
  }

  /** Finds where an item is possible that the field tells nothing of. */
  everywhere(): void {
    this.shape = STEPPED;
    this.mask = this.knownMask;
    this.value = this.knownValue;
    this.settled = false;
  }

  private findRange(from: number, to: number, known: number, value: number): void {
    const { shift, bits } = this.cut;
    const window = windowOf(bits);
    const top = shift + bits;
    const above = top >= 32 ? 0 : (-1 << top) >>> 0;
    const isWhole = (known & above) >>> 0 === above;
    let low = from;
    let high = to;
    if (isWhole) {
      const base = (value & above) >>> 0;
      low = Math.max(low, base);
      high = Math.min(high, (base | ~above) >>> 0);
    }
    const span = (high >>> shift) - (low >>> shift);
    this.shape = ROW;
    this.first = (low >>> shift) & window;
    this.count = Math.min(window, span) + 1;
    this.settled = isWhole;
    const within = windowOf(shift);
    const isOne = this.count === 1;
    const startsWhole = isWhole && (low & within) === 0;
    const endsWhole = isWhole && ((high + 1) & within) === 0;
    this.head = startsWhole && (!isOne || endsWhole);
    this.tail = endsWhole && (!isOne || startsWhole);
  }

  /** OUT, OPEN, OWN_SETTLED or SETTLED for each child. */
  private trial(general: General): Uint8Array {
    let answers = this.tried.get(general);
    if (!answers) {
      answers = this.tryAll(general);
      this.tried.set(general, answers);
    }
    return answers;
  }

  private tryAll({ guard, own }: General): Uint8Array {
    const { field, shift, bits } = this.cut;
    const region = this.region!;
    const answers = new Uint8Array(1 << bits);
    const mask = region.mask[field]!;
    const value = region.value[field]!;
    region.mask[field] = mask | windowMask(this.cut);
    for (let child = 0; child < answers.length; child++) {
      if (!this.exists(child)) continue;
      region.value[field] = value | (child << shift);
      let least = CERTAIN as number;
      for (const atom of guard) least = Math.min(least, status(atom, region));
      if (least === IMPOSSIBLE) answers[child] = OUT;
      else if (least === CERTAIN) answers[child] = SETTLED;
      else answers[child] = own.every((atom) => status(atom, region) === CERTAIN) ? OWN_SETTLED : OPEN;
    }
    region.mask[field] = mask;
    region.value[field] = value;
    return answers;
  }
}

const NONE = new Uint8Array(2 ** CUT_BITS_MAX);
