// TEST_IPV6_OPTIONS: `-m hbh` and `-m dst`.

import { HEADER_ASK_LIST, OPTION_ANY_LENGTH } from '../abi/operand.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS, ANSWERS_END, answer } from './answer.ts';
import { bytesFrom, reaches } from './bytes.ts';
import { fitsLength, header6, headerBytes6 } from './ipv6-header.ts';

/** Bytes ahead of the options, and ahead of each option's own. */
const HEAD_BYTES: u32 = 2;
const COUNT: usize = 12;
const LIST: usize = 16;

/** Operands: kind of header, HEADER_* flags, length, and the options. Ref: net/ipv6/netfilter/ip6t_hbh.c:hbh_mt6() */
export function hasOptions6(packet: usize, operands: usize): u32 {
  const header = header6(packet, load<u32>(operands), HEAD_BYTES);
  if (header < ANSWERS_END) return <u32>header;
  const bytes = headerBytes6(header);
  if (bytesFrom(packet, header) < bytes) return ANSWER_HOTDROP;
  const flags = load<u32>(operands, 4);
  const fits = fitsLength(flags, load<u32>(operands, 8), bytes);
  if ((flags & HEADER_ASK_LIST) == 0) return answer(fits);
  const listed = hasList(packet, header, bytes, operands);
  return listed == ANSWER_HOLDS ? answer(fits) : listed;
}

/**
 * Whether the header begins with the options of the list. Of the last one the length byte need be there, not the rest; what follows it
 * does not matter.
 */
function hasList(packet: usize, header: usize, bytes: u32, operands: usize): u32 {
  const end = operands + LIST + (<usize>load<u32>(operands, COUNT) << 2);
  let left = bytes - HEAD_BYTES;
  let at = header + HEAD_BYTES;
  for (let option = operands + LIST; option < end; option += 4) {
    if (left == 0) return ANSWER_MISS;
    let there = reaches(packet, at, 1);
    if (there != ANSWER_HOLDS) return there;
    const type: u32 = load<u8>(at);
    if (type != load<u8>(option)) return ANSWER_MISS;
    let optionBytes: u32 = 1;
    if (type != 0) {
      if (left < HEAD_BYTES) return ANSWER_MISS;
      there = reaches(packet, at + 1, 1);
      if (there != ANSWER_HOLDS) return there;
      const length: u32 = load<u8>(at, 1);
      const asked: u32 = load<u8>(option, 1);
      if (asked != OPTION_ANY_LENGTH && asked != length) return ANSWER_MISS;
      optionBytes = length + HEAD_BYTES;
    }
    const isLast = option + 4 == end;
    if (!isLast && (left < optionBytes || bytesFrom(packet, at) < optionBytes)) return ANSWER_MISS;
    left -= optionBytes;
    at += optionBytes;
  }
  return ANSWER_HOLDS;
}
