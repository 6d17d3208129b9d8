// What a test answers.

import { PACKET_WHY } from '../abi/packet.ts';
import { WHY_CUT } from '../abi/verdict.ts';

/** The test does not hold: the rule does not match. */
export const ANSWER_MISS: u32 = 0;
/** The test holds. */
export const ANSWER_HOLDS: u32 = 1;
/** The packet is dropped on the spot (the kernel's hotdrop). */
export const ANSWER_HOTDROP: u32 = 2;
/** The test does not hold, and its negation neither. */
export const ANSWER_MISS_EITHER_WAY: u32 = 3;
/**
 * The test does not hold and the packet is dropped; its negation holds and the packet is dropped once the rule has done what it does.
 */
export const ANSWER_MISS_AND_DROP: u32 = 4;
/** Of a whole rule: it matches, and the packet is dropped once the rule has done what it does. */
export const ANSWER_HOLDS_AND_DROP: u32 = 5;
/** What was captured does not tell: nothing can be said of the packet from here on. PACKET_WHY says why. */
export const ANSWER_UNKNOWN: u32 = 6;
/** Every answer is below; every address is not. */
export const ANSWERS_END: u32 = 8;

/** The answer where the capture ends before the bytes that decide. */
export function isCut(packet: usize): u32 {
  store<u32>(packet, WHY_CUT, PACKET_WHY);
  return ANSWER_UNKNOWN;
}

export function answer(holds: bool): u32 {
  return holds ? ANSWER_HOLDS : ANSWER_MISS;
}
