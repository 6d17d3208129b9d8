// TEST_IPV6_ROUTING: `-m rt`.

import {
  HEADER_ASK_LIST,
  HEADER_ASK_TYPE,
  HEADER_INVERT_TYPE,
  HEADER_LOOSE,
  HEADER_RESERVED,
} from '../abi/operand.ts';
import { NEXT_ROUTING } from '../wire/ipv6.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS, ANSWERS_END, answer } from './answer.ts';
import { bytesFrom, reaches } from './bytes.ts';
import { fitsLength, fitsRange, header6, headerBytes6 } from './ipv6-header.ts';

const FIXED_BYTES: u32 = 4;
const TYPE: usize = 2;
const SEGMENTS_LEFT: usize = 3;
/** Of a routing header of type 0. */
const RESERVED: usize = 4;
const ADDRESSES: u32 = 8;

const OPERAND_TYPE: usize = 8;
const OPERAND_LENGTH: usize = 12;
const OPERAND_FLAGS: usize = 16;
const OPERAND_COUNT: usize = 20;
const OPERAND_ADDRESSES: usize = 24;

/** Operands: range of segments left, type, length, HEADER_* flags, addresses. Ref: net/ipv6/netfilter/ip6t_rt.c:rt_mt6() */
export function hasRouting6(packet: usize, operands: usize): u32 {
  const header = header6(packet, NEXT_ROUTING, FIXED_BYTES);
  if (header < ANSWERS_END) return <u32>header;
  const bytes = headerBytes6(header);
  if (bytesFrom(packet, header) < bytes) return ANSWER_HOTDROP;
  const flags = load<u32>(operands, OPERAND_FLAGS);
  if (!fitsRange(flags, operands, load<u8>(header, SEGMENTS_LEFT))) return ANSWER_MISS;
  if (!fitsLength(flags, load<u32>(operands, OPERAND_LENGTH), bytes)) return ANSWER_MISS;
  const isType = load<u8>(header, TYPE) == load<u32>(operands, OPERAND_TYPE);
  if ((flags & HEADER_ASK_TYPE) != 0 && isType == ((flags & HEADER_INVERT_TYPE) != 0)) return ANSWER_MISS;
  if ((flags & (HEADER_RESERVED | HEADER_ASK_LIST)) == 0) return ANSWER_HOLDS;
  const there = reaches(packet, header, bytes);
  if (there != ANSWER_HOLDS) return there;
  if ((flags & HEADER_RESERVED) != 0 && load<u32>(header, RESERVED) != 0) return ANSWER_MISS;
  return answer((flags & HEADER_ASK_LIST) == 0 || hasAddresses(header, bytes, operands, (flags & HEADER_LOOSE) != 0));
}

/** Whether the header's addresses are those of the list; if loose, whether those of the list are among them in their order. */
function hasAddresses(header: usize, bytes: u32, operands: usize, isLoose: bool): bool {
  const asked = load<u32>(operands, OPERAND_COUNT);
  const count = (bytes - ADDRESSES) >> 4;
  if (asked > count || (!isLoose && asked != count)) return false;
  let met: u32 = 0;
  for (let i: u32 = 0; i < count && met < asked; i++) {
    const address = v128.load(header + ADDRESSES + (<usize>i << 4));
    const isNext = i8x16.all_true(i8x16.eq(address, v128.load(operands + OPERAND_ADDRESSES + (<usize>met << 4))));
    if (isNext) met++;
    else if (!isLoose) return false;
  }
  return met == asked;
}
