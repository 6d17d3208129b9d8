// What stands behind POSTROUTING: whether the way out takes the packet, and in how many fragments.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, HOST_IF_FLAGS, HOST_IF_NO_CARRIER } from '../abi/host.ts';
import {
  PACKET_FLAG_ANSWER,
  PACKET_FLAG_DF,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_HOOK,
  PACKET_LENGTH,
  PACKET_OUT,
} from '../abi/packet.ts';
import { HOOK_POSTROUTING } from '../abi/program.ts';
import { WHY_LINK_DOWN, WHY_NONE, WHY_TOO_BIG } from '../abi/verdict.ts';
import { splitPacket } from '../fragment/split.ts';
import { hostInterface } from './fib.ts';
import { asksRange, spoil } from '../journey/recorder.ts';
import { exceeds } from './forward.ts';
import { deviceMtu, wayMtu } from './mtu.ts';

/** No IPv6 fragment needs to be shorter. */
const IPV6_MTU_MIN: u32 = 1280;

/**
 * Lets a packet leave by PACKET_OUT, and settles the fragments that it leaves in.
 *
 * A packet that this host sends in one piece leaves as it was captured, however long it is: the network card splits it. Sent in fragments, it
 * left in spite of what its route may say (IP_PMTUDISC_PROBE), and only the device is too narrow. What the host answers with is captured
 * nowhere, and comes apart. With no host given no way out is too narrow.
 *
 * Returns: WHY_NONE, or why it does not leave.
 * Ref: net/ipv4/ip_output.c:__ip_finish_output(), ip_fragment(), net/ipv6/ip6_output.c:__ip6_finish_output(), ip6_fragment()
 */
export function output(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const why = fit(env, host, packet);
  if (why != WHY_NONE) {
    store<u32>(packet, HOOK_POSTROUTING, PACKET_HOOK); // which it is behind, even where no rule was asked there
    return why;
  }
  const device = load<u32>(hostInterface(host, load<u32>(packet, PACKET_OUT)), HOST_IF_FLAGS);
  return (device & HOST_IF_NO_CARRIER) != 0 ? WHY_LINK_DOWN : WHY_NONE;
}

function fit(env: usize, host: usize, packet: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  const joined = load<u32>(packet, PACKET_FRAG_MAX);
  const isAssumed = (load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0;
  const isCaptured = (flags & (PACKET_FLAG_SENT | PACKET_FLAG_ANSWER)) == PACKET_FLAG_SENT;
  const mtu = isAssumed ? joined : isCaptured ? deviceMtu(host, load<u32>(packet, PACKET_OUT), isIpv6) : wayMtu(host, packet);
  if (!isAssumed && !isCaptured) {
    asksRange(packet, PACKET_LENGTH, 0, mtu);
    if (load<u32>(packet, PACKET_LENGTH) > mtu) spoil(packet);
  }
  if (joined == 0 && (isAssumed || isCaptured || !exceeds(host, packet, isIpv6, mtu))) return WHY_NONE;
  if ((flags & PACKET_FLAG_ANSWER) != 0) return splitPacket(env, packet, mtu) ? WHY_NONE : WHY_TOO_BIG;
  if (isIpv6 && load<u32>(packet, PACKET_LENGTH) <= min(mtu, joined)) return WHY_NONE;
  if ((isIpv6 || (flags & PACKET_FLAG_DF) != 0) && (joined == 0 || joined > mtu)) return WHY_TOO_BIG;
  const limit = isIpv6 ? max(joined, IPV6_MTU_MIN) : joined == 0 ? mtu : min(joined, mtu);
  return splitPacket(env, packet, limit) ? WHY_NONE : WHY_TOO_BIG;
}
