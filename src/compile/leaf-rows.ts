// The blocks of a leaf: rows of four items each, for the tests that blocks can ask.

import { BLOCK_STEPS, ROW_BYTES, ROW_SPAN } from '../../assembly/abi/program.ts';
import { VERDICT_NONE } from '../../assembly/abi/verdict.ts';
import { FIELD_COUNT } from './fields.ts';
import { ASKED_BITS, type GuardedItem } from './guard.ts';
import { endingVerdict, STEP_ASKED, STEP_ITEM, STEP_WORDS, type Steps } from './leaf.ts';

/** What leaves write of the items of a chain, in flat arrays: each item is in many leaves. */
export interface ItemRows {
  /** For each item where its rows begin; at the end, where the last one's end. */
  readonly start: Int32Array;
  /** For each row: the number of the test it asks, among those of the item; its field, and what it says (row.ts). */
  readonly test: Uint8Array;
  readonly field: Uint8Array;
  readonly low: Uint32Array;
  readonly span: Uint32Array;
  readonly isExact: Uint8Array;
  /** For each item its counter, and the verdict that it ends the run with. */
  readonly rule: Uint32Array;
  readonly verdict: Uint32Array;
  /** For each item what was left to ask of it in the leaf written last that has it, and where the program for that is: leaves may share it. */
  readonly left: Int32Array;
  readonly program: Uint32Array;
}

/** Describes the items of a chain. */
export function itemRows(guarded: readonly GuardedItem[]): ItemRows {
  const count = guarded.length;
  const start = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) start[i + 1] = start[i]! + Math.min(ASKED_BITS, guarded[i]!.own.length);
  const all = start[count]!;
  const test = new Uint8Array(all);
  const field = new Uint8Array(all);
  const low = new Uint32Array(all);
  const span = new Uint32Array(all);
  const isExact = new Uint8Array(all);
  const rule = new Uint32Array(count);
  const verdict = new Uint32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    const { asked, item } = guarded[i]!;
    start[i] = at;
    rule[i] = item.rule.id;
    verdict[i] = endingVerdict(item) ?? VERDICT_NONE;
    for (let k = 0; k < asked.length && k < ASKED_BITS; k++) {
      const row = asked[k]!.atom?.row;
      if (!row) continue;
      test[at] = k;
      field[at] = row.field;
      low[at] = row.low;
      span[at] = row.span;
      isExact[at++] = row.isExact ? 1 : 0;
    }
    start[i + 1] = at;
  }
  return { start, test, field, low, span, isExact, rule, verdict, left: new Int32Array(count), program: new Uint32Array(count) };
}

const uses = new Uint32Array(FIELD_COUNT);

/** The fields of the rows of some steps, at most `most`: those that say something of the most steps. */
export function rowFields({ start, test, field }: ItemRows, steps: Steps, most: number): number[] {
  uses.fill(0);
  for (let k = 0; k < steps.length; k += STEP_WORDS) {
    const item = steps[k + STEP_ITEM]!;
    const asked = steps[k + STEP_ASKED]!;
    for (let row = start[item]!; row < start[item + 1]!; row++) if ((asked >>> test[row]!) & 1) uses[field[row]!]!++;
  }
  const fields: number[] = [];
  for (let one = 0; one < FIELD_COUNT; one++) if (uses[one]! > 0) fields.push(one);
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
  { start, test, field, low, span, isExact }: ItemRows,
  item: number,
  asked: number,
  fields: readonly number[],
): number {
  let left = asked;
  let written = 0;
  for (let row = start[item]!; row < start[item + 1]!; row++) {
    if (!((asked >>> test[row]!) & 1)) continue;
    const place = fields.indexOf(field[row]!);
    if (place < 0 || (written >>> place) & 1) continue;
    written |= 1 << place;
    view.setUint32(lane + place * ROW_BYTES, low[row]!, true);
    view.setUint32(lane + place * ROW_BYTES + ROW_SPAN, span[row]!, true);
    if (isExact[row]) left &= ~(1 << test[row]!);
  }
  return left;
}
