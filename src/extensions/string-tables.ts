// Tables with which the core searches for a pattern as Boyer and Moore do: how far the pattern may move on.
//
// Both of the kernel's algorithms are searched for so. kmp misses nothing. bm misses what its own table takes for something else: in any
// case (--icase) it knows each byte of the pattern as a large letter and as the small letter of that, but some bytes count as a large
// letter without being the small letter of it (Latin-1: ß and ÿ).

import { STRING_LENGTH_MAX } from '../../assembly/abi/operand.ts';
import { wordsOf } from './asks.ts';
import { U8 } from './values.ts';

/** Small letters of Latin-1 as the kernel has them. Ref: lib/ctype.c */
function isSmall(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7);
}

function isLarge(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0xc0 && byte <= 0xde && byte !== 0xd7);
}

function upperCase(byte: number): number {
  return isSmall(byte) ? byte - 0x20 : byte;
}

function lowerCase(byte: number): number {
  return isLarge(byte) ? byte + 0x20 : byte;
}

export interface Search {
  readonly pattern: Uint8Array;
  readonly anyCase: boolean;
  readonly algorithm: string;
}

/** The bytes that a byte of the pattern is known by in the table of bytes. */
function formsOf(byte: number, { anyCase, algorithm }: Search): number[] {
  if (!anyCase) return [byte];
  if (algorithm === 'bm') return [byte, lowerCase(byte)];
  return Array.from({ length: U8 + 1 }, (_, other) => other).filter((other) => upperCase(other) === byte);
}

/** For each byte of the text at the end of the pattern: as far as its last place in the pattern before the end. */
function shiftByByte(pattern: Uint8Array, search: Search): Uint8Array {
  const shifts = new Uint8Array(U8 + 1).fill(pattern.length);
  pattern.subarray(0, -1).forEach((byte, place) => {
    for (const form of formsOf(byte, search)) shifts[form] = pattern.length - 1 - place;
  });
  return shifts;
}

/** For each number of bytes that fit before one did not: as far as the pattern fits over them again, with another byte before them. */
function shiftByPlace(pattern: Uint8Array): Uint8Array {
  const { length } = pattern;
  const shifts = new Uint8Array(STRING_LENGTH_MAX);
  shifts[0] = 1;
  for (let matched = 1; matched < length; matched++) {
    const start = length - matched;
    const fits = (shift: number): boolean => {
      for (let at = Math.max(start, shift); at < length; at++) if (pattern[at] !== pattern[at - shift]) return false;
      return start - 1 < shift || pattern[start - 1] !== pattern[start - 1 - shift];
    };
    let shift = 1;
    while (shift < length && !fits(shift)) shift++;
    shifts[matched] = shift;
  }
  return shifts;
}

/** The operands of TEST_STRING from STRING_LENGTH on. */
export function searchOperands(search: Search): number[] {
  const pattern = search.anyCase ? search.pattern.map(upperCase) : search.pattern;
  const tables = [shiftByByte(pattern, search), shiftByPlace(pattern), pattern].flatMap(wordsOf);
  return [pattern.length, search.anyCase ? 1 : 0, ...tables];
}
