// Longest packets that ways out take.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_IF_MTU,
  HOST_IF_MTU6,
  HOST_LOOPBACK,
  ROUTE_FLAG_MTU_LOCKED,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_MTU,
  ROUTE_TYPE,
} from '../abi/host.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_OUT,
  PACKET_ROUTE,
  PACKET_SRC,
  RTN_ANYCAST,
  RTN_LOCAL,
  RTN_UNSPEC,
} from '../abi/packet.ts';
import { needsDevice6 } from './address.ts';
import { hostInterface, refuses } from './fib.ts';
import { FLOW_DST, FLOW_FLAG_STRICT, FLOW_FLAGS, setAddress, startFlow } from './flow.ts';
import { choosePath4 } from './multipath.ts';
import { lookup4, lookup6 } from './rules.ts';

/** Longest packets that IP takes, whatever the device. Ref: include/linux/ip.h IP_MAX_MTU, include/net/ip6_route.h IP6_MAX_MTU */
const IPV4_MTU_MAX: u32 = 0xffff;
const IPV6_MTU_MAX: u32 = 0xffff + 40;
/** No IPv6 link is narrower. */
const IPV6_MTU_MIN: u32 = 1280;
/** Of a way that is none. */
const MTU_NONE: u32 = 0xffffffff;

/** The MTU of a device. */
export function deviceMtu(host: usize, index: u32, isIpv6: bool): u32 {
  const device = hostInterface(host, index);
  if (isIpv6) return min(max(load<u32>(device, HOST_IF_MTU6), IPV6_MTU_MIN), IPV6_MTU_MAX);
  return min(load<u32>(device, HOST_IF_MTU), IPV4_MTU_MAX);
}

/**
 * The MTU of a packet's way out: what its route says, else the device's.
 *
 * Differs: path MTUs that the host has learnt are not known.
 * Ref: net/ipv4/ip_output.c:ip_skb_dst_mtu(), include/net/ip6_route.h:ip6_skb_dst_mtu()
 */
export function wayMtu(host: usize, packet: usize): u32 {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  const out = load<u32>(packet, PACKET_OUT);
  return route == 0 ? deviceMtu(host, out, isIpv6) : routeMtu(host, route, out, isIpv6);
}

/**
 * What a packet that is forwarded may be long before FORWARD: for IPv6 an MTU of the route counts only if it is locked.
 * Ref: include/net/ip.h:ip_dst_mtu_maybe_forward(), include/net/ip6_route.h:ip6_dst_mtu_maybe_forward()
 */
export function forwardMtu(host: usize, packet: usize): u32 {
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  const isLocked = route == 0 || (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_MTU_LOCKED) != 0;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) return wayMtu(host, packet);
  if (isLocked) return max(wayMtu(host, packet), IPV6_MTU_MIN);
  return deviceMtu(host, load<u32>(packet, PACKET_OUT), true);
}

/** Ref: net/ipv4/route.c:ipv4_mtu(), net/ipv6/route.c:ip6_mtu() */
function routeMtu(host: usize, route: usize, out: u32, isIpv6: bool): u32 {
  const mtu = load<u32>(route, ROUTE_MTU);
  if (mtu == 0) return deviceMtu(host, out, isIpv6);
  return min(mtu, isIpv6 ? IPV6_MTU_MAX : IPV4_MTU_MAX);
}

/**
 * The lesser of the MTUs of the packet's way out and of the way to its source, as far as there is one.
 * Ref: net/netfilter/xt_TCPMSS.c:tcpmss_mangle_packet(), tcpmss_reverse_mtu()
 */
export function pathMtu(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  return min(wayMtu(host, packet), mtuTowards(env, host, packet, isIpv6));
}

/** The MTU of the way that this host would send to the packet's source by; MTU_NONE when it cannot. */
function mtuTowards(env: usize, host: usize, packet: usize, isIpv6: bool): u32 {
  const flow = startFlow(env, packet);
  const address = packet + PACKET_SRC;
  setAddress(flow + FLOW_DST, address);
  if (isIpv6 && needsDevice6(address)) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  const found = isIpv6 ? lookup6(host, flow) : lookup4(host, flow);
  const type = load<u32>(found, ROUTE_TYPE);
  if (type == RTN_UNSPEC || refuses(type)) return MTU_NONE;
  const isHere = type == RTN_LOCAL || type == RTN_ANYCAST;
  const route = isIpv6 || isHere ? found : choosePath4(host, flow, found);
  return routeMtu(host, route, load<u32>(isHere ? host + HOST_LOOPBACK : route + ROUTE_INTERFACE), isIpv6);
}
