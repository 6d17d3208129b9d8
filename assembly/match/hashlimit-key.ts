// What hashlimit tells packets apart by: masked addresses, and ports.

import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_PROTO,
  PACKET_SRC,
} from '../abi/packet.ts';
import { POOL_ASKED } from '../abi/pool.ts';
import {
  HASHLIMIT_KEY_WORDS,
  HASHLIMIT_DESTINATION_BITS,
  HASHLIMIT_MODE,
  HASHLIMIT_MODE_DSTIP,
  HASHLIMIT_MODE_DSTPORT,
  HASHLIMIT_MODE_SRCIP,
  HASHLIMIT_MODE_SRCPORT,
  HASHLIMIT_SOURCE_BITS,
} from '../abi/rate.ts';
import { headerLength } from '../wire/ipv4.ts';
import { findUpperLayer, UPPER_LAYER_NONE, upperLayerOffset, upperLayerProtocol } from '../wire/ipv6.ts';
import { hasPorts, PROTO_AH, PROTO_ESP } from '../wire/transport.ts';

const ADDRESS_BYTES: u32 = 16;
const ADDRESS_WORDS: u32 = 4;
const PORTS_BYTES: u32 = 4;
const PORTS_AT: u32 = 2 * ADDRESS_BYTES;
/** The kernel takes the index of an authentication header for ports. Ref: net/core/utils.c:proto_ports_offset() */
const AH_PORTS: u32 = 4;

/**
 * Stores the packet's key as POOL_ASKED. The kernel does not ask whether a packet is a later fragment: what stands where the ports
 * would be is taken for them.
 *
 * Returns: false for a packet that ends before its ports.
 * Differs: bytes that the capture lacks count as 0.
 * Ref: net/netfilter/xt_hashlimit.c:hashlimit_init_dst()
 */
export function storeKey(packet: usize, table: usize): bool {
  const key = table + POOL_ASKED;
  memory.fill(key, 0, <usize>HASHLIMIT_KEY_WORDS << 2);
  const mode = load<u32>(table, HASHLIMIT_MODE);
  if ((mode & HASHLIMIT_MODE_SRCIP) != 0) storeMasked(key, packet + PACKET_SRC, load<u32>(table, HASHLIMIT_SOURCE_BITS));
  if ((mode & HASHLIMIT_MODE_DSTIP) != 0) {
    storeMasked(key + ADDRESS_BYTES, packet + PACKET_DST, load<u32>(table, HASHLIMIT_DESTINATION_BITS));
  }
  const mask = ((mode & HASHLIMIT_MODE_SRCPORT) != 0 ? 0xffff0000 : 0) | ((mode & HASHLIMIT_MODE_DSTPORT) != 0 ? 0xffff : 0);
  if (mask == 0) return true;
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const ip = <usize>load<u32>(packet, PACKET_L3);
  const length = load<u32>(packet, PACKET_LENGTH);
  let protocol = load<u32>(packet, PACKET_PROTO);
  let at = headerLength(ip);
  if (isIpv6) {
    const found = findUpperLayer(ip, length);
    if (found == UPPER_LAYER_NONE) return false;
    protocol = upperLayerProtocol(found);
    at = upperLayerOffset(found);
  }
  if (protocol == PROTO_AH) at += AH_PORTS;
  else if (!hasPorts(protocol) && protocol != PROTO_ESP) return true;
  if (at + PORTS_BYTES > length) return false;
  if (ip + at + PORTS_BYTES > <usize>load<u32>(packet, PACKET_END)) return true;
  store<u32>(key, bswap<u32>(load<u32>(ip + at)) & mask, PORTS_AT);
  return true;
}

/** Copies an address of which `bits` count. Ref: net/netfilter/xt_hashlimit.c:maskl(), hashlimit_ipv6_mask() */
function storeMasked(target: usize, address: usize, bits: u32): void {
  let left = bits;
  for (let i: u32 = 0; i < ADDRESS_WORDS && left > 0; i++) {
    const taken = min(left, 32);
    store<u32>(target + (<usize>i << 2), load<u32>(address + (<usize>i << 2)) & (<u32>0xffffffff << (32 - taken)));
    left -= taken;
  }
}
