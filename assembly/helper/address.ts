// Addresses as protocols write them in text.

import { isDigit, lower } from './payload.ts';

// Kinds of characters, and what may come next. Ref: net/core/utils.c:in6_pton()
const XDIGIT: u32 = 0x0001_0000;
const DIGIT: u32 = 0x0002_0000;
const COLON_1: u32 = 0x0010_0000;
const COLON_2: u32 = 0x0020_0000;
const COLON_1_2: u32 = 0x0040_0000;
const COLON: u32 = 0x0070_0000;
const DOT: u32 = 0x0080_0000;
const DELIMITER: u32 = 0x1000_0000;
const NOTHING: u32 = 0x2000_0000;
const UNKNOWN: u32 = 0x4000_0000;

const IPV6_ADDRESS_BYTES: usize = 16;

/** No byte ends an address but one that cannot belong to it. */
export const ANY_DELIMITER: i32 = -1;

function kindAt(at: usize, end: usize, delimiter: i32): u32 {
  const byte: u32 = at < end ? load<u8>(at) : 0;
  if (<i32>byte == delimiter || byte == 0) return DELIMITER;
  if (byte == 0x3a) return COLON;
  if (byte == 0x2e) return DOT;
  if (isDigit(byte)) return (byte - 0x30) | XDIGIT | DIGIT;
  const letter = lower(byte);
  if (letter - 0x61 < 6) return (letter - 0x61 + 10) | XDIGIT;
  return delimiter == ANY_DELIMITER ? DELIMITER : UNKNOWN;
}

/**
 * Reads an IPv4 address up to `delimiter` (or a NUL, a colon, or the end) and writes its four bytes, in the order of the wire.
 *
 * Returns: where it ends, or 0 when it is none; nothing is written then.
 * Ref: net/core/utils.c:in4_pton()
 */
export function readIpv4(at: usize, end: usize, delimiter: i32, target: usize): usize {
  let address: u32 = 0;
  let count: u32 = 0;
  let word: u32 = 0; // keeps the kind of its digits in the upper half: 0 = there was none
  for (;;) {
    const kind = kindAt(at, end, delimiter);
    if ((kind & (DIGIT | DOT | DELIMITER | COLON)) == 0) return 0;
    if ((kind & (DOT | DELIMITER | COLON)) != 0) {
      if (word == 0) return 0;
      address = (address << 8) | (word & 0xff);
      word = 0;
      count++;
      if ((kind & (DELIMITER | COLON)) != 0) {
        if (count != 4) return 0;
        break;
      }
    } else {
      word = word * 10 + kind;
      if ((word & 0xffff) > 255) return 0;
    }
    if (count >= 4) return 0;
    at++;
  }
  store<u32>(target, bswap<u32>(address));
  return at;
}

/**
 * Reads an IPv6 address up to `delimiter` (or a NUL, or the end) and writes its sixteen bytes, in the order of the wire.
 *
 * Returns: where it ends, or 0 when it is none; what is at `target` then does not matter.
 * Ref: net/core/utils.c:in6_pton()
 */
export function readIpv6(at: usize, end: usize, delimiter: i32, target: usize): usize {
  const limit = target + IPV6_ADDRESS_BYTES;
  let next = target;
  let gap: usize = 0; // where `::` stands
  let token: usize = 0;
  let state: u32 = COLON_1_2 | XDIGIT | NOTHING;
  let word: u32 = 0;
  for (;;) {
    const kind = kindAt(at, end, delimiter);
    if ((kind & state) == 0) return 0;
    if ((kind & (DELIMITER | COLON)) != 0) {
      if ((state & NOTHING) == 0) {
        store<u16>(next, bswap<u16>(<u16>word));
        next += 2;
      }
      word = 0;
      if ((kind & DELIMITER) != 0) break;
      const colons = state & COLON;
      if (colons == COLON_2) {
        gap = next;
        state = XDIGIT | DELIMITER;
        if (gap >= limit) state |= NOTHING;
      } else if (colons == (COLON_1 | COLON_1_2)) state = XDIGIT | COLON_2;
      else if (colons == COLON_1) state = XDIGIT;
      else state = colons == COLON_1_2 ? COLON_2 : 0;
      token = at + 1;
    } else if ((kind & DOT) != 0) {
      at = readIpv4(token, end, delimiter, next);
      if (at == 0) return 0;
      next += 4;
      break;
    } else {
      word = (word << 4) | (kind & 0xff);
      state = COLON_1 | DELIMITER;
      if ((word & 0xf000) == 0) state |= XDIGIT;
      if (gap == 0 && next + 2 < limit) state = (state | COLON_1_2) & ~DELIMITER;
      if (next + 2 >= limit) state &= ~(COLON_1 | COLON_1_2);
    }
    if ((gap != 0 && next + 4 < limit) || next + 4 == limit) state |= DOT;
    if (next >= limit) state &= ~(XDIGIT | COLON);
    at++;
  }
  if (gap != 0) spread(target, gap, next);
  return at;
}

/** Puts the zeros that `::` stands for where it stands: what is from `gap` to `next` moves to the end. */
function spread(target: usize, gap: usize, next: usize): void {
  const limit = target + IPV6_ADDRESS_BYTES;
  const bytes = next - gap;
  memory.copy(limit - bytes, gap, bytes);
  memory.fill(gap, 0, limit - bytes - gap);
}
