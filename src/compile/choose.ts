// Which cut to make in a bunch, if any: a guess at the time a lookup takes behind each window of each field.

import type { Bunch } from './bunch.ts';
import { CUT_BITS_MAX, type Cut } from './cut.ts';
import { FIELD_COUNT } from './fields.ts';
import type { Candidates } from './list.ts';
import { Shares } from './shares.ts';
import { FieldView, listUnits } from './view.ts';

// Costs in nanoseconds, as measured in the core: they need to be right to each other only.
/** The first four steps of a leaf, and each four behind them. */
const LEAF_COST = 4.3;
const BLOCK_COST = 4.3;
const BLOCK_UNITS = 4;
/** Of a leaf's blocks so many are asked on average until a step decides. */
const ASKED_SHARE = 0.75;
/** Going down one level of the tree. */
export const LEVEL_COST = 3;
/**
 * For each copy of the list's items that the children hold together: memory is what makes lookups miss the caches. Of chains of more items so
 * much for each doubling: their tables are in no cache.
 */
const COPY_COST = 0.5;
const NEAR_ITEMS = 12_500;
/** Longer lists are expected to be cut again, each doubling of the length costing so much. */
const LEAF_UNITS = 16;
const DOUBLING_COST = 4;
/** A cut must save this share of the cost. */
const SAVING = 0.08;
/** Shorter lists are not worth a cut, whatever it makes of them; where some step is slow they may be. */
const UNITS_MIN = 7;
const SLOW_UNITS_MIN = 5;

/** Lists up to this length are looked at with every item in its place. */
const EXACT_ITEMS = 64;
/** Items looked at when a list is long, first for all windows, then for the best of them. Too few and a bad first cut multiplies the work. */
const FIRST_SAMPLE = 160;
const SAMPLE = 1024;
const FINALISTS = 16;
/** Entries and steps a cut may come to, for each item it divides. */
const GROWTH_MAX = 6;
const WINDOW_BITS = [1, 2, 3, 4, 6, 8, 10, CUT_BITS_MAX] as const;

/** What it costs to ask the steps of a leaf until one decides. */
export function leafCost(units: number): number {
  return units === 0 ? 0 : LEAF_COST + BLOCK_COST * ASKED_SHARE * Math.max(0, units / BLOCK_UNITS - 1);
}

/** What it costs to ask so many steps, every one. */
export function askingCost(units: number): number {
  return units === 0 ? 0 : LEAF_COST + BLOCK_COST * Math.max(0, units / BLOCK_UNITS - 1);
}

/** What a lookup is expected to cost that has come to a list of so many units. */
function expectedCost(units: number): number {
  if (units <= LEAF_UNITS) return leafCost(units);
  return leafCost(LEAF_UNITS) + DOUBLING_COST * Math.log2(units / LEAF_UNITS);
}

const EXPECTED = Float64Array.from({ length: 4096 }, (_, units) => expectedCost(units));

/** What looking at a window takes besides its items, in items. */
const EVALUATION_WORK = 16;

/** In the lists of chains of so many items windows are left out by their looks; for fewer there is time to try them. */
const LONG_ITEMS = 2000;
/** Of chains of so many items what is tried is far from what is built: trials leave nothing out, for they tell too little otherwise. */
const FARTHEST_ITEMS = 30_000;

/** Of each width so many windows of a field are tried. */
const WINDOWS = 2;

/** How a cut is chosen. `isEager`: cheaper than none or not. `isRough`: of each width only the window that seems to tell most is tried. */
export interface Manner {
  readonly isEager?: boolean;
  readonly isRough?: boolean;
}

interface Promising {
  readonly shift: Int32Array;
  readonly left: Float64Array;
}

interface Tried {
  readonly cut: Cut;
  readonly cost: number;
}

export class Chooser {
  private readonly shares = new Shares();
  private readonly view = new FieldView();
  /** What share of the items is left behind each bit of the view's field, and behind the windows of one width that leave the least. */
  private readonly left = new Float64Array(32);
  private readonly promising: Promising = { shift: new Int32Array(WINDOWS), left: new Float64Array(WINDOWS) };
  /** Windows of a width that are tried. */
  private windows = WINDOWS;
  private copyCost = COPY_COST;
  /** Windows are left out that do not seem to tell enough. */
  private isLong = false;
  /** What a cut must be cheaper than. */
  private limit = 0;
  /** The window that is tried. */
  private readonly window = { field: 0, shift: 0, bits: 0 };
  /** Work done so far, in items looked at; for the builder's budget. */
  work = 0;

  /** The best cut of a bunch, or undefined when asking the items one by one is expected to be cheaper. */
  choose(context: Candidates, bunch: Bunch, { isEager = false, isRough = false }: Manner = {}): Cut | undefined {
    this.windows = isRough ? 1 : WINDOWS;
    this.isLong = context.guarded.length >= LONG_ITEMS && !(isRough && context.guarded.length >= FARTHEST_ITEMS);
    this.copyCost = COPY_COST * Math.max(1, Math.log2(context.guarded.length / NEAR_ITEMS));
    const units = listUnits(context, bunch);
    const length = bunch.codes.length;
    if (units < (isEager ? 1 : units > length ? SLOW_UNITS_MIN : UNITS_MIN)) return undefined;
    const most = isEager ? Number.POSITIVE_INFINITY : (1 - SAVING) * leafCost(units);
    if (length <= EXACT_ITEMS + FIRST_SAMPLE / 2)
      return this.best(context, bunch, places(length, length), undefined, most, 1)[0]?.cut;
    const first = this.best(context, bunch, places(length, FIRST_SAMPLE), undefined, most, FINALISTS);
    const cuts = first.map(({ cut }) => cut).sort((a, b) => a.field - b.field);
    return this.best(context, bunch, places(length, Math.min(SAMPLE, length)), cuts, most, 1)[0]?.cut;
  }

  /** The `count` best of all cuts, or of those given, that cost less than `most`, judged by the items at some places. */
  private best(
    context: Candidates,
    bunch: Bunch,
    at: Int32Array,
    among: readonly Cut[] | undefined,
    most: number,
    count: number,
  ): Tried[] {
    const whole = bunch.codes.length <= EXACT_ITEMS;
    const found: Tried[] = [];
    this.limit = most;
    const consider = (cut: Cut): void => {
      const cost = this.evaluate(context, bunch, cut, at.length, whole);
      if (cost < this.limit) {
        found.push({ cut: { field: cut.field, shift: cut.shift, bits: cut.bits }, cost });
        if (found.length >= 2 * count || count === 1) {
          found.sort((a, b) => a.cost - b.cost).splice(count);
          if (found.length === count) this.limit = Math.min(this.limit, found.at(-1)!.cost);
        }
      }
    };
    const open = this.openFields(bunch, at);
    this.view.turnTo(context, bunch, at);
    for (let field = 0; field < FIELD_COUNT; field++) {
      if (!((open >>> field) & 1)) continue;
      const own = among?.filter((cut) => cut.field === field);
      if (own?.length === 0) continue;
      this.view.survey(field, whole);
      this.work += at.length;
      if (LEVEL_COST + expected((this.view.leastUnits * bunch.codes.length) / at.length) >= this.limit) continue;
      if (!own) {
        this.eachWindow(field, bunch.codes.length, at.length, whole, consider);
        continue;
      }
      this.view.fill(field, whole);
      for (const cut of own) consider(cut);
    }
    return found.sort((a, b) => a.cost - b.cost).slice(0, count);
  }

  /**
   * Tries the windows of the view's field that begin and end with a bit that matters: of each width those that seem to leave the least, and
   * of long chains only if that would be little enough: the bits of a window seldom leave less together than each would by itself.
   */
  private eachWindow(field: number, length: number, looked: number, whole: boolean, consider: (cut: Cut) => void): void {
    const { left, promising, window, view } = this;
    const { care } = view;
    if (care === 0) return;
    const behindAll = view.leftByBits(left);
    const staying = behindAll > 0 && this.isLong ? (view.stayingUnits * length) / looked : 0;
    if (LEVEL_COST + expected(staying * behindAll) >= this.limit) return;
    const lowest = 31 - Math.clz32(care & -care);
    const highest = 31 - Math.clz32(care);
    let isFilled = false;
    window.field = field;
    for (let width = 0; width < WINDOW_BITS.length; width++) {
      const bits = WINDOW_BITS[width]!;
      if ((bits > 2 && 1 << bits > 2 * length) || bits > highest - lowest + 1) return;
      let count = 0;
      let behind = 1;
      for (let bit = lowest; bit <= highest; bit++) {
        const shift = bit - bits + 1;
        behind *= left[bit]!;
        if (shift > lowest) behind /= left[shift - 1]!;
        if (shift < lowest || !((care >>> shift) & 1) || !((care >>> bit) & 1)) continue;
        count = insert(promising, count, shift, behind);
      }
      window.bits = bits;
      const level = LEVEL_COST + (this.copyCost * (1 << bits)) / (2 * length);
      for (let k = 0; k < count && k < this.windows; k++) {
        if (level + expected(staying * promising.left[k]!) >= this.limit) break;
        if (!isFilled) view.fill(field, whole);
        isFilled = true;
        window.shift = promising.shift[k]!;
        consider(window);
      }
    }
  }

  /** Set of the fields that could divide the list. */
  private openFields({ guard }: Bunch, at: Int32Array): number {
    let set = 0;
    for (let k = 0; k < at.length; k++) set |= guard[at[k]!]!;
    return set;
  }

  /** Expected cost of a lookup behind a cut; infinite when the children would be too large together. */
  private evaluate(context: Candidates, bunch: Bunch, cut: Cut, looked: number, whole: boolean): number {
    const children = 1 << cut.bits;
    const { shares, view } = this;
    const count = bunch.codes.length;
    const scale = count / looked;
    const limit = GROWTH_MAX * count + 64;
    const fits = shares.fill(context, bunch.region, view, cut, limit / scale);
    this.work += shares.placed + EVALUATION_WORK;
    if (!fits) return Number.POSITIVE_INFINITY;
    const others = view.otherUnits * scale;
    const anywhere = bunch.even + view.otherWeight * scale;
    const { mass } = shares;
    const mean = mass
      ? this.meanOfWeighted(mass, children, scale, others, anywhere)
      : this.meanCost(children, scale, others, anywhere);
    // Children that hold only what is everywhere are one and the same.
    const everywhere = (count - view.count * scale) * Math.min(children, shares.occupied * scale + 1);
    const entries = children / 2 + shares.placed * scale + (whole ? 0 : everywhere);
    if (entries > limit) return Number.POSITIVE_INFINITY;
    return LEVEL_COST + mean + (this.copyCost * entries) / count;
  }

  /** What a lookup costs behind the children of the window just filled in, on average; packets that fall anywhere fall on all alike. */
  private meanCost(children: number, scale: number, others: number, anywhere: number): number {
    const { units, weight, touched, occupied, freeUnits, freeWeight } = this.shares;
    const even = (anywhere + freeWeight * scale) / children;
    let packets = even * (children - occupied);
    let cost = packets * expected(freeUnits * scale + others);
    for (let k = 0; k < occupied; k++) {
      const child = touched[k]!;
      const share = even + weight[child]! * scale;
      packets += share;
      cost += share * expected(units[child]! * scale + others);
    }
    return cost / packets;
  }

  /** As `meanCost`, where packets fall on the children as `mass` says. */
  private meanOfWeighted(mass: Float64Array, children: number, scale: number, others: number, anywhere: number): number {
    const { units, weight } = this.shares;
    let packets = 0;
    let cost = 0;
    for (let child = 0; child < children; child++) {
      const share = anywhere * mass[child]! + weight[child]! * scale;
      if (share === 0) continue;
      packets += share;
      cost += share * expected(units[child]! * scale + others);
    }
    return cost / packets;
  }
}

function expected(units: number): number {
  const whole = Math.round(units);
  return whole < EXPECTED.length ? EXPECTED[whole]! : expectedCost(whole);
}

/** Places looked at in short lists, made before: they are the same for all lists of a length. */
const known: (Int32Array | undefined)[] = [];

/** `count` of `length` places, evenly chosen. */
function places(length: number, count: number): Int32Array {
  if (count === length && known[length]) return known[length];
  const chosen = new Int32Array(count);
  for (let k = 0; k < count; k++) chosen[k] = Math.floor((k * length) / count);
  if (count === length && count <= EXACT_ITEMS + FIRST_SAMPLE) known[length] = chosen;
  return chosen;
}

/** Puts a window among the `count` that leave the least, in order. Returns how many there are now. */
function insert({ shift, left }: Promising, count: number, at: number, value: number): number {
  let place = Math.min(count, WINDOWS);
  while (place > 0 && left[place - 1]! > value) place--;
  if (place === WINDOWS) return count;
  for (let k = Math.min(count, WINDOWS - 1); k > place; k--) {
    shift[k] = shift[k - 1]!;
    left[k] = left[k - 1]!;
  }
  shift[place] = at;
  left[place] = value;
  return Math.min(count + 1, WINDOWS);
}
