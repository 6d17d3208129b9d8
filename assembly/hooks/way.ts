// The words of a routing decision.

import { PACKET_OUT, PACKET_REALM, PACKET_ROUTE, PACKET_WHY, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_UNREACHABLE, RTN_UNSPEC } from '../abi/packet.ts';
import { WHY_BLACKHOLE, WHY_NO_ROUTE, WHY_NONE, WHY_NOT_FORWARDING, WHY_PROHIBIT, WHY_UNREACHABLE } from '../abi/verdict.ts';

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

/**
 * Whether a received packet has a route all the same, one that ends it: the kernel looks at its options before it takes that.
 * Ref: net/ipv4/route.c:ip_route_input_slow() (no_route), net/ipv4/ip_input.c:ip_rcv_finish_core()
 */
export function isRouteError(why: u32): bool {
  return why == WHY_NO_ROUTE || why == WHY_UNREACHABLE || why == WHY_PROHIBIT || why == WHY_BLACKHOLE || why == WHY_NOT_FORWARDING;
}

/** The reason that a route of this type is no way out; WHY_NONE when it may be one. */
export function whyOfType(type: u32): u32 {
  if (type == RTN_UNSPEC) return WHY_NO_ROUTE;
  if (type == RTN_BLACKHOLE) return WHY_BLACKHOLE;
  if (type == RTN_UNREACHABLE) return WHY_UNREACHABLE;
  if (type == RTN_PROHIBIT) return WHY_PROHIBIT;
  return WHY_NONE;
}

export function ends(packet: usize, why: u32): u32 {
  store<u32>(packet, why, PACKET_WHY);
  return ROUTE_DROPPED;
}

/** Notes the way out. `route`: 0 = it takes none of the table's. */
export function goes(packet: usize, out: u32, route: usize, realm: u32, how: u32): u32 {
  store<u32>(packet, out, PACKET_OUT);
  store<u32>(packet, route as u32, PACKET_ROUTE);
  store<u32>(packet, realm, PACKET_REALM);
  return how;
}
