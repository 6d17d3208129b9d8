// The forwarding information base: which route an address has. Comes in: the host image, an address, sometimes a device.
// Goes out: the address of a route record; the record of route 0, whose type is RTN_UNSPEC, when there is none.

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
  HOST_TABLE4,
  HOST_TABLE4_COUNT,
  HOST_TABLE6_LOCAL,
  HOST_TABLE6_LOCAL_COUNT,
  HOST_TABLE6_MAIN,
  HOST_TABLE6_MAIN_COUNT,
  ROUTE_BYTES,
  ROUTE_FLAG_ADDRESS,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_METRIC,
  ROUTE_NEXT,
  ROUTE_TYPE,
  SPAN4_BYTES,
  SPAN4_ROUTE,
  SPAN6_BYTES,
  SPAN6_ROUTE,
} from '../abi/host.ts';
import { RTN_THROW, RTN_UNREACHABLE, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_UNSPEC } from '../abi/packet.ts';

/** Gives the record of an interface; that of index 0, which does not exist, for one the host was not told of. */
export function hostInterface(host: usize, index: u32): usize {
  const known = index < load<u32>(host, HOST_INTERFACE_COUNT) ? index : 0;
  return host + load<u32>(host, HOST_INTERFACES) + known * HOST_IF_BYTES;
}

function routeAt(host: usize, index: u32): usize {
  return host + load<u32>(host, HOST_ROUTES) + index * ROUTE_BYTES;
}

/** Types that end a look-up whatever device it is for. Ref: net/ipv4/fib_semantics.c:fib_props */
function refuses(type: u32): bool {
  return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT;
}

/** Index of the best route of an IPv4 address. */
function best4(host: usize, address: u32): u32 {
  const spans = host + load<u32>(host, HOST_TABLE4);
  let low: u32 = 0;
  let high = load<u32>(host, HOST_TABLE4_COUNT);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (load<u32>(spans + middle * SPAN4_BYTES) <= address) low = middle;
    else high = middle;
  }
  return load<u32>(spans + low * SPAN4_BYTES, SPAN4_ROUTE);
}

/**
 * Gives the route of an IPv4 address: longest prefix, table local before main at equal length, lowest metric; by `device` only
 * when that is not 0.
 *
 * Ref: net/ipv4/fib_trie.c:fib_table_lookup()
 */
export function lookup4(host: usize, address: u32, device: u32): usize {
  let index = best4(host, address);
  while (index != 0) {
    const route = routeAt(host, index);
    const type = load<u32>(route, ROUTE_TYPE);
    if (type == RTN_THROW) break;
    if (refuses(type) || device == 0 || load<u32>(route, ROUTE_INTERFACE) == device) return route;
    index = load<u32>(route, ROUTE_NEXT);
  }
  return routeAt(host, 0);
}

/** Whether the IPv4 address is one of an interface's. Ref: net/ipv4/devinet.c:inet_lookup_ifaddr_rcu() */
export function ownAddress4(host: usize, address: u32): bool {
  let index = best4(host, address);
  while (index != 0) {
    const route = routeAt(host, index);
    if (load<u32>(route, ROUTE_LENGTH) != 32) return false;
    if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_ADDRESS) != 0) return true;
    index = load<u32>(route, ROUTE_NEXT);
  }
  return false;
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

function best6(spans: usize, count: u32, address: usize): u32 {
  let low: u32 = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (below6(address, spans + middle * SPAN6_BYTES)) high = middle;
    else low = middle;
  }
  return load<u32>(spans + low * SPAN6_BYTES, SPAN6_ROUTE);
}

/**
 * Chooses among the candidates of one prefix: those of the lowest metric first, then all others; a route by `device` before one
 * by another device, which does not count at all when `strict`. Gives 0 when none fits.
 *
 * Differs: whether a gateway answers (NUD) is not known here and does not count.
 * Ref: net/ipv6/route.c:find_rr_leaf(), rt6_score_route()
 */
function select6(host: usize, first: u32, device: u32, strict: bool): u32 {
  const length = load<u32>(routeAt(host, first), ROUTE_LENGTH);
  const metric = load<u32>(routeAt(host, first), ROUTE_METRIC);
  let chosen: u32 = 0;
  let index = first;
  while (index != 0) {
    const route = routeAt(host, index);
    if (load<u32>(route, ROUTE_LENGTH) != length) break;
    if (load<u32>(route, ROUTE_METRIC) != metric && chosen != 0) break;
    if (device == 0 || load<u32>(route, ROUTE_INTERFACE) == device) return index;
    if (!strict && chosen == 0) chosen = index;
    index = load<u32>(route, ROUTE_NEXT);
  }
  return chosen;
}

function table6(host: usize, spans: u32, count: u32, address: usize, device: u32, strict: bool): usize {
  let index = best6(host + spans, count, address);
  while (index != 0) {
    const chosen = select6(host, index, device, strict);
    if (chosen != 0) return routeAt(host, chosen);
    const length = load<u32>(routeAt(host, index), ROUTE_LENGTH);
    while (index != 0 && load<u32>(routeAt(host, index), ROUTE_LENGTH) == length) index = load<u32>(routeAt(host, index), ROUTE_NEXT);
  }
  return routeAt(host, 0);
}

/**
 * Gives the route of the IPv6 address at `address` (four words): table local, then main. `device` is preferred, or with `strict`
 * required; 0 = any.
 *
 * Ref: net/ipv6/fib6_rules.c:fib6_rule_lookup(), net/ipv6/route.c:fib6_table_lookup()
 */
export function lookup6(host: usize, address: usize, device: u32, strict: bool): usize {
  const local = table6(host, load<u32>(host, HOST_TABLE6_LOCAL), load<u32>(host, HOST_TABLE6_LOCAL_COUNT), address, device, strict);
  const type = load<u32>(local, ROUTE_TYPE);
  if (type != RTN_UNSPEC && type != RTN_THROW) return local;
  const main = table6(host, load<u32>(host, HOST_TABLE6_MAIN), load<u32>(host, HOST_TABLE6_MAIN_COUNT), address, device, strict);
  return load<u32>(main, ROUTE_TYPE) == RTN_THROW ? routeAt(host, 0) : main;
}

/** A route of the best prefix by `device`, of any metric; else its first, unless `strict`; else on with the next shorter prefix. */
function matchBack6(host: usize, spans: u32, count: u32, address: usize, device: u32, strict: bool): usize {
  let index = best6(host + spans, count, address);
  while (index != 0) {
    const first = index;
    const length = load<u32>(routeAt(host, index), ROUTE_LENGTH);
    for (; index != 0 && load<u32>(routeAt(host, index), ROUTE_LENGTH) == length; index = load<u32>(routeAt(host, index), ROUTE_NEXT)) {
      if (device == 0 || load<u32>(routeAt(host, index), ROUTE_INTERFACE) == device) return routeAt(host, index);
    }
    if (!strict) return routeAt(host, first);
  }
  return routeAt(host, 0);
}

/**
 * Gives the route of the IPv6 address at `address` as a look-up outside of routing finds it; otherwise as lookup6().
 * Ref: net/ipv6/route.c:ip6_pol_route_lookup(), rt6_device_match()
 */
export function lookupBack6(host: usize, address: usize, device: u32, strict: bool): usize {
  const local = matchBack6(host, load<u32>(host, HOST_TABLE6_LOCAL), load<u32>(host, HOST_TABLE6_LOCAL_COUNT), address, device, strict);
  const type = load<u32>(local, ROUTE_TYPE);
  if (type != RTN_UNSPEC && type != RTN_THROW) return local;
  const main = matchBack6(host, load<u32>(host, HOST_TABLE6_MAIN), load<u32>(host, HOST_TABLE6_MAIN_COUNT), address, device, strict);
  return load<u32>(main, ROUTE_TYPE) == RTN_THROW ? routeAt(host, 0) : main;
}

/** Whether the IPv6 address at `address` is one of `device`. Ref: net/ipv6/addrconf.c:ipv6_chk_addr() */
export function ownAddress6(host: usize, address: usize, device: u32): bool {
  let index = best6(host + load<u32>(host, HOST_TABLE6_LOCAL), load<u32>(host, HOST_TABLE6_LOCAL_COUNT), address);
  while (index != 0) {
    const route = routeAt(host, index);
    if (load<u32>(route, ROUTE_LENGTH) != 128) return false;
    if ((load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_ADDRESS) != 0 && load<u32>(route, ROUTE_INTERFACE) == device) return true;
    index = load<u32>(route, ROUTE_NEXT);
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
