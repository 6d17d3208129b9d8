// The way back: whether an answer to a received packet would leave by the interface it came in by.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, HOST_IF_FLAGS, HOST_IF_LOOPBACK, ROUTE_INTERFACE, ROUTE_TYPE } from '../abi/host.ts';
import { RPFILTER_ACCEPT_LOCAL, RPFILTER_LOOSE } from '../abi/opcode.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_SRC,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { isLinkLocal6, isLocalMulticast4, isUnspecified6, LIMITED_BROADCAST4 } from './address.ts';
import { hostInterface, lookup4, lookupBack6 } from './fib.ts';

/**
 * Asks for the way back as the options of `-m rpfilter` (RPFILTER_*) have it. Where no host is given there is always one.
 *
 * Ref: net/ipv4/netfilter/ipt_rpfilter.c:rpfilter_mt(), net/ipv6/netfilter/ip6t_rpfilter.c:rpfilter_mt()
 */
export function answersLeaveByInput(env: usize, packet: usize, options: u32): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  const input = load<u32>(packet, PACKET_IN);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return true;
  if ((load<u32>(hostInterface(host, input), HOST_IF_FLAGS) & HOST_IF_LOOPBACK) != 0) return true;
  // A copy of what this host sent, which comes back in. Ref: net/core/dev.c:dev_loopback_xmit()
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) != 0) return true;
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 ? isUnspecified6(packet + PACKET_SRC) : asksForAddress4(packet)) return true;
  const route = isIpv6 ? back6(host, packet, input, options) : lookup4(host, load<u32>(packet, PACKET_SRC), 0);
  const type = load<u32>(route, ROUTE_TYPE);
  // Only IPv4 asks where an own address is.
  if (type == RTN_LOCAL && isIpv6) return (options & RPFILTER_ACCEPT_LOCAL) != 0;
  if (type != RTN_UNICAST && (type != RTN_LOCAL || (options & RPFILTER_ACCEPT_LOCAL) == 0)) return false;
  return load<u32>(route, ROUTE_INTERFACE) == input || (options & RPFILTER_LOOSE) != 0;
}

/** From a host that has no address yet, to all. */
function asksForAddress4(packet: usize): bool {
  const destination = load<u32>(packet, PACKET_DST);
  return load<u32>(packet, PACKET_SRC) == 0 && (destination == LIMITED_BROADCAST4 || isLocalMulticast4(destination));
}

function back6(host: usize, packet: usize, input: u32, options: u32): usize {
  const source = packet + PACKET_SRC;
  const isLocal = isLinkLocal6(source);
  return lookupBack6(host, source, isLocal || (options & RPFILTER_LOOSE) == 0 ? input : 0, isLocal);
}
