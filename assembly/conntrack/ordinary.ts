// The ordinary packets of connections, which most are: segments that acknowledge, in the window of an established connection, and datagrams
// of a conversation that has been answered. What becomes of them is what the trackers say (tcp.ts, udp.ts); this is the shortest way there,
// from the bytes as they lie in the capture. Of all others nothing is said here, and nothing is done.

import {
  CONNTRACK_CHECKSUM,
  CONNTRACK_UDP_TIMEOUT,
  CONNTRACK_UDP_TIMEOUT_STREAM,
  FLOW_DEADLINE,
  FLOW_PROTO,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  IPS_OWN_TIMEOUTS,
  IPS_SEEN_REPLY,
  IPS_SEQ_ADJUST,
  TCP_CT_ESTABLISHED,
  TCP_END,
  TCP_FLAG_SACK_PERM,
  TCP_HALF_BYTES,
  TCP_HALF_FLAGS,
  TCP_MAXEND,
  TCP_MAXWIN,
  TCP_SCALE,
  TCP_STATE,
  UDP_STREAM_AT,
} from '../abi/flow.ts';
import { isSealed4 } from '../wire/checksum.ts';
import { IPV4_BYTES } from '../wire/ipv4.ts';
import { TCP_BYTES, TCP_CHECKSUM } from '../wire/tcp.ts';
import { PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';
import { hasExpired } from './expire.ts';
import { chooseTimeout } from './tcp.ts';
import { TCP_CLASS_ACK } from './tcp-class.ts';
import { readSack } from './tcp-options.ts';
import { learn, MAX_ACK_WINDOW, noteOrdinaryAck, TCPHDR_ACK } from './tcp-window.ts';
import { be16 } from './tuple.ts';

/** ACK of the flags that make classes. */
const TCPHDR_CLASSES: u32 = 0x17;

/** Of the status of a connection, what matters here, and how it must be. */
const TCP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST | IPS_OWN_TIMEOUTS;
const TCP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED;
const UDP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_FIXED_TIMEOUT | IPS_OWN_TIMEOUTS;
const UDP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY;

/**
 * Puts an ordinary packet into effect on its connection, if that has time left. All that must hold is asked at once, since it nearly always does.
 *
 * `status`: FLOW_STATUS; `ip`: the header of a simple packet (wire/glance.ts) of `length` bytes, of which `present` were captured; `received`:
 * the tracker sees it at PREROUTING.
 * Returns: whether it is one; if not, nothing has changed.
 */
// @ts-ignore: decorator
@inline
export function passOrdinary(
  region: usize,
  entry: usize,
  status: u32,
  direction: u32,
  ip: usize,
  length: u32,
  present: u32,
  now: u64,
  received: bool,
): bool {
  const proto = <u32>load<u8>(ip, 9);
  return proto == PROTO_TCP
    ? passSegment(region, entry, status, direction, ip, length, present, now, received)
    : passDatagram(region, entry, status, ip, length, present, now, received);
}

/** Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_conntrack_tcp_packet(), tcp_in_window() */
// @ts-ignore: decorator
@inline
function passSegment(
  region: usize,
  entry: usize,
  status: u32,
  direction: u32,
  ip: usize,
  length: u32,
  present: u32,
  now: u64,
  received: bool,
): bool {
  const state = entry + FLOW_PROTO;
  const header = ip + IPV4_BYTES;
  const sender = state + <usize>direction * TCP_HALF_BYTES;
  const receiver = state + <usize>(direction ^ 1) * TCP_HALF_BYTES;
  const senderWindow = load<u32>(sender, TCP_MAXWIN);
  const receiverWindow = load<u32>(receiver, TCP_MAXWIN);
  const bytes = v128.load(header, 4);
  const words = v128.shuffle<u8>(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 8, 9, 12, 13, 14, 15);
  const seq: u32 = i32x4.extract_lane(words, 0);
  const ack: u32 = i32x4.extract_lane(words, 1);
  const window: u32 = i16x8.extract_lane_u(words, 4);
  const word: u32 = i16x8.extract_lane_u(words, 5);
  const headerBytes = (word & 0xf0) >> 2;
  const end = seq + length - IPV4_BYTES - headerBytes;
  let sack = ack;
  if (headerBytes > TCP_BYTES && (<u32>load<u8>(receiver, TCP_HALF_FLAGS) & TCP_FLAG_SACK_PERM) != 0) {
    if (present - IPV4_BYTES < headerBytes) return false;
    sack = readSack(header, ack);
  }
  const receiverEnd = load<u32>(receiver, TCP_END);
  // Each of these is negative where the segment is in the window.
  const inside =
    (seq - load<u32>(sender, TCP_MAXEND) - 1) &
    (sack - receiverEnd - 1) &
    (load<u32>(sender, TCP_END) - receiverWindow - 1 - end) &
    (receiverEnd - max<u32>(senderWindow, MAX_ACK_WINDOW) - 1 - sack);
  const differs =
    ((status & TCP_STATUS) ^ TCP_ORDINARY) |
    (<u32>load<u8>(state, TCP_STATE) ^ TCP_CT_ESTABLISHED) |
    (((word >> 8) & TCPHDR_CLASSES) ^ TCPHDR_ACK) |
    <u32>(headerBytes < TCP_BYTES) |
    <u32>(present - IPV4_BYTES < headerBytes) |
    <u32>(senderWindow == 0) |
    <u32>(receiverWindow == 0) |
    (~inside >>> 31) |
    <u32>hasExpired(entry, now);
  if (differs != 0) return false;
  if (isBroken(region, ip, length, present, PROTO_TCP, TCP_CHECKSUM, received)) return false;
  learn(sender, receiver, TCPHDR_ACK, end, ack, sack, window << <u32>load<u8>(sender, TCP_SCALE));
  noteOrdinaryAck(state, direction, seq, ack, end, window);
  store<u64>(entry, now + chooseTimeout(region, region, state, TCP_CLASS_ACK, TCP_CT_ESTABLISHED), FLOW_DEADLINE);
  return true;
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet() */
// @ts-ignore: decorator
@inline
function passDatagram(
  region: usize,
  entry: usize,
  status: u32,
  ip: usize,
  length: u32,
  present: u32,
  now: u64,
  received: bool,
): bool {
  const header = ip + IPV4_BYTES;
  const bytes = be16(header + 4);
  const isStream = now > load<u64>(entry, FLOW_PROTO + UDP_STREAM_AT);
  const differs =
    ((status & UDP_STATUS) ^ UDP_ORDINARY) |
    <u32>(bytes > length - IPV4_BYTES) |
    <u32>(bytes < UDP_BYTES) |
    (<u32>isStream & <u32>((status & IPS_ASSURED) == 0)) |
    <u32>hasExpired(entry, now);
  if (differs != 0) return false;
  const hasSum = load<u16>(header, UDP_CHECKSUM) != 0;
  if (hasSum && isBroken(region, ip, length, present, PROTO_UDP, UDP_CHECKSUM, received)) return false;
  const timeout = isStream ? load<u64>(region, CONNTRACK_UDP_TIMEOUT_STREAM) : load<u64>(region, CONNTRACK_UDP_TIMEOUT);
  store<u64>(entry, now + timeout, FLOW_DEADLINE);
  return true;
}

/** Whether a checksum that the tracker looks at is wrong. Without all bytes there is nothing to look at. */
// @ts-ignore: decorator
@inline
function isBroken(region: usize, ip: usize, length: u32, present: u32, proto: u32, field: u32, received: bool): bool {
  if (present < length || !received || !load<u32>(region, CONNTRACK_CHECKSUM)) return false;
  return !isSealed4(ip, length - IPV4_BYTES, proto, field);
}
