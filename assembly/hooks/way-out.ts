// Where this host would send something to an address, whatever packet is in hand: for those who ask which side somebody is on.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_LOOPBACK,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_GATEWAY,
  ROUTE_INTERFACE,
  ROUTE_TYPE,
} from '../abi/host.ts';
import { PACKET_HOOK, PACKET_OUT, RTN_ANYCAST, RTN_LOCAL } from '../abi/packet.ts';
import { HOOK_INPUT } from '../abi/program.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { same6 } from './fib.ts';
import { FLOW_DST, setAddress, startFlow } from './flow.ts';
import { choosePath4 } from './multipath.ts';
import { lookup4, lookup6 } from './rules.ts';
import { whyOfType } from './way.ts';

/**
 * Whether packets to the addresses at `a` and `b` (four words, of a family) would leave by the same interface to the same next hop,
 * which is the address itself where no gateway is. Where no host is given, nobody is on one side with anybody.
 *
 * Ref: net/netfilter/nf_conntrack_h323_main.c:callforward_do_filter()
 */
export function sameWayOut(env: usize, packet: usize, family: u32, a: usize, b: usize): bool {
  const first = wayTo(env, packet, family, a);
  const second = wayTo(env, packet, family, b);
  if (first == 0 || second == 0 || deviceOf(env, first) != deviceOf(env, second)) return false;
  return same6(nextHop(first, a), nextHop(second, b));
}

/**
 * Whether packets to an address would leave by the interface that the packet in hand leaves by.
 *
 * Ref: net/netfilter/nf_conntrack_sip.c:set_expected_rtp_rtcp()
 */
export function leavesLikePacket(env: usize, packet: usize, family: u32, address: usize): bool {
  const way = wayTo(env, packet, family, address);
  if (way == 0) return false;
  const isReceived = load<u32>(packet, PACKET_HOOK) == HOOK_INPUT;
  const own = isReceived ? load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK) : load<u32>(packet, PACKET_OUT);
  return deviceOf(env, way) == own;
}

/** The path to an address, 0 = none. */
function wayTo(env: usize, packet: usize, family: u32, address: usize): usize {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return 0;
  const flow = startFlow(env, packet);
  setAddress(flow + FLOW_DST, address);
  const route = family == 4 ? lookup4(host, flow) : lookup6(host, flow);
  if (whyOfType(load<u32>(route, ROUTE_TYPE)) != WHY_NONE) return 0;
  return family == 4 ? choosePath4(host, flow, route) : route;
}

/** What goes to the host itself leaves by `lo`. */
function deviceOf(env: usize, way: usize): u32 {
  const type = load<u32>(way, ROUTE_TYPE);
  const isOwn = type == RTN_LOCAL || type == RTN_ANYCAST;
  return isOwn ? load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK) : load<u32>(way, ROUTE_INTERFACE);
}

function nextHop(way: usize, address: usize): usize {
  return (load<u32>(way, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) != 0 ? way + ROUTE_GATEWAY : address;
}
