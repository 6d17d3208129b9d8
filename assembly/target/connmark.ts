// CONNMARK: the mark of the connection, and between it and the packet's.

import { CONNMARK_RESTORE, CONNMARK_SET } from '../abi/opcode.ts';
import { PACKET_CT, PACKET_CTMARK, PACKET_MARK } from '../abi/packet.ts';
import { ctMark, setCtMark } from '../conntrack/track.ts';

/**
 * Sets, saves or restores (CONNMARK_* `mode`). A packet without a connection is left alone.
 *
 * `first`, `second`: value and mask (SET), or the connection's mask and the packet's.
 * Ref: net/netfilter/xt_connmark.c:connmark_tg_shift()
 */
export function changeConnmark(packet: usize, mode: u32, first: u32, second: u32): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const mark = load<u32>(packet, PACKET_MARK);
  const connection = ctMark(entry);
  if (mode == CONNMARK_RESTORE) {
    store<u32>(packet, (mark & ~second) ^ (connection & first), PACKET_MARK);
    return;
  }
  const changed = mode == CONNMARK_SET ? (connection & ~second) ^ first : (connection & ~first) ^ (mark & second);
  setCtMark(entry, changed);
  store<u32>(packet, changed, PACKET_CTMARK);
}
