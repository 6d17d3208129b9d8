// REJECT: what it answers with.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import { REJECT_TCP_RESET } from '../abi/opcode.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_OUT,
  PACKET_PROTO,
} from '../abi/packet.ts';
import { HOOK_INPUT, HOOK_OUTPUT } from '../abi/program.ts';
import { fold, isHeaderSealed, pseudoSum, sumBytes } from '../wire/checksum.ts';
import { headerLength } from '../wire/ipv4.ts';
import { findUpperLayer, NEXT_FRAGMENT, UPPER_LAYER_NONE, upperLayerOffset, upperLayerProtocol } from '../wire/ipv6.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from '../wire/transport.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';
import { makesAnswers } from './answer.ts';
import { captured } from './answer-bytes.ts';
import { ERROR_LOCAL, reportError } from './answer-error.ts';
import { rejectWithReset } from './answer-reset.ts';

const PROTO_GRE: u32 = 47;
const PROTO_ESP: u32 = 50;
const PROTO_AH: u32 = 51;
const TCP_CHECKSUM: u32 = 16;
const ALL_ONES: u32 = 0xffff;

/**
 * Answers a packet that REJECT rejects. `how`: the operand of ACTION_REJECT.
 *
 * Ref: net/ipv4/netfilter/ipt_REJECT.c:reject_tg(), net/ipv6/netfilter/ip6t_REJECT.c:reject_tg6()
 */
export function reject(env: usize, packet: usize, how: u32): void {
  if (how == REJECT_TCP_RESET) return rejectWithReset(env, packet);
  if (!makesAnswers(env)) return;
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if (isIpv6 ? !isSound6(packet) : !isSound4(packet)) return;
  const hook = load<u32>(packet, PACKET_HOOK);
  const loops = hook == HOOK_OUTPUT && load<u32>(packet, PACKET_OUT) == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK);
  reportError(env, packet, how >> 8, how & 0xff, 0, hook == HOOK_INPUT || loops ? ERROR_LOCAL : 0);
}

/**
 * Whether what is behind the headers has a right checksum over all of it, be it a protocol that has one or not: of those that have another
 * kind, or may have none, it is not asked; of DCCP it is, since Linux has no more to do with it (6.16).
 *
 * Ref: net/ipv4/netfilter/nf_reject_ipv4.c:nf_send_unreach(), include/net/netfilter/nf_reject.h:nf_reject_verify_csum()
 */
function isSound4(packet: usize): bool {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_LATER_FRAGMENT) != 0) return false;
  const proto = load<u32>(packet, PACKET_PROTO);
  const at = headerLength(load<u32>(packet, PACKET_L3));
  return isSound(packet, proto, at, proto == PROTO_TCP || proto == PROTO_UDP);
}

/** Ref: net/ipv6/netfilter/nf_reject_ipv6.c:reject6_csum_ok() */
function isSound6(packet: usize): bool {
  const found = findUpperLayer(load<u32>(packet, PACKET_L3), captured(packet));
  if (found == UPPER_LAYER_NONE || upperLayerProtocol(found) == NEXT_FRAGMENT) return false;
  const at = upperLayerOffset(found);
  return at < load<u32>(packet, PACKET_LENGTH) && isSound(packet, upperLayerProtocol(found), at, true);
}

/** `at`: where the protocol begins. */
function isSound(packet: usize, proto: u32, at: u32, hasPseudo: bool): bool {
  const length = load<u32>(packet, PACKET_LENGTH);
  const l4 = <usize>load<u32>(packet, PACKET_L3) + at;
  if (proto == PROTO_GRE || proto == PROTO_AH || proto == PROTO_ESP || proto == PROTO_SCTP || proto == PROTO_UDPLITE) return true;
  if (captured(packet) < length || at > length) return isHeaderSealed(packet);
  if (proto == PROTO_UDP && length - at >= UDP_BYTES && load<u16>(l4, UDP_CHECKSUM) == 0) return true;
  // Without a pseudo-header the kernel begins with the IPv4 header, whose sum that is.
  const pseudo: u64 = hasPseudo ? pseudoSum(packet, proto, length - at) : ALL_ONES;
  if (fold(sumBytes(l4, length - at) + pseudo) == ALL_ONES) return isHeaderSealed(packet);
  // Left to the network card, as captures show it.
  const field = proto == PROTO_TCP ? TCP_CHECKSUM : proto == PROTO_UDP ? UDP_CHECKSUM : 0;
  return field != 0 && length - at >= field + 2 && fold(pseudo) == load<u16>(l4 + field);
}
