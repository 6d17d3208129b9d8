// TEST_U32: `-m u32`.

import { U32_AND, U32_LEFT_SHIFT, U32_RIGHT_SHIFT } from '../abi/operand.ts';
import { PACKET_L3, PACKET_LENGTH } from '../abi/packet.ts';
import { settleBytes } from '../wire/edit.ts';
import { ANSWER_HOLDS, ANSWER_MISS } from './answer.ts';
import { HEADER_SETTLED_BYTES, reaches, word } from './bytes.ts';

/** Whether each of the tests finds a number at its place, and it is in one of the ranges. Ref: net/netfilter/xt_u32.c:u32_match_it() */
export function hasNumbers(env: usize, packet: usize, operands: usize): u32 {
  let tests = load<u32>(operands);
  let at = operands + 4;
  for (; tests != 0; tests--) {
    const numbers = load<u32>(at);
    const ranges = at + 8 + (<usize>(numbers - 1) << 3);
    const end = ranges + 4 + (<usize>load<u32>(ranges) << 3);
    const answer = hasNumber(env, packet, at + 4, ranges, end);
    if (answer != ANSWER_HOLDS) return answer;
    at = end;
  }
  return ANSWER_HOLDS;
}

/** `place`: the first place, and behind it operators with their numbers up to the ranges. */
function hasNumber(env: usize, packet: usize, place: usize, ranges: usize, end: usize): u32 {
  const length = load<u32>(packet, PACKET_LENGTH);
  let base: u32 = 0;
  let offset = load<u32>(place);
  let there = isThere(env, packet, length, base, offset);
  if (there != ANSWER_HOLDS) return there;
  let value = word(<usize>load<u32>(packet, PACKET_L3) + offset);
  for (let at = place + 4; at < ranges; at += 8) {
    const operator = load<u32>(at);
    const number = load<u32>(at, 4);
    if (operator == U32_AND) value &= number;
    else if (operator == U32_LEFT_SHIFT) value <<= number;
    else if (operator == U32_RIGHT_SHIFT) value >>= number;
    else {
      if (base + value < base) return ANSWER_MISS;
      base += value;
      offset = number;
      there = isThere(env, packet, length, base, offset);
      if (there != ANSWER_HOLDS) return there;
      value = word(<usize>load<u32>(packet, PACKET_L3) + base + offset);
    }
  }
  for (let range = ranges + 4; range < end; range += 8) {
    if (load<u32>(range) <= value && value <= load<u32>(range, 4)) return ANSWER_HOLDS;
  }
  return ANSWER_MISS;
}

/** Whether the four bytes at an offset from a base are there. */
function isThere(env: usize, packet: usize, length: u32, base: u32, offset: u32): u32 {
  if (length < 4 || base > length - 4 || offset > length - 4 - base) return ANSWER_MISS;
  if (base + offset < HEADER_SETTLED_BYTES) settleBytes(env, packet);
  return reaches(packet, <usize>load<u32>(packet, PACKET_L3) + base + offset, 4);
}
