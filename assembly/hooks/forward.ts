// What stands between the routing decision and FORWARD.

import {
  HOST_FLAG_FORWARDING6,
  HOST_FLAGS,
  HOST_IF_FLAGS,
  HOST_IF_FORCE_FORWARDING6,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_GATEWAY,
} from '../abi/host.ts';
import {
  PACKET_FACT_REDIRECT,
  PACKET_FACT_REDIRECTED,
  PACKET_FACTS,
  PACKET_FLAG_DF,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_IN,
  PACKET_LENGTH,
  PACKET_OUT,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_ROUTE,
  PACKET_SRC,
  PACKET_TTL,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { WHY_BROADCAST, WHY_IP_OPTIONS, WHY_NONE, WHY_NOT_FORWARDING, WHY_SOURCE_SCOPE, WHY_TOO_BIG, WHY_TTL } from '../abi/verdict.ts';
import { isLinkLocal6, isLoopback6, isMulticast6, isUnspecified6 } from './address.ts';
import { hostInterface } from './fib.ts';
import { asksRange, isRecorded, spoil } from '../journey/recorder.ts';
import { deviceMtu, forwardMtu } from './mtu.ts';
import { OPTIONS_SOURCE_ROUTE, OPTIONS_STRICT, packetOptions } from './options.ts';

const PROTO_TCP: u32 = 6;

/**
 * Checks a packet that is to be forwarded from PACKET_IN to PACKET_OUT, and takes one off its time to live.
 *
 * Returns: WHY_NONE, or why it is dropped.
 * Ref: net/ipv4/ip_forward.c:ip_forward(), net/ipv6/ip6_output.c:ip6_forward()
 */
export function forward(host: usize, packet: usize): u32 {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 && !forwards6(host, packet)) return WHY_NOT_FORWARDING;
  if (load<u32>(packet, PACKET_PKTTYPE) != PKTTYPE_HOST) return WHY_BROADCAST;
  const ttl = load<u32>(packet, PACKET_TTL);
  asksRange(packet, PACKET_TTL, 0, 1);
  if (ttl <= 1) return WHY_TTL;
  const facts = load<u32>(packet, PACKET_FACTS);
  if (isIpv6) {
    // A packet that goes back out where it came in is redirected, not refused; too long a one as well.
    const goesBack = load<u32>(packet, PACKET_IN) == load<u32>(packet, PACKET_OUT);
    if (!goesBack && !hasForwardableSource6(packet)) return WHY_SOURCE_SCOPE;
    if (goesBack) store<u32>(packet, facts | PACKET_FACT_REDIRECT | (isNeighbourly6(packet) ? PACKET_FACT_REDIRECTED : 0), PACKET_FACTS);
  }
  if (!isIpv6 && isOffRoute(packet)) return WHY_IP_OPTIONS;
  if (isTooBig(host, packet, isIpv6)) return WHY_TOO_BIG;
  store<u32>(packet, ttl - 1, PACKET_TTL);
  if ((facts & PACKET_FACT_REDIRECT) != 0 && (packetOptions(packet) & OPTIONS_SOURCE_ROUTE) == 0) {
    store<u32>(packet, facts | PACKET_FACT_REDIRECTED, PACKET_FACTS);
  }
  return WHY_NONE;
}

/**
 * Whether a redirect can name whom the packet goes to: its destination, or a gateway by a link-local address.
 * Ref: net/ipv6/ndisc.c:ndisc_send_redirect()
 */
function isNeighbourly6(packet: usize): bool {
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  if (route == 0 || (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) == 0) return true;
  return isLinkLocal6(route + ROUTE_GATEWAY);
}

/** A strict source route goes on to neighbours only. */
function isOffRoute(packet: usize): bool {
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  if (route == 0 || (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) == 0) return false;
  return (packetOptions(packet) & OPTIONS_STRICT) != 0;
}

function forwards6(host: usize, packet: usize): bool {
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_FORWARDING6) != 0) return true;
  return (load<u32>(hostInterface(host, load<u32>(packet, PACKET_IN)), HOST_IF_FLAGS) & HOST_IF_FORCE_FORWARDING6) != 0;
}

function hasForwardableSource6(packet: usize): bool {
  const source = packet + PACKET_SRC;
  return !(isUnspecified6(source) || isMulticast6(source) || isLoopback6(source) || isLinkLocal6(source));
}

/**
 * What was put together from fragments may be longer than the way out takes, if none of them was.
 * Ref: net/ipv4/ip_forward.c:ip_exceeds_mtu(), net/ipv6/ip6_output.c:ip6_pkt_too_big()
 */
function isTooBig(host: usize, packet: usize, isIpv6: bool): bool {
  asksWhetherFits(host, packet);
  if (!isIpv6 && (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_DF) == 0) return false;
  const mtu = forwardMtu(host, packet);
  if (!exceeds(host, packet, isIpv6, mtu)) return false;
  const joined = load<u32>(packet, PACKET_FRAG_MAX);
  return joined == 0 || joined > mtu;
}

/** What does not fit may go on for more than one reason, which are not looked into here. */
function asksWhetherFits(host: usize, packet: usize): void {
  if (!isRecorded(packet)) return;
  const mtu = forwardMtu(host, packet);
  asksRange(packet, PACKET_LENGTH, 0, mtu);
  if (load<u32>(packet, PACKET_LENGTH) > mtu) spoil(packet);
}

/**
 * Whether a packet is longer than the way out takes. A TCP packet longer than even the way in takes is one that the capturing
 * machine put together from several (GRO); its parts fit.
 */
export function exceeds(host: usize, packet: usize, isIpv6: bool, mtu: u32): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (length <= mtu) return false;
  const isWholeTcp =
    load<u32>(packet, PACKET_PROTO) == PROTO_TCP &&
    load<u32>(packet, PACKET_FRAG_MAX) == 0 &&
    (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_FRAGMENT) == 0;
  return !(isWholeTcp && length > deviceMtu(host, load<u32>(packet, PACKET_IN), isIpv6));
}
