// What a set asks of a packet: addresses, ports, hardware addresses.

import {
  PACKET_DPORT,
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_L2,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
} from '../abi/packet.ts';
import { ENV_INTERFACES, INTERFACE_BYTES, INTERFACE_LINKTYPE } from '../abi/batch.ts';
import { headerBytes, PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from '../wire/transport.ts';

const LINKTYPE_ETHERNET: u32 = 1;
const MAC_BYTES: usize = 6;
const NEXT_NONE: u32 = 59;

/** The source or destination address of the packet: four words in host order. */
export function addressOf(packet: usize, source: bool): usize {
  return packet + (source ? PACKET_SRC : PACKET_DST);
}

export const NO_PORT: u32 = 0xffffffff;

/**
 * The port of a packet as sets have it, type << 8 | code of ICMP, 0 of protocols that have none; NO_PORT where the kernel can read none.
 *
 * Ref: net/netfilter/ipset/ip_set_getport.c:ip_set_get_ip4_port(), ip_set_get_ip6_port()
 */
export function portOf(packet: usize, source: bool): u32 {
  const protocol = load<u32>(packet, PACKET_PROTO);
  const flags = load<u32>(packet, PACKET_FLAGS);
  if (flags & PACKET_FLAG_IPV6) {
    if (flags & PACKET_FLAG_LATER_FRAGMENT || load<u32>(packet, PACKET_L4) == 0 || protocol == NEXT_NONE) return NO_PORT;
  } else {
    if (protocol == 0) return NO_PORT;
    if (flags & PACKET_FLAG_LATER_FRAGMENT) return hasPort(protocol) && protocol != PROTO_ICMPV6 ? NO_PORT : 0;
  }
  if (!hasPort(protocol)) return 0;
  if (load<u32>(packet, PACKET_L4_LENGTH) < headerBytes(protocol)) return NO_PORT;
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) return load<u32>(packet, PACKET_ICMP);
  return load<u32>(packet + (source ? PACKET_SPORT : PACKET_DPORT));
}

/** Ref: ip_set_getport.c:get_port() */
function hasPort(protocol: u32): bool {
  return (
    protocol == PROTO_TCP ||
    protocol == PROTO_UDP ||
    protocol == PROTO_ICMP ||
    protocol == PROTO_ICMPV6 ||
    protocol == PROTO_SCTP ||
    protocol == PROTO_UDPLITE
  );
}

/** The address of the packet's Ethernet source or destination, 0 when it has none: it was sent, or came in otherwise. */
export function macOf(env: usize, packet: usize, source: bool): usize {
  if (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) return 0;
  const frame = load<u32>(env, ENV_INTERFACES) + load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES;
  if (load<u32>(frame, INTERFACE_LINKTYPE) != LINKTYPE_ETHERNET) return 0;
  const mac = <usize>load<u32>(packet, PACKET_L2) + (source ? MAC_BYTES : 0);
  return (load<u32>(mac) | load<u16>(mac, 4)) == 0 ? 0 : mac;
}
