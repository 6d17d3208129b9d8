// Letters, numbers and words in what packets carry. Comes in: an address and the address behind the last byte; nothing behind it
// is read. Words to look for are literals, which are static data: nothing is allocated.

import { isDigit, lower } from './payload.ts';

/** Ref: lib/ctype.c: letters are those of Latin-1. */
export function isLetter(c: u32): bool {
  const small = c | 0x20;
  return c < 0x80 ? small - 0x61 < 26 : small >= 0xe0 && small != 0xf7;
}

export function isNewline(c: u32): bool {
  return c == 0x0d || c == 0x0a;
}

export function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}

/** Whether `word`, in lower case, stands at `at` in whatever case. */
export function hasWord(at: usize, end: usize, word: string): bool {
  const length = <usize>word.length;
  if (at > end || end - at < length) return false;
  const letters = changetype<usize>(word);
  for (let i: usize = 0; i < length; i++) {
    if (lower(load<u8>(at + i)) != <u32>load<u16>(letters + (i << 1))) return false;
  }
  return true;
}

/** Whether `word` stands at `at` as it is. */
export function hasExactWord(at: usize, end: usize, word: string): bool {
  const length = <usize>word.length;
  if (at > end || end - at < length) return false;
  const letters = changetype<usize>(word);
  for (let i: usize = 0; i < length; i++) {
    if (<u32>load<u8>(at + i) != <u32>load<u16>(letters + (i << 1))) return false;
  }
  return true;
}

/** Where the letters from `at` on end. */
export function skipLetters(at: usize, end: usize): usize {
  while (at < end && isLetter(load<u8>(at))) at++;
  return at;
}

/** Most digits that are read: one more than the largest number has. */
const MOST_DIGITS: usize = 11;

/**
 * Reads a number: its value in the lower half, and where it ends in the upper. It ends where it starts when there is none, or it
 * does not fit in 32 bits; the value is 0 then.
 *
 * Ref: net/netfilter/nf_conntrack_sip.c:sip_strtouint()
 */
export function readNumber(at: usize, end: usize): u64 {
  const none = <u64>at << 32;
  let value: u64 = 0;
  let stop = at;
  while (stop < end && isDigit(load<u8>(stop))) {
    if (stop - at == MOST_DIGITS) return none;
    value = value * 10 + (load<u8>(stop) - 0x30);
    if (value > 0xffffffff) return none;
    stop++;
  }
  return (<u64>stop << 32) | value;
}

/** Where a number ended that readNumber() read. */
export function numberEnd(number: u64): usize {
  return <usize>(number >> 32);
}
