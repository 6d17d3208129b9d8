// One field of a list's items in flat arrays, for trying many windows fast. What a view says of ranges is close, not exact:
// it serves to choose a cut; `spread` then does the dividing.

import { type Atom, CERTAIN, POSSIBLE, status } from './atom.ts';
import { DOMAINS, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';

export const EVERYWHERE = 0;
export const MASK = 1;
export const RANGE = 2;
/** Anything else: a narrow window is tried child by child. */
export const GENERAL = 3;

/** A list seen by one field. */
export class FieldView {
  readonly field: number;
  /** Whose items they are, and of what packets. */
  readonly context: Candidates;
  readonly region: Region;
  /** Bits of the field that are known, and their values. */
  readonly known: number;
  readonly value: number;
  /** Items in the view; and, left out because the field tells nothing of them, how many and with what packets. */
  count = 0;
  indifferent = 0;
  indifferentWeight = 0;
  /** Bits that some item cares about and that are not known. */
  care = 0;
  /** What the field's test of each item is. */
  readonly kind: Uint8Array;
  /** Mask and value, or low and high. */
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** Codes of the list. */
  readonly code: Int32Array;
  /** 1 = certain once the field's own test is settled; 2 = certain anyway. */
  readonly settles: Uint8Array;
  /** 1 = where the item is certain, no later item matters. */
  readonly closes: Uint8Array;
  /** Packets drawn from each item. */
  readonly weight: Float64Array;

  constructor(context: Candidates, region: Region, field: number, capacity: number) {
    this.context = context;
    this.region = region;
    this.field = field;
    this.known = region.mask[field]!;
    this.value = region.value[field]!;
    this.kind = new Uint8Array(capacity);
    this.a = new Uint32Array(capacity);
    this.b = new Uint32Array(capacity);
    this.code = new Int32Array(capacity);
    this.settles = new Uint8Array(capacity);
    this.closes = new Uint8Array(capacity);
    this.weight = new Float64Array(capacity);
  }

  /** Adds an item. `whole`: items that the field tells nothing of are kept, in their places. */
  add(code: number, weight: number, whole: boolean): void {
    const { context, region, field } = this;
    const guarded = context.guarded[code >> 1]!;
    const open = openAtom(guarded, region, field);
    if (open === undefined && !whole) {
      this.indifferent++;
      this.indifferentWeight += weight;
      return;
    }
    const k = this.count++;
    this.code[k] = code;
    this.weight[k] = weight;
    this.settles[k] = (code & 1) === 1 ? 2 : settlesWith(guarded, region, field);
    this.closes[k] = context.ends[code >> 1]! && guarded.item.parent < 0 ? 1 : 0;
    this.kind[k] = EVERYWHERE;
    if (open !== undefined) this.describe(k, open);
  }

  private describe(k: number, open: Atom): void {
    let care = 0xffffffff;
    if (open.kind === 'mask' && !open.negate && !DOMAINS[this.field]) {
      this.kind[k] = MASK;
      this.a[k] = open.mask;
      this.b[k] = open.value;
      care = open.mask;
    } else if (open.kind === 'range' && !open.negate && open.ranges.length === 1) {
      const [low, high] = open.ranges[0]!;
      this.kind[k] = RANGE;
      this.a[k] = low;
      this.b[k] = high;
      care = rangeBits(low, high);
    } else {
      this.kind[k] = GENERAL;
      if (open.kind === 'mask') care = open.mask;
    }
    this.care = (this.care | (care & ~this.known)) >>> 0;
  }
}

/** Makes the view of a field. */
export function fieldView(
  context: Candidates,
  { list, weights }: { readonly list: Int32Array; readonly weights: Float64Array },
  region: Region,
  field: number,
  whole: boolean,
): FieldView {
  const view = new FieldView(context, region, field, list.length);
  for (let at = 0; at < list.length; at++) view.add(list[at]!, weights[at]!, whole);
  return view;
}

/** The first atom of the item that the field can still decide. */
function openAtom({ guard }: GuardedItem, region: Region, field: number): Atom | undefined {
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
