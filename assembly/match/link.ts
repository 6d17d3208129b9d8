// What a match can know of the link-layer header that a packet came in with; and `-m mac`, `-m eui64`.

import { ENV_INTERFACES, INTERFACE_BYTES, INTERFACE_LINKTYPE } from '../abi/batch.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../abi/capture.ts';
import {
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_HOOK,
  PACKET_L2,
  PACKET_PKTTYPE,
  PACKET_SRC,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import { HOOK_OUTPUT, HOOK_POSTROUTING } from '../abi/program.ts';
import { ANSWER_HOLDS, ANSWER_MISS, ANSWER_MISS_EITHER_WAY, answer } from './answer.ts';

/** The device that the packet came in by has no link-layer header: it starts with the IP header. */
export const LINK_BARE: u32 = 0;
/** PACKET_L2 is the Ethernet header. */
export const LINK_ETHERNET: u32 = 1;
/** The device was an Ethernet device; of its header the capture keeps the source alone. */
export const LINK_COOKED: u32 = 2;
/** The packet is about to leave: it has none yet. */
export const LINK_NONE: u32 = 3;
/** The packet came back from the loopback device: an Ethernet header with zero addresses. */
export const LINK_LOOPBACK: u32 = 4;

const ETHERNET_SOURCE: usize = 6;
/** Offsets in the headers of cooked captures, see wire/sll.ts. */
const SLL_HARDWARE: usize = 2;
const SLL_ADDRESS_LENGTH: usize = 4;
const SLL_ADDRESS: usize = 6;
const SLL2_HARDWARE: usize = 8;
const SLL2_ADDRESS_LENGTH: usize = 11;
const SLL2_ADDRESS: usize = 12;
/** Ref: include/uapi/linux/if_arp.h */
const ARPHRD_ETHER: u16 = 1;
const ETHERNET_ADDRESS_BYTES: u8 = 6;

function linktype(env: usize, packet: usize): u32 {
  const entry = load<u32>(env, ENV_INTERFACES) + load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES;
  return load<u32>(entry, INTERFACE_LINKTYPE);
}

/** Which header the packet came in with: LINK_*. */
export function linkOf(env: usize, packet: usize): u32 {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) != 0) return linkOfSent(packet);
  const type = linktype(env, packet);
  if (type == LINKTYPE_ETHERNET) return LINK_ETHERNET;
  const header = <usize>load<u32>(packet, PACKET_L2);
  if (type == LINKTYPE_LINUX_SLL) {
    const isEthernet = bswap<u16>(load<u16>(header, SLL_HARDWARE)) == ARPHRD_ETHER;
    return isEthernet && bswap<u16>(load<u16>(header, SLL_ADDRESS_LENGTH)) == ETHERNET_ADDRESS_BYTES ? LINK_COOKED : LINK_BARE;
  }
  if (type != LINKTYPE_LINUX_SLL2) return LINK_BARE;
  const isEthernet = bswap<u16>(load<u16>(header, SLL2_HARDWARE)) == ARPHRD_ETHER;
  return isEthernet && load<u8>(header, SLL2_ADDRESS_LENGTH) == ETHERNET_ADDRESS_BYTES ? LINK_COOKED : LINK_BARE;
}

/**
 * What the host sent and then received: over the loopback device, or as the copy of a broadcast or multicast, which skips the link layer.
 * Ref: drivers/net/loopback.c:loopback_xmit(), net/core/dev.c:dev_loopback_xmit()
 */
function linkOfSent(packet: usize): u32 {
  const hook = load<u32>(packet, PACKET_HOOK);
  if (hook == HOOK_OUTPUT || hook == HOOK_POSTROUTING) return LINK_NONE;
  return load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_HOST ? LINK_LOOPBACK : LINK_BARE;
}

/** Address of the six bytes of the frame's source; 0 = the packet came in by no Ethernet device. */
function ethernetSource(env: usize, packet: usize): usize {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_LOOPBACK) != 0) return 0;
  const link = linkOf(env, packet);
  const header = <usize>load<u32>(packet, PACKET_L2);
  if (link == LINK_ETHERNET) return header + ETHERNET_SOURCE;
  if (link != LINK_COOKED) return 0;
  return header + (linktype(env, packet) == LINKTYPE_LINUX_SLL ? SLL_ADDRESS : SLL2_ADDRESS);
}

/** TEST_MAC: the source is the address of the operands. */
export function hasMac(env: usize, packet: usize, operands: usize): u32 {
  const source = ethernetSource(env, packet);
  if (source == 0) return ANSWER_MISS_EITHER_WAY;
  return answer(load<u32>(source) == load<u32>(operands) && load<u16>(source, 4) == load<u16>(operands, 4));
}

/** TEST_EUI64: the lower half of the IPv6 source is the frame's source, with ff:fe put in the middle and one bit turned. */
export function hasEui64(env: usize, packet: usize): u32 {
  const source = ethernetSource(env, packet);
  if (source == 0) return ANSWER_MISS;
  const high: u32 = (bswap<u32>(load<u32>(source)) ^ 0x02000000) | 0xff;
  const low: u32 = 0xfe000000 | (bswap<u32>(load<u32>(source, 2)) & 0x00ffffff);
  return load<u32>(packet, PACKET_SRC + 8) == high && load<u32>(packet, PACKET_SRC + 12) == low ? ANSWER_HOLDS : ANSWER_MISS;
}
