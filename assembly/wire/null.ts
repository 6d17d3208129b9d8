// BSD loopback: four bytes of address family, in the byte order of the capturing host (NULL) or big-endian (LOOP).
// Ref: https://www.tcpdump.org/linktypes/LINKTYPE_NULL.html

import { PACKET_FLAG_LOOPBACK, PACKET_FLAGS, PACKET_L3 } from '../abi/packet.ts';
import { WHY_NOT_IP } from '../abi/verdict.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, missing } from './ethernet.ts';

const NULL_BYTES: u32 = 4;
const AF_INET: u32 = 2;
// AF_INET6 of NetBSD, OpenBSD and Npcap; FreeBSD; macOS; Linux.
const AF_INET6_NETBSD: u32 = 24;
const AF_INET6_FREEBSD: u32 = 28;
const AF_INET6_DARWIN: u32 = 30;
const AF_INET6_LINUX: u32 = 10;

/** Families are small numbers: one that is not was written in the other byte order. */
export function nullLoop(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured < NULL_BYTES) return missing(NULL_BYTES, length);
  let family = load<u32>(data);
  if (family > 0xffff) family = bswap<u32>(family);
  store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_LOOPBACK, PACKET_FLAGS);
  const six =
    family == AF_INET6_NETBSD || family == AF_INET6_FREEBSD || family == AF_INET6_DARWIN || family == AF_INET6_LINUX;
  if (!six && family != AF_INET) return WHY_NOT_IP;
  store<u32>(packet, (data + NULL_BYTES) as u32, PACKET_L3);
  return six ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}
