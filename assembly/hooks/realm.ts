// The realms of a packet's way: whom it goes to, and whom it comes from. Only IPv4 has any.

import { ROUTE_REALM } from '../abi/host.ts';
import { PACKET_REALM } from '../abi/packet.ts';

/** The realms of a packet that has been routed: `from << 16 | to`, as far as its routes say. */
export function realms(packet: usize): u32 {
  return load<u32>(packet, PACKET_REALM);
}

/**
 * What a route says (0 = there is none), what it does not say the rule that led to it, then the way back.
 *
 * Ref: net/ipv4/route.c:rt_set_nexthop(), set_class_tag()
 */
export function wayRealm(route: usize, ofRule: u32, ofSource: u32): u32 {
  const ofRoute = route == 0 ? 0 : load<u32>(route, ROUTE_REALM);
  return withTag(withTag(ofRoute, ofRule), ofSource);
}

function withTag(realm: u32, tag: u32): u32 {
  const to = (realm & 0xffff) == 0 ? tag & 0xffff : 0;
  const from = (realm & 0xffff0000) == 0 ? tag & 0xffff0000 : 0;
  return realm | to | from;
}
