// Protocols without a tracker of their own: addresses and protocol number are the whole tuple.

import { CONNTRACK_GENERIC_TIMEOUT, FLOW_STATUS } from '../abi/flow.ts';
import { HANDLED } from './answer.ts';
import { refresh, timeoutsOf } from './expire.ts';

/** Tracks a packet of any other protocol. Ref: net/netfilter/nf_conntrack_core.c:generic_packet() */
export function trackGeneric(region: usize, entry: usize, packet: usize): u32 {
  const timeouts = timeoutsOf(region, entry, load<u32>(entry, FLOW_STATUS));
  refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_GENERIC_TIMEOUT));
  return HANDLED;
}
