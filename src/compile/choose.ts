// Which cut to make in a region, if any: a guess at the time a lookup takes behind each of some promising windows.

import { fieldStatus, IMPOSSIBLE } from './atom.ts';
import { FIELD_COUNT, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';
import type { Candidates } from './list.ts';
import { CUT_BITS_MAX, type Cut, isIndifferent, Spread, spread } from './spread.ts';

// Costs in nanoseconds, as measured in the core: they need to be right to each other only.
/** Asking one item of a leaf. */
const STEP_COST = 6;
/** Going down one level of the tree. */
const LEVEL_COST = 3;
/** Keeping one more entry or step in the caches, for each item of the list. */
const MEMORY_COST = 0.05;
/** A longer list is expected to be cut again. */
const LEAF_ITEMS = 8;

/** Items looked at when a list is long. Too few and a bad first cut multiplies the work behind it. */
const SAMPLE = 1024;
/** Entries and steps a cut may come to, for each item it divides. */
const GROWTH_MAX = 6;
const WINDOW_BITS = [1, 2, 3, 4, 5, 6, 7, 8, 10, CUT_BITS_MAX] as const;

/** What a lookup costs that ends in a list of `open` items that must be asked. */
export function expectedCost(open: number): number {
  if (open <= LEAF_ITEMS) return STEP_COST * open;
  return STEP_COST * LEAF_ITEMS + 2 * LEVEL_COST * Math.log2(open / LEAF_ITEMS);
}

export class Chooser {
  private readonly context: Candidates;
  private readonly spread = new Spread();
  private readonly open = new Float64Array(2 ** CUT_BITS_MAX);
  private readonly weight = new Float64Array(2 ** CUT_BITS_MAX);
  private readonly closed = new Uint8Array(2 ** CUT_BITS_MAX);
  /** Work done so far, in items looked at; for the builder's budget. */
  work = 0;

  constructor(context: Candidates) {
    this.context = context;
  }

  /** The best cut of a region, or undefined when asking the items one by one is expected to be cheaper. */
  choose(list: Int32Array, region: Region): Cut | undefined {
    const openItems = countOpen(list);
    const sample = sampleOf(list);
    const scale = list.length / sample.length;
    let best: Cut | undefined;
    let bestCost = STEP_COST * openItems;
    for (const { field, active, indifferent } of this.activeByField(sample, region)) {
      for (const cut of this.windows(active, region, field, list.length)) {
        const cost = this.evaluate(list.length <= SAMPLE / 8 ? sample : active, indifferent, scale, list.length, region, cut);
        if (cost < bestCost) {
          best = cut;
          bestCost = cost;
        }
      }
    }
    return best;
  }

  /** For each field that could divide the sample: the codes it tells something about, and how many it does not. */
  private activeByField(sample: Int32Array, region: Region): { field: number; active: Int32Array; indifferent: number }[] {
    const found: { field: number; active: Int32Array; indifferent: number }[] = [];
    const fields = sample.reduce((set, code) => set | this.openFields(this.context.guarded[code >> 1]!), 0);
    for (let field = 0; field < FIELD_COUNT; field++) {
      if (!((fields >>> field) & 1)) continue;
      this.work += sample.length;
      const active = sample.filter((code) => !isIndifferent(this.context.guarded[code >> 1]!, region, field));
      if (active.length > 0) found.push({ field, active, indifferent: sample.length - active.length });
    }
    return found;
  }

  private openFields({ guard }: GuardedItem): number {
    let set = 0;
    for (const atom of guard) set |= atom.fields;
    return set;
  }

  /** The windows of a field whose bits tell items apart best, a few for each width. */
  private windows(active: Int32Array, region: Region, field: number, count: number): Cut[] {
    const scores = this.bitScores(active, region, field);
    const cuts: Cut[] = [];
    for (const bits of WINDOW_BITS) {
      if (bits > 2 && 2 ** bits > 4 * count) break;
      let best = -1;
      let second = -1;
      const sums = new Float64Array(33 - bits);
      for (let shift = 0; shift + bits <= 32; shift++) {
        // A window begins and ends with a bit that matters.
        if (scores[shift]! <= 0 || scores[shift + bits - 1]! <= 0) continue;
        for (let bit = shift; bit < shift + bits; bit++) sums[shift]! += Math.max(0, scores[bit]!);
        if (best < 0 || sums[shift]! > sums[best]!) {
          second = best;
          best = shift;
        } else if (second < 0 || sums[shift]! > sums[second]!) second = shift;
      }
      if (best >= 0) cuts.push({ field, shift: best, bits });
      if (second >= 0) cuts.push({ field, shift: second, bits });
    }
    return cuts;
  }

  /** For each bit how many items are possible on one side of it only; a little for those it makes certain; -1 = known. */
  private bitScores(active: Int32Array, region: Region, field: number): Float64Array {
    const scores = new Float64Array(32);
    const mask = region.mask[field]!;
    const value = region.value[field]!;
    for (let bit = 0; bit < 32; bit++) {
      const one = (1 << bit) >>> 0;
      if ((mask & one) !== 0) {
        scores[bit] = -1;
        continue;
      }
      this.work += active.length;
      for (const code of active) {
        for (const atom of this.context.guarded[code >> 1]!.guard) {
          if (atom.kind === 'not' ? (atom.fields >>> field) & 1 : atom.kind !== 'opaque' && atom.field === field) {
            scores[bit]! += atom.kind === 'not' || atom.kind === 'opaque' ? 0.5 : bitScore(atom, mask, value, one);
          }
        }
      }
    }
    return scores;
  }

  /**
   * Expected cost of a lookup behind the cut: half the packets fall on any child, half where the items are. Infinite when the
   * children would be too large together.
   */
  private evaluate(codes: Int32Array, indifferent: number, scale: number, count: number, region: Region, cut: Cut): number {
    const children = 2 ** cut.bits;
    const { open, weight, closed } = this;
    const exact = codes.length === count;
    const everywhere = exact ? 0 : indifferent * scale;
    open.fill(everywhere, 0, children);
    weight.fill(0, 0, children);
    closed.fill(0, 0, children);
    const limit = GROWTH_MAX * count + 64;
    let entries = children / 2 + children * everywhere;
    for (const code of codes) {
      if (entries > limit) return Number.POSITIVE_INFINITY;
      entries += this.place(code, scale, region, cut);
    }
    this.work += entries;
    if (entries > limit) return Number.POSITIVE_INFINITY;
    const weights = exact ? count : count - everywhere;
    let cost = 0;
    for (let child = 0; child < children; child++) {
      const share = weights > 0 ? 0.5 / children + (0.5 * weight[child]!) / weights : 1 / children;
      cost += share * expectedCost(open[child]!);
    }
    return LEVEL_COST + cost + (MEMORY_COST * entries) / count;
  }

  /** Adds an item to the children it is possible in. Returns the entries that takes. */
  private place(code: number, scale: number, region: Region, cut: Cut): number {
    const { spread: out, open, weight, closed, context } = this;
    const index = code >> 1;
    const guarded = context.guarded[index]!;
    spread(guarded, (code & 1) === 1, region, cut, out);
    const closes = context.ends[index] === 1 && guarded.item.parent < 0;
    let placed = 0;
    for (let k = 0; k < out.count; k++) {
      const child = out.child[k]!;
      weight[child]! += scale / out.count;
      if (closed[child]) continue;
      placed++;
      if (!out.certain[k]) open[child]! += scale;
      else if (closes) closed[child] = 1;
    }
    return placed * scale;
  }
}

/** Number of items of a list that must be asked. */
export function countOpen(list: Int32Array): number {
  let open = 0;
  for (const code of list) if ((code & 1) === 0) open++;
  return open;
}

function sampleOf(list: Int32Array): Int32Array {
  if (list.length <= SAMPLE) return list;
  return Int32Array.from({ length: SAMPLE }, (_, k) => list[Math.floor((k * list.length) / SAMPLE)]!);
}

function bitScore(atom: Parameters<typeof fieldStatus>[0], mask: number, value: number, one: number): number {
  const zeroSide = fieldStatus(atom, mask | one, value);
  const oneSide = fieldStatus(atom, mask | one, value | one);
  if (zeroSide === oneSide) return 0;
  return zeroSide === IMPOSSIBLE || oneSide === IMPOSSIBLE ? 1 : 0.25;
}
