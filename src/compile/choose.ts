// Which cut to make in a region, if any: a guess at the time a lookup takes behind each window of each field.

import { POSSIBLE, status } from './atom.ts';
import { FIELD_COUNT, type Region } from './fields.ts';
import type { Candidates } from './list.ts';
import { Shares } from './shares.ts';
import { CUT_BITS_MAX, type Cut } from './spread.ts';
import { type FieldView, fieldView } from './view.ts';

// Costs in nanoseconds, as measured in the core: they need to be right to each other only.
/** Asking one item of a leaf that does not match. */
const STEP_COST = 8;
/** Of a leaf's items so many are asked on average until one decides. */
const ASKED_SHARE = 0.6;
/** Going down one level of the tree. */
export const LEVEL_COST = 5;
/** For each copy of the list's items that the children hold together: memory is what makes lookups miss the caches. */
const COPY_COST = 0.3;
/** Longer lists are expected to be cut again, each doubling of the length costing so much. */
const LEAF_ITEMS = 8;
const DOUBLING_COST = 4;
/** A cut must save this share of the cost. */
const SAVING = 0.08;

/** Lists up to this length are looked at with every item in its place. */
const EXACT_ITEMS = 64;
/** Items looked at when a list is long. Too few and a bad first cut multiplies the work behind it. */
const SAMPLE = 1024;
/** Entries and steps a cut may come to, for each item it divides. */
const GROWTH_MAX = 6;
/** Trying an item in a child is so much more work than placing it. */
const TRIED_WORK = 5;
const WINDOW_BITS = [1, 2, 3, 4, 6, 8, 10, CUT_BITS_MAX] as const;

/** What it costs to ask the items of a leaf until one decides. */
function leafCost(open: number): number {
  return STEP_COST * ASKED_SHARE * open;
}

/** What it costs to ask so many items, every one. */
export function askingCost(items: number): number {
  return STEP_COST * items;
}

/** What a lookup is expected to cost that has come to a list of `open` items that must be asked. */
function expectedCost(open: number): number {
  if (open <= LEAF_ITEMS) return leafCost(open);
  return leafCost(LEAF_ITEMS) + DOUBLING_COST * Math.log2(open / LEAF_ITEMS);
}

/** A list with the packets expected in its region. */
export interface Load {
  readonly list: Int32Array;
  /** For each item of the list the packets drawn from it that come here. */
  readonly weights: Float64Array;
  /** Packets that fall anywhere alike. */
  readonly even: number;
}

/** How a view stands for its list. */
interface Measure {
  /** Items of the list for each in the view. */
  readonly scale: number;
  /** Items of the list. */
  readonly count: number;
  /** The view has them all. */
  readonly whole: boolean;
  readonly even: number;
}

export class Chooser {
  private readonly context: Candidates;
  private readonly shares = new Shares(2 ** CUT_BITS_MAX);
  /** Work done so far, in items looked at; for the builder's budget. */
  work = 0;

  constructor(context: Candidates) {
    this.context = context;
  }

  /** The best cut of a region, or undefined when asking the items one by one is expected to be cheaper. */
  choose(load: Load, region: Region): Cut | undefined {
    const { list, even } = load;
    const sample = sampleOf(load);
    const scale = list.length / sample.list.length;
    const whole = list.length <= EXACT_ITEMS;
    let best: Cut | undefined;
    let bestCost = (1 - SAVING) * leafCost(countOpen(list));
    for (let field = 0, fields = this.openFields(sample.list, region); field < FIELD_COUNT; field++) {
      if (!((fields >>> field) & 1)) continue;
      const view = fieldView(this.context, sample, region, field, whole);
      this.work += 4 * sample.list.length;
      for (let shift = 0; shift < 32; shift++) {
        if (!((view.care >>> shift) & 1)) continue;
        for (const bits of WINDOW_BITS) {
          if (shift + bits > 32 || (bits > 2 && 2 ** bits > 2 * list.length)) break;
          if (!((view.care >>> (shift + bits - 1)) & 1)) continue;
          const cost = this.evaluate(view, { field, shift, bits }, { scale, count: list.length, whole, even });
          // With more bits there would be more copies yet.
          if (cost === Number.POSITIVE_INFINITY) break;
          if (cost >= bestCost) continue;
          best = { field, shift, bits };
          bestCost = cost;
        }
      }
    }
    return best;
  }

  /** Set of the fields that could divide the list. */
  private openFields(list: Int32Array, region: Region): number {
    let set = 0;
    for (const code of list) {
      for (const atom of this.context.guarded[code >> 1]!.guard) {
        if ((atom.fields & ~set) !== 0 && status(atom, region) === POSSIBLE) set |= atom.fields;
      }
    }
    return set;
  }

  /** Expected cost of a lookup behind a cut; infinite when the children would be too large together. */
  private evaluate(view: FieldView, { shift, bits }: Cut, { scale, count, whole, even }: Measure): number {
    const children = 2 ** bits;
    const { shares } = this;
    const limit = GROWTH_MAX * count + 64;
    const fits = shares.fill(view, shift, bits, limit / scale);
    this.work += shares.placed + TRIED_WORK * shares.tried + children / 4;
    if (!fits) return Number.POSITIVE_INFINITY;
    const everywhere = whole ? 0 : view.indifferent * scale;
    const anywhere = even + view.indifferentWeight * scale;
    let cost = 0;
    let packets = 0;
    let occupied = 0;
    for (let child = 0; child < children; child++) {
      const share = shares.mass ? shares.mass[child]! : 1 / children;
      const weight = anywhere * share + shares.weight[child]! * scale;
      if (shares.items[child]! > 0) occupied++;
      packets += weight;
      cost += weight * expectedCost(shares.open[child]! * scale + everywhere);
    }
    // Children that hold only what is everywhere are one and the same.
    const entries = children / 2 + shares.placed * scale + everywhere * Math.min(children, occupied * scale + 1);
    if (entries > limit) return Number.POSITIVE_INFINITY;
    return LEVEL_COST + cost / packets + (COPY_COST * entries) / count;
  }
}

/** Number of items of a list that must be asked. */
export function countOpen(list: Int32Array): number {
  let open = 0;
  for (const code of list) if ((code & 1) === 0) open++;
  return open;
}

function sampleOf(load: Load): Load {
  const { list, weights, even } = load;
  if (list.length <= SAMPLE) return load;
  const places = Array.from({ length: SAMPLE }, (_, k) => Math.floor((k * list.length) / SAMPLE));
  return { list: Int32Array.from(places, (at) => list[at]!), weights: Float64Array.from(places, (at) => weights[at]!), even };
}
