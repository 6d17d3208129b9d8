// ICMP and ICMPv6 errors about translated connections: the packet that they quote goes back to what its sender sent.

import {
  FLOW_STATUS,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
  MANIP_DST,
  MANIP_SRC,
  TUPLE_PROTO,
} from '../abi/flow.ts';
import { NAT_TARGET } from '../abi/nat.ts';
import {
  PACKET_CT,
  PACKET_END,
  PACKET_FLAG_ANSWER,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_SPLIT,
  SPLIT_NONE,
} from '../abi/packet.ts';
import { HOOK_INPUT, HOOK_PREROUTING } from '../abi/program.ts';
import { invertTuple, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../conntrack/tuple.ts';
import { fold, pseudoSum, sumBytes, isHeaderSealed, transportChecksumOk } from '../wire/checksum.ts';
import { ownBytes, pullTransport } from '../wire/edit.ts';
import { answerOf, changeHeaders, changeOuter, isChanged } from './change.ts';
import { roomOf } from './room.ts';

const ICMP_BYTES: u32 = 8;
const ICMP_CHECKSUM: u32 = 2;
/** Header of an error and of the packet that it quotes. */
const QUOTE_BYTES4: u32 = 28;
const QUOTE_BYTES6: u32 = 48;
const ICMP_REDIRECT: u32 = 5;
const ICMPV6_REDIRECT: u32 = 137;
const BOTH_DONE: u32 = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
const ANY_NAT: u32 = IPS_SRC_NAT | IPS_DST_NAT;

/**
 * Takes an ICMP error through a nat hook that changes `manip`, as its connection goes, without meeting a chain.
 *
 * Returns: false when it is dropped: its checksum is wrong, also where conntrack does not look at checksums; it is too short; or it is a
 * redirect about a translated connection, or one that is not settled.
 * Ref: net/netfilter/nf_nat_proto.c:nf_nat_icmp_reply_translation(), nf_nat_icmpv6_reply_translation()
 */
export function changeError(env: usize, packet: usize, manip: u32): bool {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const quoteBytes = isIpv6 ? QUOTE_BYTES6 : QUOTE_BYTES4;
  if (load<u32>(packet, PACKET_L4_LENGTH) < quoteBytes) return false;
  pullTransport(packet, quoteBytes);
  if (!hasComeBack(packet) && (!transportChecksumOk(packet) || !isHeaderSealed(packet))) return false;
  const status = load<u32>(load<u32>(packet, PACKET_CT), FLOW_STATUS);
  const type = <u32>load<u8>(load<u32>(packet, PACKET_L4));
  if (type == (isIpv6 ? ICMPV6_REDIRECT : ICMP_REDIRECT) && ((status & BOTH_DONE) != BOTH_DONE || status & ANY_NAT)) return false;
  if (!isChanged(packet, manip)) return true;
  ownBytes(env, packet);
  const answer = answerOf(packet);
  const icmp = load<u32>(packet, PACKET_L4);
  const before = sumBytes(icmp, load<u32>(packet, PACKET_END) - icmp);
  if (!changeHeaders(packet, icmp + ICMP_BYTES, answer, manip == MANIP_SRC ? MANIP_DST : MANIP_SRC)) return false;
  sealError(packet, before);
  const target = roomOf(env, packet) + NAT_TARGET;
  invertTuple(answer, target);
  store<u8>(target, <u8>(isIpv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP), TUPLE_PROTO);
  return changeOuter(packet, target, manip);
}

/**
 * Whether a packet has come back to its sender whole. Its sum was found right on its way out, and that holds, whatever a helper has done to it since.
 * Ref: net/netfilter/utils.c:nf_checksum()
 */
function hasComeBack(packet: usize): bool {
  const hook = load<u32>(packet, PACKET_HOOK);
  const isOwn = (load<u32>(packet, PACKET_FLAGS) & (PACKET_FLAG_SENT | PACKET_FLAG_ANSWER)) != 0;
  return isOwn && (hook == HOOK_PREROUTING || hook == HOOK_INPUT) && load<u32>(packet, PACKET_SPLIT) == SPLIT_NONE;
}

/** Makes the checksum of an error anew. `before`: the sum of what is captured of it as it was, for one that is not captured whole. */
function sealError(packet: usize, before: u64): void {
  const icmp = load<u32>(packet, PACKET_L4);
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  const captured = load<u32>(packet, PACKET_END) - icmp;
  const checksum: usize = icmp + ICMP_CHECKSUM;
  if (captured < length) {
    store<u16>(checksum, <u16>~fold(<u64>(~(<u32>load<u16>(checksum)) & 0xffff) + (~fold(before) & 0xffff) + sumBytes(icmp, captured)));
    return;
  }
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  store<u16>(checksum, 0);
  store<u16>(checksum, <u16>~fold(sumBytes(icmp, length) + (isIpv6 ? pseudoSum(packet, IPPROTO_ICMPV6, length) : 0)));
}
