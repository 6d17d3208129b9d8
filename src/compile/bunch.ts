// Bunches: what comes to a node of a tree while it is built. A list of items, what is still open of each, and the packets expected.

import type { Region } from './fields.ts';
import { type Candidates, reachable } from './list.ts';

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
  const { wholeCode, wholeGuard, wholeOwn } = context;
  const possible = items.filter((item) => wholeCode[item]! >= 0);
  const codes = possible.map((item) => wholeCode[item]!);
  const kept = reachable(context, codes);
  const list = kept ? kept.map((at) => possible[at]!) : possible;
  return {
    codes: list.map((item) => wholeCode[item]!),
    guard: list.map((item) => wholeGuard[item]!),
    own: list.map((item) => wholeOwn[item]!),
    weights: new Float64Array(list.length).fill(1),
    even: EVEN_TRAFFIC * list.length,
    region,
  };
}
