// What becomes of a received packet behind PREROUTING. Comes in: the host image and the packet record. Goes out: ROUTE_* of way.ts, with
// PACKET_OUT, PACKET_ROUTE and PACKET_REALM set where it leaves, or PACKET_WHY where it ends.

import { ENV_HOST, SCRATCH_DESTINATION_SPAN, SCRATCH_SOURCE_SPAN } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAG_CUSTOM_LOCAL,
  HOST_FLAG_DISSECT4,
  HOST_FLAG_REALMS,
  HOST_FLAG_RULES4,
  HOST_FLAGS,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_BC_FORWARDING,
  HOST_IF_FLAGS,
  HOST_IF_FORWARDING4,
  HOST_IF_LOOPBACK,
  HOST_IF_NO_L2_MULTICAST4,
  HOST_IF_ROUTE_LOCALNET,
  HOST_IF_RP_FILTER,
  HOST_IF_SEND_REDIRECTS,
  ROUTE_FLAG_DEAD,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_PATHS,
  ROUTE_PREFIX,
  ROUTE_TOS,
  ROUTE_TYPE,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FACT_REDIRECT,
  PACKET_FACTS,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_REALM,
  PACKET_SRC,
  PKTTYPE_BROADCAST,
  PKTTYPE_MULTICAST,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { WHY_BROADCAST, WHY_MARTIAN, WHY_MULTICAST, WHY_NONE, WHY_NOT_FORWARDING } from '../abi/verdict.ts';
import { isLocalMulticast4, isLoopback4, isMulticast4, isMulticast6, LIMITED_BROADCAST4, needsDevice6 } from './address.ts';
import { bestNear4, hostInterface, listens4, listens6, ownRoute4 } from './fib.ts';
import { dissectFor, FLOW_DEVICE, FLOW_FLAG_RECEIVED, FLOW_FLAG_STRICT, FLOW_FLAGS, FLOW_IIF, FLOW_PACKET, FLOW_REALM, packetFlow } from './flow.ts';
import { choosePath4 } from './multipath.ts';
import { wayRealm } from './realm.ts';
import { lookup4, lookup6 } from './rules.ts';
import { isRedirected4, SOURCE_NEIGHBOUR, validateSource4 } from './source.ts';
import { ends, goes, ROUTE_DROPPED, ROUTE_FORWARD, ROUTE_LOCAL, whyOfType } from './way.ts';

const PROTO_IGMP: u32 = 2;
/** 224.0.0.0, and the first byte of 127.0.0.0/8. */
const FIRST_MULTICAST: u32 = 0xe0000000;
const LOOPBACK_NET: u32 = 127;
/** What a host may have for which more must be looked at than one table. */
const SLOW_HOST: u32 = HOST_FLAG_RULES4 | HOST_FLAG_CUSTOM_LOCAL | HOST_FLAG_REALMS | HOST_FLAG_DISSECT4;

/**
 * Decides what becomes of a received packet behind PREROUTING.
 *
 * Ref: net/ipv4/route.c:ip_route_input_noref(), net/ipv6/route.c:ip6_route_input()
 */
export function routeInput(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  // A packet on `lo` carries the route its sender found, so that it is not looked up again.
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0 || (load<u32>(device, HOST_IF_FLAGS) & HOST_IF_LOOPBACK) != 0) {
    return ROUTE_LOCAL;
  }
  return routeReceived(env, packet);
}

/** Whether an IPv4 address is neither of a kind of its own nor nobody's. */
// @ts-ignore: decorator
@inline
function isUsual4(address: u32): bool {
  return address - 1 < FIRST_MULTICAST - 1 && address >>> 24 != LOOPBACK_NET;
}

/**
 * Decides at once what becomes of an IPv4 packet that was sent to this host alone, where nothing is out of the ordinary: as routeInput(),
 * without what is left out of it then. `scratch`: the shard's.
 *
 * Returns: ROUTE_LOCAL or ROUTE_FORWARD; ROUTE_DROPPED = nothing is done, routeInput() must say.
 */
// @ts-ignore: decorator
@inline
export function routePlain(host: usize, packet: usize, scratch: usize): u32 {
  const hostFlags = load<u32>(host, HOST_FLAGS);
  if ((hostFlags & HOST_FLAG_ASSUMED) != 0) return ROUTE_LOCAL;
  const input = load<u32>(packet, PACKET_IN);
  const device = hostInterface(host, input);
  const flags = load<u32>(device, HOST_IF_FLAGS);
  const source = load<u32>(packet, PACKET_SRC);
  const destination = load<u32>(packet, PACKET_DST);
  if (((hostFlags & SLOW_HOST) | (flags & HOST_IF_LOOPBACK) | load<u32>(device, HOST_IF_RP_FILTER)) != 0) return ROUTE_DROPPED;
  if (!isUsual4(source) || !isUsual4(destination)) return ROUTE_DROPPED;
  const route = bestNear4(host, destination, scratch + SCRATCH_DESTINATION_SPAN);
  if (route == 0 || (load<u32>(route, ROUTE_TOS) | (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_DEAD)) != 0) return ROUTE_DROPPED;
  const isLocal = load<u32>(route, ROUTE_TYPE) == RTN_LOCAL;
  const out: u32 = isLocal ? 0 : load<u32>(route, ROUTE_INTERFACE);
  if (!isLocal && (load<u32>(route, ROUTE_TYPE) != RTN_UNICAST || (flags & HOST_IF_FORWARDING4) == 0 || load<u32>(route, ROUTE_PATHS) > 1)) {
    return ROUTE_DROPPED;
  }
  if (out == input && (flags & HOST_IF_SEND_REDIRECTS) != 0) return ROUTE_DROPPED;
  const isOwn = (flags & HOST_IF_ACCEPT_LOCAL) == 0 && ownRoute4(host, bestNear4(host, source, scratch + SCRATCH_SOURCE_SPAN)) != 0;
  if (isOwn) return ROUTE_DROPPED;
  if (isLocal) {
    store<u32>(packet, 0, PACKET_REALM);
    return ROUTE_LOCAL;
  }
  return goes(packet, out, route, wayRealm(route, 0, 0), ROUTE_FORWARD);
}

/** The same for a packet that carries no route, whatever device it comes in by: on `lo` one that PREROUTING has given another destination. */
export function routeReceived(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return ROUTE_LOCAL;
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) return input6(env, host, packet);
  const isMulticast = isMulticast4(load<u32>(packet, PACKET_DST));
  return isMulticast ? inputMulticast4(env, host, packet, device) : input4(env, host, packet, device);
}

/** Ref: net/ipv4/route.c:ip_route_input_rcu(), ip_mc_validate_source() */
function inputMulticast4(env: usize, host: usize, packet: usize, device: usize): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  const group = load<u32>(packet, PACKET_DST);
  if (!listens4(host, load<u32>(packet, PACKET_IN), group)) return ends(packet, WHY_MULTICAST);
  if (isMulticast4(source) || source == LIMITED_BROADCAST4) return ends(packet, WHY_MARTIAN);
  if (isLoopback4(source) && (load<u32>(device, HOST_IF_FLAGS) & HOST_IF_ROUTE_LOCALNET) == 0) return ends(packet, WHY_MARTIAN);
  if (source == 0) {
    return isLocalMulticast4(group) || load<u32>(packet, PACKET_PROTO) == PROTO_IGMP ? ROUTE_LOCAL : ends(packet, WHY_MARTIAN);
  }
  return localIfValid4(env, packet, false);
}

/** Ref: net/ipv4/route.c:ip_route_input_slow() */
function input4(env: usize, host: usize, packet: usize, device: usize): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  const destination = load<u32>(packet, PACKET_DST);
  const flags = load<u32>(device, HOST_IF_FLAGS);
  if (isMulticast4(source) || source == LIMITED_BROADCAST4) return ends(packet, WHY_MARTIAN);
  if (destination == LIMITED_BROADCAST4 || (source | destination) == 0) return broadcast4(env, packet);
  if (source == 0 || destination == 0) return ends(packet, WHY_MARTIAN);
  if ((isLoopback4(destination) || isLoopback4(source)) && (flags & HOST_IF_ROUTE_LOCALNET) == 0) return ends(packet, WHY_MARTIAN);

  const flow = packetFlow(env, packet);
  store<u32>(flow, load<u32>(packet, PACKET_IN), FLOW_IIF);
  store<u32>(flow, packet as u32, FLOW_PACKET);
  store<u32>(flow, FLOW_FLAG_RECEIVED, FLOW_FLAGS);
  dissectFor(flow, packet);
  const route = lookup4(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return ends(packet, why);
  const isDirected = type == RTN_BROADCAST && (flags & HOST_IF_BC_FORWARDING) != 0;
  if (type == RTN_BROADCAST && !isDirected) return broadcast4(env, packet);
  if (type == RTN_LOCAL) return isStrayUnicast(packet, flags) ? ends(packet, WHY_BROADCAST) : localIfValid4(env, packet, true);
  if ((flags & HOST_IF_FORWARDING4) == 0 && !isDirected) return ends(packet, WHY_NOT_FORWARDING);
  if (type != RTN_UNICAST && !isDirected) return ends(packet, WHY_MARTIAN);
  return forward4(env, host, packet, choosePath4(host, flow, route), load<u32>(flow, FLOW_REALM), flags, isDirected);
}

/** Ref: net/ipv4/route.c:__mkroute_input() */
function forward4(env: usize, host: usize, packet: usize, route: usize, ruleRealm: u32, flags: u32, isDirected: bool): u32 {
  const out = load<u32>(route, ROUTE_INTERFACE);
  const valid = validateSource4(env, packet, out, true);
  const why = valid & ~SOURCE_NEIGHBOUR;
  if (why != WHY_NONE) return ends(packet, why);
  if (!isDirected && isStrayUnicast(packet, flags)) return ends(packet, WHY_BROADCAST);
  if ((valid & SOURCE_NEIGHBOUR) != 0 && out == load<u32>(packet, PACKET_IN) && isRedirected4(host, packet, route)) {
    store<u32>(packet, load<u32>(packet, PACKET_FACTS) | PACKET_FACT_REDIRECT, PACKET_FACTS);
  }
  return goes(packet, out, route, wayRealm(route, ruleRealm, load<u32>(packet, PACKET_REALM)), ROUTE_FORWARD);
}

/** A unicast packet in a link-layer broadcast or multicast, where that is not wanted. Ref: net/ipv4/ip_input.c:ip_rcv_finish_core() */
function isStrayUnicast(packet: usize, flags: u32): bool {
  const type = load<u32>(packet, PACKET_PKTTYPE);
  return (flags & HOST_IF_NO_L2_MULTICAST4) != 0 && (type == PKTTYPE_BROADCAST || type == PKTTYPE_MULTICAST);
}

function localIfValid4(env: usize, packet: usize, isUnicast: bool): u32 {
  const why = validateSource4(env, packet, 0, isUnicast) & ~SOURCE_NEIGHBOUR;
  return why == WHY_NONE ? ROUTE_LOCAL : ends(packet, why);
}

function broadcast4(env: usize, packet: usize): u32 {
  return load<u32>(packet, PACKET_SRC) == 0 ? ROUTE_LOCAL : localIfValid4(env, packet, false);
}

function input6(env: usize, host: usize, packet: usize): u32 {
  const input = load<u32>(packet, PACKET_IN);
  const destination = packet + PACKET_DST;
  const flow = packetFlow(env, packet);
  store<u32>(flow, input, FLOW_IIF);
  store<u32>(flow, input, FLOW_DEVICE);
  store<u32>(flow, packet as u32, FLOW_PACKET);
  store<u32>(flow, needsDevice6(destination) ? FLOW_FLAG_STRICT : 0, FLOW_FLAGS);
  dissectFor(flow, packet);
  const route = lookup6(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return ends(packet, why);
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return ROUTE_LOCAL;
  // Ref: net/ipv6/ip6_input.c:ip6_mc_input()
  if (isMulticast6(route + ROUTE_PREFIX)) return listens6(host, input, destination) ? ROUTE_LOCAL : ends(packet, WHY_MULTICAST);
  return goes(packet, load<u32>(route, ROUTE_INTERFACE), route, 0, ROUTE_FORWARD);
}
