// IPv4 header options as a receiver checks them.

import { HOST_IF_ACCEPT_SOURCE_ROUTE, HOST_IF_FLAGS } from '../abi/host.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_L3,
  PACKET_PKTTYPE,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { WHY_IP_OPTIONS, WHY_NONE } from '../abi/verdict.ts';
import { hostInterface } from './fib.ts';

/** The options are in order. */
export const OPTIONS_GOOD: u32 = 0;
/** Malformed: the packet is dropped. */
export const OPTIONS_BAD: u32 = 1;
/** Bits added to OPTIONS_GOOD: a source route, a strict one, one with hops left. */
export const OPTIONS_SOURCE_ROUTE: u32 = 0x10;
export const OPTIONS_STRICT: u32 = 0x20;
export const OPTIONS_HOPS_LEFT: u32 = 0x40;
/** Bit added: the receiver writes into them (an address, a time, padding made zero). */
export const OPTIONS_FILLED: u32 = 0x80;

export const OPTION_END: u32 = 0;
export const OPTION_NOP: u32 = 1;
export const OPTION_RECORD_ROUTE: u32 = 7;
export const OPTION_TIMESTAMP: u32 = 68;
export const OPTION_LOOSE_ROUTE: u32 = 131;
export const OPTION_CIPSO: u32 = 134;
/** A label with nothing in it; behind its length stands the domain, which is not known. */
const CIPSO_MIN: u32 = 8;
export const OPTION_STRICT_ROUTE: u32 = 137;
const OPTION_ROUTER_ALERT: u32 = 148;

/**
 * Checks the options of the IPv4 header at `header`, `bytes` long in all.
 *
 * Differs: CIPSO labels are as in a kernel with NetLabel and no domain configured, which refuses them.
 * Ref: net/ipv4/ip_options.c:__ip_options_compile()
 */
export function checkOptions(header: usize, bytes: u32): u32 {
  const end = header + bytes;
  let at = header + 20;
  let found: u32 = OPTIONS_GOOD;
  let routes: u32 = 0;
  let records: u32 = 0;
  let stamps: u32 = 0;
  while (at < end) {
    const kind: u32 = load<u8>(at);
    if (kind == OPTION_END) return isZero(at, end) ? found : found | OPTIONS_FILLED;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    const left = (end - at) as u32;
    const length: u32 = left < 2 ? 0 : load<u8>(at, 1);
    if (length < 2 || length > left) return OPTIONS_BAD;
    let answer: u32 = OPTIONS_GOOD;
    if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE) answer = routes++ != 0 ? OPTIONS_BAD : checkSourceRoute(at, length, kind);
    else if (kind == OPTION_RECORD_ROUTE) answer = records++ != 0 ? OPTIONS_BAD : checkRecordRoute(at, length);
    else if (kind == OPTION_TIMESTAMP) answer = stamps++ != 0 ? OPTIONS_BAD : checkTimestamp(at, length);
    else if (kind == OPTION_ROUTER_ALERT && length < 4) answer = OPTIONS_BAD;
    else if (kind == OPTION_CIPSO) answer = OPTIONS_BAD;
    if (answer == OPTIONS_BAD) return OPTIONS_BAD;
    found |= answer;
    at += length;
  }
  return found;
}

function isZero(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) if (load<u8>(at) != 0) return false;
  return true;
}

function checkSourceRoute(at: usize, length: u32, kind: u32): u32 {
  if (length < 3 || load<u8>(at, 2) < 4) return OPTIONS_BAD;
  const strict = kind == OPTION_STRICT_ROUTE ? OPTIONS_STRICT : 0;
  const left = <u32>load<u8>(at, 2) <= length ? OPTIONS_HOPS_LEFT : 0;
  return OPTIONS_SOURCE_ROUTE | strict | left;
}

function checkRecordRoute(at: usize, length: u32): u32 {
  const pointer: u32 = length < 3 ? 0 : load<u8>(at, 2);
  if (pointer < 4) return OPTIONS_BAD;
  if (pointer > length) return OPTIONS_GOOD;
  return pointer + 3 > length ? OPTIONS_BAD : OPTIONS_FILLED;
}

function checkTimestamp(at: usize, length: u32): u32 {
  const pointer: u32 = length < 4 ? 0 : load<u8>(at, 2);
  if (pointer < 5) return OPTIONS_BAD;
  const kind = load<u8>(at, 3) & 0xf;
  if (pointer <= length) {
    if (pointer + 3 > length) return OPTIONS_BAD;
    if ((kind == 1 || kind == 3) && pointer + 7 > length) return OPTIONS_BAD;
    return OPTIONS_FILLED;
  }
  if (kind == 3) return OPTIONS_GOOD;
  return load<u8>(at, 3) >>> 4 == 15 ? OPTIONS_BAD : OPTIONS_FILLED;
}

/** Gives OPTIONS_* of a packet; OPTIONS_GOOD for one without IPv4 options. */
export function packetOptions(packet: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_OPTIONS) == 0 || (flags & PACKET_FLAG_IPV6) != 0) return OPTIONS_GOOD;
  const header: usize = load<u32>(packet, PACKET_L3);
  return checkOptions(header, (<u32>load<u8>(header) & 0xf) << 2);
}

/**
 * Gives why a received packet with a source route is dropped behind the routing decision, WHY_NONE when it goes on.
 *
 * Ref: net/ipv4/ip_input.c:ip_rcv_options(), net/ipv4/ip_options.c:ip_options_rcv_srr()
 */
export function whyOfOptions(host: usize, packet: usize): u32 {
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  if ((load<u32>(device, HOST_IF_FLAGS) & HOST_IF_ACCEPT_SOURCE_ROUTE) == 0) return WHY_IP_OPTIONS;
  return load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_HOST ? WHY_NONE : WHY_IP_OPTIONS;
}

/** Gives where in a header with bad options the fault is, in bytes from its start; 0 = nowhere. */
export function faultOfOptions(packet: usize): u32 {
  const header: usize = load<u32>(packet, PACKET_L3);
  const end = header + ((<u32>load<u8>(header) & 0xf) << 2);
  let seen: u32 = 0;
  for (let at = header + 20; at < end; ) {
    const kind: u32 = load<u8>(at);
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    const left = (end - at) as u32;
    const length: u32 = left < 2 ? 0 : load<u8>(at, 1);
    const place = (at - header) as u32;
    if (length < 2 || length > left) return place;
    if (kind == OPTION_CIPSO) return place + (length < CIPSO_MIN ? 1 : 2);
    const bit: u32 = kind == OPTION_RECORD_ROUTE ? 1 : kind == OPTION_TIMESTAMP ? 2 : isSourceRoute(kind) ? 4 : 0;
    // A source route is looked at before it is found to be the second.
    const isAgain = (seen & bit) != 0;
    if (isAgain && bit != 4) return place;
    const fault = faultOf(at, kind, length);
    if (fault != 0) return place + fault;
    if (isAgain) return place;
    seen |= bit;
    at += length;
  }
  return 0;
}

function isSourceRoute(kind: u32): bool {
  return kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE;
}

/** Where the fault is within an option, 0 = nowhere. Ref: net/ipv4/ip_options.c:__ip_options_compile() */
function faultOf(at: usize, kind: u32, length: u32): u32 {
  if (kind == OPTION_ROUTER_ALERT) return length < 4 ? 1 : 0;
  const isTimestamp = kind == OPTION_TIMESTAMP;
  if (!isTimestamp && kind != OPTION_RECORD_ROUTE && !isSourceRoute(kind)) return 0;
  const fixed: u32 = isTimestamp ? 4 : 3;
  if (length < fixed) return 1;
  const pointer: u32 = load<u8>(at, 2);
  if (pointer <= fixed) return 2;
  if (isSourceRoute(kind)) return 0;
  if (pointer <= length) return isTimestamp ? (checkTimestamp(at, length) == OPTIONS_BAD ? 2 : 0) : pointer + 3 > length ? 2 : 0;
  return isTimestamp && checkTimestamp(at, length) == OPTIONS_BAD ? 3 : 0;
}
