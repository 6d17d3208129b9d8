// The routing decision: where a packet goes. Comes in: the host image and the packet record. Goes out: ROUTE_* below, with
// PACKET_OUT set where it leaves, or PACKET_WHY where it ends. Knows nothing of rules.

import { ENV_HOST, ENV_INTERFACES, INTERFACE_BYTES, INTERFACE_INDEX } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAG_CUSTOM_LOCAL,
  HOST_FLAG_REALMS,
  HOST_FLAGS,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_ADDRESS4,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_FORWARDING4,
  HOST_IF_LOOPBACK,
  HOST_IF_NO_L2_MULTICAST4,
  HOST_IF_ROUTE_LOCALNET,
  HOST_IF_RP_FILTER,
  HOST_IF_SEND_REDIRECTS,
  HOST_IF_UP,
  HOST_LOOPBACK,
  ROUTE_INTERFACE,
  ROUTE_PREFIX,
  ROUTE_TYPE,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_OUT,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SRC,
  PACKET_WHY,
  PKTTYPE_BROADCAST,
  PKTTYPE_MULTICAST,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
} from '../abi/packet.ts';
import {
  WHY_BLACKHOLE,
  WHY_BROADCAST,
  WHY_MARTIAN,
  WHY_MULTICAST,
  WHY_NO_ROUTE,
  WHY_NONE,
  WHY_NOT_FORWARDING,
  WHY_PROHIBIT,
  WHY_RP_FILTER,
  WHY_UNREACHABLE,
} from '../abi/verdict.ts';
import {
  isLocalMulticast4,
  isLoopback4,
  isMulticast4,
  isMulticast6,
  isUnspecified6,
  LIMITED_BROADCAST4,
  needsDevice6,
} from './address.ts';
import { addressType } from './address-type.ts';
import { pathMtu } from './mtu.ts';
import { redirectAddress, sourceAddress } from './own.ts';
import { realms } from './realm.ts';
import { answersLeaveByInput } from './reverse-path.ts';
import { hostInterface, listens4, listens6, lookup4, lookup6, ownAddress4 } from './fib.ts';

/** It ends here: PACKET_WHY says why. */
export const ROUTE_DROPPED: u32 = 0;
/** Received, for this host. */
export const ROUTE_LOCAL: u32 = 1;
/** Received, for another: it leaves by PACKET_OUT. */
export const ROUTE_FORWARD: u32 = 2;
/** Sent: it leaves by PACKET_OUT. */
export const ROUTE_LEAVES: u32 = 3;
/** Sent to this host itself: it leaves by `lo` and comes back in there. */
export const ROUTE_LOOPS: u32 = 4;
/** Sent as broadcast or multicast: it leaves by PACKET_OUT, and a copy of it comes back in there. */
export const ROUTE_COPIED: u32 = 5;

const PROTO_IGMP: u32 = 2;
const PROTO_ICMPV6: u32 = 58;

function dropped(packet: usize, why: u32): u32 {
  store<u32>(packet, why, PACKET_WHY);
  return ROUTE_DROPPED;
}

/** The reason that a route of this type is no way out; WHY_NONE when it may be one. */
export function whyOfType(type: u32): u32 {
  if (type == RTN_UNSPEC) return WHY_NO_ROUTE;
  if (type == RTN_BLACKHOLE) return WHY_BLACKHOLE;
  if (type == RTN_UNREACHABLE) return WHY_UNREACHABLE;
  if (type == RTN_PROHIBIT) return WHY_PROHIBIT;
  return WHY_NONE;
}

/**
 * Decides what becomes of a received packet behind PREROUTING.
 *
 * Ref: net/ipv4/route.c:ip_route_input_noref(), net/ipv6/route.c:ip6_route_input()
 */
export function routeInput(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  // A packet on `lo` carries the route its sender found, so that it is not looked up again.
  if ((load<u32>(device, HOST_IF_FLAGS) & HOST_IF_LOOPBACK) != 0) return ROUTE_LOCAL;
  return routeReceived(env, packet);
}

/** The same of a packet without a route, be it on `lo`. */
export function routeReceived(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return ROUTE_LOCAL;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) return input6(host, packet);
  return isMulticast4(load<u32>(packet, PACKET_DST)) ? inputMulticast4(host, packet, device) : input4(host, packet, device);
}

/** Ref: net/ipv4/route.c:ip_route_input_rcu(), ip_mc_validate_source() */
function inputMulticast4(host: usize, packet: usize, device: usize): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  const group = load<u32>(packet, PACKET_DST);
  if (!listens4(host, load<u32>(packet, PACKET_IN), group)) return dropped(packet, WHY_MULTICAST);
  if (isMulticast4(source) || source == LIMITED_BROADCAST4) return dropped(packet, WHY_MARTIAN);
  if (isLoopback4(source) && (load<u32>(device, HOST_IF_FLAGS) & HOST_IF_ROUTE_LOCALNET) == 0) return dropped(packet, WHY_MARTIAN);
  if (source == 0) {
    return isLocalMulticast4(group) || load<u32>(packet, PACKET_PROTO) == PROTO_IGMP ? ROUTE_LOCAL : dropped(packet, WHY_MARTIAN);
  }
  return localIfValid4(host, packet, device);
}

/** Ref: net/ipv4/route.c:ip_route_input_slow() */
function input4(host: usize, packet: usize, device: usize): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  const destination = load<u32>(packet, PACKET_DST);
  const flags = load<u32>(device, HOST_IF_FLAGS);
  if (isMulticast4(source) || source == LIMITED_BROADCAST4) return dropped(packet, WHY_MARTIAN);
  if (destination == LIMITED_BROADCAST4 || (source | destination) == 0) return broadcast4(host, packet, device);
  if (source == 0 || destination == 0) return dropped(packet, WHY_MARTIAN);
  if ((isLoopback4(destination) || isLoopback4(source)) && (flags & HOST_IF_ROUTE_LOCALNET) == 0) return dropped(packet, WHY_MARTIAN);

  const route = lookup4(host, destination, 0);
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return dropped(packet, why);
  if (type == RTN_BROADCAST) return broadcast4(host, packet, device);
  if (type == RTN_LOCAL) return isStrayUnicast(packet, flags) ? dropped(packet, WHY_BROADCAST) : localIfValid4(host, packet, device);
  if ((flags & HOST_IF_FORWARDING4) == 0) return dropped(packet, WHY_NOT_FORWARDING);
  if (type != RTN_UNICAST) return dropped(packet, WHY_MARTIAN);
  const out = load<u32>(route, ROUTE_INTERFACE);
  const invalid = validateSource4(host, packet, device, out);
  if (invalid != WHY_NONE) return dropped(packet, invalid);
  if (isStrayUnicast(packet, flags)) return dropped(packet, WHY_BROADCAST);
  store<u32>(packet, out, PACKET_OUT);
  return ROUTE_FORWARD;
}

/** A unicast packet in a link-layer broadcast or multicast, where that is not wanted. Ref: net/ipv4/ip_input.c:ip_rcv_finish_core() */
function isStrayUnicast(packet: usize, flags: u32): bool {
  const type = load<u32>(packet, PACKET_PKTTYPE);
  return (flags & HOST_IF_NO_L2_MULTICAST4) != 0 && (type == PKTTYPE_BROADCAST || type == PKTTYPE_MULTICAST);
}

function localIfValid4(host: usize, packet: usize, device: usize): u32 {
  const why = validateSource4(host, packet, device, 0);
  return why == WHY_NONE ? ROUTE_LOCAL : dropped(packet, why);
}

function broadcast4(host: usize, packet: usize, device: usize): u32 {
  return load<u32>(packet, PACKET_SRC) == 0 ? ROUTE_LOCAL : localIfValid4(host, packet, device);
}

/**
 * Gives why a source may not come in by this device, WHY_NONE when it may: our own addresses, and with rp_filter the sources that
 * we would reach another way. `out` is the way on, 0 = to this host.
 *
 * Ref: net/ipv4/fib_frontend.c:fib_validate_source()
 */
function validateSource4(host: usize, packet: usize, device: usize, out: u32): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  const input = load<u32>(packet, PACKET_IN);
  const flags = load<u32>(device, HOST_IF_FLAGS);
  const filter = load<u32>(device, HOST_IF_RP_FILTER);
  const hostFlags = load<u32>(host, HOST_FLAGS);
  if (filter == 0 && (hostFlags & HOST_FLAG_REALMS) == 0 && (input != out || (flags & HOST_IF_SEND_REDIRECTS) == 0)) {
    if ((flags & HOST_IF_ACCEPT_LOCAL) != 0) return WHY_NONE;
    if ((hostFlags & HOST_FLAG_CUSTOM_LOCAL) == 0) return ownAddress4(host, source) ? WHY_MARTIAN : WHY_NONE;
  }
  const unproven = filter != 0 ? WHY_RP_FILTER : WHY_NONE;
  const route = lookup4(host, source, 0);
  const type = load<u32>(route, ROUTE_TYPE);
  if (whyOfType(type) != WHY_NONE) return unproven;
  if (type != RTN_UNICAST && (type != RTN_LOCAL || (flags & HOST_IF_ACCEPT_LOCAL) == 0)) return WHY_MARTIAN;
  if (load<u32>(route, ROUTE_INTERFACE) == input) return WHY_NONE;
  if ((flags & HOST_IF_ADDRESS4) == 0) return unproven;
  return filter == 1 ? WHY_RP_FILTER : WHY_NONE;
}

function input6(host: usize, packet: usize): u32 {
  const input = load<u32>(packet, PACKET_IN);
  const destination = packet + PACKET_DST;
  const route = lookup6(host, destination, input, needsDevice6(destination));
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return dropped(packet, why);
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return ROUTE_LOCAL;
  // Ref: net/ipv6/ip6_input.c:ip6_mc_input()
  if (isMulticast6(route + ROUTE_PREFIX)) return listens6(host, input, destination) ? ROUTE_LOCAL : dropped(packet, WHY_MULTICAST);
  store<u32>(packet, load<u32>(route, ROUTE_INTERFACE), PACKET_OUT);
  return ROUTE_FORWARD;
}

/** Universe index of the interface that the frame was captured on. */
function frameInterface(env: usize, packet: usize): u32 {
  return load<u32>(load<u32>(env, ENV_INTERFACES) + load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES, INTERFACE_INDEX);
}

/**
 * Decides where a packet that this host sends goes. Broadcast, multicast and IPv6 link-local destinations go out by the interface
 * that the frame was captured on, as if the sender had bound itself to it; without one, by the first route.
 *
 * Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu(), net/ipv6/route.c:ip6_route_output_flags()
 */
export function routeOutput(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const captured = frameInterface(env, packet);
  const loopback = load<u32>(host, HOST_LOOPBACK);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) {
    store<u32>(packet, captured, PACKET_OUT);
    return captured == loopback ? ROUTE_LOOPS : ROUTE_LEAVES;
  }
  const flags = load<u32>(hostInterface(host, captured), HOST_IF_FLAGS);
  const bound = captured != loopback && (flags & HOST_IF_EXISTS) != 0 && (flags & HOST_IF_UP) != 0 ? captured : 0;
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0 ? output6(host, packet, bound) : output4(host, packet, bound);
}

/**
 * Decides anew where a packet goes that table mangle has changed at OUTPUT, and that no socket knows of.
 *
 * Ref: net/ipv4/netfilter.c:ip_route_me_harder(), net/ipv6/netfilter.c:ip6_route_me_harder()
 */
export function routeAnew(host: usize, packet: usize): u32 {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) return output4(host, packet, 0);
  return output6(host, packet, load<u32>(packet, PACKET_OUT));
}

function leaves(packet: usize, out: u32, how: u32): u32 {
  store<u32>(packet, out, PACKET_OUT);
  return how;
}

/** Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu(), __mkroute_output() */
function output4(host: usize, packet: usize, bound: u32): u32 {
  const destination = load<u32>(packet, PACKET_DST);
  const loopback = load<u32>(host, HOST_LOOPBACK);
  if (destination == 0) return leaves(packet, loopback, ROUTE_LOOPS);
  const multicast = isMulticast4(destination);
  let out = bound;
  let broadcast = destination == LIMITED_BROADCAST4;
  if (bound == 0 || (!multicast && !broadcast)) {
    const route = lookup4(host, destination, 0);
    const type = load<u32>(route, ROUTE_TYPE);
    const why = whyOfType(type);
    if (why != WHY_NONE) return dropped(packet, why);
    if (type == RTN_LOCAL) return leaves(packet, loopback, ROUTE_LOOPS);
    out = load<u32>(route, ROUTE_INTERFACE);
    if (type == RTN_BROADCAST) broadcast = true;
  }
  if (out == loopback) return leaves(packet, out, ROUTE_LOOPS);
  return leaves(packet, out, broadcast || (multicast && listens4(host, out, destination)) ? ROUTE_COPIED : ROUTE_LEAVES);
}

function output6(host: usize, packet: usize, bound: u32): u32 {
  const destination = packet + PACKET_DST;
  const loopback = load<u32>(host, HOST_LOOPBACK);
  if (isUnspecified6(destination)) return leaves(packet, loopback, ROUTE_LOOPS);
  const strict = needsDevice6(destination);
  const route = lookup6(host, destination, strict ? bound : 0, strict);
  const type = load<u32>(route, ROUTE_TYPE);
  const why = whyOfType(type);
  if (why != WHY_NONE) return dropped(packet, why);
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return leaves(packet, loopback, ROUTE_LOOPS);
  const out = load<u32>(route, ROUTE_INTERFACE);
  if (out == loopback) return leaves(packet, out, ROUTE_LOOPS);
  const copied = isMulticast6(destination) && listens6(host, out, destination) && !isKernelOwn6(packet);
  return leaves(packet, out, copied ? ROUTE_COPIED : ROUTE_LEAVES);
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

// What classify sees of this folder is this file.
export { addressType, answersLeaveByInput, pathMtu, realms, redirectAddress, sourceAddress };
