// Decision tables: from the words of a packet record to the leaf that says what is left to do.

import { PACKET_BY } from '../abi/packet.ts';
import {
  CHAIN_ROOT,
  CUT_BITS_MASK,
  CUT_FIELD_SHIFT,
  CUT_SHIFT_SHIFT,
  ENTRY_BYTES,
  ENTRY_CUT,
  ENTRY_TARGET,
  LEAF_BY,
  LEAF_COUNTER,
  LEAF_HIT_COUNT,
  LEAF_HITS,
  LEAF_VERDICT,
  NO_COUNTER,
} from '../abi/program.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
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

/** Counts the constant part of a leaf. Returns the verdict of a constant leaf, with PACKET_BY; VERDICT_NONE = go on. */
export function takeLeaf(env: usize, leaf: usize, packet: usize, counters: usize, trace: usize): u32 {
  const counter = load<u32>(leaf, LEAF_COUNTER);
  if (counter != NO_COUNTER) count(counters, counter, packet);
  if (trace != 0) {
    const hits: usize = load<u32>(leaf, LEAF_HIT_COUNT);
    for (let i: usize = 0; i < hits; i++) note(env, packet, trace, load<u32>(leaf + (i << 2), LEAF_HITS));
  }
  const verdict = load<u32>(leaf, LEAF_VERDICT);
  if (verdict != VERDICT_NONE) store<u32>(packet, load<u32>(leaf, LEAF_BY), PACKET_BY);
  return verdict;
}
