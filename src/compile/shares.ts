// What a window would make of a view: what the items of each child cost, and how many packets fall on it.

import { FREE, GENERAL, MASK } from './box.ts';
import { bitCount, CUT_BITS_MAX, type Cut, windowMask, windowOf } from './cut.ts';
import type { Region } from './fields.ts';
import type { Candidates } from './list.ts';
import { childMass } from './prior.ts';
import { OUT, OWN_SETTLED, Reach, STEPPED, TRIED } from './reach.ts';
import type { FieldView } from './view.ts';

/** In wider windows an item of no plain kind counts as possible everywhere: trying it in every child takes too long. */
const TRIED_BITS_MAX = 4;

/** What a child has. */
const EMPTY = 0;
const TOUCHED = 1;
const CLOSED = 2;

/** The children of a window, as far as they matter for its cost. */
export class Shares {
  readonly units = new Int32Array(2 ** CUT_BITS_MAX);
  readonly weight = new Float64Array(2 ** CUT_BITS_MAX);
  /** Children that have items of the view: the first `occupied` of `touched`. */
  occupied = 0;
  readonly touched = new Int32Array(2 ** CUT_BITS_MAX);
  private readonly state = new Uint8Array(2 ** CUT_BITS_MAX);
  private readonly reach = new Reach();
  /** How packets fall on the children that no test tells apart; undefined = evenly. */
  mass: Float64Array | undefined;
  /** Copies of items in all children. */
  placed = 0;
  /** Of items that are in every child alike: what they cost in each, which those of `units` are told of, and their packets. */
  freeUnits = 0;
  freeWeight = 0;
  private closed = 0;
  /** No later item matters in any child. */
  private isOver = false;

  /** Fills in the children of a window. Stops when more than `limit` copies come together. */
  fill(context: Candidates, region: Region, view: FieldView, cut: Cut, limit: number): boolean {
    const { shift, bits, field } = cut;
    const children = 1 << bits;
    const { reach } = this;
    const boxes = context.boxes.fields[field]!;
    this.clear();
    this.mass = childMass(field, region.mask[field]!, region.value[field]!, shift, bits);
    reach.turnTo(region, cut);
    const { count, kind, index } = view;
    // Nothing of the window is known, and no child is more likely than another: what is in all of them need not be placed in each.
    const isPlain = !this.mass && (region.mask[field]! & windowMask(cut)) === 0;
    for (let k = 0; k < count; k++) {
      if (kind[k] === MASK && !this.mass) {
        this.placeMask(view, k, region, cut);
        if (this.placed > limit) return false;
        continue;
      }
      if (kind[k] === FREE && isPlain) {
        this.placeFree(view, k, children);
        if (this.placed > limit) return false;
        continue;
      }
      if (kind[k] === FREE || (kind[k] === GENERAL && bits > TRIED_BITS_MAX)) reach.everywhere();
      else reach.find(boxes, index[k]!);
      if (reach.shape === STEPPED) this.placeStepped(view, k, children - 1);
      else if (reach.shape === TRIED) this.placeTried(view, k, children);
      else this.placeRow(view, k, children - 1);
      if (this.placed > limit) return false;
    }
    if (this.freeUnits > 0) {
      const { units, touched, state, occupied } = this;
      for (let k = 0; k < occupied; k++) if (state[touched[k]!] !== CLOSED) units[touched[k]!]! += this.freeUnits;
    }
    return true;
  }

  /** Forgets what was filled in: few of many children have anything. */
  private clear(): void {
    const { touched, units, weight, state } = this;
    for (let k = 0; k < this.occupied; k++) {
      const child = touched[k]!;
      units[child] = 0;
      weight[child] = 0;
      state[child] = EMPTY;
    }
    this.placed = 0;
    this.occupied = 0;
    this.freeUnits = 0;
    this.freeWeight = 0;
    this.closed = 0;
    this.isOver = false;
  }

  /** What `placeStepped` would do with an item in all of the children, which are told of it when they end. */
  private placeFree(view: FieldView, k: number, children: number): void {
    this.freeWeight += view.weight[k]!;
    if (this.isOver) return;
    this.placed += children - this.closed;
    const units = view.settles[k] === 2 ? 0 : view.units[k]!;
    if (units > 0) this.freeUnits += units;
    else if (view.closes[k]) this.isOver = true;
  }

  /** What finding where it is and `placeStepped` would do, for the kind that most items are of. */
  private placeMask(view: FieldView, k: number, region: Region, { field, shift, bits }: Cut): void {
    const window = windowOf(bits);
    const known = region.mask[field]!;
    const care = view.a[k]!;
    const mask = ((known | care) >>> shift) & window;
    const value = ((region.value[field]! | view.b[k]!) >>> shift) & window & mask;
    const settles = view.settles[k]!;
    const isSettled = settles === 2 || (settles === 1 && (care & ~(known | (window << shift))) === 0);
    const units = isSettled ? 0 : view.units[k]!;
    if (mask === window) {
      this.add(value, view.weight[k]!, units, view.closes[k]!);
      return;
    }
    const weight = view.weight[k]! / (1 << bitCount(window & ~mask));
    const closes = view.closes[k]!;
    for (let child = value; child <= window; child = (((child | mask) + 1) & ~mask) | value) {
      this.add(child, weight, units, closes);
      if (((child | mask) & window) === window) return;
    }
  }

  private placeStepped(view: FieldView, k: number, window: number): void {
    const { mask, value, settled } = this.reach;
    const settles = view.settles[k]!;
    const units = settles === 2 || (settled && settles === 1) ? 0 : view.units[k]!;
    const closes = view.closes[k]!;
    const { mass } = this;
    // The packets of an item fall on its children as all packets do.
    const total = mass ? steppedMass(mass, mask, value, window) : 1 << bitCount(window & ~mask);
    const weight = total > 0 ? view.weight[k]! / total : 0;
    for (let child = value; ; ) {
      const share = mass ? mass[child]! : 1;
      if (share > 0) this.add(child, weight * share, units, closes);
      const next = ((child | mask) + 1) & ~mask;
      if (next > window) return;
      child = next | value;
    }
  }

  private placeRow(view: FieldView, k: number, window: number): void {
    const { reach } = this;
    const { first, count, head, tail, settled } = reach;
    const settles = view.settles[k]!;
    const units = view.units[k]!;
    const inner = settles === 2 || (settled && settles === 1) ? 0 : units;
    const atHead = settles === 2 || (head && settles === 1) ? 0 : units;
    const atTail = settles === 2 || (tail && settles === 1) ? 0 : units;
    const share = view.weight[k]! / count;
    const closes = view.closes[k]!;
    for (let i = 0; i < count; i++) {
      const child = (first + i) & window;
      if (reach.exists(child)) this.add(child, share, i === 0 ? atHead : i === count - 1 ? atTail : inner, closes);
    }
  }

  private placeTried(view: FieldView, k: number, children: number): void {
    const { answers } = this.reach;
    const { mass } = this;
    const settles = view.settles[k]!;
    let total = 0;
    for (let child = 0; child < children; child++) if (answers[child] !== OUT) total += mass ? mass[child]! : 1;
    const weight = total > 0 ? view.weight[k]! / total : 0;
    for (let child = 0; child < children; child++) {
      const share = mass ? mass[child]! : 1;
      if (answers[child] === OUT || share === 0) continue;
      const isSettled = settles === 2 || (settles === 1 && answers[child]! >= OWN_SETTLED);
      this.add(child, weight * share, isSettled ? 0 : view.units[k]!, view.closes[k]!);
    }
  }

  private add(child: number, weight: number, units: number, closes: number): void {
    this.weight[child]! += weight;
    const state = this.state[child]!;
    if (state === CLOSED) return;
    if (state === EMPTY) {
      this.touched[this.occupied++] = child;
      this.state[child] = TOUCHED;
    }
    if (this.isOver) return;
    this.placed++;
    if (units > 0) this.units[child]! += units;
    else if (closes) {
      this.state[child] = CLOSED;
      this.closed++;
      this.units[child]! += this.freeUnits;
    }
  }
}

function steppedMass(mass: Float64Array, mask: number, value: number, window: number): number {
  let total = 0;
  for (let child = value; ; ) {
    total += mass[child]!;
    const next = ((child | mask) + 1) & ~mask;
    if (next > window) return total;
    child = next | value;
  }
}
