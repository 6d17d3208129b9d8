// What routing and forwarding answer packets with that do not get through.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_IF_FLAGS, HOST_IF_FORWARDING4 } from '../abi/host.ts';
import { PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_HOOK, PACKET_HOP, PACKET_IN, PACKET_SRC } from '../abi/packet.ts';
import { HOOK_POSTROUTING } from '../abi/program.ts';
import { WHY_IP_OPTIONS, WHY_NO_ROUTE, WHY_PROHIBIT, WHY_SOURCE_SCOPE, WHY_TOO_BIG, WHY_TTL, WHY_UNREACHABLE } from '../abi/verdict.ts';
import { isLinkLocal6 } from './address.ts';
import { makesAnswers } from './answer.ts';
import { ERROR_LOCAL, ERROR_OPTIONS, reportError } from './answer-error.ts';
import { hostInterface } from './fib.ts';
import { jiffies } from '../match/jiffies.ts';
import { needsOneShard } from '../nat/foresight.ts';
import { forwardMtu, wayMtu } from './mtu.ts';
import { mayTellRoute, peerOf } from './peer.ts';
import { faultOfOptions, OPTIONS_BAD, packetOptions } from './options.ts';
import { fillBefore } from './options-fill.ts';
import { ROUTE_LOCAL } from './way.ts';

const ICMP_UNREACHABLE: u32 = 3;
const ICMP_TIME_EXCEEDED: u32 = 11;
const ICMP_PARAMETER_PROBLEM: u32 = 12;
const NET_UNREACHABLE: u32 = 0;
const HOST_UNREACHABLE: u32 = 1;
const FRAGMENTATION_NEEDED: u32 = 4;
const SOURCE_ROUTE_FAILED: u32 = 5;
const ADMIN_PROHIBITED: u32 = 13;

const ICMPV6_UNREACHABLE: u32 = 1;
const ICMPV6_TOO_BIG: u32 = 2;
const ICMPV6_TIME_EXCEEDED: u32 = 3;
const NO_ROUTE6: u32 = 0;
const PROHIBITED6: u32 = 1;
const BEYOND_SCOPE6: u32 = 2;

/** Tells the source of a packet why it does not get through, where a host tells it: for most reasons it does not. */
export function answerWhy(env: usize, packet: usize, why: u32): void {
  if (!makesAnswers(env)) return;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) why6(env, packet, why);
  else why4(env, packet, why);
}

/** Ref: net/ipv4/route.c:ip_error(), net/ipv4/ip_forward.c:ip_forward(), net/ipv4/ip_output.c:ip_fragment() */
function why4(env: usize, packet: usize, why: u32): void {
  if (why == WHY_TTL) return reportError(env, packet, ICMP_TIME_EXCEEDED, 0, 0, 0);
  if (why == WHY_IP_OPTIONS) return reportError(env, packet, ICMP_UNREACHABLE, SOURCE_ROUTE_FAILED, 0, 0);
  if (why == WHY_TOO_BIG) return reportError(env, packet, ICMP_UNREACHABLE, FRAGMENTATION_NEEDED, mtuOf(env, packet), 0);
  if (why != WHY_NO_ROUTE && why != WHY_UNREACHABLE && why != WHY_PROHIBIT) return;
  const device = hostInterface(load<u32>(env, ENV_HOST), load<u32>(packet, PACKET_IN));
  if ((load<u32>(device, HOST_IF_FLAGS) & HOST_IF_FORWARDING4) == 0 || needsOneShard(env, packet)) return;
  const now = jiffies(env, packet);
  if (!mayTellRoute(env, peerOf(env, packet + PACKET_SRC, 4, now), now)) return;
  const code = why == WHY_NO_ROUTE ? NET_UNREACHABLE : why == WHY_UNREACHABLE ? HOST_UNREACHABLE : ADMIN_PROHIBITED;
  reportError(env, packet, ICMP_UNREACHABLE, code, 0, 0);
}

/** Ref: net/ipv6/route.c:ip6_pkt_drop(), net/ipv6/ip6_output.c:ip6_forward(), ip6_fragment() */
function why6(env: usize, packet: usize, why: u32): void {
  if (why == WHY_TTL) reportError(env, packet, ICMPV6_TIME_EXCEEDED, 0, 0, 0);
  else if (why == WHY_TOO_BIG) reportError(env, packet, ICMPV6_TOO_BIG, 0, mtuOf(env, packet), 0);
  else if (why == WHY_NO_ROUTE || why == WHY_UNREACHABLE) reportError(env, packet, ICMPV6_UNREACHABLE, NO_ROUTE6, 0, 0);
  else if (why == WHY_PROHIBIT) reportError(env, packet, ICMPV6_UNREACHABLE, PROHIBITED6, 0, 0);
  else if (why == WHY_SOURCE_SCOPE && isLinkLocal6(packet + PACKET_SRC)) {
    reportError(env, packet, ICMPV6_UNREACHABLE, BEYOND_SCOPE6, 0, 0);
  }
}

/**
 * Tells where the options of a packet are bad, or its source route leads nowhere. `decision`: ROUTE_*.
 * Ref: net/ipv4/ip_options.c:ip_options_compile(), ip_options_rcv_srr()
 */
export function answerOptions(env: usize, packet: usize, decision: u32): void {
  if (!makesAnswers(env)) return;
  const isBad = packetOptions(packet) == OPTIONS_BAD;
  const fault = isBad ? faultOfOptions(packet) : load<u32>(packet, PACKET_HOP);
  if (fault == 0) return;
  if (isBad) fillBefore(env, packet, decision, fault);
  const how = (decision == ROUTE_LOCAL ? ERROR_LOCAL : 0) | (isBad ? ERROR_OPTIONS : 0);
  reportError(env, packet, ICMP_PARAMETER_PROBLEM, 0, fault << 24, how);
}

/** What the way out takes, as it was asked before FORWARD or behind POSTROUTING. */
function mtuOf(env: usize, packet: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  return load<u32>(packet, PACKET_HOOK) == HOOK_POSTROUTING ? wayMtu(host, packet) : forwardMtu(host, packet);
}
