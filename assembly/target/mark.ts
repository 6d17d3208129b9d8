// MARK and TRACE: words of the packet record.

import { PACKET_FLAG_TRACE, PACKET_FLAGS, PACKET_MARK } from '../abi/packet.ts';

/** mark = (mark & and) ^ xor. Ref: net/netfilter/xt_mark.c:mark_tg() */
export function setMark(packet: usize, and: u32, xor: u32): void {
  store<u32>(packet, (load<u32>(packet, PACKET_MARK) & and) ^ xor, PACKET_MARK);
}

/** Marks the packet as traced. Ref: net/netfilter/xt_TRACE.c:trace_tg() */
export function setTrace(packet: usize): void {
  store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_TRACE, PACKET_FLAGS);
}
