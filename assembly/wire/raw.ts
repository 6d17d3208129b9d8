// Link types without a link-layer header: the packet's first four bits tell IPv4 from IPv6.

import { PACKET_L3 } from '../abi/packet.ts';
import { WHY_NOT_IP } from '../abi/verdict.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, missing } from './ethernet.ts';

/** RAW. Ref: drivers/net/tun.c:tun_get_user(), which takes packets without a header just so. */
export function raw(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured == 0) return missing(1, length);
  const version = load<u8>(data) >> 4;
  if (version != 4 && version != 6) return WHY_NOT_IP;
  store<u32>(packet, data as u32, PACKET_L3);
  return version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
}

/** IPV4 and IPV6: the link type itself says what the packet must be. */
export function fixed(packet: usize, data: usize, type: u32): u32 {
  store<u32>(packet, data as u32, PACKET_L3);
  return type;
}
