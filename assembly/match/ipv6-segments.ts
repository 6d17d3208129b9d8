// TEST_IPV6_SEGMENTS: `-m srh`.

import {
  CHECK_16_BITS,
  CHECK_GREATER,
  CHECK_INVERT,
  CHECK_LESS,
  CHECK_OFFSET_MASK,
  CHECK_VALUE_SHIFT,
  SEGMENT_INVERT,
  SEGMENT_MASK,
  SEGMENT_NEXT,
  SEGMENT_PREVIOUS,
} from '../abi/operand.ts';
import { NEXT_ROUTING } from '../wire/ipv6.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS, ANSWERS_END } from './answer.ts';
import { bytesFrom, reaches } from './bytes.ts';
import { header6, headerBytes6 } from './ipv6-header.ts';

const FIXED_BYTES: u32 = 8;
const TYPE: usize = 2;
const SEGMENTS_LEFT: usize = 3;
const LAST_ENTRY: usize = 4;
const SEGMENTS: usize = 8;
const SEGMENT_BYTES: u32 = 16;
/** Routing type of a segment routing header. */
const TYPE_SEGMENTS: u8 = 4;
/** Operand bytes of a segment: which one, mask, value. */
const ASKED_BYTES: usize = 36;

/** Operands: checks of fields, then segments. Nothing here drops a packet. Ref: net/ipv6/netfilter/ip6t_srh.c:srh1_mt6() */
export function hasSegments6(packet: usize, operands: usize): u32 {
  const header = header6(packet, NEXT_ROUTING, FIXED_BYTES);
  if (header < ANSWERS_END) return header == ANSWER_HOTDROP ? ANSWER_MISS : <u32>header;
  if (bytesFrom(packet, header) < headerBytes6(header) || load<u8>(header, TYPE) != TYPE_SEGMENTS) return ANSWER_MISS;
  if (load<u8>(header, SEGMENTS_LEFT) > load<u8>(header, LAST_ENTRY)) return ANSWER_MISS;
  const checksEnd = operands + 4 + (<usize>load<u32>(operands) << 2);
  for (let at = operands + 4; at < checksEnd; at += 4) {
    if (!fitsCheck(header, load<u32>(at))) return ANSWER_MISS;
  }
  const segmentsEnd = checksEnd + 4 + <usize>load<u32>(checksEnd) * ASKED_BYTES;
  for (let at = checksEnd + 4; at < segmentsEnd; at += ASKED_BYTES) {
    const answer = isSegment(packet, header, at);
    if (answer != ANSWER_HOLDS) return answer;
  }
  return ANSWER_HOLDS;
}

function fitsCheck(header: usize, check: u32): bool {
  const at = header + (check & CHECK_OFFSET_MASK);
  const found: u32 = check & CHECK_16_BITS ? <u32>load<u16>(at) : <u32>load<u8>(at);
  const value = check >> CHECK_VALUE_SHIFT;
  const holds = check & CHECK_GREATER ? found > value : check & CHECK_LESS ? found < value : found == value;
  return holds != ((check & CHECK_INVERT) != 0);
}

/** The list of segments stands last first: the one to go to next has the index of what is left, less one. */
function isSegment(packet: usize, header: usize, operands: usize): u32 {
  const which = load<u32>(operands);
  const left: u32 = load<u8>(header, SEGMENTS_LEFT);
  let index: u32 = 0;
  if ((which & SEGMENT_MASK) == SEGMENT_PREVIOUS) {
    if (left == load<u8>(header, LAST_ENTRY)) return ANSWER_MISS;
    index = left + 1;
  } else if ((which & SEGMENT_MASK) == SEGMENT_NEXT) {
    if (left == 0) return ANSWER_MISS;
    index = left - 1;
  }
  const segment = header + SEGMENTS + index * SEGMENT_BYTES;
  const there = reaches(packet, segment, SEGMENT_BYTES);
  if (there != ANSWER_HOLDS) return there;
  const differing = v128.and(v128.xor(v128.load(segment), v128.load(operands + 20)), v128.load(operands + 4));
  return v128.any_true(differing) != ((which & SEGMENT_INVERT) != 0) ? ANSWER_MISS : ANSWER_HOLDS;
}
