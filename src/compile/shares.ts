// What a window would make of a view: how many items each child must ask, and how many packets fall on it.

import { childMass } from './prior.ts';
import { Spread, spread } from './spread.ts';
import { type FieldView, GENERAL, MASK, RANGE } from './view.ts';

/** In wider windows an item of no plain kind counts as possible everywhere. */
const GENERAL_BITS_MAX = 4;

/** Sizes of the children of a window, as far as they matter for its cost. */
export class Shares {
  readonly open: Float64Array;
  readonly weight: Float64Array;
  /** Items in each child. */
  readonly items: Int32Array;
  private readonly closed: Uint8Array;
  private readonly spread = new Spread();
  /** How packets fall on the children that no test tells apart; undefined = evenly. */
  mass: Float64Array | undefined;
  /** Copies of items in all children. */
  placed = 0;
  /** Children that items were tried in one by one. */
  tried = 0;

  constructor(children: number) {
    this.open = new Float64Array(children);
    this.weight = new Float64Array(children);
    this.items = new Int32Array(children);
    this.closed = new Uint8Array(children);
  }

  /** Fills in the children of a window. Stops when more than `limit` copies come together. */
  fill(view: FieldView, shift: number, bits: number, limit: number): boolean {
    const children = 2 ** bits;
    this.open.fill(0, 0, children);
    this.weight.fill(0, 0, children);
    this.items.fill(0, 0, children);
    this.closed.fill(0, 0, children);
    this.placed = 0;
    this.tried = 0;
    this.mass = childMass(view.field, view.known, view.value, shift, bits);
    for (let k = 0; k < view.count; k++) {
      const kind = view.kind[k]!;
      if (kind === MASK) this.placeMask(view, k, shift, bits);
      else if (kind === RANGE) this.placeRange(view, k, shift, bits);
      else if (kind === GENERAL && bits <= GENERAL_BITS_MAX) this.placeByTrial(view, k, shift, bits);
      else this.placeEverywhere(view, k, children);
      if (this.placed > limit) return false;
    }
    return true;
  }

  private placeMask(view: FieldView, k: number, shift: number, bits: number): void {
    const window = 2 ** bits - 1;
    const care = view.a[k]!;
    const mask = (care >>> shift) & window;
    const settled = (care & ~view.known & ~(window << shift)) === 0;
    const certain = view.settles[k] === 2 || (view.settles[k] === 1 && settled);
    const value = (view.b[k]! >>> shift) & window;
    const share = view.weight[k]! * 2 ** (popcount(mask) - bits);
    for (let child = value; ; ) {
      this.add(child, share, certain, view.closes[k]!);
      const next = ((child | mask) + 1) & ~mask;
      if (next > window) return;
      child = next | value;
    }
  }

  private placeEverywhere(view: FieldView, k: number, children: number): void {
    const weight = view.weight[k]!;
    for (let child = 0; child < children; child++) {
      const share = this.mass ? this.mass[child]! : 1 / children;
      if (share > 0) this.add(child, weight * share, view.settles[k] === 2, view.closes[k]!);
    }
  }

  private placeByTrial(view: FieldView, k: number, shift: number, bits: number): void {
    const { context, region, field } = view;
    const out = this.spread;
    this.tried += 2 ** bits;
    const code = view.code[k]!;
    spread(context.guarded[code >> 1]!, (code & 1) === 1, region, { field, shift, bits }, out);
    let total = 0;
    for (let i = 0; i < out.count; i++) total += this.mass ? this.mass[out.child[i]!]! : 1;
    for (let i = 0; i < out.count; i++) {
      const share = this.mass ? this.mass[out.child[i]!]! : 1;
      if (share > 0) this.add(out.child[i]!, (view.weight[k]! * share) / total, out.certain[i] === 1, view.closes[k]!);
    }
  }

  private placeRange(view: FieldView, k: number, shift: number, bits: number): void {
    const window = 2 ** bits - 1;
    let low = view.a[k]!;
    let high = view.b[k]!;
    const top = shift + bits;
    const above = top >= 32 ? 0 : (-1 << top) >>> 0;
    if ((view.known & above) >>> 0 === above) {
      const base = (view.value & above) >>> 0;
      low = Math.max(low, base);
      high = Math.min(high, base + 2 ** top - 1);
    }
    const span = Math.min(window, Math.floor(high / 2 ** shift) - Math.floor(low / 2 ** shift));
    const first = (low >>> shift) & window;
    const settles = view.settles[k]!;
    const share = view.weight[k]! / (span + 1);
    const alignedLow = low % 2 ** shift === 0;
    const alignedHigh = (high + 1) % 2 ** shift === 0;
    for (let i = 0; i <= span; i++) {
      const inside = (i > 0 || alignedLow) && (i < span || alignedHigh);
      this.add((first + i) & window, share, settles === 2 || (settles === 1 && inside), view.closes[k]!);
    }
  }

  private add(child: number, share: number, certain: boolean, closes: number): void {
    this.weight[child]! += share;
    if (this.closed[child]) return;
    this.placed++;
    this.items[child]!++;
    if (!certain) this.open[child]!++;
    else if (closes) this.closed[child] = 1;
  }
}

function popcount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
