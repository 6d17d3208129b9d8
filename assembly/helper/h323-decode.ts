// The decoder of h323 messages: sequences, lists and choices, as the table says (abi/h323.ts). Comes in: a message; goes out: what is
// to be kept of it, a word for each: which fields of a sequence are there, how many items a list has, what a choice is, where in
// the message an address stands. What an earlier message left is not cleared away, as in the kernel.

import {
  FIELD_FLAG_EXTENSIBLE,
  FIELD_FLAG_KEEP,
  FIELD_FLAG_OPEN,
  FIELD_FLAG_OPTIONAL,
  FIELD_FLAG_STOP,
  FIELD_FLAGS,
  FIELD_KIND,
  FIELD_LOWER,
  FIELD_OFFSET,
  FIELD_PARTS,
  FIELD_SIZE,
  FIELD_UPPER,
  H323_FIELD_BYTES,
  KIND_LIST,
  KIND_SEQUENCE,
} from '../abi/h323.ts';
import {
  align,
  BROKEN,
  DECODED,
  decodeSimple,
  isWithin,
  READER_AT,
  READER_BIT,
  READER_END,
  READER_START,
  READER_TABLE,
  readBits,
  readCount,
  readLength,
  skip,
  STOPPED,
} from './h323-per.ts';

/** The bit of a sequence's first field that may be absent. */
const FIRST_BIT: u32 = 0x80000000;
/** Additions of a sequence that can be told of. */
const MOST_ADDITIONS: u32 = 32;

/**
 * Decodes the message from `at` to `end`, of the type of the table's field of number `root`, and keeps what is to be kept at `kept`.
 * Places of addresses count from `start`.
 *
 * Returns: DECODED, STOPPED or BROKEN.
 */
export function decodeMessage(reader: usize, table: usize, root: u32, start: usize, at: usize, end: usize, kept: usize): i32 {
  store<u32>(reader, <u32>at, READER_AT);
  store<u32>(reader, 0, READER_BIT);
  store<u32>(reader, <u32>end, READER_END);
  store<u32>(reader, <u32>start, READER_START);
  store<u32>(reader, <u32>table, READER_TABLE);
  return decode(reader, table + root * H323_FIELD_BYTES, kept);
}

function flagsOf(field: usize): u32 {
  return load<u8>(field, FIELD_FLAGS);
}

function partsOf(reader: usize, field: usize): usize {
  return load<u32>(reader, READER_TABLE) + load<u32>(field, FIELD_PARTS) * H323_FIELD_BYTES;
}

/** The depth is that of the table, in which no type holds itself. */
function decode(reader: usize, field: usize, base: usize): i32 {
  const kind = <u32>load<u8>(field, FIELD_KIND);
  if (kind < KIND_SEQUENCE) return decodeSimple(reader, field, base);
  const target = flagsOf(field) & FIELD_FLAG_KEEP && base != 0 ? base + load<u16>(field, FIELD_OFFSET) : 0;
  if (kind == KIND_SEQUENCE) return decodeSequence(reader, field, target);
  return kind == KIND_LIST ? decodeList(reader, field, target) : decodeChoice(reader, field, target);
}

/** Decodes a field that has its length ahead, if something of it is to be kept, and passes over it. */
function decodeOpen(reader: usize, field: usize, base: usize): i32 {
  const bytes = readLength(reader);
  if (bytes < 0 || !isWithin(reader, bytes, 0)) return BROKEN;
  if (base == 0 || (flagsOf(field) & FIELD_FLAG_KEEP) == 0) {
    skip(reader, bytes);
    return DECODED;
  }
  const behind = load<u32>(reader, READER_AT) + bytes;
  if (decode(reader, field, base) == BROKEN) return BROKEN;
  store<u32>(reader, behind, READER_AT);
  store<u32>(reader, 0, READER_BIT);
  return DECODED;
}

/** Ref: net/netfilter/nf_conntrack_h323_asn1.c:decode_seq() */
function decodeSequence(reader: usize, field: usize, target: usize): i32 {
  const size = <u32>load<u8>(field, FIELD_SIZE);
  const roots = <u32>load<u8>(field, FIELD_LOWER);
  if (!isWithin(reader, 0, 1)) return BROKEN;
  const hasAdditions = (flagsOf(field) & FIELD_FLAG_EXTENSIBLE) != 0 && readBits(reader, 1) != 0;
  if (!isWithin(reader, 0, size)) return BROKEN;
  const present = size == 0 ? 0 : readBits(reader, size) << (32 - size);
  if (target != 0) store<u32>(target, present);
  let part = partsOf(reader, field);
  let bit = FIRST_BIT;
  for (let i: u32 = 0; i < roots; i++, part += H323_FIELD_BYTES) {
    const flags = flagsOf(part);
    if (flags & FIELD_FLAG_STOP) return STOPPED;
    if (flags & FIELD_FLAG_OPTIONAL) {
      const isThere = (present & bit) != 0;
      bit >>= 1;
      if (!isThere) continue;
    }
    const answer = flags & FIELD_FLAG_OPEN ? decodeOpen(reader, part, target) : decode(reader, part, target);
    if (answer == BROKEN) return BROKEN;
  }
  return hasAdditions ? decodeAdditions(reader, field, part, present, target) : DECODED;
}

/** What the kernel does not know of it takes for present, whatever is said. */
function decodeAdditions(reader: usize, field: usize, part: usize, present: u32, target: usize): i32 {
  const known = <u32>load<u8>(field, FIELD_UPPER);
  if (!isWithin(reader, 0, 7)) return BROKEN;
  const count = readBits(reader, 7) + 1;
  if (!isWithin(reader, 0, count) || count > MOST_ADDITIONS) return BROKEN;
  const additions = readBits(reader, count) << (32 - count);
  if (target != 0) store<u32>(target, present | (additions >> load<u8>(field, FIELD_SIZE)));
  align(reader);
  let number = <u32>load<u8>(field, FIELD_LOWER);
  for (let i: u32 = 0; i < count; i++, number++, part += H323_FIELD_BYTES) {
    const isKnown = number < known;
    if (isKnown && flagsOf(part) & FIELD_FLAG_STOP) return STOPPED;
    if (isKnown && (additions & (FIRST_BIT >> i)) == 0) continue;
    if (decodeOpen(reader, part, isKnown ? target : 0) == BROKEN) return BROKEN;
  }
  return DECODED;
}

/** Ref: net/netfilter/nf_conntrack_h323_asn1.c:decode_seqof() */
function decodeList(reader: usize, field: usize, target: usize): i32 {
  const answer = readCount(reader, load<u8>(field, FIELD_SIZE));
  if (answer < 0) return BROKEN;
  const count = <u32>answer + load<u8>(field, FIELD_LOWER);
  const kept = min(count, <u32>load<u8>(field, FIELD_UPPER));
  if (target != 0) store<u32>(target, kept);
  const item = partsOf(reader, field);
  const isOpen = (flagsOf(item) & FIELD_FLAG_OPEN) != 0;
  const bytes = <u32>load<u16>(item, FIELD_OFFSET);
  for (let i: u32 = 0; i < count; i++) {
    // An item adds its own size to where it goes.
    const base = target != 0 && i < kept ? target + 4 + i * bytes - bytes : 0;
    if (isOpen) align(reader);
    if ((isOpen ? decodeOpen(reader, item, base) : decode(reader, item, base)) == BROKEN) return BROKEN;
  }
  return DECODED;
}

/** Ref: net/netfilter/nf_conntrack_h323_asn1.c:decode_choice() */
function decodeChoice(reader: usize, field: usize, target: usize): i32 {
  const roots = <u32>load<u8>(field, FIELD_LOWER);
  if (!isWithin(reader, 0, 1)) return BROKEN;
  const isAddition = (flagsOf(field) & FIELD_FLAG_EXTENSIBLE) != 0 && readBits(reader, 1) != 0;
  const size = isAddition ? 7 : <u32>load<u8>(field, FIELD_SIZE);
  if (!isWithin(reader, 0, size)) return BROKEN;
  const type = readBits(reader, size) + (isAddition ? roots : 0);
  if (!isAddition && type >= roots) return BROKEN;
  if (target != 0) store<u32>(target, type);
  const part = partsOf(reader, field) + type * H323_FIELD_BYTES;
  const isKnown = type < <u32>load<u8>(field, FIELD_UPPER);
  if (isKnown && flagsOf(part) & FIELD_FLAG_STOP) return STOPPED;
  if (isKnown && !isAddition && (flagsOf(part) & FIELD_FLAG_OPEN) == 0) return decode(reader, part, target);
  align(reader);
  return decodeOpen(reader, part, isKnown ? target : 0);
}
