// How the leaves of a chain are laid out, so that the core may ask them for many packets abreast.

import { CHAIN_ABREAST_ANY, CHAIN_ABREAST_FIVE, CHAIN_ABREAST_NOT } from '../../assembly/abi/program.ts';
import { fieldNumber } from './fields.ts';
import { type Leaf, LIST_END, STEP_ASKED, STEP_MISS, STEP_WORDS, type Steps } from './leaf.ts';

/** The fields of CHAIN_ABREAST_FIVE, in order. */
export const FIVE = (['src0', 'dst0', 'sport', 'dport', 'proto'] as const).map(fieldNumber);
/** Leaves that have fewer rows on average do not all get five. */
const FIVE_MIN = 3;

/** For each chain how its leaves are laid out: CHAIN_ABREAST_*. */
export function leafLayouts(
  leaves: readonly Leaf[],
  fields: readonly number[][],
  chainOf: readonly number[],
  chains: number,
): number[] {
  const layouts = new Array<number>(chains).fill(CHAIN_ABREAST_FIVE);
  const rows = new Float64Array(chains);
  const counts = new Float64Array(chains);
  for (const { id, steps } of leaves) {
    if (steps.length === 0) continue;
    const chain = chainOf[id]!;
    if (!isStraight(steps)) layouts[chain] = CHAIN_ABREAST_NOT;
    else if (layouts[chain] === CHAIN_ABREAST_FIVE && !fields[id]!.every((field) => FIVE.includes(field)))
      layouts[chain] = CHAIN_ABREAST_ANY;
    rows[chain]! += fields[id]!.length;
    counts[chain]!++;
  }
  return layouts.map((layout, chain) =>
    layout === CHAIN_ABREAST_FIVE && rows[chain]! < FIVE_MIN * counts[chain]! ? CHAIN_ABREAST_ANY : layout,
  );
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
