// The packet's side of connection tracking: which entry it carries, and what the rules see of it.

import { FLOW_MARK, FLOW_STATUS, IPS_DST_NAT, IPS_SRC_NAT } from '../abi/flow.ts';
import {
  CTINFO_IS_REPLY,
  CTINFO_NONE,
  CTINFO_RELATED,
  CTINFO_RELATED_REPLY,
  CTINFO_UNTRACKED,
  CTSTATE_DNAT,
  CTSTATE_INVALID,
  CTSTATE_SNAT,
  CTSTATE_UNTRACKED,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTMARK,
  PACKET_CTSTATE,
} from '../abi/packet.ts';

/** Gives a packet its entry and its place in it (CTINFO_*). */
export function attach(packet: usize, entry: usize, ctinfo: u32): void {
  store<u32>(packet, <u32>entry, PACKET_CT);
  store<u32>(packet, ctinfo, PACKET_CTINFO);
  refreshState(packet);
}

/**
 * Gives what answers a packet, and is not tracked yet, that packet's entry, in the other direction. Without one it will be tracked on its own.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_conntrack_attach()
 */
export function attachAnswer(packet: usize, answer: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  attach(answer, entry, load<u32>(packet, PACKET_CTINFO) >= CTINFO_IS_REPLY ? CTINFO_RELATED : CTINFO_RELATED_REPLY);
}

/** Makes a packet INVALID: no entry. */
export function detach(packet: usize): void {
  store<u32>(packet, 0, PACKET_CT);
  store<u32>(packet, CTINFO_NONE, PACKET_CTINFO);
  store<u32>(packet, CTSTATE_INVALID, PACKET_CTSTATE);
  store<u32>(packet, 0, PACKET_CTMARK);
}

/** Makes a packet UNTRACKED: the tracker leaves it alone from now on. Ref: net/netfilter/xt_CT.c:notrack_tg() */
export function setUntracked(packet: usize): void {
  store<u32>(packet, 0, PACKET_CT);
  store<u32>(packet, CTINFO_UNTRACKED, PACKET_CTINFO);
  store<u32>(packet, CTSTATE_UNTRACKED, PACKET_CTSTATE);
  store<u32>(packet, 0, PACKET_CTMARK);
}

/**
 * Writes PACKET_CTSTATE and PACKET_CTMARK anew from the entry: after its mark or its NAT bits have changed.
 *
 * Ref: net/netfilter/xt_conntrack.c:conntrack_mt()
 */
export function refreshState(packet: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const status = load<u32>(entry, FLOW_STATUS);
  // ESTABLISHED 2, RELATED 4, NEW 8, for either direction.
  let state: u32 = 2 << (load<u32>(packet, PACKET_CTINFO) % CTINFO_IS_REPLY);
  if (status & IPS_SRC_NAT) state |= CTSTATE_SNAT;
  if (status & IPS_DST_NAT) state |= CTSTATE_DNAT;
  store<u32>(packet, state, PACKET_CTSTATE);
  store<u32>(packet, load<u32>(entry, FLOW_MARK), PACKET_CTMARK);
}
