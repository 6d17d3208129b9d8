// IPv4 options that a host writes into on the way: its address, the time, the next hop of a source route.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_IF_FLAGS,
  HOST_IF_SOURCE_MARK,
  ROUTE_SOURCE,
  ROUTE_TYPE,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FACT_OPTIONS,
  PACKET_FACT_RECORDED,
  PACKET_FACT_SOURCE_ROUTED,
  PACKET_FACT_STAMPED,
  PACKET_FACT_TIMED,
  PACKET_FACTS,
  PACKET_HOP,
  PACKET_IN,
  PACKET_L3,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_SRC,
  PACKET_TIME,
  PACKET_TOS,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { WHY_IP_OPTIONS, WHY_NONE } from '../abi/verdict.ts';
import { ownBytes, sealHeader } from '../wire/edit.ts';
import { headerLength, IPV4_DST } from '../wire/ipv4.ts';
import { type4 } from './address-type.ts';
import { hostInterface } from './fib.ts';
import { FLOW_DST, FLOW_IIF, FLOW_MARK, FLOW_OIF, FLOW_SRC, FLOW_TOS, startFlow } from './flow.ts';
import {
  OPTION_END,
  OPTION_LOOSE_ROUTE,
  OPTION_NOP,
  OPTION_RECORD_ROUTE,
  OPTION_STRICT_ROUTE,
  OPTION_TIMESTAMP,
  OPTIONS_BAD,
  OPTIONS_FILLED,
  OPTIONS_GOOD,
  OPTIONS_HOPS_LEFT,
  OPTIONS_SOURCE_ROUTE,
  OPTIONS_STRICT,
  packetOptions,
  whyOfOptions,
} from './options.ts';
import { nextHop4, select4 } from './own.ts';
import { routeReceived } from './route-input.ts';
import { lookup4 } from './rules.ts';
import { ends, ROUTE_DROPPED, ROUTE_FORWARD, ROUTE_LOCAL, whyOfType } from './way.ts';

const DAY_MS: u64 = 86400000;
/** The longest IPv4 header. */
export const HEADER_MAX: u32 = 60;
/** The byte of the header that is named where a strict source route leads on otherwise: the destination. */
const DESTINATION_FAULT: u32 = 16;
// What a timestamp option asks for: times; addresses too; only of those addresses that it names.
const STAMP_TIME: u32 = 0;
const STAMP_ADDRESS: u32 = 1;
const STAMP_NAMED: u32 = 3;

/**
 * Carries out the options of a received packet, whose routing decision is `decision` (ROUTE_*): ROUTE_DROPPED by a route that ends it.
 *
 * Returns: the decision, or another where a source route leads on; ROUTE_DROPPED with PACKET_WHY where the options end it.
 * Ref: net/ipv4/ip_input.c:ip_rcv_options(), net/ipv4/ip_options.c:__ip_options_compile(), ip_options_rcv_srr()
 */
export function receiveOptions(env: usize, packet: usize, decision: u32): u32 {
  const options = packetOptions(packet);
  if (options == OPTIONS_GOOD) return decision;
  if (options == OPTIONS_BAD) return ends(packet, WHY_IP_OPTIONS);
  if ((options & OPTIONS_FILLED) != 0) fill(env, packet, decision);
  if ((options & OPTIONS_SOURCE_ROUTE) == 0) return decision;
  const why = whyOfOptions(load<u32>(env, ENV_HOST), packet);
  if (why != WHY_NONE || decision == ROUTE_DROPPED) return ends(packet, WHY_IP_OPTIONS);
  if (decision == ROUTE_FORWARD && (options & OPTIONS_STRICT) != 0) return faults(packet, DESTINATION_FAULT);
  return decision == ROUTE_FORWARD || (options & OPTIONS_HOPS_LEFT) == 0 ? decision : followRoute(env, packet);
}

/** Ends a packet for the sake of a byte of its header, which its source is told. Returns: ROUTE_DROPPED. */
function faults(packet: usize, byte: u32): u32 {
  store<u32>(packet, byte, PACKET_HOP);
  return ends(packet, WHY_IP_OPTIONS);
}

function note(packet: usize, fact: u32): void {
  store<u32>(packet, load<u32>(packet, PACKET_FACTS) | fact, PACKET_FACTS);
}

function isNoted(packet: usize, fact: u32): bool {
  return (load<u32>(packet, PACKET_FACTS) & fact) != 0;
}

function storeAddress(at: usize, address: u32): void {
  store<u32>(at, bswap<u32>(address));
}

function find(packet: usize, kind: u32, other: u32): usize {
  return findOption(load<u32>(packet, PACKET_L3), kind, other);
}

/** Address of the first option of a kind, or of the other kind, that begins within `bytes` bytes of a header; 0 = there is none. */
export function findOption(header: usize, kind: u32, other: u32, bytes: u32 = HEADER_MAX): usize {
  const end = header + min(headerLength(header), bytes);
  let at = header + 20;
  while (at < end) {
    const found: u32 = load<u8>(at);
    if (found == kind || found == other) return at;
    if (found == OPTION_END) return 0;
    at += found == OPTION_NOP ? 1 : load<u8>(at, 1);
  }
  return 0;
}

// ── On arrival ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function fill(env: usize, packet: usize, decision: u32): void {
  fillBefore(env, packet, decision, HEADER_MAX);
  clearPadding(packet);
}

/** Writes into the options that end within `bytes` bytes of the header: those before a fault have been written to when it is found. */
export function fillBefore(env: usize, packet: usize, decision: u32, bytes: u32): void {
  ownBytes(env, packet);
  const header: usize = load<u32>(packet, PACKET_L3);
  const address = ownAddress(env, packet, decision);
  const record = findWhole(header, OPTION_RECORD_ROUTE, bytes);
  if (record != 0 && load<u8>(record, 2) <= load<u8>(record, 1)) {
    storeAddress(record + load<u8>(record, 2) - 1, address);
    store<u8>(record, load<u8>(record, 2) + 4, 2);
    note(packet, PACKET_FACT_RECORDED | PACKET_FACT_OPTIONS);
  }
  const stamp = findWhole(header, OPTION_TIMESTAMP, bytes);
  if (stamp != 0) fillStamp(env, packet, stamp, address);
}

/** Address of the option of a kind that ends within `bytes` bytes of a header; 0 = there is none. */
export function findWhole(header: usize, kind: u32, bytes: u32): usize {
  const at = findOption(header, kind, kind, bytes);
  return at == 0 || at + load<u8>(at, 1) > header + bytes ? 0 : at;
}

/** What stands behind the end of the options becomes zero. */
function clearPadding(packet: usize): void {
  const header: usize = load<u32>(packet, PACKET_L3);
  const end = header + headerLength(header);
  let at = find(packet, OPTION_END, OPTION_END);
  for (; at != 0 && at < end; at++) {
    if (load<u8>(at) == 0) continue;
    store<u8>(at, 0);
    note(packet, PACKET_FACT_OPTIONS);
  }
}

function fillStamp(env: usize, packet: usize, at: usize, address: u32): void {
  const pointer: u32 = load<u8>(at, 2);
  const flags: u32 = load<u8>(at, 3);
  const kind = flags & 0xf;
  if (pointer > <u32>load<u8>(at, 1)) {
    if (kind == STAMP_NAMED) return;
    store<u8>(at, <u8>(flags + 0x10), 3);
    note(packet, PACKET_FACT_OPTIONS);
    return;
  }
  const place = at + pointer - 1;
  if (kind == STAMP_NAMED && isElsewhere(env, packet, bswap<u32>(load<u32>(place)))) return;
  if (kind == STAMP_TIME) {
    stampTime(packet, place);
  } else if (kind == STAMP_ADDRESS || kind == STAMP_NAMED) {
    if (kind == STAMP_ADDRESS) storeAddress(place, address);
    if (kind == STAMP_ADDRESS) note(packet, PACKET_FACT_STAMPED);
    stampTime(packet, place + 4);
  } else {
    return;
  }
  store<u8>(at, <u8>(pointer + (kind == STAMP_TIME ? 4 : 8)), 2);
}

function stampTime(packet: usize, place: usize): void {
  storeAddress(place, timeOfDay(packet));
  note(packet, PACKET_FACT_OPTIONS | PACKET_FACT_TIMED);
}

/** Milliseconds since midnight. Ref: net/ipv4/af_inet.c:inet_current_timestamp() */
export function timeOfDay(packet: usize): u32 {
  return ((load<u64>(packet, PACKET_TIME) / 1000000) % DAY_MS) as u32;
}

function isElsewhere(env: usize, packet: usize, address: u32): bool {
  const flow = startFlow(env, packet);
  return type4(load<u32>(env, ENV_HOST), flow, address, 0) == 1 << RTN_UNICAST;
}

/**
 * The address by which the packet has reached this host: its destination, or the one that an answer would have.
 * Ref: net/ipv4/fib_frontend.c:fib_compute_spec_dst()
 */
function ownAddress(env: usize, packet: usize, decision: u32): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const destination = load<u32>(packet, PACKET_DST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return destination;
  const flow = startFlow(env, packet);
  if (decision == ROUTE_LOCAL && type4(host, flow, destination, 0) == 1 << RTN_LOCAL) return destination;
  const input = load<u32>(packet, PACKET_IN);
  const source = load<u32>(packet, PACKET_SRC);
  if (source == 0) return select4(host, input, 0);
  store<u32>(flow, source, FLOW_DST);
  store<u32>(flow, load<u32>(packet, PACKET_TOS), FLOW_TOS);
  const isMarked = (load<u32>(hostInterface(host, input), HOST_IF_FLAGS) & HOST_IF_SOURCE_MARK) != 0;
  if (isMarked) store<u32>(flow, load<u32>(packet, PACKET_MARK), FLOW_MARK);
  const route = lookup4(host, flow);
  return whyOfType(load<u32>(route, ROUTE_TYPE)) == WHY_NONE ? load<u32>(route, ROUTE_SOURCE) : select4(host, input, source);
}

/** Goes on along a source route that has led here. Ref: net/ipv4/ip_options.c:ip_options_rcv_srr() */
function followRoute(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if (type4(host, startFlow(env, packet), load<u32>(packet, PACKET_DST), 0) != 1 << RTN_LOCAL) return ends(packet, WHY_IP_OPTIONS);
  ownBytes(env, packet);
  const at = find(packet, OPTION_LOOSE_ROUTE, OPTION_STRICT_ROUTE);
  const length: u32 = load<u8>(at, 1);
  for (let pointer: u32 = load<u8>(at, 2); pointer <= length; pointer += 4) {
    if (pointer + 3 > length) return faults(packet, (at as u32) - load<u32>(packet, PACKET_L3) + 2);
    const hop = bswap<u32>(load<u32>(at + pointer - 1));
    const reached = load<u32>(packet, PACKET_DST);
    store<u32>(packet, hop, PACKET_DST);
    const decision = routeReceived(env, packet);
    store<u32>(packet, reached, PACKET_DST);
    if (decision == ROUTE_DROPPED) return ends(packet, WHY_IP_OPTIONS);
    if (decision == ROUTE_FORWARD) {
      store<u32>(packet, hop, PACKET_HOP);
      note(packet, PACKET_FACT_SOURCE_ROUTED | PACKET_FACT_OPTIONS);
      return ROUTE_FORWARD;
    }
    if (type4(host, startFlow(env, packet), hop, 0) != 1 << RTN_LOCAL) return ends(packet, WHY_IP_OPTIONS);
    setDestination(packet, hop);
    note(packet, PACKET_FACT_OPTIONS);
  }
  return ROUTE_LOCAL;
}

function setDestination(packet: usize, address: u32): void {
  store<u32>(packet, address, PACKET_DST);
  storeAddress(<usize>load<u32>(packet, PACKET_L3) + IPV4_DST, address);
}

// ── On departure ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Writes into the options of a packet that FORWARD has let pass the address that it leaves from, and turns it to the next hop of its source
 * route.
 *
 * Ref: net/ipv4/ip_options.c:ip_forward_options()
 */
export function forwardOptions(env: usize, packet: usize): void {
  if (!isNoted(packet, PACKET_FACT_OPTIONS)) return;
  ownBytes(env, packet);
  if (isNoted(packet, PACKET_FACT_RECORDED)) {
    const record = find(packet, OPTION_RECORD_ROUTE, OPTION_RECORD_ROUTE);
    storeAddress(record + load<u8>(record, 2) - 5, leavingAddress(env, packet));
  }
  if (isNoted(packet, PACKET_FACT_SOURCE_ROUTED)) passOn(env, packet);
  sealHeader(load<u32>(packet, PACKET_L3));
}

function passOn(env: usize, packet: usize): void {
  const at = find(packet, OPTION_LOOSE_ROUTE, OPTION_STRICT_ROUTE);
  const hop = load<u32>(packet, PACKET_HOP);
  const length: u32 = load<u8>(at, 1);
  for (let pointer: u32 = load<u8>(at, 2); pointer + 3 <= length; pointer += 4) {
    const place = at + pointer - 1;
    if (bswap<u32>(load<u32>(place)) != hop) continue;
    setDestination(packet, hop);
    storeAddress(place, leavingAddress(env, packet));
    store<u8>(at, <u8>(pointer + 4), 2);
    break;
  }
  if (!isNoted(packet, PACKET_FACT_STAMPED)) return;
  const stamp = find(packet, OPTION_TIMESTAMP, OPTION_TIMESTAMP);
  storeAddress(stamp + load<u8>(stamp, 2) - 9, leavingAddress(env, packet));
}

/** Ref: net/ipv4/route.c:ip_rt_get_source() */
function leavingAddress(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const out = load<u32>(packet, PACKET_OUT);
  const flow = startFlow(env, packet);
  store<u32>(flow, load<u32>(packet, PACKET_DST), FLOW_DST);
  store<u32>(flow, load<u32>(packet, PACKET_SRC), FLOW_SRC);
  store<u32>(flow, load<u32>(packet, PACKET_TOS), FLOW_TOS);
  store<u32>(flow, load<u32>(packet, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, load<u32>(packet, PACKET_IN), FLOW_IIF);
  store<u32>(flow, out, FLOW_OIF);
  const route = lookup4(host, flow);
  return whyOfType(load<u32>(route, ROUTE_TYPE)) == WHY_NONE ? load<u32>(route, ROUTE_SOURCE) : select4(host, out, nextHop4(packet));
}
