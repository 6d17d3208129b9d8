// The blocks of a leaf: rows of four items each, for the tests that blocks can ask.

import { BLOCK_STEPS, ROW_BYTES, ROW_SPAN } from '../../assembly/abi/program.ts';
import { FIELD_COUNT } from './fields.ts';
import { ASKED_BITS, type GuardedItem } from './guard.ts';
import { STEP_ASKED, STEP_ITEM, STEP_WORDS, type Steps } from './leaf.ts';

/** The fields of the rows of some steps, at most `most`: those that say something of the most steps. */
export function rowFields(guarded: readonly GuardedItem[], steps: Steps, most: number): number[] {
  const uses = new Uint32Array(FIELD_COUNT);
  for (let k = 0; k < steps.length; k += STEP_WORDS) {
    const { asked: tests } = guarded[steps[k + STEP_ITEM]!]!;
    const asked = steps[k + STEP_ASKED]!;
    for (let test = 0; test < tests.length && test < ASKED_BITS; test++) {
      const row = (asked >>> test) & 1 ? tests[test]!.atom?.row : undefined;
      if (row) uses[row.field]!++;
    }
  }
  const fields: number[] = [];
  for (let field = 0; field < FIELD_COUNT; field++) if (uses[field]! > 0) fields.push(field);
  return fields.length > most ? fields.sort((a, b) => uses[b]! - uses[a]!).slice(0, most) : fields;
}

/** Writes rows that hold always: for steps that have none, and for what of the last block has no step. */
export function emptyBlocks(view: DataView, at: number, blocks: number, rows: number): void {
  for (let row = 0; row < blocks * rows; row++) {
    const spans = at + row * ROW_BYTES + ROW_SPAN;
    for (let lane = 0; lane < BLOCK_STEPS; lane++) view.setUint32(spans + 4 * lane, 0xffffffff, true);
  }
}

/** Writes the rows of a step into its lane; gives those of its `asked` tests that are left to ask. */
export function writeRows(
  view: DataView,
  lane: number,
  { asked: tests }: GuardedItem,
  asked: number,
  fields: readonly number[],
): number {
  let left = asked;
  let written = 0;
  for (let test = 0; test < tests.length && test < ASKED_BITS; test++) {
    const row = (asked >>> test) & 1 ? tests[test]!.atom?.row : undefined;
    const place = row ? fields.indexOf(row.field) : -1;
    if (!row || place < 0 || (written >>> place) & 1) continue;
    written |= 1 << place;
    view.setUint32(lane + place * ROW_BYTES, row.low, true);
    view.setUint32(lane + place * ROW_BYTES + ROW_SPAN, row.span, true);
    if (row.isExact) left &= ~(1 << test);
  }
  return left;
}
