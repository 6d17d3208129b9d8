// UDP and UDP-Lite: no states, only whether an answer was seen and for how long it goes on.

import {
  CONNTRACK_CLOCK,
  CONNTRACK_UDP_TIMEOUT,
  CONNTRACK_UDP_TIMEOUT_STREAM,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  UDP_STREAM_AFTER,
} from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH, PACKET_TIME } from '../abi/packet.ts';
import { HZ, JIFFY_NS } from '../abi/rate.ts';
import { HANDLED, HANDLED_INVALID } from './answer.ts';
import { assure } from './assure.ts';
import { badChecksum } from './checksum.ts';
import { refresh, timeoutsOf } from './expire.ts';
import { be16 } from './tuple.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';

/** Jiffies that a conversation must have lasted to be a stream when the next one begins. */
const STREAM_AFTER: u64 = 2 * HZ;

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
  if (!(status & IPS_CONFIRMED)) store<u64>(entry, streamAfter(region, now), FLOW_PROTO + UDP_STREAM_AFTER);
  const timeouts = timeoutsOf(region, entry, status);
  if ((status & IPS_SEEN_REPLY) && now > load<u64>(entry, FLOW_PROTO + UDP_STREAM_AFTER)) {
    refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT_STREAM));
    assure(entry, status);
  } else refresh(region, entry, packet, load<u64>(timeouts, CONNTRACK_UDP_TIMEOUT));
  return HANDLED;
}

/**
 * The last moment at which a conversation that begins now is not a stream: the kernel has both times in jiffies, so it is the end of one.
 *
 * Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet()
 */
// @ts-ignore: decorator
@inline
export function streamAfter(region: usize, now: u64): u64 {
  const ahead = load<u64>(region, CONNTRACK_CLOCK);
  return ((now + ahead) / JIFFY_NS + STREAM_AFTER + 1) * JIFFY_NS - ahead - 1;
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
