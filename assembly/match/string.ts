// TEST_STRING: `-m string`.

import {
  STRING_ANY_CASE,
  STRING_FROM,
  STRING_LENGTH,
  STRING_PATTERN,
  STRING_SHIFT_BY_BYTE,
  STRING_SHIFT_BY_PLACE,
  STRING_TO,
} from '../abi/operand.ts';
import { PACKET_END, PACKET_L3, PACKET_LENGTH } from '../abi/packet.ts';
import { settleBytes } from '../wire/edit.ts';
import { ANSWER_HOLDS, ANSWER_MISS, isCut } from './answer.ts';
import { HEADER_SETTLED_BYTES } from './bytes.ts';

/**
 * Whether the pattern lies in the packet from offset `from` of its IP header on, and ends at `to` or before.
 *
 * Differs: a packet whose bytes the kernel holds in several pieces, where bm does not find what lies across two of them, is searched as
 * one piece. How a network card cuts packets into pieces a capture does not tell.
 * Ref: net/netfilter/xt_string.c:string_mt(), net/core/skbuff.c:skb_find_text()
 */
export function hasString(env: usize, packet: usize, operands: usize): u32 {
  const from = load<u32>(operands, STRING_FROM);
  const length = load<u32>(operands, STRING_LENGTH);
  const end = min(load<u32>(packet, PACKET_LENGTH), load<u32>(operands, STRING_TO));
  if (end < from + length) return ANSWER_MISS;
  if (from < HEADER_SETTLED_BYTES) settleBytes(env, packet);
  const ip = load<u32>(packet, PACKET_L3);
  const captured = load<u32>(packet, PACKET_END) - ip;
  const searched = min(end, captured);
  if (searched > from && find(<usize>(ip + from), searched - from, operands, length)) return ANSWER_HOLDS;
  return captured < end ? isCut(packet) : ANSWER_MISS;
}

/**
 * Searches as Boyer and Moore do, from the end of the pattern backwards, with the tables that the compiler made. Those for bm have the
 * kernel's own gaps: it may step over bytes that it takes for others (see src/extensions/string-tables.ts).
 *
 * Ref: lib/ts_bm.c:bm_find()
 */
function find(text: usize, bytes: u32, operands: usize, length: u32): bool {
  const pattern = operands + STRING_PATTERN;
  const last = length - 1;
  const lastByte: u32 = load<u8>(pattern + last);
  const isAnyCase = load<u32>(operands, STRING_ANY_CASE) != 0;
  let at = last;
  while (at < bytes) {
    const byte: u32 = load<u8>(text + at);
    const byByte: u32 = load<u8>(operands + byte, STRING_SHIFT_BY_BYTE);
    if ((isAnyCase ? upperCase(byte) : byte) != lastByte) {
      at += byByte;
      continue;
    }
    let matched: u32 = 1;
    let other: u32 = 0;
    while (matched < length) {
      other = load<u8>(text + at - matched);
      if ((isAnyCase ? upperCase(other) : other) != <u32>load<u8>(pattern + last - matched)) break;
      matched++;
    }
    if (matched == length) return true;
    const shift: i32 = load<u8>(operands + other, STRING_SHIFT_BY_BYTE);
    at += <u32>max<i32>(shift - <i32>matched, load<u8>(operands + matched, STRING_SHIFT_BY_PLACE));
  }
  return false;
}

/** As the kernel has it: Latin-1, where two small letters have no large one of their own. Ref: lib/ctype.c, include/linux/ctype.h:__toupper() */
function upperCase(byte: u32): u32 {
  const isSmall = byte - 0x61 < 26 || (byte >= 0xdf && byte != 0xf7);
  return isSmall ? byte - 0x20 : byte;
}
