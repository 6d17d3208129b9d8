// Glances: the one test of an item that a leaf's step carries along, so that most steps miss without a look at the item itself.

import { type Atom, fieldStatus, POSSIBLE } from './atom.ts';
import { FIELD_OFFSET, FIELDS, type Region } from './fields.ts';
import type { GuardedItem } from './guard.ts';

/** ((word at `offset` & `mask`) - `low`) <= `span`, all unsigned. */
export interface Glance {
  /** Which of the item's `asked` tests it is. */
  readonly test: number;
  /** Offset in the packet record. */
  readonly offset: number;
  readonly mask: number;
  readonly low: number;
  readonly span: number;
}

/** A test that holds for more of the packets than this is not worth asking twice. */
const HOLDS_MAX = 0.75;

/** The test of an item that the fewest packets of a region pass; undefined when none is telling. */
export function glanceOf({ asked }: GuardedItem, region: Region): Glance | undefined {
  let best: Glance | undefined;
  let least = HOLDS_MAX;
  for (let test = 0; test < asked.length; test++) {
    const { atom } = asked[test]!;
    if (!atom || (atom.kind !== 'mask' && atom.kind !== 'range')) continue;
    const glance = asGlance(atom, test);
    if (!glance) continue;
    const known = region.mask[atom.field]!;
    if (fieldStatus(atom, known, region.value[atom.field]!) !== POSSIBLE) continue;
    const share = holdingShare(glance, known);
    if (share < least) {
      least = share;
      best = glance;
    }
  }
  return best;
}

function asGlance(atom: Atom, test: number): Glance | undefined {
  if (atom.kind === 'mask' && !atom.negate) {
    return { test, offset: FIELD_OFFSET[FIELDS[atom.field]!], mask: atom.mask, low: atom.value, span: 0 };
  }
  if (atom.kind === 'range' && !atom.negate && atom.ranges.length === 1) {
    const [low, high] = atom.ranges[0]!;
    return { test, offset: FIELD_OFFSET[FIELDS[atom.field]!], mask: 0xffffffff, low, span: high - low };
  }
  return undefined;
}

/** About how many of all values with the known bits pass. */
function holdingShare({ mask, span }: Glance, known: number): number {
  return Math.min(1, (span + 1) / 2 ** bitCount(mask & ~known));
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}
