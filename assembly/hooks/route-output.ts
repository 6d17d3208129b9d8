// Where a packet goes that this host sends, and where it goes after OUTPUT has changed it. Comes in: the host image and the packet record.
// Goes out: ROUTE_* of way.ts, with PACKET_OUT, PACKET_ROUTE and PACKET_REALM set where it leaves, or PACKET_WHY where it ends.

import { ENV_HOST, ENV_INTERFACES, INTERFACE_BYTES, INTERFACE_INDEX } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_ROUTE_LOCALNET,
  HOST_IF_UP,
  HOST_LOOPBACK,
  ROUTE_BOUND,
  ROUTE_INTERFACE,
  ROUTE_PATHS,
  ROUTE_TYPE,
  TABLE4_LOCAL,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_ANSWER,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_OUT,
  PACKET_PROTO,
  PACKET_SRC,
  PACKET_WAY,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, WHY_MARTIAN, WHY_NO_ROUTE, WHY_NONE } from '../abi/verdict.ts';
import {
  isLoopback4,
  isLoopback6,
  isMulticast4,
  isMulticast6,
  isUnspecified6,
  LIMITED_BROADCAST4,
  needsDevice6,
} from './address.ts';
import { type4 } from './address-type.ts';
import { find4, hostInterface, listens4, listens6, ownAddress4, pathOf } from './fib.ts';
import {
  dissectFor,
  FLOW_DEVICE,
  FLOW_DST,
  FLOW_FLAG_STRICT,
  FLOW_FLAGS,
  FLOW_OIF,
  FLOW_REALM,
  FLOW_SRC,
  packetFlow,
  setTransport,
} from './flow.ts';
import { choosePath4 } from './multipath.ts';
import { wayRealm } from './realm.ts';
import { lookup4, lookup6 } from './rules.ts';
import { ends, goes, ROUTE_COPIED, ROUTE_DROPPED, ROUTE_LEAVES, ROUTE_LOOPS, whyOfType } from './way.ts';

const PROTO_ICMPV6: u32 = 58;
const WAY_OUT: u32 = 0xffff;

/** Universe index of the interface that the frame was captured on. */
function frameInterface(env: usize, packet: usize): u32 {
  return load<u32>(load<u32>(env, ENV_INTERFACES) + load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES, INTERFACE_INDEX);
}

/** That interface, if a sender may have bound itself to it; 0 = not. */
function boundTo(env: usize, host: usize, packet: usize): u32 {
  const captured = frameInterface(env, packet);
  const flags = load<u32>(hostInterface(host, captured), HOST_IF_FLAGS);
  if (captured == load<u32>(host, HOST_LOOPBACK)) return 0;
  return (flags & HOST_IF_EXISTS) != 0 && (flags & HOST_IF_UP) != 0 ? captured : 0;
}

/**
 * Decides where a packet that this host sends goes. Broadcast, multicast and IPv6 link-local destinations go out by the interface
 * that the frame was captured on, as if the sender had bound itself to it; without one, by that of the source address.
 *
 * Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu(), net/ipv6/route.c:ip6_route_output_flags()
 */
export function routeOutput(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) {
    const captured = frameInterface(env, packet);
    store<u32>(packet, captured, PACKET_OUT);
    return captured == load<u32>(host, HOST_LOOPBACK) ? ROUTE_LOOPS : ROUTE_LEAVES;
  }
  const flow = packetFlow(env, packet);
  setTransport(flow, packet);
  const bound = boundTo(env, host, packet);
  // A loopback address that was captured on its way out was not told to routing, which would have refused it.
  if (isLoopback4(load<u32>(flow, FLOW_SRC)) && (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) store<u32>(flow, 0, FLOW_SRC);
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0 ? output6(host, packet, flow, bound) : output4(host, packet, flow, bound);
}

/**
 * Routes a packet of OUTPUT anew, whose mark, type of service or addresses have changed. POSTROUTING takes the new way (takeWay()), while
 * the tables of OUTPUT still see the device of the first. For table mangle, and for nat when it has changed the destination.
 *
 * Returns: VERDICT_ACCEPT, or VERDICT_DROP where there is no way.
 * Ref: net/ipv4/netfilter.c:ip_route_me_harder(), net/ipv6/netfilter.c:ip6_route_me_harder()
 */
export function reroute(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return VERDICT_ACCEPT;
  const first = load<u32>(packet, PACKET_OUT);
  const way = load<u32>(packet, PACKET_WAY);
  const flow = packetFlow(env, packet);
  dissectFor(flow, packet);
  // What no program sends is bound to no device.
  const isOwn = (load<u32>(packet, PACKET_FLAGS) & (PACKET_FLAG_TEE | PACKET_FLAG_ANSWER)) != 0;
  let decision: u32;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) {
    decision = output6(host, packet, flow, way != 0 ? way & WAY_OUT : first);
  } else {
    const type = type4(host, flow, load<u32>(packet, PACKET_SRC), 0);
    store<u32>(flow, load<u32>(packet, PACKET_DST), FLOW_DST);
    if (type != 1 << RTN_LOCAL && type != 1 << RTN_UNICAST) store<u32>(flow, 0, FLOW_SRC);
    decision = output4(host, packet, flow, isOwn ? 0 : boundTo(env, host, packet));
    if (decision != ROUTE_DROPPED && staysHere(host, load<u32>(flow, FLOW_SRC), load<u32>(packet, PACKET_OUT))) {
      decision = ends(packet, WHY_MARTIAN);
    }
  }
  if (decision == ROUTE_DROPPED) return VERDICT_DROP;
  store<u32>(packet, (decision << 16) | load<u32>(packet, PACKET_OUT), PACKET_WAY);
  store<u32>(packet, first, PACKET_OUT);
  return VERDICT_ACCEPT;
}

/**
 * A loopback address does not leave. What a host sends with such a one at first was captured all the same: its sender wrote the header
 * itself, and the way was looked up without it.
 *
 * Ref: net/ipv4/route.c:__mkroute_output(), net/ipv4/raw.c:raw_sendmsg()
 */
export function staysHere(host: usize, source: u32, out: u32): bool {
  if (!isLoopback4(source) || out == load<u32>(host, HOST_LOOPBACK)) return false;
  return (load<u32>(hostInterface(host, out), HOST_IF_FLAGS) & HOST_IF_ROUTE_LOCALNET) == 0;
}

/** Turns a packet to where OUTPUT has routed it anew. Returns the decision that holds: the first where there was no other. */
export function takeWay(packet: usize, decision: u32): u32 {
  const way = load<u32>(packet, PACKET_WAY);
  if (way == 0) return decision;
  store<u32>(packet, way & WAY_OUT, PACKET_OUT);
  return way >>> 16;
}

/** Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu(), __mkroute_output() */
export function output4(host: usize, packet: usize, flow: usize, bound: u32): u32 {
  const destination = load<u32>(flow, FLOW_DST);
  const source = load<u32>(flow, FLOW_SRC);
  const loopback = load<u32>(host, HOST_LOOPBACK);
  if (isMulticast4(source) || source == LIMITED_BROADCAST4) return ends(packet, WHY_MARTIAN);
  if (destination == 0) return goes(packet, loopback, 0, 0, ROUTE_LOOPS);
  const multicast = isMulticast4(destination);
  let broadcast = destination == LIMITED_BROADCAST4;
  let out: u32 = 0;
  let route: usize = 0;
  if ((multicast || broadcast) && (bound != 0 || source != 0)) {
    out = bound != 0 ? bound : deviceOf4(host, flow, source, destination);
    if (out == 0) return ends(packet, WHY_NO_ROUTE);
  } else {
    route = lookup4(host, flow);
    const type = load<u32>(route, ROUTE_TYPE);
    const why = whyOfType(type);
    if (why != WHY_NONE) return ends(packet, why);
    if (type == RTN_LOCAL) return goes(packet, loopback, route, wayRealm(route, load<u32>(flow, FLOW_REALM), 0), ROUTE_LOOPS);
    route = pathOf4(host, flow, route, bound);
    out = load<u32>(route, ROUTE_INTERFACE);
    if (type == RTN_BROADCAST) broadcast = true;
  }
  // Broadcast and multicast have no route of their own.
  if (multicast || broadcast) route = 0;
  const realm = wayRealm(route, load<u32>(flow, FLOW_REALM), 0);
  if (out == loopback) return goes(packet, out, route, realm, ROUTE_LOOPS);
  const copied = broadcast || (multicast && listens4(host, out, destination));
  return goes(packet, out, route, realm, copied ? ROUTE_COPIED : ROUTE_LEAVES);
}

/** The device that has an IPv4 address, 0 = none. Ref: net/ipv4/devinet.c:__ip_dev_find() */
function deviceOf4(host: usize, flow: usize, address: u32, destination: u32): u32 {
  let route = ownAddress4(host, address);
  if (route == 0) {
    store<u32>(flow, address, FLOW_DST);
    route = find4(host, TABLE4_LOCAL, flow);
    store<u32>(flow, destination, FLOW_DST);
    if (route == 0 || load<u32>(route, ROUTE_TYPE) != RTN_LOCAL) return 0;
  }
  return load<u32>(route, ROUTE_INTERFACE);
}

/** The path that a packet took is the one by whose device it was captured; where that is not known, the kernel's choice. */
function pathOf4(host: usize, flow: usize, route: usize, bound: u32): usize {
  const paths = load<u32>(route, ROUTE_PATHS);
  if (paths <= 1) return route;
  for (let i: u32 = 0; bound != 0 && i < paths; i++) {
    const path = pathOf(route, i);
    if (load<u32>(path, ROUTE_INTERFACE) == bound && load<i32>(path, ROUTE_BOUND) >= 0) return path;
  }
  return choosePath4(host, flow, route);
}

/** Ref: net/ipv6/route.c:ip6_route_output_flags_noref() */
export function output6(host: usize, packet: usize, flow: usize, bound: u32): u32 {
  const destination = flow + FLOW_DST;
  const loopback = load<u32>(host, HOST_LOOPBACK);
  if (isUnspecified6(destination)) return goes(packet, loopback, 0, 0, ROUTE_LOOPS);
  if (needsDevice6(destination)) {
    const device = isLoopback6(destination) ? 0 : bound;
    store<u32>(flow, device, FLOW_OIF);
    store<u32>(flow, device, FLOW_DEVICE);
    store<u32>(flow, load<u32>(flow, FLOW_FLAGS) | FLOW_FLAG_STRICT, FLOW_FLAGS);
  }
  const route = lookup6(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return ends(packet, why);
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return goes(packet, loopback, route, 0, ROUTE_LOOPS);
  const out = load<u32>(route, ROUTE_INTERFACE);
  if (out == loopback) return goes(packet, out, route, 0, ROUTE_LOOPS);
  const copied = isMulticast6(destination) && listens6(host, out, destination) && !isKernelOwn6(packet);
  return goes(packet, out, route, 0, copied ? ROUTE_COPIED : ROUTE_LEAVES);
}

/**
 * Neighbour discovery and multicast listener messages: the kernel's own sockets send them without a copy to the host itself.
 * Ref: net/ipv6/ndisc.c:ndisc_net_init(), net/ipv6/mcast.c:igmp6_net_init()
 */
function isKernelOwn6(packet: usize): bool {
  if (load<u32>(packet, PACKET_PROTO) != PROTO_ICMPV6) return false;
  const type = load<u32>(packet, PACKET_ICMP) >>> 8;
  return (type >= 130 && type <= 137) || type == 143;
}
