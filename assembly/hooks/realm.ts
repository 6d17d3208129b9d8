// The realms of a packet's way: whom it goes to, and whom it comes from. Only IPv4 routes have any.

import { ENV_HOST, ENV_SCRATCH, SCRATCH_TEE_ROUTE, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import {
  HOST_FLAG_REALMS,
  HOST_FLAGS,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_ADDRESS4,
  HOST_IF_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_REALM,
  ROUTE_TYPE,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_SENT,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_OUT,
  PACKET_SHARD,
  PACKET_SRC,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { hostInterface, lookup4 } from './fib.ts';

/**
 * The realms of an IPv4 packet that has been routed: `from << 16 | to`, as far as its routes say.
 *
 * Ref: net/ipv4/route.c:rt_set_nexthop(), set_class_tag()
 */
export function realms(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_REALMS) == 0) return 0;
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_TEE) != 0) return copyRealm(env, packet);
  if ((flags & PACKET_FLAG_SENT) != 0) return destinationRealm(host, packet);
  const from = sourceRealm(host, packet) << 16;
  if (load<u32>(packet, PACKET_OUT) == 0) return from;
  const way = destinationRealm(host, packet);
  return (way & 0xffff0000) == 0 ? way | from : way;
}

/** What TEE sends has the realm of the way to the gateway. */
function copyRealm(env: usize, packet: usize): u32 {
  const scratch: usize = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
  const route: usize = load<u32>(scratch, SCRATCH_TEE_ROUTE);
  return route == 0 ? 0 : load<u32>(route, ROUTE_REALM);
}

/** Broadcast and multicast have no route of their own. Ref: net/ipv4/route.c:__mkroute_output() */
function destinationRealm(host: usize, packet: usize): u32 {
  const route = lookup4(host, load<u32>(packet, PACKET_DST), 0);
  const type = load<u32>(route, ROUTE_TYPE);
  return type == RTN_UNICAST || type == RTN_LOCAL ? load<u32>(route, ROUTE_REALM) : 0;
}

/** Ref: net/ipv4/fib_frontend.c:__fib_validate_source(), include/net/ip_fib.h:fib_combine_itag() */
function sourceRealm(host: usize, packet: usize): u32 {
  const source = load<u32>(packet, PACKET_SRC);
  if (source == 0) return 0;
  const input = load<u32>(packet, PACKET_IN);
  const flags = load<u32>(hostInterface(host, input), HOST_IF_FLAGS);
  const route = lookup4(host, source, 0);
  const type = load<u32>(route, ROUTE_TYPE);
  if (type != RTN_UNICAST && (type != RTN_LOCAL || (flags & HOST_IF_ACCEPT_LOCAL) == 0)) return 0;
  const isElsewhere = load<u32>(route, ROUTE_INTERFACE) != input;
  return isElsewhere && (flags & HOST_IF_ADDRESS4) == 0 ? 0 : load<u32>(route, ROUTE_REALM);
}
