// Finding the extension header of an IPv6 packet that a match asks about, and what most of these matches ask.

import { HEADER_ASK_LENGTH, HEADER_INVERT_LENGTH, HEADER_INVERT_RANGE, HEADER_RESERVED } from '../abi/operand.ts';
import { PACKET_END, PACKET_L3, PACKET_LENGTH } from '../abi/packet.ts';
import { findHeader, HEADER_ABSENT, HEADER_BAD, HEADER_CUT, NEXT_AUTHENTICATION, NEXT_FRAGMENT } from '../wire/ipv6.ts';
import { ANSWER_HOTDROP, ANSWER_MISS, ANSWER_UNKNOWN, ANSWERS_END, answer, isCut } from './answer.ts';
import { bytesFrom, reaches, word } from './bytes.ts';

const AH_BYTES: u32 = 12;
const AH_RESERVED: usize = 2;
const AH_SPI: usize = 4;
const FRAGMENT_BYTES: u32 = 8;
const FRAGMENT_ID: usize = 4;

/**
 * Address of the first header of a kind, of which `bytes` are there. Else, below ANSWERS_END, the answer: a packet without one misses,
 * one whose headers cannot be read drops.
 */
export function header6(packet: usize, kind: u32, bytes: u32): usize {
  const ip = <usize>load<u32>(packet, PACKET_L3);
  const found = findHeader(ip, load<u32>(packet, PACKET_LENGTH), load<u32>(packet, PACKET_END) - <u32>ip, kind);
  if (found == HEADER_ABSENT) return ANSWER_MISS;
  if (found == HEADER_BAD) return ANSWER_HOTDROP;
  if (found == HEADER_CUT) return isCut(packet);
  const there = reaches(packet, ip + found, bytes);
  if (there == ANSWER_UNKNOWN) return ANSWER_UNKNOWN;
  return there == ANSWER_MISS ? <usize>ANSWER_HOTDROP : ip + found;
}

/** Bytes of a routing or options header, as it says itself. */
export function headerBytes6(header: usize): u32 {
  return (<u32>load<u8>(header, 1) + 1) << 3;
}

/** Whether a length that may be asked for is as asked. */
export function fitsLength(flags: u32, asked: u32, found: u32): bool {
  return (flags & HEADER_ASK_LENGTH) == 0 || (asked == found) != ((flags & HEADER_INVERT_LENGTH) != 0);
}

/** Whether a number is in the range that the operands begin with. */
export function fitsRange(flags: u32, operands: usize, value: u32): bool {
  return (value >= load<u32>(operands) && value <= load<u32>(operands, 4)) != ((flags & HEADER_INVERT_RANGE) != 0);
}

/** TEST_IPV6_AH: `-m ah` of IPv6. */
export function hasAh6(packet: usize, operands: usize): u32 {
  const header = header6(packet, NEXT_AUTHENTICATION, AH_BYTES);
  if (header < ANSWERS_END) return <u32>header;
  const bytes: u32 = (<u32>load<u8>(header, 1) + 2) << 2;
  if (bytesFrom(packet, header) < bytes) return ANSWER_HOTDROP;
  const flags = load<u32>(operands, 12);
  const reserved = (flags & HEADER_RESERVED) != 0 && load<u16>(header, AH_RESERVED) != 0;
  return answer(!reserved && fitsRange(flags, operands, word(header + AH_SPI)) && fitsLength(flags, load<u32>(operands, 8), bytes));
}

/** TEST_IPV6_FRAGMENT: `-m frag`. */
export function hasFragment6(packet: usize, operands: usize): u32 {
  const header = header6(packet, NEXT_FRAGMENT, FRAGMENT_BYTES);
  if (header < ANSWERS_END) return <u32>header;
  if ((word(header) & load<u32>(operands, 12)) != load<u32>(operands, 16)) return ANSWER_MISS;
  return answer(fitsRange(load<u32>(operands, 8), operands, word(header + FRAGMENT_ID)));
}
