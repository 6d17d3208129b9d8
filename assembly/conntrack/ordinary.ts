// The ordinary packets of connections, which most are: segments that acknowledge, in the window of an established connection, and datagrams
// of a conversation that has been answered. What becomes of them is what the trackers say (tcp.ts, udp.ts); this is the shortest way there,
// from what a look has told. Of all others nothing is said here, and nothing is done.

import {
  LOOK_ACK,
  LOOK_END,
  LOOK_IP,
  LOOK_KIND,
  LOOK_KIND_ODD,
  LOOK_KIND_OPTIONS,
  LOOK_KIND_SUM,
  LOOK_LENGTH,
  LOOK_SEQ,
  LOOK_SEQ_END,
  LOOK_TIME,
  LOOK_WINDOW,
} from '../abi/batch.ts';
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
  TUPLE_PROTO,
  TUPLE_SPORT,
  UDP_STREAM_AFTER,
} from '../abi/flow.ts';
import { isSealed4 } from '../wire/checksum.ts';
import { IPV4_BYTES } from '../wire/ipv4.ts';
import { TCP_CHECKSUM } from '../wire/tcp.ts';
import { PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { UDP_CHECKSUM } from '../wire/udp.ts';
import { hasExpired } from './expire.ts';
import { chooseTimeout } from './tcp.ts';
import { TCP_CLASS_ACK } from './tcp-class.ts';
import { readSack } from './tcp-options.ts';
import { learn, MAX_ACK_WINDOW, noteOrdinaryAck, TCPHDR_ACK } from './tcp-window.ts';

/** Of the status of a connection, what matters here, and how it must be. */
const TCP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST | IPS_OWN_TIMEOUTS;
const TCP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED;
const UDP_STATUS: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_FIXED_TIMEOUT | IPS_OWN_TIMEOUTS;
const UDP_ORDINARY: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY;

/**
 * Puts an ordinary packet into effect on its connection, if that has time left. All that must hold is asked at once, since it nearly always does.
 *
 * `status`: FLOW_STATUS; `look`: what is known of a simple packet (LOOK_*, abi/batch.ts).
 * Returns: whether it is one; if not, nothing has changed.
 */
// @ts-ignore: decorator
@inline
export function passOrdinary(region: usize, entry: usize, status: u32, direction: u32, look: usize): bool {
  return <u32>load<u8>(look, LOOK_END + TUPLE_PROTO - TUPLE_SPORT) == PROTO_TCP
    ? passSegment(region, entry, status, direction, look)
    : passDatagram(region, entry, status, look);
}

/** Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_conntrack_tcp_packet(), tcp_in_window() */
// @ts-ignore: decorator
@inline
function passSegment(region: usize, entry: usize, status: u32, direction: u32, look: usize): bool {
  const state = entry + FLOW_PROTO;
  const sender = state + <usize>direction * TCP_HALF_BYTES;
  const receiver = state + <usize>(direction ^ 1) * TCP_HALF_BYTES;
  const senderWindow = load<u32>(sender, TCP_MAXWIN);
  const receiverWindow = load<u32>(receiver, TCP_MAXWIN);
  const seq = load<u32>(look, LOOK_SEQ);
  const ack = load<u32>(look, LOOK_ACK);
  const end = load<u32>(look, LOOK_SEQ_END);
  const window: u32 = load<u16>(look, LOOK_WINDOW);
  const kind: u32 = load<u16>(look, LOOK_KIND);
  const now = load<u64>(look, LOOK_TIME);
  let sack = ack;
  if ((kind & (LOOK_KIND_ODD | LOOK_KIND_OPTIONS)) == LOOK_KIND_OPTIONS && (<u32>load<u8>(receiver, TCP_HALF_FLAGS) & TCP_FLAG_SACK_PERM) != 0)
    sack = readSack(<usize>load<u32>(look, LOOK_IP) + IPV4_BYTES, ack);
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
    (kind & LOOK_KIND_ODD) |
    <u32>(senderWindow == 0) |
    <u32>(receiverWindow == 0) |
    (~inside >>> 31) |
    <u32>hasExpired(entry, now);
  if (differs != 0) return false;
  if ((kind & LOOK_KIND_SUM) != 0 && isBroken(region, look, PROTO_TCP, TCP_CHECKSUM)) return false;
  learn(sender, receiver, TCPHDR_ACK, end, ack, sack, window << <u32>load<u8>(sender, TCP_SCALE));
  noteOrdinaryAck(state, direction, seq, ack, end, window);
  store<u64>(entry, now + chooseTimeout(region, region, state, TCP_CLASS_ACK, TCP_CT_ESTABLISHED), FLOW_DEADLINE);
  return true;
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet() */
// @ts-ignore: decorator
@inline
function passDatagram(region: usize, entry: usize, status: u32, look: usize): bool {
  const now = load<u64>(look, LOOK_TIME);
  const kind: u32 = load<u16>(look, LOOK_KIND);
  const isStream = now > load<u64>(entry, FLOW_PROTO + UDP_STREAM_AFTER);
  const differs =
    ((status & UDP_STATUS) ^ UDP_ORDINARY) |
    (kind & LOOK_KIND_ODD) |
    (<u32>isStream & <u32>((status & IPS_ASSURED) == 0)) |
    <u32>hasExpired(entry, now);
  if (differs != 0) return false;
  if ((kind & LOOK_KIND_SUM) != 0 && isBroken(region, look, PROTO_UDP, UDP_CHECKSUM)) return false;
  const timeout = isStream ? load<u64>(region, CONNTRACK_UDP_TIMEOUT_STREAM) : load<u64>(region, CONNTRACK_UDP_TIMEOUT);
  store<u64>(entry, now + timeout, FLOW_DEADLINE);
  return true;
}

/** Whether the checksum of a packet that has one is wrong, where the tracker looks at it. */
function isBroken(region: usize, look: usize, proto: u32, field: u32): bool {
  if (!load<u32>(region, CONNTRACK_CHECKSUM)) return false;
  return !isSealed4(load<u32>(look, LOOK_IP), <u32>load<u16>(look, LOOK_LENGTH) - IPV4_BYTES, proto, field);
}
