// Candidate lists: the items of a flattened chain that a region's packets can still reach and match, in their order.
//
// A list is an Int32Array of codes: item index << 1 | 1 when the item certainly matches if it is reached.

import { IMPOSSIBLE, type Status } from './atom.ts';
import { type Boxes, boxesOf, openAtFirst } from './box.ts';
import type { FlatChain } from './flatten.ts';
import type { GuardedItem } from './guard.ts';

/** A flattened chain with what its table needs to know of each item, by index. */
export interface Candidates {
  readonly flat: FlatChain;
  readonly guarded: readonly GuardedItem[];
  /** What the fields ask of them. */
  readonly boxes: Boxes;
  /** 1 = the list ends when the item matches. */
  readonly ends: Uint8Array;
  /** 1 = the item is in no inlined body. */
  readonly topLevel: Uint8Array;
  /** 1 = the item matches where its own usable tests hold. */
  readonly isComplete: Uint8Array;
  /** 1 = no other items are reached by way of the item, and its miss is no detour. */
  readonly isLone: Uint8Array;
  /** Every miss and every match that goes on leads to the next item. */
  readonly isStraight: boolean;
  /** For each index the first item with a detour, from there on and passing over bodies; the list's length = none. */
  readonly detourFrom: Int32Array;
  /** For each item its code and what is open of its guard and of its own tests, for all packets; code -1 = it matches none. */
  readonly wholeCode: Int32Array;
  readonly wholeGuard: Int32Array;
  readonly wholeOwn: Int32Array;
  /** Scratch marks, one for each item. */
  readonly marks: Uint8Array;
}

/** Describes a chain to those who build its table. */
export function candidates(flat: FlatChain, guarded: readonly GuardedItem[]): Candidates {
  const count = guarded.length;
  const ends = new Uint8Array(count);
  const detourFrom = new Int32Array(count + 1).fill(count);
  for (let i = count - 1; i >= 0; i--) {
    const { item, detour } = guarded[i]!;
    const { kind } = item.action;
    if (kind === 'verdict' || kind === 'terminate' || kind === 'goto') ends[i] = 1;
    detourFrom[i] = detour ? i : detourFrom[item.after]!;
  }
  const topLevel = new Uint8Array(count);
  const isComplete = new Uint8Array(count);
  const isLone = new Uint8Array(count);
  const wholeCode = new Int32Array(count);
  const wholeGuard = new Int32Array(count);
  const wholeOwn = new Int32Array(count);
  let isStraight = true;
  for (let i = 0; i < count; i++) {
    const { item, guard, own, complete, detour } = guarded[i]!;
    if (item.parent < 0) topLevel[i] = 1;
    if (!detour && item.after === i + 1) isLone[i] = 1;
    if (complete) isComplete[i] = 1;
    if (item.miss !== i + 1 || (ends[i] !== 1 && item.next !== i + 1)) isStraight = false;
    const answer = itemStatus(guarded[i]!);
    wholeCode[i] = answer === IMPOSSIBLE ? -1 : (i << 1) | (answer >> 1);
    wholeGuard[i] = openAtFirst(guard);
    wholeOwn[i] = openAtFirst(own);
  }
  return {
    flat,
    guarded,
    boxes: boxesOf(guarded),
    ends,
    topLevel,
    isComplete,
    isLone,
    isStraight,
    detourFrom,
    wholeCode,
    wholeGuard,
    wholeOwn,
    marks: new Uint8Array(count + 1),
  };
}

/** Whether an item of the list can match at all: IMPOSSIBLE also when it cannot be reached. */
function itemStatus({ guard, own, complete }: GuardedItem): Status {
  for (const atom of guard) if (atom.initially === IMPOSSIBLE) return 0;
  if (!complete) return 1;
  let least: Status = 2;
  for (const { initially } of own) if (initially < least) least = initially;
  return least;
}

/**
 * Position in the list where control goes that is sent to item `index`: the first listed item it can stop at. The items between
 * are impossible (with a jump its whole body is), and an impossible item's miss leads to the next listed one unless the item
 * has a detour.
 * `from`: a position not behind the answer.
 */
export function positionOf(context: Candidates, list: Int32Array, index: number, from: number): number {
  const { guarded, detourFrom } = context;
  let low = from;
  for (;;) {
    low = lowerBound(list, index, low);
    const detour = detourFrom[index]!;
    const at = low < list.length ? list[low]! >> 1 : guarded.length;
    if (at <= detour) return low;
    index = guarded[detour]!.item.miss;
  }
}

function lowerBound(list: Int32Array, index: number, from: number): number {
  let low = from;
  if (low >= list.length || list[low]! >> 1 >= index) return low;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! >> 1 < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The places in a list that some path from its start leads to; undefined = all. Left out are, among others, all behind a certain verdict.
 */
export function reachable(context: Candidates, list: Int32Array): Int32Array | undefined {
  const { guarded, ends, marks } = context;
  if (context.isStraight) return upToEnd(context, list);
  marks.fill(0, 0, list.length + 1);
  marks[positionOf(context, list, 0, 0)] = 1;
  let kept = 0;
  for (let k = 0; k < list.length; k++) {
    if (!marks[k]) continue;
    kept++;
    const code = list[k]!;
    const index = code >> 1;
    const { next, miss } = guarded[index]!.item;
    if (!ends[index]) marks[positionOf(context, list, next, k + 1)] = 1;
    if ((code & 1) === 0) marks[positionOf(context, list, miss, k + 1)] = 1;
  }
  if (kept === list.length) return undefined;
  const places = new Int32Array(kept);
  for (let k = 0, out = 0; k < list.length; k++) if (marks[k]) places[out++] = k;
  return places;
}

function upToEnd({ ends }: Candidates, list: Int32Array): Int32Array | undefined {
  for (let k = 0; k < list.length - 1; k++)
    if (list[k]! & 1 && ends[list[k]! >> 1]) return Int32Array.from({ length: k + 1 }, (_, at) => at);
  return undefined;
}
