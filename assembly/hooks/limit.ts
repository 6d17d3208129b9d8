// Limits of the rate of ICMP messages, of each destination and of all together: whether one may be sent.

import { ENV_HOST, ENV_PEERS } from '../abi/batch.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import { PACKET_DST, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_HOOK, PACKET_IN } from '../abi/packet.ts';
import {
  PEERS_ALL_BURST,
  PEERS_ALL_CREDIT,
  PEERS_ALL_LAST,
  PEERS_ALL_RATE,
  PEERS_LIMIT_ALL,
  PEERS_LIMIT_EACH4,
  PEERS_LIMIT_EACH6,
  PEERS_LIMITS,
  PEERS_MASK4,
  PEERS_MASK6,
  PEERS_RATE4,
  PEERS_RATE6,
} from '../abi/peer.ts';
import { HOOK_OUTPUT } from '../abi/program.ts';
import { HZ } from '../abi/rate.ts';
import { draw } from '../match/draw.ts';
import { jiffies } from '../match/jiffies.ts';
import { needsOneShard } from '../nat/foresight.ts';
import { mayTell, peerOf } from './peer.ts';
import { ROUTE_LOOPS } from './way.ts';

/** No limit is about a message; a limit is; it is not to be sent. */
export const LIMIT_NONE: u32 = 0;
export const LIMIT_HOLDS: u32 = 1;
export const LIMIT_REACHED: u32 = 2;

const ECHO_REPLY: u32 = 0;
const TIMESTAMP_REPLY: u32 = 14;
const ICMP_UNREACHABLE: u32 = 3;
const FRAGMENTATION_NEEDED: u32 = 4;
const ICMP_TYPE_MAX: u32 = 18;
/** Parts of a second in which nothing is saved up anew. */
const REFILLS: u64 = 50;
/** A message costs one on the average, so that nobody learns of it how many others were sent. */
const COSTS: u32 = 3;

/**
 * Whether one more message of a type may be sent in answer to a packet, as far as all destinations together are concerned. Where it is about
 * what this host says to itself there is no limit, save of IPv4's echo replies.
 *
 * Returns: LIMIT_*; with LIMIT_HOLDS its destination is to be asked too (mayTellDestination()).
 * Ref: net/ipv4/icmp.c:icmpv4_global_allow(), net/ipv6/icmp.c:icmpv6_global_allow()
 */
export function limitOf(env: usize, packet: usize, type: u32, code: u32): u32 {
  const region: usize = load<u32>(env, ENV_PEERS);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const limits = load<u32>(region, PEERS_LIMITS);
  if ((limits & (PEERS_LIMIT_ALL | (isIpv6 ? PEERS_LIMIT_EACH6 : PEERS_LIMIT_EACH4))) == 0) return LIMIT_NONE;
  if (isIpv6 ? !isMasked6(region, type) : !isMasked4(region, type, code)) return LIMIT_NONE;
  if (isAtHome(env, packet, isIpv6) && (isIpv6 || type != ECHO_REPLY && type != TIMESTAMP_REPLY)) return LIMIT_NONE;
  if (needsOneShard(env, packet)) return LIMIT_REACHED;
  return (limits & PEERS_LIMIT_ALL) == 0 || hasCredit(region, jiffies(env, packet)) ? LIMIT_HOLDS : LIMIT_REACHED;
}

/** Whether it is this host itself that a packet is from: it came over `lo`, or (IPv6) rules reject it where it leaves. */
function isAtHome(env: usize, packet: usize, isIpv6: bool): bool {
  const input = load<u32>(packet, PACKET_IN);
  if (input == 0) return isIpv6 && load<u32>(packet, PACKET_HOOK) == HOOK_OUTPUT;
  return input == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK);
}

/** Whether limits are about a type of message: never what tells of a way that is too narrow. Ref: net/ipv4/icmp.c:icmpv4_mask_allow() */
function isMasked4(region: usize, type: u32, code: u32): bool {
  if (type > ICMP_TYPE_MAX || (type == ICMP_UNREACHABLE && code == FRAGMENTATION_NEEDED)) return false;
  return ((load<u32>(region, PEERS_MASK4) >> type) & 1) != 0;
}

function isMasked6(region: usize, type: u32): bool {
  return ((load<u8>(region + (type >> 3), PEERS_MASK6) >> <u8>(type & 7)) & 1) != 0;
}

/** Ref: net/ipv4/icmp.c:icmp_global_allow() */
function hasCredit(region: usize, now: u64): bool {
  const credit = load<i32>(region, PEERS_ALL_CREDIT);
  if (credit > 0) return true;
  const last = load<u64>(region, PEERS_ALL_LAST);
  const elapsed: u64 = last == 0 ? HZ : min<u64>(<u64>max<i64>(<i64>(now + 1 - last), 0), HZ);
  if (elapsed < HZ / REFILLS) return false;
  const more = (<u64>load<u32>(region, PEERS_ALL_RATE) * elapsed) / HZ;
  if (more == 0) return false;
  store<u64>(region, now + 1, PEERS_ALL_LAST);
  store<i32>(region, <i32>min<i64>(<i64>credit + <i64>more, <i64>load<u32>(region, PEERS_ALL_BURST)), PEERS_ALL_CREDIT);
  return true;
}

/**
 * Whether the destination of a message that a limit is about, whose way is `decision` (ROUTE_*), may be told one more. What it costs of that of
 * all destinations is drawn. This host itself is told everything.
 *
 * Ref: net/ipv4/icmp.c:icmpv4_xrlim_allow(), icmp_global_consume(), net/ipv6/icmp.c:icmpv6_xrlim_allow()
 */
export function mayTellDestination(env: usize, answer: usize, decision: u32): bool {
  const region: usize = load<u32>(env, ENV_PEERS);
  const isIpv6 = (load<u32>(answer, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const limits = load<u32>(region, PEERS_LIMITS);
  if (decision != ROUTE_LOOPS && (limits & (isIpv6 ? PEERS_LIMIT_EACH6 : PEERS_LIMIT_EACH4)) != 0) {
    const now = jiffies(env, answer);
    const peer = peerOf(env, answer + PACKET_DST, isIpv6 ? 6 : 4, now);
    if (!mayTell(peer, load<u32>(region + (isIpv6 ? PEERS_RATE6 : PEERS_RATE4)), now)) return false;
  }
  if ((limits & PEERS_LIMIT_ALL) != 0) {
    store<i32>(region, load<i32>(region, PEERS_ALL_CREDIT) - <i32>(draw(env, answer) % COSTS), PEERS_ALL_CREDIT);
  }
  return true;
}
