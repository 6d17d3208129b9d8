// GRE. Version 0 is tracked by its addresses alone, whatever keys it carries; version 1 (PPTP) by its call id.

import {
  CONNTRACK_GRE_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT_STREAM,
  FLOW_PROTO,
  FLOW_STATUS,
  GRE_TIMEOUT,
  GRE_TIMEOUT_STREAM,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  TUPLE_DPORT,
  TUPLE_SPORT,
} from '../abi/flow.ts';
import { HANDLED } from './answer.ts';
import { assure } from './assure.ts';
import { refresh, timeoutsOf } from './expire.ts';
import { findGreKey } from './gre-keys.ts';
import { be16 } from './tuple.ts';

const VERSION_MASK: u32 = 7;
const VERSION_PPTP: u32 = 1;
const PROTOCOL_PPP: u32 = 0x880b;

/**
 * Writes the keys of a GRE header into a tuple whose ports are 0. The source key of a PPTP call is known only from its
 * control connection; it stays 0 without one.
 *
 * Returns: false for version 1 that carries anything but PPP.
 * Ref: net/netfilter/nf_conntrack_proto_gre.c:gre_pkt_to_tuple()
 */
export function readGreKeys(block: usize, tuple: usize, header: usize, end: usize): bool {
  if (header + 4 > end) return true;
  if ((be16(header) & VERSION_MASK) != VERSION_PPTP) return true;
  if (header + 8 > end) return true;
  if (be16(header + 2) != PROTOCOL_PPP) return false;
  store<u16>(tuple, <u16>be16(header + 6), TUPLE_DPORT);
  store<u16>(tuple, findGreKey(block, tuple), TUPLE_SPORT);
  return true;
}

/**
 * Tracks a GRE packet: with traffic both ways the entry is ASSURED and lives longer.
 *
 * Ref: net/netfilter/nf_conntrack_proto_gre.c:nf_conntrack_gre_packet()
 */
export function trackGre(region: usize, entry: usize, packet: usize): u32 {
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_CONFIRMED)) {
    const timeouts = timeoutsOf(region, entry, status);
    store<u64>(entry, load<u64>(timeouts, CONNTRACK_GRE_TIMEOUT), FLOW_PROTO + GRE_TIMEOUT);
    store<u64>(entry, load<u64>(timeouts, CONNTRACK_GRE_TIMEOUT_STREAM), FLOW_PROTO + GRE_TIMEOUT_STREAM);
  }
  if (status & IPS_SEEN_REPLY) {
    refresh(region, entry, packet, load<u64>(entry, FLOW_PROTO + GRE_TIMEOUT_STREAM));
    assure(entry, status);
  } else refresh(region, entry, packet, load<u64>(entry, FLOW_PROTO + GRE_TIMEOUT));
  return HANDLED;
}
