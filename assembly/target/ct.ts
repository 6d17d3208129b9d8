// CT and NOTRACK: what the tracker will make of the packet.

import { ENV_STATE } from '../abi/batch.ts';
import { CTINFO_NEW, CTINFO_UNTRACKED, PACKET_CT, PACKET_CTINFO } from '../abi/packet.ts';
import { attach, setUntracked } from '../conntrack/attach.ts';

/** Makes the packet UNTRACKED unless it has a connection, or is so already. Ref: net/netfilter/xt_CT.c:notrack_tg() */
export function untrack(packet: usize): void {
  if (!isDecided(packet)) setUntracked(packet);
}

/** Gives the packet the template in a rule's state, unless it has a connection or is UNTRACKED. Ref: net/netfilter/xt_CT.c:xt_ct_target() */
export function setTemplate(env: usize, packet: usize, state: u32): void {
  if (!isDecided(packet)) attach(packet, <usize>(load<u32>(env, ENV_STATE) + state), CTINFO_NEW);
}

/** Whether the packet has a connection (it came back by the loopback device), a template, or is UNTRACKED. */
function isDecided(packet: usize): bool {
  return load<u32>(packet, PACKET_CT) != 0 || load<u32>(packet, PACKET_CTINFO) == CTINFO_UNTRACKED;
}
