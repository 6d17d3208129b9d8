// Decision tables: from the words of a packet record to the leaf that says what is left to do.

import { PACKET_BY } from '../abi/packet.ts';
import {
  CHAIN_ROOT,
  CUT_FIELD_MASK,
  CUT_FIELD_SHIFT,
  CUT_MASK_SHIFT,
  ENTRY_CUT,
  ENTRY_TARGET,
  LEAF_BY,
  LEAF_COUNTER,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_VERDICT,
  NO_COUNTER,
  STEP_BYTES,
} from '../abi/program.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { asksBits, isRecorded } from '../journey/recorder.ts';
import { count, note } from './count.ts';

/** Address of the leaf of a packet; 0 = the chain has no table, or several trees. */
export function findLeaf(image: usize, chain: usize, packet: usize): usize {
  return load<u32>(chain, CHAIN_ROOT + ENTRY_TARGET) == 0 ? 0 : descend(image, chain + CHAIN_ROOT, packet);
}

/** Address of the entry below `target` that a cut sends a packet to. A leaf is its own only child. */
// @ts-ignore: decorator
@inline
function below(image: usize, target: u32, cut: u32, packet: usize): usize {
  const word = load<u32>(packet + ((cut >> CUT_FIELD_SHIFT) & CUT_FIELD_MASK));
  // A shift takes its count by its low five bits, which are the cut's shift.
  return image + target + (((word >> cut) & (cut >> CUT_MASK_SHIFT)) << 3);
}

/** Address of the leaf that a packet comes to from an entry. */
export function descend(image: usize, root: usize, packet: usize): usize {
  if (isRecorded(packet)) recordDescent(image, root, packet);
  return descendUnnoted(image, root, packet);
}

/** The same of a packet of whose journey nobody takes note. */
// @ts-ignore: decorator
@inline
export function descendUnnoted(image: usize, root: usize, packet: usize): usize {
  let target = load<u32>(root, ENTRY_TARGET);
  let cut = load<u32>(root, ENTRY_CUT);
  while (cut != 0) {
    const entry = below(image, target, cut, packet);
    target = load<u32>(entry, ENTRY_TARGET);
    cut = load<u32>(entry, ENTRY_CUT);
  }
  return image + target;
}

/** Takes note of what the way down from an entry asks of a packet. */
function recordDescent(image: usize, root: usize, packet: usize): void {
  let entry = root;
  for (let cut = load<u32>(entry, ENTRY_CUT); cut != 0; cut = load<u32>(entry, ENTRY_CUT)) {
    asksBits(packet, (cut >> CUT_FIELD_SHIFT) & CUT_FIELD_MASK, (cut >> CUT_MASK_SHIFT) << (cut & 31));
    entry = below(image, load<u32>(entry, ENTRY_TARGET), cut, packet);
  }
}

/** Counts the constant part of a leaf. Returns the verdict of a constant leaf, with PACKET_BY; VERDICT_NONE = go on. */
// @ts-ignore: decorator
@inline
export function takeLeaf(env: usize, image: usize, leaf: usize, packet: usize, counters: usize, trace: usize): u32 {
  const counter = load<u32>(leaf, LEAF_COUNTER);
  if (counter != NO_COUNTER) count(counters, counter, packet);
  if (trace != 0) noteHits(env, image, leaf, packet, trace);
  const verdict = load<u32>(leaf, LEAF_VERDICT);
  if (verdict != VERDICT_NONE) store<u32>(packet, load<u32>(leaf, LEAF_BY), PACKET_BY);
  return verdict;
}

function noteHits(env: usize, image: usize, leaf: usize, packet: usize, trace: usize): void {
  const ids = image + load<u32>(leaf, LEAF_STEPS) + <usize>(load<u32>(leaf, LEAF_STEP_COUNT) + 1) * STEP_BYTES;
  const hits: usize = load<u32>(ids);
  for (let i: usize = 0; i < hits; i++) note(env, packet, trace, load<u32>(ids + (i << 2), 4));
}
