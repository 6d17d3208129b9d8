// Whether a packet comes to any hook at all.

import { ENV_HOST, OUTCOME_FAMILY } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_IF_DISABLE_IPV6,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_NO_L2_MULTICAST6,
  HOST_IF_UP,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_L3,
  PACKET_PKTTYPE,
  PACKET_WHY,
  PKTTYPE_BROADCAST,
  PKTTYPE_MULTICAST,
} from '../abi/packet.ts';
import { WHY_BROADCAST, WHY_INTERFACE, WHY_IPV6_DISABLED, WHY_NONE } from '../abi/verdict.ts';
import { isMulticast6 } from './address.ts';
import { hostInterface } from './fib.ts';

/**
 * Tells whether a dissected packet goes to its first hook; if not, PACKET_WHY says why. Writes OUTCOME_FAMILY.
 *
 * Ref: net/ipv6/ip6_input.c:ip6_rcv_core()
 */
export function admit(env: usize, packet: usize, outcome: usize): bool {
  const flags = load<u32>(packet, PACKET_FLAGS);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  if (load<u32>(packet, PACKET_L3) != 0) store<u32>(outcome, isIpv6 ? 6 : 4, OUTCOME_FAMILY);
  if (load<u32>(packet, PACKET_WHY) == WHY_NONE && (flags & PACKET_FLAG_SENT) == 0) {
    store<u32>(packet, whyOfDevice(load<u32>(env, ENV_HOST), packet, isIpv6), PACKET_WHY);
  }
  return load<u32>(packet, PACKET_WHY) == WHY_NONE;
}

function whyOfDevice(host: usize, packet: usize, isIpv6: bool): u32 {
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return WHY_NONE;
  const device = load<u32>(hostInterface(host, load<u32>(packet, PACKET_IN)), HOST_IF_FLAGS);
  if ((device & HOST_IF_EXISTS) == 0 || (device & HOST_IF_UP) == 0) return WHY_INTERFACE;
  if (!isIpv6) return WHY_NONE;
  if ((device & HOST_IF_DISABLE_IPV6) != 0) return WHY_IPV6_DISABLED;
  const type = load<u32>(packet, PACKET_PKTTYPE);
  const isStray = (type == PKTTYPE_BROADCAST || type == PKTTYPE_MULTICAST) && !isMulticast6(packet + PACKET_DST);
  return isStray && (device & HOST_IF_NO_L2_MULTICAST6) != 0 ? WHY_BROADCAST : WHY_NONE;
}
