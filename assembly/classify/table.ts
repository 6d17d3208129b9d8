// Decision tables: from the words of a packet record to the leaf that says what is left to do.

import {
  CHAIN_ROOT,
  CUT_BITS_MASK,
  CUT_FIELD_SHIFT,
  CUT_SHIFT_SHIFT,
  ENTRY_BYTES,
  ENTRY_CUT,
  ENTRY_TARGET,
  LEAF_COUNTER,
  LEAF_HIT_COUNT,
  LEAF_HITS,
  NO_COUNTER,
} from '../abi/program.ts';
import { count, note } from './count.ts';

/** Address of the leaf of a packet; 0 = the chain has no table, or several trees. */
export function findLeaf(image: usize, chain: usize, packet: usize): usize {
  return load<u32>(chain, CHAIN_ROOT + ENTRY_TARGET) == 0 ? 0 : descend(image, chain + CHAIN_ROOT, packet);
}

/** Address of the leaf that a packet comes to from an entry. */
export function descend(image: usize, root: usize, packet: usize): usize {
  let target = load<u32>(root, ENTRY_TARGET);
  let cut = load<u32>(root, ENTRY_CUT);
  while (cut != 0) {
    const window = load<u32>(packet + (cut >> CUT_FIELD_SHIFT)) >> ((cut >> CUT_SHIFT_SHIFT) & 31);
    const child = window & ((1 << (cut & CUT_BITS_MASK)) - 1);
    const entry = image + target + <usize>child * ENTRY_BYTES;
    target = load<u32>(entry, ENTRY_TARGET);
    cut = load<u32>(entry, ENTRY_CUT);
  }
  return image + target;
}

/** Counts the constant part of a leaf. */
export function countLeaf(leaf: usize, packet: usize, counters: usize, trace: usize): void {
  const counter = load<u32>(leaf, LEAF_COUNTER);
  if (counter == NO_COUNTER) return;
  count(counters, counter, packet);
  if (trace == 0) return;
  const hits: usize = load<u32>(leaf, LEAF_HIT_COUNT);
  for (let i: usize = 0; i < hits; i++) note(trace, load<u32>(leaf + (i << 2), LEAF_HITS));
}
