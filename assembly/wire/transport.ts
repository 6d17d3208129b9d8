// Transport protocols by number, and how much of each header rules and conntrack ask for.

import { ICMP_BYTES } from './icmp.ts';
import { SCTP_BYTES } from './sctp.ts';
import { TCP_BYTES } from './tcp.ts';
import { UDP_BYTES } from './udp.ts';

export const PROTO_ICMP: u32 = 1;
export const PROTO_TCP: u32 = 6;
export const PROTO_UDP: u32 = 17;
export const PROTO_DCCP: u32 = 33;
export const PROTO_ESP: u32 = 50;
export const PROTO_AH: u32 = 51;
export const PROTO_ICMPV6: u32 = 58;
export const PROTO_SCTP: u32 = 132;
export const PROTO_UDPLITE: u32 = 136;

const DCCP_BYTES: u32 = 12;
const ESP_BYTES: u32 = 8;
const AH_BYTES: u32 = 12;
const PROTO_IPCOMP: u32 = 108;
const IPCOMP_BYTES: u32 = 4;
const PROTO_MOBILITY: u32 = 135;
const MOBILITY_BYTES: u32 = 6;

/** Header bytes that matches of the protocol ask for; 0 for protocols that none asks for. */
export function headerBytes(protocol: u32): u32 {
  if (protocol == PROTO_TCP) return TCP_BYTES;
  if (protocol == PROTO_UDP || protocol == PROTO_UDPLITE) return UDP_BYTES;
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) return ICMP_BYTES;
  if (protocol == PROTO_SCTP) return SCTP_BYTES;
  if (protocol == PROTO_DCCP) return DCCP_BYTES;
  if (protocol == PROTO_ESP) return ESP_BYTES;
  if (protocol == PROTO_AH) return AH_BYTES;
  if (protocol == PROTO_IPCOMP) return IPCOMP_BYTES;
  return protocol == PROTO_MOBILITY ? MOBILITY_BYTES : 0;
}

/** The header begins with source and destination port. */
export function hasPorts(protocol: u32): bool {
  return (
    protocol == PROTO_TCP ||
    protocol == PROTO_UDP ||
    protocol == PROTO_SCTP ||
    protocol == PROTO_UDPLITE ||
    protocol == PROTO_DCCP
  );
}
