// What a way is looked up for: addresses, devices, and whatever else rules may ask. One record in the scratch of each shard.

import { ENV_HOST, ENV_SCRATCH, SCRATCH_FLOW, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import { HOST_FLAG_DISSECT4, HOST_FLAG_DISSECT6, HOST_FLAGS, HOST_LOOPBACK } from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_MARK,
  PACKET_SHARD,
  PACKET_SRC,
  PACKET_TOS,
} from '../abi/packet.ts';
import { HEADER_PORTS, HEADER_PROTO, packetHeader } from './header.ts';
import { asksBits } from '../journey/recorder.ts';
import { clear32, clear64 } from '../wire/clear.ts';

/** Four words each, most significant first; IPv4 uses the first. */
export const FLOW_DST: u32 = 0;
export const FLOW_SRC: u32 = 16;
/** Universe index of the device it comes in by; what the host sends comes in by `lo`. */
export const FLOW_IIF: u32 = 32;
/** Universe index of the device it is to leave by; 0 = any. */
export const FLOW_OIF: u32 = 36;
export const FLOW_MARK: u32 = 40;
/** The whole byte. */
export const FLOW_TOS: u32 = 44;
/** Transport protocol and ports, 0 where nobody asked for them. */
export const FLOW_PROTO: u32 = 48;
export const FLOW_SPORT: u32 = 52;
export const FLOW_DPORT: u32 = 56;
/** FLOW_FLAG_* bits. */
export const FLOW_FLAGS: u32 = 60;
/** IPv6: the device that is preferred among routes of one metric, or needed; 0 = none. */
export const FLOW_DEVICE: u32 = 64;
/** Comes out of a look-up: the realms of the rule that led to the route. */
export const FLOW_REALM: u32 = 68;
/** The packet that chooses among several paths; 0 = what the flow says of it does. */
export const FLOW_PACKET: u32 = 72;
/** The environment. */
export const FLOW_ENV: u32 = 76;
export const FLOW_BYTES: u32 = 80;

/** IPv6: by FLOW_DEVICE or not at all. */
export const FLOW_FLAG_STRICT: u32 = 1;
/** IPv6: a look-up outside of routing. */
export const FLOW_FLAG_BACK: u32 = 2;
/** Protocol and ports were looked for in the packet. */
export const FLOW_FLAG_DISSECTED: u32 = 4;
/** IPv4: of a packet that was received, to be routed on. */
export const FLOW_FLAG_RECEIVED: u32 = 8;

/** An IPsec header with its numbers where others have ports, and one with them behind it. */
const PROTO_TCP: u32 = 6;
const PROTO_UDP: u32 = 17;
const PROTO_DCCP: u32 = 33;
const PROTO_ESP: u32 = 50;
const PROTO_AH: u32 = 51;
const PROTO_SCTP: u32 = 132;
const PROTO_UDPLITE: u32 = 136;
const AH_SPI: u32 = 4;

/** Makes an empty flow of what the host sends. There is one in a shard. */
export function startFlow(env: usize, packet: usize): usize {
  const flow: usize = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_FLOW;
  clear64(flow);
  clear32(flow + 48);
  store<u32>(flow, load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK), FLOW_IIF);
  store<u32>(flow, env as u32, FLOW_ENV);
  return flow;
}

/** Copies an address of four words. */
export function setAddress(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
}

/** Makes the flow of a packet, from its own words. */
export function packetFlow(env: usize, packet: usize): usize {
  asksBits(packet, PACKET_TOS, ~0);
  const flow = startFlow(env, packet);
  setAddress(flow + FLOW_DST, packet + PACKET_DST);
  setAddress(flow + FLOW_SRC, packet + PACKET_SRC);
  store<u32>(flow, load<u32>(packet, PACKET_MARK), FLOW_MARK);
  store<u32>(flow, load<u32>(packet, PACKET_TOS), FLOW_TOS);
  return flow;
}

/** Looks for protocol and ports in the packet if some rule asks for them. */
export function dissectFor(flow: usize, packet: usize): void {
  const host: usize = load<u32>(load<u32>(flow, FLOW_ENV), ENV_HOST);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if ((load<u32>(host, HOST_FLAGS) & (isIpv6 ? HOST_FLAG_DISSECT6 : HOST_FLAG_DISSECT4)) == 0) return;
  setTransport(flow, packet);
  store<u32>(flow, load<u32>(flow, FLOW_FLAGS) | FLOW_FLAG_DISSECTED, FLOW_FLAGS);
}

/**
 * Says protocol and ports of a packet, as the kernel's dissector finds them: IPv6's authentication header is a protocol to it.
 * Ref: net/core/flow_dissector.c:__skb_flow_dissect()
 */
export function setTransport(flow: usize, packet: usize): void {
  const header = packetHeader(flow, packet);
  store<u32>(flow, load<u32>(header, HEADER_PROTO), FLOW_PROTO);
  store<u32>(flow, bswap<u16>(load<u16>(header, HEADER_PORTS)), FLOW_SPORT);
  store<u32>(flow, bswap<u16>(load<u16>(header, HEADER_PORTS + 2)), FLOW_DPORT);
}

export function swapPorts(flow: usize): void {
  const port = load<u32>(flow, FLOW_SPORT);
  store<u32>(flow, load<u32>(flow, FLOW_DPORT), FLOW_SPORT);
  store<u32>(flow, port, FLOW_DPORT);
}

/** Where the kernel's dissector takes ports from, in bytes of the transport header; -1 = there are none. Ref: include/net/ip.h:proto_ports_offset() */
export function portsOffset(proto: u32): i32 {
  if (proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_DCCP || proto == PROTO_ESP || proto == PROTO_SCTP) return 0;
  if (proto == PROTO_UDPLITE) return 0;
  return proto == PROTO_AH ? AH_SPI : -1;
}
