// Packets as they leave.

import { PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_L3, PACKET_TTL } from '../abi/packet.ts';
import { IPV4_CHECKSUM, IPV4_TTL } from './ipv4.ts';
import { IPV6_HOP_LIMIT } from './ipv6.ts';

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
  const ttl = load<u32>(packet, PACKET_TTL) as u8;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0) store<u8>(target, ttl, IPV6_HOP_LIMIT);
  else setTtl(target, ttl);
  return length;
}

/**
 * Sets an IPv4 header's time to live and puts its checksum right without summing the header again.
 *
 * One less is what forwarding does, and like there the sum is never left all ones. Ref: include/net/ip.h:ip_decrease_ttl()
 * Any other change is the TTL target's. Ref: include/net/checksum.h:csum_replace2()
 */
function setTtl(ip: usize, ttl: u8): void {
  const old: u32 = load<u8>(ip, IPV4_TTL);
  if (old == ttl) return;
  store<u8>(ip, ttl, IPV4_TTL);
  let sum: u32 = bswap<u16>(load<u16>(ip, IPV4_CHECKSUM));
  if (ttl == old - 1) {
    sum += 0x0100;
    sum += (sum >= 0xffff) as u32;
  } else {
    sum = (~sum & 0xffff) + (~(old << 8) & 0xffff) + ((<u32>ttl) << 8);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
  }
  store<u16>(ip, bswap<u16>(sum as u16), IPV4_CHECKSUM);
}
