// The ordinary packets of connections, which most are: segments that acknowledge, in the window of an established connection, and datagrams
// of a conversation that has been answered. What becomes of them is what the trackers say (tcp.ts, udp.ts); this is the shortest way there,
// from the bytes as they lie in the capture. Of all others nothing is said here, and nothing is done.

import {
  CONNTRACK_ACCT,
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
  TCP_LAST_CLASS,
  TCP_LAST_DIRECTION,
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
import { countOn } from './expire.ts';
import { chooseTimeout } from './tcp.ts';
import { TCP_CLASS_ACK } from './tcp-class.ts';
import { readSack } from './tcp-options.ts';
import { after, before, learn, MAX_ACK_WINDOW, noteAck, TCPHDR_ACK } from './tcp-window.ts';
import { be16, be32 } from './tuple.ts';

/** ACK of the flags that make classes. */
const TCPHDR_CLASSES: u32 = 0x17;

/** Of the status of a connection, what matters here, and how it must be. */
const TCP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST | IPS_OWN_TIMEOUTS;
const TCP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED;
const UDP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_FIXED_TIMEOUT | IPS_OWN_TIMEOUTS;
const UDP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY;

/**
 * Puts an ordinary packet into effect on its connection.
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
  const isOrdinary =
    proto == PROTO_TCP
      ? passSegment(region, entry, status, direction, ip, length, present, now, received)
      : passDatagram(region, entry, status, ip, length, present, now, received);
  if (isOrdinary && load<u32>(region, CONNTRACK_ACCT)) countOn(region, entry, direction, length, now);
  return isOrdinary;
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
  if ((status & TCP_STATUS) != TCP_ORDINARY) return false;
  const state = entry + FLOW_PROTO;
  const header = ip + IPV4_BYTES;
  if (<u32>load<u8>(state, TCP_STATE) != TCP_CT_ESTABLISHED || (<u32>load<u8>(header, 13) & TCPHDR_CLASSES) != TCPHDR_ACK) return false;
  const headerBytes = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (headerBytes < TCP_BYTES || present - IPV4_BYTES < headerBytes) return false;
  const sender = state + <usize>direction * TCP_HALF_BYTES;
  const receiver = state + <usize>(direction ^ 1) * TCP_HALF_BYTES;
  const senderWindow = load<u32>(sender, TCP_MAXWIN);
  const receiverWindow = load<u32>(receiver, TCP_MAXWIN);
  if (senderWindow == 0 || receiverWindow == 0) return false;
  const seq = be32(header + 4);
  const ack = be32(header + 8);
  const end = seq + length - IPV4_BYTES - headerBytes;
  const hasSack = headerBytes > TCP_BYTES && (<u32>load<u8>(receiver, TCP_HALF_FLAGS) & TCP_FLAG_SACK_PERM) != 0;
  const sack = hasSack ? readSack(header, ack) : ack;
  const receiverEnd = load<u32>(receiver, TCP_END);
  if (
    !before(seq, load<u32>(sender, TCP_MAXEND) + 1) ||
    !before(sack, receiverEnd + 1) ||
    !after(end, load<u32>(sender, TCP_END) - receiverWindow - 1) ||
    !after(sack, receiverEnd - max<u32>(senderWindow, MAX_ACK_WINDOW) - 1)
  ) {
    return false;
  }
  if (isBroken(region, ip, length, present, PROTO_TCP, TCP_CHECKSUM, received)) return false;
  const window = be16(header + 14);
  learn(sender, receiver, TCPHDR_ACK, end, ack, sack, window << <u32>load<u8>(sender, TCP_SCALE));
  noteAck(state, direction, seq, ack, end, window);
  store<u8>(state, <u8>direction, TCP_LAST_DIRECTION);
  store<u8>(state, <u8>TCP_CLASS_ACK, TCP_LAST_CLASS);
  store<u64>(entry, now + chooseTimeout(region, region, state, TCP_CLASS_ACK, TCP_CT_ESTABLISHED), FLOW_DEADLINE);
  return true;
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet() */
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
  if ((status & UDP_STATUS) != UDP_ORDINARY) return false;
  const header = ip + IPV4_BYTES;
  const bytes = be16(header + 4);
  if (bytes > length - IPV4_BYTES || bytes < UDP_BYTES) return false;
  const isStream = now > load<u64>(entry, FLOW_PROTO + UDP_STREAM_AT);
  if (isStream && !(status & IPS_ASSURED)) return false;
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
