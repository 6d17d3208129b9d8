// Bunches: what comes to a node of a tree while it is built. A list of items, what is still open of each, and the packets expected.

import { openFields } from './box.ts';
import type { Region } from './fields.ts';
import { type Candidates, reachable, wholeCodes } from './list.ts';

export interface Bunch {
  /** Codes of the items (list.ts), in their order. */
  readonly codes: Int32Array;
  /** For each the set of fields that are open of its guard, and of its own tests. */
  readonly guard: Int32Array;
  readonly own: Int32Array;
  /** For each the packets drawn from it that come here. */
  readonly weights: Float64Array;
  /** Packets that fall anywhere alike. */
  readonly even: number;
  readonly region: Region;
}

/** Packets that fall anywhere, for each that is drawn from an item. */
const EVEN_TRAFFIC = 1;

/** The bunch of all packets, for those of the items that they can match. */
export function wholeBunch(context: Candidates, items: Int32Array, region: Region): Bunch {
  const { guarded } = context;
  const codes = wholeCodes(context, items, region);
  const kept = reachable(context, codes);
  const list = kept ? Int32Array.from(kept, (at) => codes[at]!) : codes;
  return {
    codes: list,
    guard: Int32Array.from(list, (code) => openFields(guarded[code >> 1]!.guard, region)),
    own: Int32Array.from(list, (code) => openFields(guarded[code >> 1]!.own, region)),
    weights: new Float64Array(list.length).fill(1),
    even: EVEN_TRAFFIC * list.length,
    region,
  };
}
