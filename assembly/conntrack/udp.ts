// UDP and UDP-Lite: no states, only whether an answer was seen and for how long it goes on.

import {
  CONNTRACK_UDP_TIMEOUT,
  CONNTRACK_UDP_TIMEOUT_STREAM,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  UDP_STREAM_AT,
} from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH, PACKET_TIME } from '../abi/packet.ts';
import { HANDLED, HANDLED_INVALID } from './answer.ts';
import { assure } from './assure.ts';
import { badChecksum } from './checksum.ts';
import { refresh, SECOND, timeoutsOf } from './expire.ts';
import { be16 } from './tuple.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';

/** How long a conversation must last to be a stream. */
export const STREAM_AFTER: u64 = 2 * SECOND;

/**
 * Tracks a UDP datagram. Two-way traffic that still goes on two seconds after the first packet is a stream: it is ASSURED
 * and lives longer.
 *
 * Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet()
 */
export function trackUdp(region: usize, entry: usize, packet: usize): u32 {
  if (isBrokenUdp(region, packet)) return HANDLED_INVALID;
  const now = load<u64>(packet, PACKET_TIME);
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_CONFIRMED)) store<u64>(entry, now + STREAM_AFTER, FLOW_PROTO + UDP_STREAM_AT);
  const timeouts = timeoutsOf(region, entry, status);
  if ((status & IPS_SEEN_REPLY) && now > load<u64>(entry, FLOW_PROTO + UDP_STREAM_AT)) {
    refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT_STREAM));
    assure(entry, status);
  } else refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT));
  return HANDLED;
}

/**
 * Tracks a UDP-Lite datagram: any answer makes it ASSURED.
 *
 * Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udplite_packet()
 */
export function trackUdpLite(region: usize, entry: usize, packet: usize): u32 {
  if (isBrokenUdpLite(region, packet)) return HANDLED_INVALID;
  const status = load<u32>(entry, FLOW_STATUS);
  const timeouts = timeoutsOf(region, entry, status);
  if (status & IPS_SEEN_REPLY) {
    refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT_STREAM));
    assure(entry, status);
  } else refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT));
  return HANDLED;
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:udp_error() */
// @ts-ignore: decorator
@inline
export function isBrokenUdp(region: usize, packet: usize): bool {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (header + UDP_BYTES > <usize>load<u32>(packet, PACKET_END)) return true;
  const length = be16(header + 4);
  if (length > load<u32>(packet, PACKET_L4_LENGTH) || length < UDP_BYTES) return true;
  if (load<u16>(header, UDP_CHECKSUM) == 0) return false; // sent without a checksum
  return badChecksum(region, packet);
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:udplite_error() */
function isBrokenUdpLite(region: usize, packet: usize): bool {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (header + UDP_BYTES > <usize>load<u32>(packet, PACKET_END)) return true;
  const coverage = be16(header + 4);
  if (coverage != 0 && (coverage < UDP_BYTES || coverage > load<u32>(packet, PACKET_L4_LENGTH))) return true;
  if (load<u16>(header, UDP_CHECKSUM) == 0) return true; // UDP-Lite must carry a checksum
  return badChecksum(region, packet);
}
