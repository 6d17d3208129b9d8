// Protocols without a tracker of their own: addresses and protocol number are the whole tuple.

import { CONNTRACK_GENERIC_TIMEOUT } from '../abi/flow.ts';
import { HANDLED } from './answer.ts';
import { refresh } from './expire.ts';

/** Tracks a packet of any other protocol. Ref: net/netfilter/nf_conntrack_core.c:generic_packet() */
export function trackGeneric(region: usize, entry: usize, packet: usize): u32 {
  refresh(region, entry, packet, load<u64>(region, CONNTRACK_GENERIC_TIMEOUT));
  return HANDLED;
}
