// Linux cooked captures. Ref: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and …_SLL2.html
//
//   v1  0             2          4                8         14         16
//       | packet type | hardware | address length | address … | protocol | …
//   v2  0          2          4                 8          10            11               12        20
//       | protocol | reserved | interface index | hardware | packet type | address length | address | …

import {
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_PKTTYPE,
  PKTTYPE_HOST,
  PKTTYPE_OTHERHOST,
  PKTTYPE_OUTGOING,
} from '../abi/packet.ts';
import { etherPayload, missing } from './ethernet.ts';

const SLL_BYTES: u32 = 16;
const SLL2_BYTES: u32 = 20;
/** Ref: include/uapi/linux/if_arp.h */
const ARPHRD_LOOPBACK: u32 = 772;

/**
 * Leaves what the packet type says. Rules see a packet the host sends as PKTTYPE_HOST: the kernel marks it outgoing
 * only for packet sockets, behind all hooks. Ref: net/core/dev.c:dev_queue_xmit_nit()
 */
function setType(packet: usize, type: u32, hardware: u32): void {
  let flags = load<u32>(packet, PACKET_FLAGS);
  if (type == PKTTYPE_OUTGOING) flags |= PACKET_FLAG_SENT;
  if (hardware == ARPHRD_LOOPBACK) flags |= PACKET_FLAG_LOOPBACK;
  store<u32>(packet, flags, PACKET_FLAGS);
  store<u32>(packet, type <= PKTTYPE_OTHERHOST ? type : PKTTYPE_HOST, PACKET_PKTTYPE);
}

export function sll(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured < SLL_BYTES) return missing(SLL_BYTES, length);
  setType(packet, bswap<u16>(load<u16>(data)), bswap<u16>(load<u16>(data, 2)));
  return etherPayload(packet, data, bswap<u16>(load<u16>(data, 14)), SLL_BYTES, captured, length);
}

export function sll2(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured < SLL2_BYTES) return missing(SLL2_BYTES, length);
  setType(packet, load<u8>(data, 10), bswap<u16>(load<u16>(data, 8)));
  return etherPayload(packet, data, bswap<u16>(load<u16>(data)), SLL2_BYTES, captured, length);
}
