// IPv4 options of what the host answers with: those of the packet that it answers, as they are to be on the way back. Times and addresses are
// recorded further, a source route is turned around.

import {
  PACKET_FACT_RECORDED,
  PACKET_FACT_STAMPED,
  PACKET_FACT_TIMED,
  PACKET_FACTS,
  PACKET_FLAG_ANSWER,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAGS,
  PACKET_HOP,
  PACKET_IN,
  PACKET_L3,
  PACKET_SRC,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { sealHeader } from '../wire/edit.ts';
import { headerLength, IPV4_BYTES, IPV4_SRC } from '../wire/ipv4.ts';
import { type4 } from './address-type.ts';
import { answerBytes } from './answer.ts';
import { startFlow } from './flow.ts';
import {
  OPTION_CIPSO,
  OPTION_END,
  OPTION_LOOSE_ROUTE,
  OPTION_RECORD_ROUTE,
  OPTION_STRICT_ROUTE,
  OPTION_TIMESTAMP,
} from './options.ts';
import { findOption, findWhole, HEADER_MAX, timeOfDay } from './options-fill.ts';
import { ENV_HOST } from '../abi/batch.ts';

/** There is no answer to options like these. */
export const ECHO_REFUSED: u32 = 0xffffffff;

const STAMP_NAMED: u32 = 3;
/** Bytes of an address, and of an option before its addresses. */
const ADDRESS_BYTES: u32 = 4;
const ROUTE_BYTES: u32 = 3;
/** What is still to be written into the options of an answer. */
const TO_WRITE: u32 = PACKET_FACT_RECORDED | PACKET_FACT_STAMPED | PACKET_FACT_TIMED;

/**
 * Whether one cannot tell what of a packet's options an answer would have: of what programs send they depend on how they are told.
 */
export function hidesOptions(packet: usize): bool {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_OPTIONS) == 0 || (flags & PACKET_FLAG_IPV6) != 0) return false;
  if (load<u32>(packet, PACKET_IN) != 0 || (flags & PACKET_FLAG_ANSWER) != 0) return false;
  const header: usize = load<u32>(packet, PACKET_L3);
  if (findWhole(header, OPTION_RECORD_ROUTE, HEADER_MAX) != 0 || findWhole(header, OPTION_TIMESTAMP, HEADER_MAX) != 0) return true;
  return findOption(header, OPTION_LOOSE_ROUTE, OPTION_STRICT_ROUTE) != 0;
}

/**
 * Writes the options of an answer behind the place of its header. They are made of those that end within `bytes` bytes of the packet's
 * header: those before a fault, where the answer tells of one, and a label that is at fault. Where a source route leads back, PACKET_HOP of
 * the answer becomes the address that it goes to first.
 *
 * Returns: their bytes, a multiple of 4; ECHO_REFUSED.
 * Ref: net/ipv4/ip_options.c:__ip_options_echo()
 */
export function echoOptions(env: usize, packet: usize, answer: usize, bytes: u32 = HEADER_MAX): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_OPTIONS) == 0 || (flags & PACKET_FLAG_IPV6) != 0) return 0;
  const header: usize = load<u32>(packet, PACKET_L3);
  const first = answerBytes(answer) + IPV4_BYTES;
  let to = first;
  const record = findWhole(header, OPTION_RECORD_ROUTE, bytes);
  if (record != 0) {
    if (!echoRecord(packet, answer, record, to)) return ECHO_REFUSED;
    to += load<u8>(record, 1);
  }
  const stamp = findWhole(header, OPTION_TIMESTAMP, bytes);
  if (stamp != 0) {
    if (!echoStamp(env, packet, answer, stamp, to)) return ECHO_REFUSED;
    to += load<u8>(stamp, 1);
  }
  const loose = findWhole(header, OPTION_LOOSE_ROUTE, bytes);
  const route = loose != 0 ? loose : findWhole(header, OPTION_STRICT_ROUTE, bytes);
  if (route != 0) to += turnRoute(header, answer, route, to);
  const label = findOption(header, OPTION_CIPSO, OPTION_CIPSO, bytes);
  if (label != 0) {
    memory.copy(to, label, load<u8>(label, 1));
    to += load<u8>(label, 1);
  }
  for (; ((to - first) & 3) != 0; to++) store<u8>(to, <u8>OPTION_END);
  return (to - first) as u32;
}

function isNoted(packet: usize, fact: u32): bool {
  return (load<u32>(packet, PACKET_FACTS) & fact) != 0;
}

/** Notes what is still to be written into the options of an answer. */
function note(answer: usize, fact: u32): void {
  store<u32>(answer, load<u32>(answer, PACKET_FACTS) | fact, PACKET_FACTS);
}

/** Copies an option. Returns: the number that says where in it the next address or time goes. */
function copyOption(option: usize, to: usize): u32 {
  memory.copy(to, option, load<u8>(option, 1));
  return load<u8>(option, 2);
}

function echoRecord(packet: usize, answer: usize, record: usize, to: usize): bool {
  const length: u32 = load<u8>(record, 1);
  const pointer = copyOption(record, to);
  if (!isNoted(packet, PACKET_FACT_RECORDED) || pointer > length) return true;
  if (pointer + 3 > length) return false;
  store<u8>(to, <u8>(pointer + ADDRESS_BYTES), 2);
  note(answer, PACKET_FACT_RECORDED);
  return true;
}

function echoStamp(env: usize, packet: usize, answer: usize, stamp: usize, to: usize): bool {
  const length: u32 = load<u8>(stamp, 1);
  let pointer = copyOption(stamp, to);
  if (pointer > length) return true;
  if (isNoted(packet, PACKET_FACT_STAMPED)) {
    if (pointer + 3 > length) return false;
    note(answer, PACKET_FACT_STAMPED);
    pointer += ADDRESS_BYTES;
  }
  if (isNoted(packet, PACKET_FACT_TIMED)) {
    if (pointer + 3 > length) return false;
    if ((load<u8>(stamp, 3) & 0xf) != STAMP_NAMED) {
      note(answer, PACKET_FACT_TIMED);
      pointer += ADDRESS_BYTES;
    } else if (pointer + 7 <= length && !isElsewhere(env, packet, bswap<u32>(load<u32>(to + pointer - 1)))) {
      note(answer, PACKET_FACT_TIMED);
      pointer += 2 * ADDRESS_BYTES;
    }
  }
  store<u8>(to, <u8>pointer, 2);
  return true;
}

function isElsewhere(env: usize, packet: usize, address: u32): bool {
  return type4(load<u32>(env, ENV_HOST), startFlow(env, packet), address, 0) == 1 << RTN_UNICAST;
}

/** Turns a source route around, as far as it was gone: its last address is not written yet. Returns: bytes. */
function turnRoute(header: usize, answer: usize, route: usize, to: usize): u32 {
  const length: i32 = load<u8>(route, 1);
  let from: i32 = min<i32>(load<u8>(route, 2), length + 1) - ADDRESS_BYTES;
  if (from < 4) return 0;
  const hop = bswap<u32>(load<u32>(route + from - 1));
  let bytes: u32 = ADDRESS_BYTES;
  for (from -= 4; from > 3; from -= 4, bytes += ADDRESS_BYTES) store<u32>(to + bytes - 1, load<u32>(route + from - 1));
  // Whoever has put its own address first is not to be gone to twice.
  if (load<u32>(route + from + 3) == load<u32>(header, IPV4_SRC)) bytes -= ADDRESS_BYTES;
  if (bytes == 0) return 0;
  store<u8>(to, load<u8>(route));
  store<u8>(to, <u8>(bytes + ROUTE_BYTES), 1);
  store<u8>(to, <u8>4, 2);
  store<u32>(answer, hop, PACKET_HOP);
  return bytes + ROUTE_BYTES;
}

/**
 * Writes into the options of an answer that has its header what was not known before: the address that it comes from, the time, and who is
 * at the end of its source route.
 *
 * Ref: net/ipv4/ip_options.c:ip_options_build()
 */
export function buildOptions(packet: usize, answer: usize): void {
  const header = answerBytes(answer);
  if (headerLength(header) == IPV4_BYTES) return;
  const source = bswap<u32>(load<u32>(answer, PACKET_SRC));
  const route = findOption(header, OPTION_LOOSE_ROUTE, OPTION_STRICT_ROUTE);
  if (route != 0) store<u32>(route + load<u8>(route, 1) - ADDRESS_BYTES, load<u32>(load<u32>(packet, PACKET_L3), IPV4_SRC));
  const record = findOption(header, OPTION_RECORD_ROUTE, OPTION_RECORD_ROUTE);
  if (isNoted(answer, PACKET_FACT_RECORDED)) store<u32>(record + load<u8>(record, 2) - 5, source);
  const stamp = findOption(header, OPTION_TIMESTAMP, OPTION_TIMESTAMP);
  if (isNoted(answer, PACKET_FACT_STAMPED)) store<u32>(stamp + load<u8>(stamp, 2) - 9, source);
  if (isNoted(answer, PACKET_FACT_TIMED)) store<u32>(stamp + load<u8>(stamp, 2) - 5, bswap<u32>(timeOfDay(packet)));
  sealHeader(header);
}

/** What comes in is looked at anew, whatever is known of its options from before. */
export function forgetOptions(packet: usize): void {
  store<u32>(packet, load<u32>(packet, PACKET_FACTS) & ~TO_WRITE, PACKET_FACTS);
}
