// Address types, as `-m addrtype` asks for them: bits 1 << RTN_*.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_PREFIX,
  ROUTE_TYPE,
  TABLE4_LOCAL,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_DST_TYPE,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_PKTTYPE,
  PACKET_SRC,
  PACKET_SRC_TYPE,
  PKTTYPE_BROADCAST,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
} from '../abi/packet.ts';
import { isMulticast4, isMulticast6, isUnspecified6, LIMITED_BROADCAST4, needsDevice6 } from './address.ts';
import { find4, ownAddress6, refuses, same6 } from './fib.ts';
import { FLOW_DEVICE, FLOW_DST, FLOW_FLAG_STRICT, FLOW_FLAGS, FLOW_OIF, FLOW_TOS, setAddress, startFlow } from './flow.ts';
import { lookup6 } from './rules.ts';

/**
 * Gives the type bits of the address at `addressOffset` of the packet (PACKET_SRC or PACKET_DST). With an interface (0 = none),
 * an address counts as local only when it is one of that interface.
 */
export function addressType(env: usize, packet: usize, addressOffset: u32, interfaceIndex: u32): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const address = packet + addressOffset;
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return assumedType(packet, addressOffset, isIpv6);
  const flow = startFlow(env, packet);
  return isIpv6 ? type6(host, flow, address, interfaceIndex) : type4(host, flow, load<u32>(address), interfaceIndex);
}

/** Fills PACKET_SRC_TYPE and PACKET_DST_TYPE. */
export function fillAddressTypes(env: usize, packet: usize): void {
  store<u32>(packet, addressType(env, packet, PACKET_SRC, 0), PACKET_SRC_TYPE);
  store<u32>(packet, addressType(env, packet, PACKET_DST, 0), PACKET_DST_TYPE);
}

/** Types that the address has by itself; 0 = a look-up must tell. */
function fixedType4(address: u32): u32 {
  if (address == 0 || address == LIMITED_BROADCAST4) return 1 << RTN_BROADCAST;
  return isMulticast4(address) ? 1 << RTN_MULTICAST : 0;
}

/**
 * The kernel asks table local; without rules of one's own that shares one trie with main, so that the type of a route of main comes out as
 * well. An address under a route that refuses counts as unicast. `flow` is written over, but for its type of service.
 * Ref: net/ipv4/fib_frontend.c:__inet_dev_addr_type()
 */
export function type4(host: usize, flow: usize, address: u32, device: u32): u32 {
  const fixed = fixedType4(address);
  if (fixed != 0) return fixed;
  store<u32>(flow, address, FLOW_DST);
  const tos = load<u32>(flow, FLOW_TOS);
  store<u32>(flow, 0, FLOW_TOS);
  const route = find4(host, TABLE4_LOCAL, flow);
  store<u32>(flow, tos, FLOW_TOS);
  if (route == 0) return 1 << RTN_UNICAST;
  const type = load<u32>(route, ROUTE_TYPE);
  if (refuses(type)) return 1 << RTN_UNICAST;
  return device == 0 || load<u32>(route, ROUTE_INTERFACE) == device ? 1 << type : 1 << RTN_UNICAST;
}

function fixedType6(address: usize): u32 {
  if (isUnspecified6(address)) return 1 << RTN_UNSPEC;
  return isMulticast6(address) ? 1 << RTN_MULTICAST : 1 << RTN_UNICAST;
}

/** Ref: net/netfilter/xt_addrtype.c:match_lookup_rt6(), match_type6() */
function type6(host: usize, flow: usize, address: usize, device: u32): u32 {
  let types = fixedType6(address);
  setAddress(flow + FLOW_DST, address);
  store<u32>(flow, device, FLOW_OIF);
  store<u32>(flow, device, FLOW_DEVICE);
  if (device != 0 || needsDevice6(address)) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  const route = lookup6(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  const own = device != 0 && ownAddress6(host, address, device);
  if (type == RTN_UNSPEC || type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT) return types | (1 << RTN_UNREACHABLE);
  if (own || (device == 0 && type == RTN_LOCAL)) types |= 1 << RTN_LOCAL;
  if (isAnycast6(route, type, address)) types |= 1 << RTN_ANYCAST;
  return types;
}

/** The first address of a network that we are connected to counts as anycast. Ref: include/net/ip6_route.h:ipv6_anycast_destination() */
function isAnycast6(route: usize, type: u32, address: usize): bool {
  if (type == RTN_ANYCAST) return true;
  if (load<u32>(route, ROUTE_LENGTH) >= 127 || (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) != 0) return false;
  return same6(route + ROUTE_PREFIX, address);
}

/** With no host given: what is received goes to us, what is sent comes from us. */
function assumedType(packet: usize, addressOffset: u32, isIpv6: bool): u32 {
  const address = packet + addressOffset;
  const isOurs = ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) != 0) == (addressOffset == PACKET_SRC);
  if (isIpv6) {
    const fixed = fixedType6(address);
    return isOurs && fixed == 1 << RTN_UNICAST ? fixed | (1 << RTN_LOCAL) : fixed;
  }
  const fixed = fixedType4(load<u32>(address));
  if (fixed != 0) return fixed;
  if (addressOffset == PACKET_DST && load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_BROADCAST) return 1 << RTN_BROADCAST;
  return isOurs ? 1 << RTN_LOCAL : 1 << RTN_UNICAST;
}
