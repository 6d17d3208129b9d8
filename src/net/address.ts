// IPv4 and IPv6 addresses and masks: 4 or 16 bytes, most significant first.

import { parseUnsigned } from './number.ts';

type Family = 4 | 6;

/**
 * Reads an IPv4 address as iptables reads `-s` and ranges: four numbers in any base, or fewer, then zeros (`10.1` is 10.1.0.0).
 */
export function parseIpv4(text: string): Uint8Array | undefined {
  return parsePlainIpv4(text) ?? parseAnyIpv4(text);
}

/** Reads four decimal numbers without leading zeros, as most addresses are written; undefined = something else. */
function parsePlainIpv4(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length > PLAIN_IPV4_MAX) return undefined;
  let word = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (part < 0 || part > 255 || parts === 4) return undefined;
      word = (word << 8) | part;
      part = -1;
      parts++;
    } else {
      // A number that begins with 0 may be octal.
      if (code < DIGIT_0 || code > DIGIT_9 || part === 0) return undefined;
      part = (part < 0 ? 0 : part * 10) + code - DIGIT_0;
    }
  }
  if (parts !== 4) return undefined;
  const bytes = emptyAddress(4);
  bytes[0] = word >>> 24;
  bytes[1] = word >>> 16;
  bytes[2] = word >>> 8;
  bytes[3] = word;
  return bytes;
}

const ROOM_BYTES = 4096;
let room = new ArrayBuffer(ROOM_BYTES);
let used = 0;

/** Zeros, in memory that many addresses share: each with its own would take twice as much. */
function emptyAddress(length: 4 | 16): Uint8Array {
  if (used + length > ROOM_BYTES) {
    room = new ArrayBuffer(ROOM_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(room, used, length);
  used += length;
  return bytes;
}

const PLAIN_IPV4_MAX = 15;
const DOT = 46;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

function parseAnyIpv4(text: string): Uint8Array | undefined {
  const parts = text.slice(0, 19).split('.');
  if (parts.length > 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    const value = parseUnsigned(part, 255);
    if (value === undefined) return undefined;
    bytes[i] = value;
  }
  return bytes;
}

/** Reads an IPv4 address as inet_aton() and with it getaddrinfo(): the last number fills what is left (`10.1` is 10.0.0.1). */
export function parseIpv4Host(text: string): Uint8Array | undefined {
  const plain = parsePlainIpv4(text);
  if (plain) return plain;
  const parts = text.split('.');
  if (parts.length > 4 || !/^[0-9a-fA-FxX.]+$/.test(text)) return undefined;
  const last = parts.length - 1;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    const value = parseUnsigned(part, i < last ? 255 : 2 ** (8 * (4 - last)) - 1);
    if (value === undefined) return undefined;
    if (i < last) bytes[i] = value;
    else for (let k = 3, v = value; k >= last; k--, v = Math.floor(v / 256)) bytes[k] = v % 256;
  }
  return bytes;
}

/** Reads an IPv4 address of four plain decimal numbers, as inet_pton(). */
export function parseDotted(text: string): Uint8Array | undefined {
  return parsePlainIpv4(text);
}

/** Reads an IPv6 address as inet_pton(). */
export function parseIpv6(text: string): Uint8Array | undefined {
  return parsePlainIpv6(text) ?? parseAnyIpv6(text);
}

/** Reads groups of hexadecimal digits with or without one `::`, as most addresses are written; undefined = something else. */
function parsePlainIpv6(text: string): Uint8Array | undefined {
  const { length } = text;
  const bytes = emptyAddress(16);
  let at = 0;
  let gap = -1;
  let group = 0;
  let digits = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const digit = hexDigit(code);
    if (digit >= 0) {
      if (digits++ === 4) return undefined;
      group = group * 16 + digit;
      continue;
    }
    if (code !== COLON) return undefined;
    if (digits > 0) {
      if (at === 16) return undefined;
      bytes[at++] = group >> 8;
      bytes[at++] = group & 255;
      group = 0;
      digits = 0;
      if (i + 1 === length) return undefined;
    } else {
      // The second colon of a pair; the address may begin with one, and has no other.
      if (gap >= 0 || (i === 0 && text.charCodeAt(1) !== COLON)) return undefined;
      if (i === 0) i++;
      gap = at;
    }
  }
  if (digits > 0) {
    if (at === 16) return undefined;
    bytes[at++] = group >> 8;
    bytes[at++] = group & 255;
  }
  if (gap < 0) return at === 16 ? bytes : undefined;
  if (at > 14) return undefined;
  bytes.copyWithin(16 - (at - gap), gap, at);
  bytes.fill(0, gap, 16 - (at - gap));
  return bytes;
}

const COLON = 58;

/** The value of a hexadecimal digit; -1 = it is none. */
function hexDigit(code: number): number {
  if (code >= DIGIT_0 && code <= DIGIT_9) return code - DIGIT_0;
  const letter = code | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function parseAnyIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const lists: number[][] = [];
  for (const [i, half] of halves.entries()) {
    const bytes: number[] = [];
    const groups = half === '' ? [] : half.split(':');
    for (const [k, group] of groups.entries()) {
      const dotted = i === halves.length - 1 && k === groups.length - 1 ? parseDotted(group) : undefined;
      if (dotted) bytes.push(...dotted);
      else if (/^[0-9a-fA-F]{1,4}$/.test(group)) bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
      else return undefined;
    }
    lists.push(bytes);
  }
  const [head, tail] = [lists[0]!, lists[1]];
  const gap = 16 - head.length - (tail?.length ?? 0);
  if (tail ? gap < 2 : gap !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(gap).fill(0), ...(tail ?? [])]);
}

/** Prints an address as inet_ntop() of the GNU C library. */
export function formatAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!);
  // The first of the longest runs of at least two zero words becomes `::`.
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > length) [start, length] = [i, n];
    i += n;
  }
  const dotted = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const print = (from: number, to: number): string => {
    const text = words.slice(from, dotted && to === 8 ? 6 : to).map((word) => word.toString(16));
    if (dotted && to === 8) text.push(bytes.slice(12).join('.'));
    return text.join(':');
  };
  return start < 0 ? print(0, 8) : `${print(0, start)}::${print(start + length, 8)}`;
}

/** The mask of a prefix length. */
export function prefixMask(family: Family, bits: number): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 0xff00 >> Math.min(8, Math.max(0, bits - 8 * i));
  return bytes;
}

/** The prefix length of a mask; undefined when its ones are not all in front. */
export function maskPrefix(mask: Uint8Array): number | undefined {
  let bits = 0;
  while (bits < mask.length * 8 && (mask[bits >> 3]! & (0x80 >> (bits & 7))) !== 0) bits++;
  const whole = prefixMask(mask.length === 4 ? 4 : 6, bits);
  return mask.every((byte, i) => byte === whole[i]) ? bits : undefined;
}

/** A text of so few characters that is a number is no address of either family. */
const PREFIX_DIGITS_MAX = 3;

/** Reads what stands behind the slash of an address: a prefix length, or a mask written as an address. */
export function parseMask(text: string, family: Family): Uint8Array | undefined {
  if (text.length <= PREFIX_DIGITS_MAX) {
    const bits = parseUnsigned(text, family === 4 ? 32 : 128);
    if (bits !== undefined) return prefixMask(family, bits);
  }
  if (family === 4 && text.split('.').length === 4) {
    const mask = parseIpv4(text);
    if (mask) return mask;
  }
  if (family === 6) {
    const mask = parseIpv6(text);
    if (mask) return mask;
  }
  const bits = parseUnsigned(text, family === 4 ? 32 : 128);
  return bits === undefined ? undefined : prefixMask(family, bits);
}

/** Prints a mask: the prefix length where it is one, else the mask as an address. No slash. */
export function formatMask(mask: Uint8Array): string {
  return String(maskPrefix(mask) ?? formatAddress(mask));
}

/** Word `index` of an address, the most significant first. */
export function addressWord(bytes: Uint8Array, index: number): number {
  const at = 4 * index;
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** An address as 32-bit words, most significant first: one for IPv4, four for IPv6. */
export function addressWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let i = 0; 4 * i < bytes.length; i++) words.push(addressWord(bytes, i));
  return words;
}

/** Whether an address or a mask has no bit set. */
export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Orders two addresses of one family: negative, 0 or positive. */
export function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
