// Packets as they leave.

import { PACKET_END, PACKET_L3 } from '../abi/packet.ts';
import { writeTtl } from './edit.ts';

/**
 * Copies an IP packet with the time to live (or hop limit) its record now has; the IPv4 header checksum follows.
 *
 * Memory: reads PACKET_L3 … PACKET_END, writes as much at `target`. A packet that the capture cut stays cut.
 * Returns: bytes written.
 */
export function writeLayer3(packet: usize, target: usize): u32 {
  const ip = load<u32>(packet, PACKET_L3) as usize;
  const length = load<u32>(packet, PACKET_END) - (ip as u32);
  memory.copy(target, ip, length);
  writeTtl(packet, target);
  return length;
}
