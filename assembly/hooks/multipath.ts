// Which of several paths a packet takes: a hash of what the host's settings name chooses by weight. Packets of one connection take one path.

import {
  HOST_HASH_FIELDS4,
  HOST_HASH_FIELDS6,
  HOST_HASH_POLICY4,
  HOST_HASH_POLICY6,
  HOST_LOOPBACK,
  ROUTE_BOUND,
  ROUTE_INTERFACE,
  ROUTE_NEAR,
  ROUTE_PATHS,
} from '../abi/host.ts';
import { hashWords } from '../wire/jhash.ts';
import { pathOf, score6 } from './fib.ts';
import {
  FLOW_DEVICE,
  FLOW_DPORT,
  FLOW_DST,
  FLOW_FLAG_DISSECTED,
  FLOW_FLAG_RECEIVED,
  FLOW_FLAG_STRICT,
  FLOW_FLAGS,
  FLOW_IIF,
  FLOW_PACKET,
  FLOW_PROTO,
  FLOW_SPORT,
  FLOW_SRC,
} from './flow.ts';
import {
  forgetExtensions,
  HEADER_CARRIES,
  HEADER_DST,
  HEADER_HOST_LABEL,
  HEADER_IPV6,
  HEADER_NEXT,
  HEADER_PORTS,
  HEADER_PROTO,
  HEADER_SRC,
  innermostHeader,
  packetHeader,
  quotedHeader,
  readNext,
  WIRE_LABEL,
} from './header.ts';
import { hashKeys, KEYS_ADDRESSES, KEYS_LABEL, KEYS_PORTS, KEYS_PROTO, startKeys } from './keys.ts';

// fib_multipath_hash_policy.
const POLICY_L3: u32 = 0;
const POLICY_L4: u32 = 1;
const POLICY_INNER: u32 = 2;

// Bits of fib_multipath_hash_fields; those of the inner header are six higher. Ref: include/net/ip_fib.h:FIB_MULTIPATH_HASH_FIELD_*
const FIELD_SRC: u32 = 1;
const FIELD_DST: u32 = 2;
const FIELD_PROTO: u32 = 4;
const FIELD_LABEL: u32 = 8;
const FIELD_SPORT: u32 = 16;
const FIELD_DPORT: u32 = 32;
const FIELDS: u32 = 0x3f;
const FIELDS_INNER: u32 = 6;

const PROTO_ICMPV6: u32 = 58;

/**
 * Chooses a path of an IPv4 route. What the host sends, its answers too, takes a path by a device that has its source address, if there is one.
 *
 * Ref: net/ipv4/fib_semantics.c:fib_select_multipath()
 */
export function choosePath4(host: usize, flow: usize, route: usize): usize {
  const paths = load<u32>(route, ROUTE_PATHS);
  if (paths <= 1) return route;
  const hash = (hash4(host, flow) >>> 1) as i32;
  const source = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_RECEIVED) == 0 ? load<u32>(flow, FLOW_SRC) : 0;
  const wanted: u32 = source == 0 ? 1 : 3;
  let chosen = route;
  let best: u32 = 0;
  for (let i: u32 = 0; i < paths; i++) {
    const path = pathOf(route, i);
    const bound = load<i32>(path, ROUTE_BOUND);
    if (bound < 0) continue;
    const score: u32 = (source != 0 && load<u32>(path, ROUTE_NEAR) == source ? 2 : 0) + (hash <= bound ? 1 : 0);
    if (score <= best) continue;
    chosen = path;
    if (score == wanted) break;
    best = score;
  }
  return chosen;
}

/** Ref: net/ipv6/route.c:fib6_select_path() */
export function choosePath6(host: usize, flow: usize, route: usize): usize {
  const paths = load<u32>(route, ROUTE_PATHS);
  if (paths <= 1) return route;
  const device = load<u32>(flow, FLOW_DEVICE);
  const isSent = load<u32>(flow, FLOW_IIF) == load<u32>(host, HOST_LOOPBACK);
  if (isSent && load<u32>(route, ROUTE_INTERFACE) == device) return route;
  const hash = (hash6(host, flow) >>> 1) as i32;
  const strict = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_STRICT) != 0;
  for (let i: u32 = 0; i < paths; i++) {
    const path = pathOf(route, i);
    if (hash <= load<i32>(path, ROUTE_BOUND)) return score6(path, device, strict) < 0 ? route : path;
  }
  return route;
}

/** Ref: net/ipv4/route.c:fib_multipath_hash() */
function hash4(host: usize, flow: usize): u32 {
  const policy = load<u32>(host, HOST_HASH_POLICY4);
  const packet: usize = load<u32>(flow, FLOW_PACKET);
  const fields = load<u32>(host, HOST_HASH_FIELDS4);
  if (packet == 0) {
    if (policy == POLICY_L4) return hashFlow(flow, FIELDS & ~FIELD_LABEL, false);
    if (policy == POLICY_L3 || policy == POLICY_INNER) return hashFlow(flow, FIELD_SRC | FIELD_DST, false);
    return (fields & FIELDS) == 0 ? 0 : hashFlow(flow, fields, false);
  }
  const header = packetHeader(flow, packet);
  if (policy == POLICY_L4) return hashHeader(flow, header, FIELDS & ~FIELD_LABEL);
  if (policy == POLICY_INNER) {
    const inner = innermostHeader(header);
    if (load<u32>(inner, HEADER_IPV6) != 0) return hashHeader(flow, inner, FIELD_SRC | FIELD_DST | FIELD_LABEL | FIELD_PROTO);
    return hashHeader(flow, inner, FIELD_SRC | FIELD_DST);
  }
  if (policy == POLICY_L3) return hashHeader(flow, quotedHeader(header), FIELD_SRC | FIELD_DST);
  return hashFields(flow, header, fields);
}

/** Ref: net/ipv6/route.c:rt6_multipath_hash() */
function hash6(host: usize, flow: usize): u32 {
  const policy = load<u32>(host, HOST_HASH_POLICY6);
  const packet: usize = load<u32>(flow, FLOW_PACKET);
  const fields = load<u32>(host, HOST_HASH_FIELDS6);
  const l3: u32 = FIELD_SRC | FIELD_DST | FIELD_LABEL | FIELD_PROTO;
  if (packet == 0) {
    if (policy == POLICY_L4) return hashFlow(flow, FIELDS & ~FIELD_LABEL, true);
    if (policy == POLICY_L3 || policy == POLICY_INNER) return hashFlow(flow, l3, true);
    return (fields & FIELDS) == 0 ? 0 : hashFlow(flow, fields, true);
  }
  const header = packetHeader(flow, packet);
  if (policy == POLICY_L4) return hashHeader(flow, header, FIELDS & ~FIELD_LABEL);
  if (policy == POLICY_INNER) {
    const inner = innermostHeader(header);
    if (load<u32>(inner, HEADER_IPV6) == 0) return hashHeader(flow, inner, FIELD_SRC | FIELD_DST);
    return hashHeader(flow, inner, l3);
  }
  if (policy == POLICY_L3) {
    const isDissected = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_DISSECTED) != 0 && load<u32>(flow, FLOW_PROTO) == PROTO_ICMPV6;
    const quoted = quotedHeader(header);
    if (isDissected && quoted == header) return hashHeader(flow, header, l3);
    // Where no rule has had the packet looked into, the kernel takes the fixed header, and the flow label as it is on the wire.
    forgetExtensions(quoted);
    return hashHeader(flow, quoted, l3 | WIRE_LABEL);
  }
  return hashFields(flow, header, fields);
}

/** Ref: net/ipv4/route.c:fib_multipath_custom_hash_skb(), net/ipv6/route.c:rt6_multipath_custom_hash_skb() */
function hashFields(flow: usize, header: usize, fields: u32): u32 {
  const outer = (fields & FIELDS) == 0 ? 0 : hashHeader(flow, header, fields & FIELDS);
  const innerFields = (fields >>> FIELDS_INNER) & FIELDS;
  let inner: u32 = 0;
  // Where there is no header within, or it is cut short, that around it is all there is to say of what is within.
  if (innerFields != 0 && load<u32>(header, HEADER_CARRIES) != 0) {
    const last = load<u32>(header, HEADER_NEXT) == 0 ? header : innermostHeader(readNext(header));
    inner = hashHeader(flow, last, innerFields);
  }
  return hashWords(outer, inner, 0, 2, 0);
}

/** The hash of what a header says, as far as `fields` go. */
function hashHeader(flow: usize, header: usize, fields: u32): u32 {
  const keys = startKeys(flow);
  const isIpv6 = load<u32>(header, HEADER_IPV6) != 0;
  const bytes: usize = isIpv6 ? 16 : 4;
  if ((fields & FIELD_SRC) != 0) memory.copy(keys + KEYS_ADDRESSES, header + HEADER_SRC, bytes);
  if ((fields & FIELD_DST) != 0) memory.copy(keys + KEYS_ADDRESSES + bytes, header + HEADER_DST, bytes);
  if ((fields & FIELD_PROTO) != 0) store<u8>(keys, load<u8>(header, HEADER_PROTO), KEYS_PROTO);
  if ((fields & FIELD_LABEL) != 0 && isIpv6) {
    const label = load<u32>(header, HEADER_HOST_LABEL);
    store<u32>(keys, (fields & WIRE_LABEL) != 0 ? bswap<u32>(label) : label, KEYS_LABEL);
  }
  if ((fields & FIELD_SPORT) != 0) store<u16>(keys, load<u16>(header, HEADER_PORTS), KEYS_PORTS);
  if ((fields & FIELD_DPORT) != 0) store<u16>(keys, load<u16>(header, HEADER_PORTS + 2), KEYS_PORTS + 2);
  return hashKeys(flow, keys, isIpv6);
}

/** The same of what the host sends. */
function hashFlow(flow: usize, fields: u32, isIpv6: bool): u32 {
  const keys = startKeys(flow);
  const bytes: usize = isIpv6 ? 16 : 4;
  for (let at: usize = 0; at < bytes; at += 4) {
    if ((fields & FIELD_SRC) != 0) store<u32>(keys + at, bswap<u32>(load<u32>(flow + at, FLOW_SRC)), KEYS_ADDRESSES);
    if ((fields & FIELD_DST) != 0) store<u32>(keys + at + bytes, bswap<u32>(load<u32>(flow + at, FLOW_DST)), KEYS_ADDRESSES);
  }
  if ((fields & FIELD_PROTO) != 0) store<u8>(keys, <u8>load<u32>(flow, FLOW_PROTO), KEYS_PROTO);
  if ((fields & FIELD_SPORT) != 0) store<u16>(keys, bswap<u16>(<u16>load<u32>(flow, FLOW_SPORT)), KEYS_PORTS);
  if ((fields & FIELD_DPORT) != 0) store<u16>(keys, bswap<u16>(<u16>load<u32>(flow, FLOW_DPORT)), KEYS_PORTS + 2);
  return hashKeys(flow, keys, isIpv6);
}
