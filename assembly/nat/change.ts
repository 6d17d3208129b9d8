// Making packets look like what their connection was translated to.

import {
  FLOW_DIRECTION_TUPLE,
  FLOW_STATUS,
  IPS_DST_NAT,
  IPS_SRC_NAT,
  MANIP_SRC,
  TUPLE_DPORT,
  TUPLE_PROTO,
  TUPLE_SPORT,
} from '../abi/flow.ts';
import { NAT_TARGET } from '../abi/nat.ts';
import {
  PACKET_CT,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_SPORT,
  PACKET_SRC,
} from '../abi/packet.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { NO_PROTOCOL, walkedHeader, walkExtensions } from '../conntrack/extension.ts';
import { invertTuple } from '../conntrack/tuple.ts';
import { mendTransport, ownBytes, pull } from '../wire/edit.ts';
import { headerLength, IPV4_BYTES, IPV4_CHECKSUM, IPV4_DST, IPV4_SRC } from '../wire/ipv4.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_SRC } from '../wire/ipv6.ts';
import { hasPorts } from './range.ts';
import { copyAddress, roomOf, sideOf } from './room.ts';
import { changeTransport } from './transport.ts';

/** Whether packets in the direction of this one are changed on a side (MANIP_*). Ref: net/netfilter/nf_nat_core.c:nf_nat_packet() */
export function isChanged(packet: usize, manip: u32): bool {
  const isSource = (manip == MANIP_SRC) == (packetDirection(packet) == 0);
  return (load<u32>(load<u32>(packet, PACKET_CT), FLOW_STATUS) & (isSource ? IPS_SRC_NAT : IPS_DST_NAT)) != 0;
}

/** The tuple of the direction that answers a packet. */
export function answerOf(packet: usize): usize {
  return <usize>load<u32>(packet, PACKET_CT) + <usize>(packetDirection(packet) ^ 1) * FLOW_DIRECTION_TUPLE;
}

/**
 * Makes a side of a packet what the answering direction of its connection expects.
 *
 * Returns: false when the packet cannot be so.
 * Ref: net/netfilter/nf_nat_proto.c:nf_nat_manip_pkt()
 */
export function changePacket(env: usize, packet: usize, manip: u32): bool {
  const target = roomOf(env, packet) + NAT_TARGET;
  invertTuple(answerOf(packet), target);
  ownBytes(env, packet);
  return changeOuter(packet, target, manip);
}

/** Makes a side of a packet with bytes of its own look like `target`, and its record with it. */
export function changeOuter(packet: usize, target: usize, manip: u32): bool {
  if (!changeHeaders(packet, <usize>load<u32>(packet, PACKET_L3), target, manip)) return false;
  copyAddress(packet + (manip == MANIP_SRC ? PACKET_SRC : PACKET_DST), target + sideOf(manip));
  if (!hasPorts(<u32>load<u8>(target, TUPLE_PROTO))) return true;
  if (manip == MANIP_SRC) store<u32>(packet, load<u16>(target, TUPLE_SPORT), PACKET_SPORT);
  else store<u32>(packet, load<u16>(target, TUPLE_DPORT), PACKET_DPORT);
  return true;
}

/**
 * Makes a side of the IP packet at `ip` look like `target`: the packet itself, or one that it quotes. Needs bytes of its own.
 *
 * Returns: false when its headers are too short, or its transport is of a kind that cannot be.
 */
export function changeHeaders(packet: usize, ip: usize, target: usize, manip: u32): bool {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const first = load<u32>(packet, PACKET_L3);
  const bytes = <u32>ip - first + (isIpv6 ? IPV6_BYTES : IPV4_BYTES);
  if (load<u32>(packet, PACKET_LENGTH) < bytes) return false;
  pull(packet, bytes);
  // What the capture lacks cannot be changed.
  if (load<u32>(packet, PACKET_END) < first + bytes) return true;
  return isIpv6 ? changeHeaders6(packet, ip, target, manip) : changeHeaders4(packet, ip, target, manip);
}

/** Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv4_manip_pkt() */
function changeHeaders4(packet: usize, ip: usize, target: usize, manip: u32): bool {
  if (!changeTransport(packet, ip, ip + headerLength(ip), target, manip)) return false;
  const at = ip + (manip == MANIP_SRC ? IPV4_SRC : IPV4_DST);
  const address = bswap<u32>(load<u32>(target + sideOf(manip)));
  mendTransport(ip + IPV4_CHECKSUM, load<u32>(at), address, false, false);
  store<u32>(at, address);
  return true;
}

/** Behind headers that lead nowhere only the address is changed. Ref: net/netfilter/nf_nat_proto.c:nf_nat_ipv6_manip_pkt() */
function changeHeaders6(packet: usize, ip: usize, target: usize, manip: u32): bool {
  const walked = walkExtensions(ip, <usize>load<u32>(packet, PACKET_END));
  if (walked != NO_PROTOCOL && !changeTransport(packet, ip, walkedHeader(walked), target, manip)) return false;
  const at = ip + (manip == MANIP_SRC ? IPV6_SRC : IPV6_DST);
  const side = target + sideOf(manip);
  for (let i: usize = 0; i < 16; i += 4) store<u32>(at + i, bswap<u32>(load<u32>(side + i)));
  return true;
}
