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
  LEAF_HIT_COUNT,
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
  let target = load<u32>(root, ENTRY_TARGET);
  let cut = load<u32>(root, ENTRY_CUT);
  if (isRecorded(packet)) recordDescent(image, root, packet);
  while (cut != 0) {
    const entry = below(image, target, cut, packet);
    target = load<u32>(entry, ENTRY_TARGET);
    cut = load<u32>(entry, ENTRY_CUT);
  }
  return image + target;
}

/** Packets that go down a tree together. */
export const TOGETHER: u32 = 8;

/**
 * As `descend`, for TOGETHER packets `stride` apart, so that their cache misses overlap: writes the address of each one's leaf, the words
 * `apart` bytes from each other.
 */
export function descendTogether(image: usize, root: usize, packets: usize, stride: usize, leaves: usize, apart: usize): void {
  const p1 = packets + stride;
  const p2 = p1 + stride;
  const p3 = p2 + stride;
  const p4 = p3 + stride;
  const p5 = p4 + stride;
  const p6 = p5 + stride;
  const p7 = p6 + stride;
  const target = load<u32>(root, ENTRY_TARGET);
  const cut = load<u32>(root, ENTRY_CUT);
  let t0 = target, t1 = target, t2 = target, t3 = target, t4 = target, t5 = target, t6 = target, t7 = target;
  let c0 = cut, c1 = cut, c2 = cut, c3 = cut, c4 = cut, c5 = cut, c6 = cut, c7 = cut;
  while ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7) != 0) {
    const e0 = below(image, t0, c0, packets);
    const e1 = below(image, t1, c1, p1);
    const e2 = below(image, t2, c2, p2);
    const e3 = below(image, t3, c3, p3);
    const e4 = below(image, t4, c4, p4);
    const e5 = below(image, t5, c5, p5);
    const e6 = below(image, t6, c6, p6);
    const e7 = below(image, t7, c7, p7);
    t0 = load<u32>(e0, ENTRY_TARGET);
    c0 = load<u32>(e0, ENTRY_CUT);
    t1 = load<u32>(e1, ENTRY_TARGET);
    c1 = load<u32>(e1, ENTRY_CUT);
    t2 = load<u32>(e2, ENTRY_TARGET);
    c2 = load<u32>(e2, ENTRY_CUT);
    t3 = load<u32>(e3, ENTRY_TARGET);
    c3 = load<u32>(e3, ENTRY_CUT);
    t4 = load<u32>(e4, ENTRY_TARGET);
    c4 = load<u32>(e4, ENTRY_CUT);
    t5 = load<u32>(e5, ENTRY_TARGET);
    c5 = load<u32>(e5, ENTRY_CUT);
    t6 = load<u32>(e6, ENTRY_TARGET);
    c6 = load<u32>(e6, ENTRY_CUT);
    t7 = load<u32>(e7, ENTRY_TARGET);
    c7 = load<u32>(e7, ENTRY_CUT);
  }
  let at = leaves;
  store<u32>(at, <u32>image + t0);
  store<u32>((at += apart), <u32>image + t1);
  store<u32>((at += apart), <u32>image + t2);
  store<u32>((at += apart), <u32>image + t3);
  store<u32>((at += apart), <u32>image + t4);
  store<u32>((at += apart), <u32>image + t5);
  store<u32>((at += apart), <u32>image + t6);
  store<u32>(at + apart, <u32>image + t7);
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
  const hits: usize = load<u32>(leaf, LEAF_HIT_COUNT);
  const ids = image + load<u32>(leaf, LEAF_STEPS) + <usize>load<u32>(leaf, LEAF_STEP_COUNT) * STEP_BYTES;
  for (let i: usize = 0; i < hits; i++) note(env, packet, trace, load<u32>(ids + (i << 2)));
}
