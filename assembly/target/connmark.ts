// CONNMARK: the mark of the connection, and between it and the packet's.

import { CONNMARK_RESTORE, CONNMARK_SET } from '../abi/opcode.ts';
import { PACKET_CT, PACKET_CTMARK, PACKET_MARK } from '../abi/packet.ts';
import { ctMark, setCtMark } from '../conntrack/track.ts';

/**
 * Sets, saves or restores (CONNMARK_* mode). A packet without a connection is left alone.
 *
 * Operands: mode; value and mask (SET), or the connection's mask and the packet's; bits to shift to the left, to the right.
 * Ref: net/netfilter/xt_connmark.c:connmark_tg_shift()
 */
export function changeConnmark(packet: usize, operands: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const mode = load<u32>(operands);
  const first = load<u32>(operands, 4);
  const second = load<u32>(operands, 8);
  const mark = load<u32>(packet, PACKET_MARK);
  const connection = ctMark(entry);
  if (mode == CONNMARK_RESTORE) {
    store<u32>(packet, (mark & ~second) ^ shifted(connection & first, operands), PACKET_MARK);
    return;
  }
  const changed = 
    mode == CONNMARK_SET ? shifted((connection & ~second) ^ first, operands) : (connection & ~first) ^ shifted(mark & second, operands);
  setCtMark(entry, changed);
  store<u32>(packet, changed, PACKET_CTMARK);
}

function shifted(mark: u32, operands: usize): u32 {
  return (mark << load<u32>(operands, 12)) >> load<u32>(operands, 16);
}
