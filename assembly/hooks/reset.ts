// Whether REJECT gets to send the TCP reset it is told to.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, ROUTE_TYPE } from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_SRC,
  PACKET_TCP_FLAGS,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
} from '../abi/packet.ts';
import { transportChecksumOk } from '../wire/checksum.ts';
import { isMulticast4, isMulticast6, isUnspecified6, needsDevice6 } from './address.ts';
import { type4 } from './address-type.ts';
import { FLOW_DST, FLOW_FLAG_STRICT, FLOW_FLAGS, FLOW_SRC, setAddress, setTransport, startFlow, swapPorts } from './flow.ts';
import { lookup4, lookup6 } from './rules.ts';

const TCP_BYTES: u32 = 20;
const TCP_RST: u32 = 4;
const LIMITED_BROADCAST4: u32 = 0xffffffff;

/**
 * Whether a rejected TCP packet is answered with a reset: not a RST itself, whole and with a right checksum, between two machines,
 * with a way back to where it came from.
 *
 * Ref: net/ipv4/netfilter/nf_reject_ipv4.c:nf_send_reset(), net/ipv6/netfilter/nf_reject_ipv6.c:nf_send_reset6()
 */
export function sendsReset(env: usize, packet: usize): bool {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_LATER_FRAGMENT) != 0 || load<u32>(packet, PACKET_L4) == 0) return false;
  if (load<u32>(packet, PACKET_L4_LENGTH) < TCP_BYTES || (load<u32>(packet, PACKET_TCP_FLAGS) & TCP_RST) != 0) return false;
  if (!transportChecksumOk(packet)) return false;
  return (flags & PACKET_FLAG_IPV6) != 0 ? answers6(env, packet) : answers4(env, packet);
}

function answers4(env: usize, packet: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  const destination = load<u32>(packet, PACKET_DST);
  if (destination == LIMITED_BROADCAST4 || isMulticast4(destination)) return false;
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return true;
  const flow = startFlow(env, packet);
  const type = type4(host, flow, destination, 0);
  if (type == 1 << RTN_BROADCAST) return false;
  answer(flow, packet);
  if (type != 1 << RTN_LOCAL && type != 1 << RTN_UNICAST) store<u32>(flow, 0, FLOW_SRC);
  return leads(lookup4(host, flow));
}

/** The flow of the reset. */
function answer(flow: usize, packet: usize): void {
  setAddress(flow + FLOW_DST, packet + PACKET_SRC);
  setAddress(flow + FLOW_SRC, packet + PACKET_DST);
  setTransport(flow, packet);
  swapPorts(flow);
}

function answers6(env: usize, packet: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  const source = packet + PACKET_SRC;
  const destination = packet + PACKET_DST;
  if (isMulticast6(source) || isUnspecified6(source) || isMulticast6(destination) || isUnspecified6(destination)) return false;
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return true;
  const flow = startFlow(env, packet);
  answer(flow, packet);
  if (needsDevice6(source)) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  return leads(lookup6(host, flow));
}

/** Whether a route leads anywhere. */
function leads(route: usize): bool {
  const type = load<u32>(route, ROUTE_TYPE);
  return type != RTN_UNSPEC && type != RTN_BLACKHOLE && type != RTN_UNREACHABLE && type != RTN_PROHIBIT;
}
