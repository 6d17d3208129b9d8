// What h323 messages are written in (aligned PER): bits, numbers, texts. Comes in: a reader, READER_BYTES in the scratch; goes out: what
// was read, and the reader moved on. A reader may be moved behind its end; isWithin() says so, and nothing is read there.

import {
  FIELD_FLAG_KEEP,
  FIELD_FLAGS,
  FIELD_KIND,
  FIELD_LOWER,
  FIELD_OFFSET,
  FIELD_SIZE,
  KIND_BITS,
  KIND_DIGITS,
  KIND_FLAG,
  KIND_INTEGER,
  KIND_NULL,
  KIND_OBJECT,
  KIND_OCTETS,
  KIND_WIDE,
  SIZE_BYTE,
  SIZE_COUNTED,
  SIZE_FIXED,
  SIZE_LENGTH,
  SIZE_WORD,
} from '../abi/h323.ts';

/** Address of the byte it is at, and the bit in it, most significant first; the end; where the message begins; the table. */
export const READER_AT: u32 = 0;
export const READER_BIT: u32 = 4;
export const READER_END: u32 = 8;
export const READER_START: u32 = 12;
export const READER_TABLE: u32 = 16;
export const READER_BYTES: u32 = 32;

/** What decoding comes to: done, given up where the helper has seen enough, or the message is none that can be read. */
export const DECODED: i32 = 0;
export const STOPPED: i32 = 1;
export const BROKEN: i32 = -1;

/** Bytes before which a fixed text is not brought to the beginning of a byte. */
const LONGEST_UNALIGNED: u32 = 2;

/** Whether so many bytes and bits more are there. Ref: net/netfilter/nf_conntrack_h323_asn1.c:nf_h323_error_boundary() */
export function isWithin(reader: usize, bytes: u32, bits: u32): bool {
  const all = load<u32>(reader, READER_BIT) + bits;
  return load<u32>(reader, READER_AT) + bytes + ((all + 7) >> 3) <= load<u32>(reader, READER_END);
}

export function align(reader: usize): void {
  if (load<u32>(reader, READER_BIT) == 0) return;
  skip(reader, 1);
  store<u32>(reader, 0, READER_BIT);
}

export function skip(reader: usize, bytes: u32): void {
  store<u32>(reader, load<u32>(reader, READER_AT) + bytes, READER_AT);
}

function skipBits(reader: usize, bits: u32): void {
  const all = load<u32>(reader, READER_BIT) + bits;
  skip(reader, all >> 3);
  store<u32>(reader, all & 7, READER_BIT);
}

/** The number that so many bits say, at most 32. They must be there. */
export function readBits(reader: usize, bits: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < bits; i++) {
    const byte = <u32>load<u8>(load<u32>(reader, READER_AT));
    value = (value << 1) | ((byte >> (7 - load<u32>(reader, READER_BIT))) & 1);
    skipBits(reader, 1);
  }
  return value;
}

/** The number that so many whole bytes say. They must be there. */
function readBytes(reader: usize, bytes: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    value = (value << 8) | load<u8>(load<u32>(reader, READER_AT));
    skip(reader, 1);
  }
  return value;
}

/** A length of one byte, or two; -1 when not even two bytes are there. Ref: net/netfilter/nf_conntrack_h323_asn1.c:get_len() */
export function readLength(reader: usize): i32 {
  if (!isWithin(reader, 2, 0)) return -1;
  const first = readBytes(reader, 1);
  return first & 0x80 ? <i32>(((first & 0x3f) << 8) | readBytes(reader, 1)) : <i32>first;
}

/** What is ahead of a text or list of a size, read; -1 when it is not there. */
export function readCount(reader: usize, size: u32): i32 {
  if (size == SIZE_BYTE || size == SIZE_WORD || size == SIZE_LENGTH) {
    align(reader);
    if (size == SIZE_LENGTH) return readLength(reader);
    const bytes: u32 = size == SIZE_BYTE ? 1 : 2;
    return isWithin(reader, bytes, 0) ? <i32>readBytes(reader, bytes) : -1;
  }
  return isWithin(reader, 0, size) ? <i32>readBits(reader, size) : -1;
}

/**
 * Decodes a field that has no parts. With `base` != 0 what is to be kept of it goes there: a number, or where an address stands.
 *
 * Ref: net/netfilter/nf_conntrack_h323_asn1.c:decode_bool(), decode_oid(), decode_int(), decode_bitstr(), …
 */
export function decodeSimple(reader: usize, field: usize, base: usize): i32 {
  const size = <u32>load<u8>(field, FIELD_SIZE);
  const lower = <u32>load<u8>(field, FIELD_LOWER);
  const target = load<u8>(field, FIELD_FLAGS) & FIELD_FLAG_KEEP && base != 0 ? base + load<u16>(field, FIELD_OFFSET) : 0;
  switch (<u32>load<u8>(field, FIELD_KIND)) {
    case KIND_NULL:
      return DECODED;
    case KIND_FLAG:
      skipBits(reader, 1);
      break;
    case KIND_OBJECT: {
      const bytes = readCount(reader, SIZE_BYTE);
      if (bytes < 0) return BROKEN;
      skip(reader, bytes);
      break;
    }
    case KIND_INTEGER:
      if (!decodeInteger(reader, size, lower, target)) return BROKEN;
      break;
    case KIND_BITS:
      if (!decodeBits(reader, size, lower)) return BROKEN;
      break;
    case KIND_DIGITS: {
      const digits = readCount(reader, size);
      if (digits < 0) return BROKEN;
      align(reader);
      skipBits(reader, (<u32>digits + lower) << 2);
      break;
    }
    case KIND_OCTETS:
      if (!decodeOctets(reader, size, lower, target)) return BROKEN;
      break;
    case KIND_WIDE: {
      const characters = readCount(reader, size);
      if (characters < 0) return BROKEN;
      align(reader);
      skip(reader, (<u32>characters + lower) << 1);
      break;
    }
  }
  return isWithin(reader, 0, 0) ? DECODED : BROKEN;
}

/** Differs from PER as the kernel does: a number that is kept is passed over twice. */
function decodeInteger(reader: usize, size: u32, lower: u32, target: usize): bool {
  if (size == SIZE_COUNTED) {
    if (!isWithin(reader, 0, 2)) return false;
    const bytes = readBits(reader, 2) + 1;
    if (!isWithin(reader, bytes, 0)) return false;
    align(reader);
    if (target != 0) store<u32>(target, readBytes(reader, bytes) + lower);
    skip(reader, bytes);
  } else if (size == SIZE_LENGTH) {
    const bytes = readCount(reader, size);
    if (bytes < 0) return false;
    skip(reader, bytes);
  } else if (size == SIZE_BYTE || size == SIZE_WORD) {
    align(reader);
    skip(reader, size == SIZE_BYTE ? 1 : 2);
  } else skipBits(reader, size);
  return true;
}

function decodeBits(reader: usize, size: u32, lower: u32): bool {
  align(reader);
  const bits = size == SIZE_FIXED ? 0 : readCount(reader, size);
  if (bits < 0) return false;
  skipBits(reader, <u32>bits + lower);
  return true;
}

function decodeOctets(reader: usize, size: u32, lower: u32, target: usize): bool {
  if (size == SIZE_FIXED) {
    if (lower > LONGEST_UNALIGNED) {
      align(reader);
      if (target != 0) store<u32>(target, load<u32>(reader, READER_AT) - load<u32>(reader, READER_START));
    }
    skip(reader, lower);
    return true;
  }
  const bytes = readCount(reader, size);
  if (bytes < 0) return false;
  align(reader);
  skip(reader, <u32>bytes + lower);
  return true;
}
