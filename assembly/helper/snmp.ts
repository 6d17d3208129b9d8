// snmp and snmp_trap: addresses within messages of SNMP, versions 1 and 2c, of connections that are translated.
//
// A message is read as the kernel reads it: a small machine goes along the grammar, of which a word either matches the next element, is
// skipped, or ends in an error. An error drops the packet.
//
// Ref: net/ipv4/netfilter/nf_nat_snmp_basic_main.c, nf_nat_snmp_basic.asn1; lib/asn1_decoder.c:asn1_ber_decoder()

import { DIRECTION_ORIGINAL, DIRECTION_REPLY, FLOW_ORIGINAL, FLOW_REPLY, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { PACKET_L3, PACKET_L4, PACKET_LENGTH } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { be16 } from '../conntrack/tuple.ts';
import { fold } from '../wire/checksum.ts';
import { ownBytes, pullAll } from '../wire/edit.ts';
import { payloadEnd, UDP_BYTES } from './payload.ts';
import { isTranslated } from './translate.ts';

const SNMP_PORT: u32 = 161;
const TRAP_PORT: u32 = 162;
const UDP_DPORT: u32 = 2;
const UDP_LENGTH: u32 = 4;
const UDP_CHECKSUM: u32 = 6;
const VERSION_MAX: u32 = 1;

// Words of the grammar: [word] [tag] [action or target]. Bits of those that match a tag, and words of another kind.
const MATCH: u8 = 0;
/** No error if the tag is another, or nothing is left. */
const SKIP: u8 = 1;
const ACT: u8 = 2;
const JUMP: u8 = 4;
/** Only if nothing has matched before. */
const ELSE: u8 = 8;
const END: u8 = 16;
/** The end of a list: from its target on again while something is left. */
const END_OF: u8 = 17;
const FAIL_UNLESS: u8 = 18;
const RETURN: u8 = 19;
const COMPLETE: u8 = 20;

const WORD_BYTES: i32 = 3;
const CONSTRUCTED: u32 = 0x20;
const LONG_TAG: u32 = 0x1f;
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const NULL: u8 = 5;
const OBJECT: u8 = 6;
const SEQUENCE: u8 = 0x30;
const APPLICATION: u8 = 0x40;
const CONTEXT: u8 = 0x80;
const CONTEXT_CONSTRUCTED: u8 = 0xa0;
const ACT_VERSION: u8 = 0;
const ACT_ADDRESS: u8 = 1;
const PDU: u8 = 14;
const BINDING: u8 = 18;

// prettier-ignore
const GRAMMAR: StaticArray<u8> = [
  MATCH, SEQUENCE, 0,
  ACT, INTEGER, ACT_VERSION,
  MATCH, OCTETS, 0,
  JUMP | SKIP, CONTEXT_CONSTRUCTED, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 1, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 5, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 2, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 3, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 6, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 7, PDU,
  JUMP | SKIP, CONTEXT_CONSTRUCTED | 8, PDU,
  FAIL_UNLESS, 0, 0,
  END, 0, 0,
  COMPLETE, 0, 0,
  // PDU
  MATCH, INTEGER, 0,
  MATCH, INTEGER, 0,
  MATCH, INTEGER, 0,
  MATCH, SEQUENCE, 0,
  // BINDING
  MATCH, SEQUENCE, 0,
  MATCH, OBJECT, 0,
  SKIP, INTEGER, 0,
  ELSE | SKIP, OCTETS, 0,
  ELSE | SKIP, OBJECT, 0,
  ACT | SKIP, APPLICATION, ACT_ADDRESS,
  SKIP, APPLICATION | 1, 0,
  SKIP, APPLICATION | 3, 0,
  SKIP, APPLICATION | 4, 0,
  SKIP, APPLICATION | 6, 0,
  SKIP, APPLICATION | 2, 0,
  ELSE | SKIP, NULL, 0,
  ELSE | SKIP, CONTEXT, 0,
  ELSE | SKIP, CONTEXT | 1, 0,
  ELSE | SKIP, CONTEXT | 2, 0,
  FAIL_UNLESS, 0, 0,
  END, 0, 0,
  END_OF, 0, BINDING,
  END, 0, 0,
  RETURN, 0, 0,
];

/** Ref: net/ipv4/netfilter/nf_nat_snmp_basic_main.c:help() */
export function snmp(env: usize, packet: usize, entry: usize): u32 {
  const udp = <usize>load<u32>(packet, PACKET_L4);
  const direction = packetDirection(packet);
  if (be16(udp) == SNMP_PORT && direction != DIRECTION_REPLY) return VERDICT_ACCEPT;
  if (be16(udp + UDP_DPORT) == TRAP_PORT && direction != DIRECTION_ORIGINAL) return VERDICT_ACCEPT;
  if (!isTranslated(entry)) return VERDICT_ACCEPT;
  const length = load<u32>(packet, PACKET_LENGTH) - (load<u32>(packet, PACKET_L4) - load<u32>(packet, PACKET_L3));
  if (be16(udp + UDP_LENGTH) != length) return VERDICT_DROP;
  pullAll(packet);
  // The client's own address, in either direction.
  const from = load<u32>(entry, FLOW_ORIGINAL + TUPLE_SRC);
  const to = load<u32>(entry, FLOW_REPLY + TUPLE_DST);
  if (from == to) return VERDICT_ACCEPT;
  ownBytes(env, packet);
  return translate(<usize>load<u32>(packet, PACKET_L4), payloadEnd(packet), bswap<u32>(from), bswap<u32>(to)) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/** An element whose end its contents tell. */
const NONE: usize = 0;
const EOC_BYTES: usize = 2;

/**
 * Goes along a message from `begin` to `last`, and puts `to` where addresses are `from`; both as they lie in memory.
 *
 * Returns: false where the message is none that the grammar has.
 */
function translate(udp: usize, last: usize, from: u32, to: u32): bool {
  const begin = udp + UDP_BYTES;
  let dp = begin;
  let end = last;
  // Ends of the elements around the one in hand, the innermost first: NONE = told by its contents.
  let around0: usize = 0;
  let around1: usize = 0;
  let around2: usize = 0;
  let around3: usize = 0;
  let back = 0;
  let hasMatched = false;
  let at = 0;
  while (true) {
    const word = <u32>GRAMMAR[at * WORD_BYTES];
    const tag = <u32>GRAMMAR[at * WORD_BYTES + 1];
    const operand = <i32>GRAMMAR[at * WORD_BYTES + 2];
    at++;
    if (word < END) {
      if ((word & ELSE) != 0 && hasMatched) continue;
      if ((word & SKIP) != 0 && dp == end) continue;
      hasMatched = false;
      if (end - dp < 2) return false;
      const found = <u32>load<u8>(dp);
      if ((found & LONG_TAG) == LONG_TAG) return false;
      // An element that is made of others may say that it is not.
      if (((tag ^ found) & ~(tag & CONSTRUCTED)) != 0) {
        if ((word & SKIP) == 0) return false;
        continue;
      }
      hasMatched = true;
      let length: usize = load<u8>(dp, 1);
      dp += 2;
      let isOpen = false;
      if (length > 0x7f) {
        let bytes = length - 0x80;
        if (bytes > 2 || bytes > end - dp) return false;
        isOpen = bytes == 0;
        if (isOpen && ((found & CONSTRUCTED) == 0 || end - dp < EOC_BYTES)) return false;
        for (length = 0; bytes > 0; bytes--, dp++) length = (length << 8) | <usize>load<u8>(dp);
      }
      if (!isOpen && length > end - dp) return false;
      if ((tag & CONSTRUCTED) != 0) {
        around3 = around2;
        around2 = around1;
        around1 = around0;
        around0 = isOpen ? NONE : end;
        if (!isOpen) end = dp + length;
      }
      if ((word & ACT) != 0) {
        if (operand == <i32>ACT_VERSION ? length != 1 || <u32>load<u8>(dp) > VERSION_MAX : length != 4) return false;
        if (operand == <i32>ACT_ADDRESS && load<u32>(dp) == from) putAddress(udp, dp, to);
      }
      if ((tag & CONSTRUCTED) == 0) dp += length;
      if ((word & JUMP) != 0) {
        back = at;
        at = operand;
      }
      continue;
    }
    if (word == COMPLETE) return true;
    if (word == FAIL_UNLESS) {
      if (!hasMatched) return false;
    } else if (word == RETURN) {
      at = back;
      hasMatched = true;
    } else {
      const outer = around0;
      if (outer == NONE) {
        if (end - dp < EOC_BYTES) return false;
        if (load<u8>(dp) != 0) {
          if (word != END_OF) return false;
          at = operand;
          continue;
        }
        if (load<u8>(dp, 1) != 0) return false;
        dp += EOC_BYTES;
      } else if (dp < end && word == END_OF) {
        at = operand;
        continue;
      } else {
        if (dp != end) return false;
        end = outer;
      }
      around0 = around1;
      around1 = around2;
      around2 = around3;
    }
  }
}

/**
 * Puts another address where one is, and the checksum right, if there is one: of a message of which an address begins with the second byte of
 * a word too.
 *
 * Ref: net/ipv4/netfilter/nf_nat_snmp_basic_main.c:fast_csum()
 */
function putAddress(udp: usize, at: usize, to: u32): void {
  const sum = load<u16>(udp, UDP_CHECKSUM);
  const from = load<u32>(at);
  store<u32>(at, to);
  if (sum == 0) return;
  const isOdd = ((at - udp) & 1) != 0;
  const old = fold(<u64>~from);
  const now = fold(<u64>to);
  const change: u64 = isOdd ? <u64>(bswap<u16>(<u16>old)) + bswap<u16>(<u16>now) : <u64>old + now;
  store<u16>(udp, <u16>~fold(<u64>(~(<u32>sum)) + change), UDP_CHECKSUM);
}
