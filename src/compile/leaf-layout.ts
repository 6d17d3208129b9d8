// How the leaves of a chain are laid out, so that the core may ask them for many packets abreast.

import { CHAIN_ABREAST_COUNTS, CHAIN_ABREAST_FIVE, CHAIN_ABREAST_LONG, CHAIN_ABREAST_YES } from '../../assembly/abi/program.ts';
import { FIELDS, fieldNumber } from './fields.ts';
import { type Leaf, LIST_END, STEP_ASKED, STEP_ITEM, STEP_MISS, STEP_WORDS, type Steps } from './leaf.ts';
import type { ItemRows } from './leaf-rows.ts';

const SOURCE = (['src0', 'src1', 'src2', 'src3'] as const).map(fieldNumber);
const DESTINATION = (['dst0', 'dst1', 'dst2', 'dst3'] as const).map(fieldNumber);
const OTHERS = (['sport', 'dport', 'proto'] as const).map(fieldNumber);
/** The fields of the rows of CHAIN_ABREAST_FIVE, in order; those of CHAIN_ABREAST_LONG have another word of the addresses. */
export const FIVE = [SOURCE[0]!, DESTINATION[0]!, ...OTHERS];
/** The fields that the steps of CHAIN_ABREAST_LONG may ask. */
const LONG = [...SOURCE, ...DESTINATION, ...OTHERS];
/** Leaves that have fewer rows on average do not all get five. */
const FIVE_MIN = 3;

/** For each chain how its leaves can be asked: CHAIN_ABREAST_*. `fields`: for each leaf those of its rows. */
export function leafLayouts(
  leaves: readonly Leaf[],
  fields: readonly number[][],
  chainOf: readonly number[],
  chains: number,
): number[] {
  const layouts = new Uint8Array(chains).fill(CHAIN_ABREAST_YES | CHAIN_ABREAST_FIVE | CHAIN_ABREAST_LONG);
  const rows = new Float64Array(chains);
  const counts = new Float64Array(chains);
  let common = 0;
  for (const leaf of leaves) {
    const chain = chainOf[leaf.id]!;
    const counting = countsMore(leaf) ? CHAIN_ABREAST_COUNTS : 0;
    if (leaf.steps.length === 0) {
      // It may be a leaf of several chains.
      common |= counting;
      continue;
    }
    layouts[chain]! |= counting;
    if (!isStraight(leaf.steps)) layouts[chain]! &= ~CHAIN_ABREAST_YES;
    if (!fields[leaf.id]!.every((field) => FIVE.includes(field))) layouts[chain]! &= ~CHAIN_ABREAST_FIVE;
    if (!fields[leaf.id]!.every((field) => LONG.includes(field))) layouts[chain]! &= ~CHAIN_ABREAST_LONG;
    rows[chain]! += fields[leaf.id]!.length;
    counts[chain]!++;
  }
  return Array.from(layouts, (layout, chain) => {
    const hasFew = rows[chain]! < FIVE_MIN * counts[chain]!;
    const other = hasFew ? CHAIN_ABREAST_FIVE | CHAIN_ABREAST_LONG : layout & CHAIN_ABREAST_FIVE ? CHAIN_ABREAST_LONG : 0;
    const own = layout & ~other;
    return (own & CHAIN_ABREAST_YES) === 0 ? 0 : own | common;
  });
}

/** Whether a leaf counts more than what decides it. */
function countsMore({ hits, by }: Leaf): boolean {
  return hits.length > 1 || (hits.length === 1 && hits[0] !== by);
}

/** Whether a miss of every step leads to the next one. A step that nothing is asked of does not miss. */
export function isStraight(steps: Steps): boolean {
  const count = steps.length / STEP_WORDS;
  for (let k = 0; k < count; k++) {
    const miss = steps[k * STEP_WORDS + STEP_MISS];
    const goesOn = miss === k + 1 || (miss === LIST_END && k === count - 1);
    if (steps[k * STEP_WORDS + STEP_ASKED] !== 0 && !goesOn) return false;
  }
  return true;
}

/** Steps of a leaf that are compared to find out which words tell them apart. */
const COMPARED = 16;

/** Where each step of a leaf wants each word of LONG: those of one word in a row. */
const low = new Float64Array(LONG.length * COMPARED);
const high = new Float64Array(LONG.length * COMPARED);
/** The place of each field in LONG; -1 = in none. */
const PLACE = FIELDS.map((_, field) => LONG.indexOf(field));

/** The fields of the rows of a leaf whose chain has a layout. `fields`: those that its steps ask. */
export function layoutFields(layout: number, rows: ItemRows, steps: Steps, fields: readonly number[]): readonly number[] {
  if (layout & CHAIN_ABREAST_LONG && steps.length > 0) return longFields(rows, steps);
  return layout & (CHAIN_ABREAST_FIVE | CHAIN_ABREAST_LONG) ? FIVE : fields;
}

/** Of each address the word that leaves the fewest steps to a packet. */
function longFields({ start, test, field, low: lows, span: spans }: ItemRows, steps: Steps): number[] {
  const count = Math.min(COMPARED, steps.length / STEP_WORDS);
  low.fill(0);
  high.fill(0xffffffff);
  let asked = 0;
  for (let k = 0; k < count; k++) {
    const item = steps[k * STEP_WORDS + STEP_ITEM]!;
    const tests = steps[k * STEP_WORDS + STEP_ASKED]!;
    for (let row = start[item]!; row < start[item + 1]!; row++) {
      if (!((tests >>> test[row]!) & 1)) continue;
      const place = PLACE[field[row]!]!;
      if (place < 0) continue;
      asked |= 1 << place;
      low[place * COMPARED + k] = lows[row]!;
      high[place * COMPARED + k] = lows[row]! + spans[row]!;
    }
  }
  return [tellingWord(SOURCE, 0, count, asked), tellingWord(DESTINATION, SOURCE.length, count, asked), ...OTHERS];
}

/** `place`: that of the first word in LONG. `asked`: the words that any step asks, by place. */
function tellingWord(words: readonly number[], place: number, count: number, asked: number): number {
  let best = words[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < words.length; k++) {
    if (!((asked >>> (place + k)) & 1)) continue;
    const left = leftBy(place + k, count, least);
    if (left >= least) continue;
    best = words[k]!;
    least = left;
  }
  return best;
}

/**
 * How many steps hold together in a row for a word: those of packets that one of them takes, and, what tells less, those of packets with any value.
 * Stops where they are as many as `most`.
 */
function leftBy(place: number, count: number, most: number): number {
  const from = place * COMPARED;
  let left = 0;
  for (let k = from; k < from + count && left < most; k++) {
    left += (high[k]! - low[k]!) / 2 ** 32;
    for (let other = from; other < k; other++) if (low[other]! <= high[k]! && low[k]! <= high[other]!) left++;
  }
  return left;
}
