// Numbers, addresses and names as the iptables tools and the C library read and print them.
//
// Comes in: words of a ruleset. Goes out: values. Knows nothing of options, rules or diagnostics: what cannot be read is undefined.

/** Largest value strtoul() takes without a range error. */
const STRTOUL_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Reads a number at the start of a text as strtoul() does with base 0: leading white space and `+`, `0x` hexadecimal, a leading 0
 * octal, else decimal. Gives the value and what stands behind it; undefined when there is no digit, with a `-`, or beyond 64 bits.
 */
export function scanUnsigned(text: string): { value: bigint; rest: string } | undefined {
  const found = /^[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text);
  if (!found) return undefined;
  const digits = found[1]!;
  const octal = digits.length > 1 && digits[0] === '0' && !/[xX]/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return value > STRTOUL_MAX ? undefined : { value, rest: text.slice(found[0].length) };
}

/** Reads a text that is a number from `min` to `max` and nothing else. Base as in `scanUnsigned`. */
export function parseUnsigned(text: string, max: number, min = 0): number | undefined {
  const plain = plainDecimal(text);
  if (plain >= 0) return plain > max || plain < min ? undefined : plain;
  const scan = scanUnsigned(text);
  if (scan === undefined || scan.rest !== '' || scan.value > BigInt(max) || scan.value < BigInt(min)) return undefined;
  return Number(scan.value);
}

/** Digits that a number has room for without losing any. */
const PLAIN_DIGITS_MAX = 15;

/** The number that a text of decimal digits is, the first of them no 0 unless it is the only one; -1 = the text is something else. */
function plainDecimal(text: string): number {
  const { length } = text;
  if (length === 0 || length > PLAIN_DIGITS_MAX || (length > 1 && text.charCodeAt(0) === DIGIT_0)) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const DIGIT_0 = 48;

/** `0x` and the digits of a 32-bit number, without leading zeros. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** `0x` and at least two digits. */
export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** Reads a number as atoi() or atoll(): decimal, as far as there are digits; 0 where there are none; cut to the type's bits. */
export function scanDecimal(text: string, bits: 32 | 64): { value: bigint; rest: string } {
  const found = /^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text);
  if (!found) return { value: 0n, rest: text };
  const [low, high] = [-(1n << 63n), (1n << 63n) - 1n];
  const value = BigInt(found[1]!.replace('+', ''));
  const long = value < low ? low : value > high ? high : value;
  return { value: BigInt.asIntN(bits, long), rest: text.slice(found[0].length) };
}

/** Reads a finite number at the start of a text as strtod() does, decimal or hexadecimal; and what stands behind it. */
export function scanDouble(text: string): { value: number; rest: string } | undefined {
  const hex = /^\s*([+-]?)0[xX](?=\.?[0-9a-fA-F])([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?/.exec(text);
  if (hex) {
    const digits = Number.parseInt(hex[2]! + hex[3]!, 16);
    const value = digits * 2 ** (Number(hex[4] ?? 0) - 4 * hex[3]!.length);
    return Number.isFinite(value) ? { value: hex[1] === '-' ? -value : value, rest: text.slice(hex[0].length) } : undefined;
  }
  const decimal = /^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?/.exec(text);
  const value = Number(decimal?.[0]);
  return decimal && Number.isFinite(value) ? { value, rest: text.slice(decimal[0].length) } : undefined;
}
