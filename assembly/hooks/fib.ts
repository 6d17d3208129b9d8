// One routing table: which route an address has there. Comes in: the host image, a table of it, what is looked for. Goes out: the address of
// a route record, 0 where the table has none. Which tables are asked is rules.ts.

import {
  GROUP4_BYTES,
  GROUP6_BYTES,
  GROUP_ADDRESS,
  GROUP_INTERFACE,
  HOST_GROUPS4,
  HOST_GROUPS4_COUNT,
  HOST_GROUPS6,
  HOST_GROUPS6_COUNT,
  HOST_IF_BYTES,
  HOST_INTERFACE_COUNT,
  HOST_INTERFACES,
  HOST_ROUTES,
  HOST_TABLES,
  ROUTE_BYTES,
  ROUTE_FLAG_ADDRESS,
  ROUTE_FLAG_DEAD,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_METRIC,
  ROUTE_NEXT,
  ROUTE_PATH,
  ROUTE_PATHS,
  ROUTE_PREFERENCE,
  ROUTE_TOS,
  ROUTE_TYPE,
  SPAN4_BYTES,
  SPAN4_ROUTE,
  SPAN6_BYTES,
  SPAN6_ROUTE,
  TABLE4_LOCAL,
  TABLE6_LOCAL,
  TABLE_BYTES,
  TABLE_SPANS,
  TABLE_SPAN_COUNT,
} from '../abi/host.ts';
import { RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE } from '../abi/packet.ts';
import { FLOW_DEVICE, FLOW_DST, FLOW_FLAG_STRICT, FLOW_FLAGS, FLOW_OIF, FLOW_TOS } from './flow.ts';

/** The bits of the type of service that routes ask for. Ref: include/net/ip_fib.h:fib_dscp_masked_match() */
const ROUTED_TOS: u32 = 0x1c;
/** No route scores as low. */
const SCORE_NONE: i32 = -1;

/** Gives the record of an interface; that of index 0, which does not exist, for one the host was not told of. */
export function hostInterface(host: usize, index: u32): usize {
  const known = index < load<u32>(host, HOST_INTERFACE_COUNT) ? index : 0;
  return host + load<u32>(host, HOST_INTERFACES) + known * HOST_IF_BYTES;
}

export function routeAt(host: usize, index: u32): usize {
  return host + load<u32>(host, HOST_ROUTES) + index * ROUTE_BYTES;
}

function nextOf(host: usize, route: usize): usize {
  const index = load<u32>(route, ROUTE_NEXT);
  return index == 0 ? 0 : routeAt(host, index);
}

/** Gives path `index` of the route that a path belongs to. */
export function pathOf(route: usize, index: u32): usize {
  return route - <usize>load<u32>(route, ROUTE_PATH) * ROUTE_BYTES + <usize>index * ROUTE_BYTES;
}

/** Whether any path of a route leaves by a device. Ref: net/ipv4/fib_frontend.c:fib_info_nh_uses_dev() */
export function usesDevice(route: usize, device: u32): bool {
  const paths = load<u32>(route, ROUTE_PATHS);
  for (let i: u32 = 0; i < paths; i++) if (load<u32>(pathOf(route, i), ROUTE_INTERFACE) == device) return true;
  return false;
}

/** Types that end a look-up whatever device it is for. Ref: net/ipv4/fib_semantics.c:fib_props */
export function refuses(type: u32): bool {
  return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT;
}

function tableAt(host: usize, table: u32): usize {
  return host + load<u32>(host, HOST_TABLES) + table * TABLE_BYTES;
}

/** The best route of an IPv4 address, 0 = none. */
function best4(host: usize, table: u32, address: u32): usize {
  const record = tableAt(host, table);
  const spans = host + load<u32>(record, TABLE_SPANS);
  return routeOfSpan(host, spans + spanOf(spans, load<u32>(record, TABLE_SPAN_COUNT), address) * SPAN4_BYTES);
}

/** The number of the span that an address is in. */
// @ts-ignore: decorator
@inline
function spanOf(spans: usize, count: u32, address: u32): u32 {
  // Without a branch: which half an address is in can seldom be foretold.
  let low: u32 = 0;
  while (count > 1) {
    const half = count >>> 1;
    low += select<u32>(half, 0, load<u32>(spans + (low + half) * SPAN4_BYTES) <= address);
    count -= half;
  }
  return low;
}

// @ts-ignore: decorator
@inline
function routeOfSpan(host: usize, span: usize): usize {
  const index = load<u32>(span, SPAN4_ROUTE);
  return index == 0 ? 0 : routeAt(host, index);
}

/**
 * The best route of an IPv4 address in table local, 0 = none. `last`: where the number of the span stands that the address before it was in,
 * which most are in as well.
 */
// @ts-ignore: decorator
@inline
export function bestNear4(host: usize, address: u32, last: usize): usize {
  const record = tableAt(host, TABLE4_LOCAL);
  const spans = host + load<u32>(record, TABLE_SPANS);
  const count = load<u32>(record, TABLE_SPAN_COUNT);
  let number = load<u32>(last);
  const near = spans + number * SPAN4_BYTES;
  const isThere = number + 1 < count && load<u32>(near) <= address && load<u32>(near + SPAN4_BYTES) > address;
  if (!isThere) {
    number = spanOf(spans, count, address);
    store<u32>(last, number);
  }
  return routeOfSpan(host, spans + number * SPAN4_BYTES);
}

/**
 * Gives the route of an IPv4 flow in a table: longest prefix, table local before main at equal length, its type of service, lowest metric;
 * by FLOW_OIF only when that is not 0. Of a route of several paths the first that will do.
 *
 * Ref: net/ipv4/fib_trie.c:fib_table_lookup()
 */
export function find4(host: usize, table: u32, flow: usize): usize {
  const device = load<u32>(flow, FLOW_OIF);
  const tos = load<u32>(flow, FLOW_TOS) & ROUTED_TOS;
  for (let route = best4(host, table, load<u32>(flow, FLOW_DST)); route != 0; route = nextOf(host, route)) {
    const asked = load<u32>(route, ROUTE_TOS);
    if (asked != 0 && asked != tos) continue;
    const type = load<u32>(route, ROUTE_TYPE);
    if (type == RTN_THROW) return 0;
    if (refuses(type)) return route;
    if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_DEAD) != 0) continue;
    if (device == 0 || load<u32>(route, ROUTE_INTERFACE) == device) return route;
  }
  return 0;
}

/** The route of an IPv4 address of an interface, 0 = it is none. Ref: net/ipv4/devinet.c:inet_lookup_ifaddr_rcu() */
export function ownAddress4(host: usize, address: u32): usize {
  return ownRoute4(host, best4(host, TABLE4_LOCAL, address));
}

/** The same, from the best route of the address in table local on. */
// @ts-ignore: decorator
@inline
export function ownRoute4(host: usize, best: usize): usize {
  for (let route = best; route != 0; route = nextOf(host, route)) {
    if (load<u32>(route, ROUTE_LENGTH) != 32) return 0;
    if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_ADDRESS) != 0) return route;
  }
  return 0;
}

/** Whether the four-word address at `a` is below the one at `b`. */
function below6(a: usize, b: usize): bool {
  for (let i: usize = 0; i < 16; i += 4) {
    const x = load<u32>(a + i);
    const y = load<u32>(b + i);
    if (x != y) return x < y;
  }
  return false;
}

function best6(host: usize, table: u32, address: usize): usize {
  const record = tableAt(host, table);
  const spans = host + load<u32>(record, TABLE_SPANS);
  let low: u32 = 0;
  let high = load<u32>(record, TABLE_SPAN_COUNT);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (below6(address, spans + middle * SPAN6_BYTES)) high = middle;
    else low = middle;
  }
  const index = load<u32>(spans + low * SPAN6_BYTES, SPAN6_ROUTE);
  return index == 0 ? 0 : routeAt(host, index);
}

/**
 * How well a route fits: by its router's preference, then by the device asked for. SCORE_NONE = not at all.
 *
 * Differs: whether a gateway answers (NUD) is not known here and does not count.
 * Ref: net/ipv6/route.c:find_match(), rt6_score_route()
 */
export function score6(route: usize, device: u32, strict: bool): i32 {
  if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_DEAD) != 0) return SCORE_NONE;
  const isHere = device == 0 || load<u32>(route, ROUTE_INTERFACE) == device;
  if (!isHere && strict) return SCORE_NONE;
  return ((load<u32>(route, ROUTE_PREFERENCE) << 2) | (isHere ? 2 : 0)) as i32;
}

/** Chooses among the candidates of one prefix: the best of the lowest metric, else of all others. 0 = none fits. Ref: net/ipv6/route.c:find_rr_leaf() */
function select6(host: usize, first: usize, device: u32, strict: bool): usize {
  const length = load<u32>(first, ROUTE_LENGTH);
  const metric = load<u32>(first, ROUTE_METRIC);
  let chosen: usize = 0;
  let best = SCORE_NONE;
  for (let route = first; route != 0 && load<u32>(route, ROUTE_LENGTH) == length; route = nextOf(host, route)) {
    if (load<u32>(route, ROUTE_METRIC) != metric && chosen != 0 && load<u32>(chosen, ROUTE_METRIC) == metric) break;
    const score = score6(route, device, strict);
    if (score <= best) continue;
    best = score;
    chosen = route;
  }
  return chosen;
}

function shorter6(host: usize, first: usize): usize {
  const length = load<u32>(first, ROUTE_LENGTH);
  let route = first;
  while (route != 0 && load<u32>(route, ROUTE_LENGTH) == length) route = nextOf(host, route);
  return route;
}

/**
 * Gives the route of an IPv6 flow in a table: longest prefix, lowest metric, and among those by FLOW_DEVICE if it can, or with
 * FLOW_FLAG_STRICT only by it.
 *
 * Ref: net/ipv6/route.c:fib6_table_lookup()
 */
export function find6(host: usize, table: u32, flow: usize): usize {
  const device = load<u32>(flow, FLOW_DEVICE);
  const strict = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_STRICT) != 0;
  for (let route = best6(host, table, flow + FLOW_DST); route != 0; route = shorter6(host, route)) {
    const chosen = select6(host, route, device, strict);
    if (chosen != 0) return chosen;
  }
  return 0;
}

/**
 * The same as look-ups outside of routing do it: a route of the best prefix by the device, of any metric; else its first, unless strict; else
 * on with the next shorter prefix. Ref: net/ipv6/route.c:ip6_pol_route_lookup(), rt6_device_match()
 */
export function findBack6(host: usize, table: u32, flow: usize): usize {
  const device = load<u32>(flow, FLOW_DEVICE);
  const strict = (load<u32>(flow, FLOW_FLAGS) & FLOW_FLAG_STRICT) != 0;
  for (let first = best6(host, table, flow + FLOW_DST); first != 0; first = shorter6(host, first)) {
    const length = load<u32>(first, ROUTE_LENGTH);
    for (let route = first; route != 0 && load<u32>(route, ROUTE_LENGTH) == length; route = nextOf(host, route)) {
      if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_DEAD) != 0) continue;
      if (device == 0 || load<u32>(route, ROUTE_INTERFACE) == device) return route;
    }
    if (!strict && (load<u32>(first, ROUTE_FLAGS) & ROUTE_FLAG_DEAD) == 0) return first;
  }
  return 0;
}

/** Whether the IPv6 address at `address` is one of `device`. Ref: net/ipv6/addrconf.c:ipv6_chk_addr() */
export function ownAddress6(host: usize, address: usize, device: u32): bool {
  for (let route = best6(host, TABLE6_LOCAL, address); route != 0; route = nextOf(host, route)) {
    if (load<u32>(route, ROUTE_LENGTH) != 128) return false;
    if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_ADDRESS) != 0 && load<u32>(route, ROUTE_INTERFACE) == device) return true;
  }
  return false;
}

/** Whether `device` listens to an IPv4 multicast group. Ref: net/ipv4/igmp.c:ip_check_mc_rcu() */
export function listens4(host: usize, device: u32, group: u32): bool {
  let at = host + load<u32>(host, HOST_GROUPS4);
  const end = at + load<u32>(host, HOST_GROUPS4_COUNT) * GROUP4_BYTES;
  for (; at < end; at += GROUP4_BYTES) {
    if (load<u32>(at, GROUP_INTERFACE) == device && load<u32>(at, GROUP_ADDRESS) == group) return true;
  }
  return false;
}

/** Whether `device` listens to the IPv6 multicast group at `group`. Ref: net/ipv6/mcast.c:ipv6_chk_mcast_addr() */
export function listens6(host: usize, device: u32, group: usize): bool {
  let at = host + load<u32>(host, HOST_GROUPS6);
  const end = at + load<u32>(host, HOST_GROUPS6_COUNT) * GROUP6_BYTES;
  for (; at < end; at += GROUP6_BYTES) {
    if (load<u32>(at, GROUP_INTERFACE) == device && same6(at + GROUP_ADDRESS, group)) return true;
  }
  return false;
}

/** Whether two four-word addresses are equal. */
export function same6(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}
