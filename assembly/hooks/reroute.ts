// Routing anew what this host sends and what a table of OUTPUT has changed. The other tables of OUTPUT still see the first way out.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS } from '../abi/host.ts';
import { PACKET_OUT, PACKET_REROUTED, PACKET_REROUTED_OUT } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { ROUTE_DROPPED, routeAnew } from './route.ts';

/**
 * Notes which way a packet goes behind OUTPUT. With no host given it goes the way it was captured on.
 *
 * Returns: VERDICT_ACCEPT, or VERDICT_DROP with PACKET_WHY when there is none.
 * Ref: net/ipv4/netfilter.c:ip_route_me_harder(), net/ipv6/netfilter.c:ip6_route_me_harder()
 */
export function reroute(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return VERDICT_ACCEPT;
  const out = load<u32>(packet, PACKET_OUT);
  const decision = routeAnew(host, packet);
  if (decision == ROUTE_DROPPED) return VERDICT_DROP;
  store<u32>(packet, decision, PACKET_REROUTED);
  store<u32>(packet, load<u32>(packet, PACKET_OUT), PACKET_REROUTED_OUT);
  store<u32>(packet, out, PACKET_OUT);
  return VERDICT_ACCEPT;
}
