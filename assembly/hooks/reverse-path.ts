// The way back: whether an answer to a received packet would leave by the interface it came in by.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, HOST_IF_FLAGS, HOST_IF_LOOPBACK, ROUTE_INTERFACE, ROUTE_TYPE } from '../abi/host.ts';
import { RPFILTER_ACCEPT_LOCAL, RPFILTER_LOOSE, RPFILTER_VALID_MARK } from '../abi/opcode.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_L3,
  PACKET_MARK,
  PACKET_SRC,
  PACKET_TOS,
  RTN_LOCAL,
  RTN_UNICAST,
} from '../abi/packet.ts';
import { isLinkLocal6, isLocalMulticast4, isMulticast4, isMulticast6, isUnspecified6, LIMITED_BROADCAST4 } from './address.ts';
import { hostInterface, usesDevice } from './fib.ts';
import {
  FLOW_DEVICE,
  FLOW_DST,
  FLOW_FLAG_BACK,
  FLOW_FLAG_STRICT,
  FLOW_FLAGS,
  FLOW_MARK,
  FLOW_OIF,
  FLOW_PROTO,
  FLOW_SRC,
  FLOW_TOS,
  setAddress,
  startFlow,
} from './flow.ts';
import { lookup4, lookup6 } from './rules.ts';

/** Where the fixed header names what is behind it. */
const IPV6_NEXT_HEADER: u32 = 6;

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
  const route = isIpv6 ? back6(env, packet, input, options) : back4(env, packet, options);
  const type = load<u32>(route, ROUTE_TYPE);
  // Only IPv4 asks where an own address is.
  if (type == RTN_LOCAL && isIpv6) return (options & RPFILTER_ACCEPT_LOCAL) != 0;
  if (type != RTN_UNICAST && (type != RTN_LOCAL || (options & RPFILTER_ACCEPT_LOCAL) == 0)) return false;
  return (options & RPFILTER_LOOSE) != 0 || (isIpv6 ? load<u32>(route, ROUTE_INTERFACE) == input : usesDevice(route, input));
}

/** From a host that has no address yet, to all. */
function asksForAddress4(packet: usize): bool {
  const destination = load<u32>(packet, PACKET_DST);
  return load<u32>(packet, PACKET_SRC) == 0 && (destination == LIMITED_BROADCAST4 || isLocalMulticast4(destination));
}

/** The flow of an answer, as far as the match goes by it. */
function answerFlow(env: usize, packet: usize, options: u32): usize {
  const flow = startFlow(env, packet);
  setAddress(flow + FLOW_DST, packet + PACKET_SRC);
  store<u32>(flow, load<u32>(packet, PACKET_TOS), FLOW_TOS);
  if ((options & RPFILTER_VALID_MARK) != 0) store<u32>(flow, load<u32>(packet, PACKET_MARK), FLOW_MARK);
  return flow;
}

/** Differs: a route that its device's lack of a carrier rules out is none here as well. */
function back4(env: usize, packet: usize, options: u32): usize {
  const flow = answerFlow(env, packet, options);
  const destination = load<u32>(packet, PACKET_DST);
  if (!isMulticast4(destination) && destination != LIMITED_BROADCAST4) store<u32>(flow, destination, FLOW_SRC);
  return lookup4(load<u32>(env, ENV_HOST), flow);
}

function back6(env: usize, packet: usize, input: u32, options: u32): usize {
  const source = packet + PACKET_SRC;
  const destination = packet + PACKET_DST;
  const isLocal = isLinkLocal6(source);
  const flow = answerFlow(env, packet, options);
  const device = isLocal || (options & RPFILTER_LOOSE) == 0 ? input : 0;
  store<u32>(flow, device, FLOW_OIF);
  store<u32>(flow, device, FLOW_DEVICE);
  if (!isMulticast6(destination)) setAddress(flow + FLOW_SRC, destination);
  store<u32>(flow, FLOW_FLAG_BACK | (isLocal ? FLOW_FLAG_STRICT : 0), FLOW_FLAGS);
  // What the fixed header names, without looking further.
  store<u32>(flow, load<u8>(load<u32>(packet, PACKET_L3), IPV6_NEXT_HEADER), FLOW_PROTO);
  return lookup6(load<u32>(env, ENV_HOST), flow);
}
