// One field of a list's items in flat arrays, for trying many windows fast. What a view says of ranges is close, not exact:
// it serves to choose a cut; `spread` then does the dividing.

import { CERTAIN, POSSIBLE, status } from './atom.ts';
import { DOMAINS, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';
import { childMass } from './prior.ts';
import { Spread, spread } from './spread.ts';

const EVERYWHERE = 0;
const MASK = 1;
const RANGE = 2;
/** Anything else: a narrow window is tried child by child. */
const GENERAL = 3;
const GENERAL_BITS_MAX = 4;

/** A list seen by one field. */
export interface FieldView {
  readonly field: number;
  /** Whose items they are, and of what packets. */
  readonly context: Candidates;
  readonly region: Region;
  readonly known: number;
  readonly value: number;
  /** Items in the view, and items left out because the field tells nothing of them. */
  readonly count: number;
  readonly indifferent: number;
  readonly indifferentWeight: number;
  readonly kind: Uint8Array;
  /** Codes of the list. */
  readonly code: Int32Array;
  /** Mask and value, or low and high. */
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** 1 = certain once the field's own test is settled; 2 = certain anyway. */
  readonly settles: Uint8Array;
  /** 1 = where the item is certain, no later item matters. */
  readonly closes: Uint8Array;
  /** Packets drawn from each item. */
  readonly weight: Float64Array;
  /** Bits that some item cares about and that are not known. */
  readonly care: number;
}

/** Makes the view of a field. `whole`: items that the field tells nothing of are kept, in their places. */
export function fieldView(
  context: Candidates,
  { list, weights }: { readonly list: Int32Array; readonly weights: Float64Array },
  region: Region,
  field: number,
  whole: boolean,
): FieldView {
  const weight = new Float64Array(list.length);
  const kind = new Uint8Array(list.length);
  const codes = new Int32Array(list.length);
  const a = new Uint32Array(list.length);
  const b = new Uint32Array(list.length);
  const settles = new Uint8Array(list.length);
  const closes = new Uint8Array(list.length);
  const known = region.mask[field]!;
  let count = 0;
  let indifferent = 0;
  let indifferentWeight = 0;
  let care = 0;
  for (let at = 0; at < list.length; at++) {
    const code = list[at]!;
    const guarded = context.guarded[code >> 1]!;
    const open = openAtom(guarded, region, field);
    if (open === undefined) {
      indifferent++;
      if (!whole) indifferentWeight += weights[at]!;
      if (!whole) continue;
      kind[count] = EVERYWHERE;
    } else if (open.kind === 'mask' && !open.negate && !DOMAINS[field]) {
      kind[count] = MASK;
      a[count] = open.mask;
      b[count] = open.value;
      care |= open.mask & ~known;
    } else if (open.kind === 'range' && !open.negate && open.ranges.length === 1) {
      kind[count] = RANGE;
      [a[count], b[count]] = open.ranges[0]! as [number, number];
      care |= rangeBits(a[count]!, b[count]!) & ~known;
    } else {
      kind[count] = GENERAL;
      care |= open.kind === 'mask' ? open.mask & ~known : ~known;
    }
    codes[count] = code;
    settles[count] = (code & 1) === 1 ? 2 : settlesWith(guarded, region, field);
    closes[count] = context.ends[code >> 1]! && guarded.item.parent < 0 ? 1 : 0;
    weight[count++] = weights[at]!;
  }
  return {
    field,
    context,
    region,
    known,
    value: region.value[field]!,
    count,
    indifferent,
    indifferentWeight,
    kind,
    code: codes,
    a,
    b,
    settles,
    closes,
    weight,
    care: care >>> 0,
  };
}

/** The first atom of the item that the field can still decide. */
function openAtom({ guard }: GuardedItem, region: Region, field: number): GuardedItem['guard'][number] | undefined {
  for (const atom of guard) if ((atom.fields >>> field) & 1 && status(atom, region) === POSSIBLE) return atom;
  return undefined;
}

function settlesWith({ own, complete }: GuardedItem, region: Region, field: number): number {
  if (!complete) return 0;
  for (const atom of own) if (!((atom.fields >>> field) & 1) && status(atom, region) !== CERTAIN) return 0;
  return 1;
}

/** Bits that tell numbers in a range from those outside. */
function rangeBits(low: number, high: number): number {
  const lowBits = low === 0 ? 0 : -(low & -low);
  const end = high + 1;
  const highBits = end > 0xffffffff ? 0 : -(end & -end);
  return (lowBits | highBits) >>> 0;
}

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
