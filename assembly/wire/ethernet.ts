// Link layers: each file finds the IP header behind one kind of link-layer header. It gets the frame's bytes, leaves
// PACKET_L3 (and PACKET_PKTTYPE where the link layer tells it) in the packet record, and answers with an EtherType, or with a
// WHY_* code when there is no IP packet to be had. WHY_* codes are below every EtherType.
//
// Ethernet. Ref: IEEE 802.3, IEEE 802.1Q; net/ethernet/eth.c:eth_type_trans()
//
//   0             6        12     14
//   | destination | source | type | …        type 0x8100, 0x88a8, 0x9100: 2 bytes of tag, then the next type

import {
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_PKTTYPE,
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_MULTICAST,
} from '../abi/packet.ts';
import { WHY_CUT, WHY_LINK_HEADER, WHY_NOT_IP } from '../abi/verdict.ts';

export const ETHERTYPE_IPV4: u32 = 0x0800;
export const ETHERTYPE_IPV6: u32 = 0x86dd;
const ETHERTYPE_VLAN: u32 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u32 = 0x88a8;
const ETHERTYPE_OLD_SERVICE_VLAN: u32 = 0x9100;

const ETHERNET_BYTES: u32 = 14;
const TAG_BYTES: u32 = 4;

/** Answer when `bytes` more are needed of a header than are there: cut by the capture, or never sent. */
export function missing(needed: u32, length: u32): u32 {
  return length >= needed ? WHY_CUT : WHY_LINK_HEADER;
}

function isTag(type: u32): bool {
  return type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN || type == ETHERTYPE_OLD_SERVICE_VLAN;
}

/**
 * The EtherType whose payload starts at offset `at`, tags of any depth passed by; PACKET_L3 is set for IP.
 *
 * Differs: a tagged frame counts as arriving by the interface of the capture. The kernel hands it to the VLAN device on top of
 * that interface, if there is one; captures show the tag only on the lower interface.
 */
export function etherPayload(packet: usize, data: usize, type: u32, at: u32, captured: u32, length: u32): u32 {
  while (isTag(type)) {
    if (captured < at + TAG_BYTES) return missing(at + TAG_BYTES, length);
    type = bswap<u16>(load<u16>(data + at, 2));
    at += TAG_BYTES;
  }
  // 802.3 frames with LLC, SNAP too, are handed to protocols other than IP. Ref: net/802/psnap.c:snap_rcv()
  if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6) return WHY_NOT_IP;
  store<u32>(packet, (data + at) as u32, PACKET_L3);
  return type;
}

/**
 * Reads an Ethernet header.
 *
 * The capture does not say which address is the host's own, so every single-station destination counts as this host's.
 * Both addresses zero is what Linux puts on its loopback device, and nothing else does.
 */
export function ethernet(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured < ETHERNET_BYTES) return missing(ETHERNET_BYTES, length);
  const low = load<u32>(data);
  const high = load<u16>(data, 4);
  if ((low & 1) != 0) {
    const broadcast = low == 0xffffffff && high == 0xffff;
    store<u32>(packet, broadcast ? PKTTYPE_BROADCAST : PKTTYPE_MULTICAST, PACKET_PKTTYPE);
  } else {
    store<u32>(packet, PKTTYPE_HOST, PACKET_PKTTYPE);
    if (low == 0 && high == 0 && load<u32>(data, 6) == 0 && load<u16>(data, 10) == 0) {
      store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_LOOPBACK, PACKET_FLAGS);
    }
  }
  const type: u32 = bswap<u16>(load<u16>(data, 12));
  if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) {
    store<u32>(packet, (data + ETHERNET_BYTES) as u32, PACKET_L3);
    return type;
  }
  return etherPayload(packet, data, type, ETHERNET_BYTES, captured, length);
}
