// ICMPv6 queries and answers: echo, node information. Neighbour discovery and listener reports are not tracked at all; errors
// are in quote.ts.

import { CONNTRACK_ICMPV6_TIMEOUT, FLOW_ORIGINAL, FLOW_STATUS, IPS_CONFIRMED, TUPLE_DPORT } from '../abi/flow.ts';
import { PACKET_FLAG_IPV6, PACKET_FLAGS } from '../abi/packet.ts';
import { HANDLED, HANDLED_INVALID } from './answer.ts';
import { refresh, timeoutsOf } from './expire.ts';

const ECHO_REQUEST: u32 = 128;
const ECHO_REPLY: u32 = 129;
const NODE_QUERY: u32 = 139;
const NODE_REPLY: u32 = 140;

/** The type that answers `type`, or asks for it; -1 for others. Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_invert_icmpv6_tuple() */
export function inverseIcmpv6Type(type: u32): i32 {
  if (type == ECHO_REQUEST) return ECHO_REPLY;
  if (type == ECHO_REPLY) return ECHO_REQUEST;
  if (type == NODE_QUERY) return NODE_REPLY;
  if (type == NODE_REPLY) return NODE_QUERY;
  return -1;
}

/**
 * Whether the tracker leaves a type alone (its packets are UNTRACKED): multicast listener query, report, done (130 to 132),
 * router and neighbour solicitation and advertisement (133 to 136), version 2 listener report (143), multicast router
 * advertisement and solicitation (151, 152).
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_icmpv6_error()
 */
export function isUntrackedIcmpv6(type: u32): bool {
  return (type >= 130 && type <= 136) || type == 143 || type == 151 || type == 152;
}

/**
 * Tracks an ICMPv6 message with a tuple: only a query may open a connection.
 *
 * Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_icmpv6_packet()
 */
export function trackIcmpv6(region: usize, entry: usize, packet: usize): u32 {
  if (!(load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6)) return HANDLED_INVALID;
  if (!(load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED)) {
    const type = <u32>load<u16>(entry, FLOW_ORIGINAL + TUPLE_DPORT) >> 8;
    if (type != ECHO_REQUEST && type != NODE_QUERY) return HANDLED_INVALID;
  }
  const timeouts = timeoutsOf(region, entry, load<u32>(entry, FLOW_STATUS));
  refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_ICMPV6_TIMEOUT));
  return HANDLED;
}
