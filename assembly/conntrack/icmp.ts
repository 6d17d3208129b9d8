// ICMP queries and answers: echo, timestamp, information, address mask. Errors are in quote.ts.

import { CONNTRACK_ICMP_TIMEOUT, FLOW_ORIGINAL, FLOW_STATUS, TUPLE_DPORT } from '../abi/flow.ts';
import { PACKET_FLAG_IPV6, PACKET_FLAGS } from '../abi/packet.ts';
import { HANDLED, HANDLED_INVALID } from './answer.ts';
import { refresh, timeoutsOf } from './expire.ts';

/** The highest type the tracker knows: anything above is invalid. Ref: include/uapi/linux/icmp.h:NR_ICMP_TYPES */
export const ICMP_TYPE_MAX: u32 = 18;

/**
 * The type that answers `type`, or asks for it; -1 for messages that are neither.
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmp.c:nf_conntrack_invert_icmp_tuple()
 */
export function inverseIcmpType(type: u32): i32 {
  if (type == 8) return 0; // echo
  if (type == 0) return 8;
  // timestamp 13, 14; information 15, 16; address mask 17, 18: the request is odd, its reply the next number
  if (type >= 13 && type <= 18) return <i32>(((type - 1) ^ 1) + 1);
  return -1;
}

function isQuery(type: u32): bool {
  return type == 8 || type == 13 || type == 15 || type == 17;
}

/** Whether a type reports an error about the packet it quotes. Ref: include/linux/icmp.h:icmp_is_err() */
export function isIcmpError(type: u32): bool {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/**
 * Tracks an ICMP message with a tuple: only a query may open a connection; every message gives it the full time again.
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmp.c:nf_conntrack_icmp_packet()
 */
export function trackIcmp(region: usize, entry: usize, packet: usize): u32 {
  if (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) return HANDLED_INVALID;
  if (!isQuery(<u32>load<u16>(entry, FLOW_ORIGINAL + TUPLE_DPORT) >> 8)) return HANDLED_INVALID;
  const timeouts = timeoutsOf(region, entry, load<u32>(entry, FLOW_STATUS));
  refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_ICMP_TIMEOUT));
  return HANDLED;
}
