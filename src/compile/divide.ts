// Dividing a bunch among the children of a cut.

import { STEP_BYTES } from '../../assembly/abi/program.ts';
import { Arena } from './arena.ts';
import { openFields } from './box.ts';
import type { Bunch } from './bunch.ts';
import { COVER_MAX, covers, mayBeCovered, mayCover } from './cover.ts';
import { CUT_BITS_MAX, type Cut, windowMask, windowOf } from './cut.ts';
import type { Region } from './fields.ts';
import { type Group, Grouping } from './grouping.ts';
import { type Candidates, reachable } from './list.ts';
import { childMass } from './prior.ts';
import { OUT, OWN_SETTLED, Reach, SETTLED, STEPPED, TRIED } from './reach.ts';

/** Children with equal lists, together. */
export interface Part {
  readonly bunch: Bunch;
  /** The children. */
  readonly numbers: readonly number[];
  /** Children that no packet comes to and that may lead anywhere. */
  readonly absent: readonly number[];
}

/** Divides bunches; made once for a tree, for its memory is used again. */
export class Divider {
  /** Whose bunch is divided. */
  private context!: Candidates;
  private readonly reach = new Reach();
  private readonly arena = new Arena();
  /** Items copied so far. */
  placed = 0;
  /** What has been placed, in the order of the items: which child, the place in the bunch, the code, what is open. */
  private child = new Int32Array(1024);
  private place = new Int32Array(1024);
  private code = new Int32Array(1024);
  private guard = new Int32Array(1024);
  private own = new Int32Array(1024);
  private count = 0;
  /** For each child where its items end in `order`. */
  private readonly ends = new Int32Array(2 ** CUT_BITS_MAX + 1);
  private order = new Int32Array(1024);
  private spread = new Float64Array(1024);
  /** 1 = no later item matters in the child. */
  private readonly closed = new Uint8Array(2 ** CUT_BITS_MAX);
  /** Items of a list that may hide later ones, and what is open of them. */
  private readonly covererIndex = new Int32Array(COVER_MAX);
  private readonly covererOwn = new Int32Array(COVER_MAX);

  /** The parts behind a cut; undefined when they would take more than so many bytes together. */
  divide(context: Candidates, bunch: Bunch, cut: Cut, bytes: number): readonly Part[] | undefined {
    this.context = context;
    const { field, shift, bits } = cut;
    const { region } = bunch;
    const children = 1 << bits;
    this.reach.turnTo(region, cut);
    this.count = 0;
    this.closed.fill(0, 0, children);
    const most = bytes / STEP_BYTES;
    for (let at = 0; at < bunch.codes.length; at++) {
      this.distribute(bunch, at, cut);
      if (this.count > most) return undefined;
    }
    this.placed += this.count;
    this.sort(children);
    const mass = childMass(field, region.mask[field]!, region.value[field]!, shift, bits);
    const spreads = this.spreads(bunch, mass, children);
    return this.parts(children).map((group) => {
      const { numbers, absent } = group;
      const share = mass ? numbers.reduce((sum, child) => sum + mass[child]!, 0) : numbers.length / children;
      return { numbers, absent, bunch: this.bunchOf(bunch, cut, group, share, spreads) };
    });
  }

  // ── Placing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private distribute(bunch: Bunch, at: number, cut: Cut): void {
    const { context, reach } = this;
    const index = bunch.codes[at]! >> 1;
    const guard = bunch.guard[at]!;
    const own = bunch.own[at]!;
    const bit = 1 << cut.field;
    if ((guard & bit) === 0) reach.everywhere();
    else reach.find(context.boxes.fields[cut.field]!, index);
    if (reach.shape === TRIED) {
      if (context.boxes.isMixed[index]) this.placeMixed(bunch, at, cut);
      else this.placeTried(bunch, at, bit);
      return;
    }
    const settledGuard = guard & ~bit;
    const settledOwn = own & ~bit;
    if (reach.shape === STEPPED) {
      const { mask, value, settled } = reach;
      const window = windowOf(cut.bits);
      for (let child = value; ; ) {
        if (settled) this.put(child, bunch, at, settledGuard, settledOwn);
        else this.put(child, bunch, at, guard, own);
        const next = ((child | mask) + 1) & ~mask;
        if (next > window) return;
        child = next | value;
      }
    }
    const { first, count, head, tail, settled } = reach;
    const window = windowOf(cut.bits);
    for (let i = 0; i < count; i++) {
      const child = (first + i) & window;
      if (!reach.exists(child)) continue;
      const isSettled = i === 0 ? head : i === count - 1 ? tail : settled;
      if (isSettled) this.put(child, bunch, at, settledGuard, settledOwn);
      else this.put(child, bunch, at, guard, own);
    }
  }

  private placeTried(bunch: Bunch, at: number, bit: number): void {
    const { answers } = this.reach;
    const guard = bunch.guard[at]!;
    const own = bunch.own[at]!;
    for (let child = 0; child < answers.length; child++) {
      const answer = answers[child]!;
      if (answer === OUT) continue;
      this.put(child, bunch, at, answer === SETTLED ? guard & ~bit : guard, answer >= OWN_SETTLED ? own & ~bit : own);
    }
  }

  /** Places an item of which one field may settle another. */
  private placeMixed(bunch: Bunch, at: number, cut: Cut): void {
    const { answers } = this.reach;
    const { guard, own } = this.context.guarded[bunch.codes[at]! >> 1]!;
    for (let child = 0; child < answers.length; child++) {
      if (answers[child] === OUT) continue;
      const region = narrowed(bunch.region, cut, [child]);
      this.put(child, bunch, at, bunch.guard[at]! & openFields(guard, region), bunch.own[at]! & openFields(own, region));
    }
  }

  private put(child: number, bunch: Bunch, at: number, guard: number, own: number): void {
    if (this.closed[child]) return;
    const { context, count } = this;
    const code = bunch.codes[at]!;
    const index = code >> 1;
    const isCertain = context.isComplete[index] === 1 && own === 0;
    if (isCertain && context.ends[index] && context.topLevel[index]) this.closed[child] = 1;
    if (count === this.child.length) this.grow();
    this.child[count] = child;
    this.place[count] = at;
    this.code[count] = isCertain ? code | 1 : code;
    this.guard[count] = guard;
    this.own[count] = own;
    this.count = count + 1;
  }

  private grow(): void {
    const larger = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const array = new Int32Array(4 * old.length);
      array.set(old);
      return array;
    };
    this.child = larger(this.child);
    this.place = larger(this.place);
    this.code = larger(this.code);
    this.guard = larger(this.guard);
    this.own = larger(this.own);
  }

  /** Orders what has been placed by child. */
  private sort(children: number): void {
    const { ends, child, count } = this;
    if (this.order.length < count) this.order = new Int32Array(this.child.length);
    ends.fill(0, 0, children + 1);
    for (let k = 0; k < count; k++) ends[child[k]! + 1]!++;
    for (let c = 0; c < children; c++) ends[c + 1]! += ends[c]!;
    // While it is filled, `ends` of a child is where its next item goes.
    for (let k = 0; k < count; k++) this.order[ends[child[k]!]!++] = k;
  }

  // ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** For each item the share of the packets that falls on the children it is in. */
  private spreads(bunch: Bunch, mass: Float64Array | undefined, children: number): Float64Array {
    const { place, child, count } = this;
    const length = bunch.codes.length;
    if (this.spread.length < length) this.spread = new Float64Array(2 * length);
    const spread = this.spread.fill(0, 0, length);
    if (mass) for (let k = 0; k < count; k++) spread[place[k]!]! += mass[child[k]!]!;
    else for (let k = 0; k < count; k++) spread[place[k]!]! += 1 / children;
    return spread;
  }

  /** Children with equal lists together, each list a stretch of `order` cut down to what is reachable. */
  private parts(children: number): readonly Group[] {
    const rough = new Grouping(this.code, this.order);
    const absent: number[] = [];
    for (let child = 0, from = 0; child < children; child++) {
      const to = this.ends[child]!;
      if (this.reach.exists(child)) {
        const group = rough.of(from, to);
        group.numbers.push(child);
        this.join(group, from);
      } else absent.push(child);
      from = to;
    }
    let groups = rough.groups;
    let isShorter = false;
    for (const group of groups) if (this.cutDown(group)) isShorter = true;
    if (isShorter) {
      const exact = new Grouping(this.code, this.order);
      for (const { from, to, numbers } of groups) {
        const group = exact.of(from, to);
        for (const number of numbers) group.numbers.push(number);
        this.join(group, from);
      }
      groups = exact.groups;
    }
    // No packet comes to a child that what is known rules out: it may lead anywhere.
    groups[0]!.absent = absent;
    return groups;
  }

  /** Cuts the list of a group down to what can match; false when that is all of it. */
  private cutDown(group: Group): boolean {
    const isShorter = this.keepReachable(group);
    return this.uncover(group) || isShorter;
  }

  /** Leaves out what no packet comes to. */
  private keepReachable(group: Group): boolean {
    const { from, to } = group;
    if (this.context.isStraight) return false;
    const codes = new Int32Array(to - from);
    for (let i = 0; i < codes.length; i++) codes[i] = this.code[this.order[from + i]!]!;
    const kept = reachable(this.context, codes);
    if (!kept) return false;
    for (let i = 0; i < kept.length; i++) this.order[from + i] = this.order[from + kept[i]!]!;
    group.to = from + kept.length;
    return true;
  }

  /** Leaves out what an earlier item covers. */
  private uncover(group: Group): boolean {
    const { context, order } = this;
    const { from, to } = group;
    if (to - from < 2 || to - from > COVER_MAX) return false;
    const { covererIndex, covererOwn } = this;
    let coverers = 0;
    let end = from;
    for (let k = from; k < to; k++) {
      const at = order[k]!;
      const index = this.code[at]! >> 1;
      const guard = this.guard[at]!;
      const own = this.own[at]!;
      if (coverers > 0 && this.isCovered(coverers, index, guard) && mayBeCovered(context, index)) continue;
      if (mayCover(context, index, guard, own)) {
        covererIndex[coverers] = index;
        covererOwn[coverers++] = own;
      }
      order[end++] = at;
    }
    group.to = end;
    return end < to;
  }

  private isCovered(coverers: number, index: number, guard: number): boolean {
    const { context, covererIndex, covererOwn } = this;
    for (let k = 0; k < coverers; k++) if (covers(context, covererIndex[k]!, covererOwn[k]!, index, guard)) return true;
    return false;
  }

  /** What is open in one child of a group is open in the group. */
  private join(group: Group, from: number): void {
    if (group.from === from) return;
    const { order, guard, own } = this;
    for (let i = group.from, j = from; i < group.to; i++, j++) {
      const to = order[i]!;
      guard[to]! |= guard[order[j]!]!;
      own[to]! |= own[order[j]!]!;
    }
  }

  private bunchOf(
    { weights, even, region }: Bunch,
    cut: Cut,
    { from, to, numbers }: Group,
    share: number,
    spreads: Float64Array,
  ): Bunch {
    const length = to - from;
    const codes = this.arena.ints(length);
    const guard = this.arena.ints(length);
    const own = this.arena.ints(length);
    const drawn = this.arena.floats(length);
    for (let i = 0; i < length; i++) {
      const k = this.order[from + i]!;
      const at = this.place[k]!;
      codes[i] = this.code[k]!;
      guard[i] = this.guard[k]!;
      own[i] = this.own[k]!;
      drawn[i] = spreads[at]! > 0 ? (weights[at]! * share) / spreads[at]! : 0;
    }
    return { codes, guard, own, weights: drawn, even: even * share, region: narrowed(region, cut, numbers) };
  }
}

/** The region of several children: what they have in common is known. */
function narrowed(region: Region, cut: Cut, children: readonly number[]): Region {
  let all = -1;
  let any = 0;
  for (let k = 0; k < children.length; k++) {
    all &= children[k]!;
    any |= children[k]!;
  }
  const same = (~(all ^ any) << cut.shift) & windowMask(cut);
  if ((same & ~region.mask[cut.field]!) === 0) return region;
  const result = { mask: region.mask.slice(), value: region.value.slice() };
  result.mask[cut.field]! |= same;
  result.value[cut.field] = result.value[cut.field]! | ((all << cut.shift) & same);
  return result;
}
