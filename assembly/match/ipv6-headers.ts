// TEST_IPV6_HEADERS: `-m ipv6header`.

import {
  HEADER_INVERT,
  HEADER_LOOSE,
  HEADERS_AH,
  HEADERS_DESTINATION,
  HEADERS_ESP,
  HEADERS_FRAGMENT,
  HEADERS_HOP_BY_HOP,
  HEADERS_NONE,
  HEADERS_PROTOCOL,
  HEADERS_ROUTING,
} from '../abi/operand.ts';
import { PACKET_L3, PACKET_LENGTH } from '../abi/packet.ts';
import {
  IPV6_BYTES,
  NEXT_AUTHENTICATION,
  NEXT_DESTINATION,
  NEXT_FRAGMENT,
  NEXT_HOP_BY_HOP,
  NEXT_NONE,
  NEXT_ROUTING,
  nextHeader,
} from '../wire/ipv6.ts';
import { ANSWER_HOLDS, answer } from './answer.ts';
import { reaches } from './bytes.ts';

const NEXT_ESP: u32 = 50;

/** Bytes of the two fields that every header begins with. */
const HEAD_BYTES: u32 = 2;

/**
 * Operands: the headers asked for, a bit each; HEADER_LOOSE: others may be there too; HEADER_INVERT. Unlike the other matches it walks
 * on behind the fragment header of a later fragment.
 *
 * Ref: net/ipv6/netfilter/ip6t_ipv6header.c:ipv6header_mt6()
 */
export function hasHeaders6(packet: usize, asked: u32, flags: u32): u32 {
  const ip = <usize>load<u32>(packet, PACKET_L3);
  const length = load<u32>(packet, PACKET_LENGTH);
  let next = nextHeader(ip);
  let at = IPV6_BYTES;
  let found: u32 = 0;
  while (true) {
    const bit = bitOf(next);
    if (bit == HEADERS_PROTOCOL || bit == HEADERS_NONE) {
      found |= bit;
      break;
    }
    const there = reaches(packet, ip + at, HEAD_BYTES);
    if (there != ANSWER_HOLDS) return there;
    found |= bit;
    if (bit == HEADERS_ESP) break;
    const header = ip + at;
    const words: u32 = load<u8>(header, 1);
    at += next == NEXT_FRAGMENT ? 8 : next == NEXT_AUTHENTICATION ? (words + 2) << 2 : (words + 1) << 3;
    next = load<u8>(header);
    if (at > length) {
      // The header reaches beyond the packet: what it names counts as a protocol, unless it is one of the two that end a chain.
      if (next != NEXT_NONE && next != NEXT_ESP) found |= HEADERS_PROTOCOL;
      break;
    }
  }
  return fits(found, asked, flags);
}

function fits(found: u32, asked: u32, flags: u32): u32 {
  const isInverted = (flags & HEADER_INVERT) != 0;
  if (flags & HEADER_LOOSE) return answer((found & asked) == (isInverted ? 0 : asked));
  return answer((found == asked) != isInverted);
}

function bitOf(next: u32): u32 {
  switch (next) {
    case NEXT_HOP_BY_HOP:
      return HEADERS_HOP_BY_HOP;
    case NEXT_ROUTING:
      return HEADERS_ROUTING;
    case NEXT_FRAGMENT:
      return HEADERS_FRAGMENT;
    case NEXT_ESP:
      return HEADERS_ESP;
    case NEXT_AUTHENTICATION:
      return HEADERS_AH;
    case NEXT_NONE:
      return HEADERS_NONE;
    case NEXT_DESTINATION:
      return HEADERS_DESTINATION;
    default:
      return HEADERS_PROTOCOL;
  }
}
