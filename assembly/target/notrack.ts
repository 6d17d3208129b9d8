// NOTRACK and CT --notrack.

import { CTINFO_UNTRACKED, PACKET_CT, PACKET_CTINFO } from '../abi/packet.ts';
import { setUntracked } from '../conntrack/attach.ts';

/** Makes the packet UNTRACKED unless it has a connection, or is so already. Ref: net/netfilter/xt_CT.c:notrack_tg() */
export function untrack(packet: usize): void {
  if (load<u32>(packet, PACKET_CT) != 0 || load<u32>(packet, PACKET_CTINFO) == CTINFO_UNTRACKED) return;
  setUntracked(packet);
}
