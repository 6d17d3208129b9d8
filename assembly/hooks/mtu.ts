// Longest packets that ways out take.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_IF_MTU, HOST_IF_MTU6, HOST_LOOPBACK, ROUTE_INTERFACE, ROUTE_TYPE } from '../abi/host.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_OUT,
  PACKET_SRC,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_LOCAL,
  RTN_PROHIBIT,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
} from '../abi/packet.ts';
import { needsDevice6 } from './address.ts';
import { hostInterface, lookup4, lookup6 } from './fib.ts';

/** Longest packets that IP takes, whatever the device. Ref: include/linux/ip.h IP_MAX_MTU, include/net/ip6_route.h IP6_MAX_MTU */
const IPV4_MTU_MAX: u32 = 0xffff;
const IPV6_MTU_MAX: u32 = 0xffff + 40;
/** No IPv6 link is narrower. */
const IPV6_MTU_MIN: u32 = 1280;
/** Of a way that is none. */
const MTU_NONE: u32 = 0xffffffff;

/**
 * The MTU of a device. Differs: route and path MTUs are not known.
 * Ref: net/ipv4/route.c:ipv4_mtu(), net/ipv6/route.c:ip6_mtu()
 */
export function deviceMtu(host: usize, index: u32, isIpv6: bool): u32 {
  const device = hostInterface(host, index);
  if (isIpv6) return min(max(load<u32>(device, HOST_IF_MTU6), IPV6_MTU_MIN), IPV6_MTU_MAX);
  return min(load<u32>(device, HOST_IF_MTU), IPV4_MTU_MAX);
}

/**
 * The lesser of the MTUs of the packet's way out and of the way to its source, as far as there is one.
 * Ref: net/netfilter/xt_TCPMSS.c:tcpmss_mangle_packet(), tcpmss_reverse_mtu()
 */
export function pathMtu(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  return min(deviceMtu(host, load<u32>(packet, PACKET_OUT), isIpv6), mtuTowards(host, packet + PACKET_SRC, isIpv6));
}

/** The MTU of the way that this host would send to an address by; MTU_NONE when it cannot. */
function mtuTowards(host: usize, address: usize, isIpv6: bool): u32 {
  const route = isIpv6 ? lookup6(host, address, 0, needsDevice6(address)) : lookup4(host, load<u32>(address), 0);
  const type = load<u32>(route, ROUTE_TYPE);
  if (type == RTN_UNSPEC || type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT) return MTU_NONE;
  const isHere = type == RTN_LOCAL || type == RTN_ANYCAST;
  return deviceMtu(host, load<u32>(isHere ? host + HOST_LOOPBACK : route + ROUTE_INTERFACE), isIpv6);
}
