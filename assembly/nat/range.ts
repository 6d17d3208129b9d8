// Whether a tuple is within a range.

import { MANIP_SRC, TUPLE_DPORT, TUPLE_PROTO, TUPLE_SPORT, TUPLE_SRC } from '../abi/flow.ts';
import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PROTO_SPECIFIED,
  RANGE_FLAGS,
  RANGE_MAX,
  RANGE_MIN,
  RANGE_PORT_MAX,
  RANGE_PORT_MIN,
} from '../abi/nat.ts';
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../conntrack/tuple.ts';

/** The place of the number that a translation of a side (MANIP_*) changes: of ICMP it is the id either way. */
export function portAt(tuple: usize, manip: u32): usize {
  const proto = <u32>load<u8>(tuple, TUPLE_PROTO);
  return manip == MANIP_SRC || proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ? tuple + TUPLE_SPORT : tuple + TUPLE_DPORT;
}

/** Whether a protocol has numbers that a range can be of. */
export function hasNumbers(proto: u32): bool {
  return hasPorts(proto) || proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 || proto == IPPROTO_GRE;
}

/** Whether a protocol has ports, as translation sees it. */
export function hasPorts(proto: u32): bool {
  return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE;
}

/** Ref: net/netfilter/nf_nat_core.c:l4proto_in_range() */
export function isPortInRange(tuple: usize, manip: u32, range: usize): bool {
  if (!hasNumbers(<u32>load<u8>(tuple, TUPLE_PROTO))) return true;
  const port = <u32>load<u16>(portAt(tuple, manip));
  return port >= load<u32>(range, RANGE_PORT_MIN) && port <= load<u32>(range, RANGE_PORT_MAX);
}

/** Whether the source of a tuple is what a range allows. Ref: net/netfilter/nf_nat_core.c:nf_in_range() */
export function isSourceInRange(tuple: usize, range: usize): bool {
  const flags = load<u32>(range, RANGE_FLAGS);
  if (flags & NAT_RANGE_MAP_IPS) {
    const source = tuple + TUPLE_SRC;
    if (isBefore(source, range + RANGE_MIN) || isBefore(range + RANGE_MAX, source)) return false;
  }
  return !(flags & NAT_RANGE_PROTO_SPECIFIED) || isPortInRange(tuple, MANIP_SRC, range);
}

/** Whether an address is less than another one. */
function isBefore(a: usize, b: usize): bool {
  for (let i: usize = 0; i < 16; i += 4) {
    const left = load<u32>(a + i);
    const right = load<u32>(b + i);
    if (left != right) return left < right;
  }
  return false;
}
