// How the leaves of a chain are laid out, so that the core may ask them for many packets abreast.

import { CHAIN_ABREAST_COUNTS, CHAIN_ABREAST_FIVE, CHAIN_ABREAST_YES } from '../../assembly/abi/program.ts';
import { fieldNumber } from './fields.ts';
import { type Leaf, LIST_END, STEP_ASKED, STEP_MISS, STEP_WORDS, type Steps } from './leaf.ts';

/** The fields of the rows of CHAIN_ABREAST_FIVE, in order. */
export const FIVE = (['src0', 'dst0', 'sport', 'dport', 'proto'] as const).map(fieldNumber);
/** Leaves that have fewer rows on average do not all get five. */
const FIVE_MIN = 3;

/** For each chain how its leaves can be asked: CHAIN_ABREAST_*. `fields`: for each leaf those of its rows. */
export function leafLayouts(
  leaves: readonly Leaf[],
  fields: readonly number[][],
  chainOf: readonly number[],
  chains: number,
): number[] {
  const layouts = new Uint8Array(chains).fill(CHAIN_ABREAST_YES | CHAIN_ABREAST_FIVE);
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
    rows[chain]! += fields[leaf.id]!.length;
    counts[chain]!++;
  }
  return Array.from(layouts, (layout, chain) => {
    const own = rows[chain]! < FIVE_MIN * counts[chain]! ? layout & ~CHAIN_ABREAST_FIVE : layout;
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
