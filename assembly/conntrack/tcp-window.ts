// TCP window tracking: whether a segment lies where its sender may send, and what it teaches about both sides.
//
// The tracker stands between the ends and does not see what they drop, so it guesses each side's window from what went by
// ("Real Stateful TCP Packet Filtering in IP Filter", G. van Rooij, 2000). With the sender's and the receiver's halves:
//   I    seq              <= sender.maxend                        no data beyond the window the receiver gave
//   II   seq + length     >= sender.end - receiver.maxwin         no data long acknowledged
//   III  ack (or SACK)    <= receiver.end                         no acknowledgement of what was not sent
//   IV   ack (or SACK)    >= receiver.end - MAXACKWINDOW          no acknowledgement of ages ago
// All comparisons are modulo 2^32.

import {
  CONNTRACK_TCP_BE_LIBERAL,
  DIRECTION_REPLY,
  FLOW_PROTO,
  TCP_CT_ESTABLISHED,
  TCP_CT_SYN_RECV,
  TCP_CT_SYN_SENT,
  TCP_END,
  TCP_FLAG_BE_LIBERAL,
  TCP_FLAG_DATA_UNACKNOWLEDGED,
  TCP_FLAG_MAXACK_SET,
  TCP_FLAG_SACK_PERM,
  TCP_FLAG_WINDOW_SCALE,
  TCP_HALF_BYTES,
  TCP_HALF_FLAGS,
  TCP_LAST_ACK,
  TCP_LAST_DIRECTION,
  TCP_LAST_END,
  TCP_LAST_SEQ,
  TCP_LAST_WIN,
  TCP_MAXACK,
  TCP_MAXEND,
  TCP_MAXWIN,
  TCP_RETRANS,
  TCP_SCALE,
  TCP_STATE,
} from '../abi/flow.ts';
import { PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { headerLength } from '../wire/tcp.ts';
import { shiftOf } from './sequence.ts';
import { TCP_CLASS_ACK } from './tcp-class.ts';
import { readSack, readSynOptions } from './tcp-options.ts';
import { be16, be32 } from './tuple.ts';

export const TCPHDR_FIN: u32 = 1;
export const TCPHDR_SYN: u32 = 2;
export const TCPHDR_RST: u32 = 4;
export const TCPHDR_ACK: u32 = 16;
/** Those that tell classes of segments apart; URG, ECE, CWR and PSH say nothing. */
export const TCPHDR_CLASSES: u32 = TCPHDR_FIN | TCPHDR_SYN | TCPHDR_RST | TCPHDR_ACK;

/** The segment fits. */
export const WINDOW_ACCEPT: u32 = 0;
/** Out of the window but harmless: let through as part of the connection, without effect. */
export const WINDOW_IGNORE: u32 = 1;
/** Out of the window. */
export const WINDOW_INVALID: u32 = 2;

/** Least span of rule IV. Ref: net/netfilter/nf_conntrack_proto_tcp.c:MAXACKWINCONST */
export const MAX_ACK_WINDOW: u32 = 66000;

// @ts-ignore: decorator
@inline
export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

// @ts-ignore: decorator
@inline
export function after(a: u32, b: u32): bool {
  return <i32>(b - a) < 0;
}

/** The half of a direction. */
export function tcpHalf(entry: usize, direction: u32): usize {
  return entry + FLOW_PROTO + <usize>direction * TCP_HALF_BYTES;
}

/** The sequence number behind a segment; SYN and FIN count one each. Ref: nf_conntrack_proto_tcp.c:segment_seq_plus_len() */
export function segmentEnd(packet: usize): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  const flags = <u32>load<u8>(header, 13);
  const data = load<u32>(packet, PACKET_L4_LENGTH) - headerLength(header);
  return be32(header + 4) + data + ((flags >> 1) & 1) + (flags & TCPHDR_FIN);
}

/** A SYN (or SYN-ACK) sets what is known of its sender. Ref: nf_conntrack_proto_tcp.c:tcp_init_sender() */
function startSender(sender: usize, receiver: usize, header: usize, end: u32, window: u32, direction: u32): void {
  store<u32>(sender, end, TCP_END);
  store<u32>(sender, end, TCP_MAXEND);
  store<u32>(sender, max<u32>(window, 1), TCP_MAXWIN);
  readSynOptions(header, sender);
  // Both sides must offer window scaling for either to use it.
  const both = <u32>load<u8>(sender, TCP_HALF_FLAGS) & load<u8>(receiver, TCP_HALF_FLAGS) & TCP_FLAG_WINDOW_SCALE;
  if (direction == DIRECTION_REPLY && !both) {
    store<u8>(sender, 0, TCP_SCALE);
    store<u8>(receiver, 0, TCP_SCALE);
  }
}

/** A connection picked up in the middle: take the segment's word for it. */
function adoptSender(sender: usize, receiver: usize, end: u32, window: u32, sack: u32): void {
  const scaled = max<u32>(window << <u32>load<u8>(sender, TCP_SCALE), 1);
  store<u32>(sender, end, TCP_END);
  store<u32>(sender, scaled, TCP_MAXWIN);
  store<u32>(sender, end + scaled, TCP_MAXEND);
  if (load<u32>(receiver, TCP_MAXWIN) == 0) {
    // Nothing seen of the other side yet: rules III and IV must hold until there is.
    store<u32>(receiver, sack, TCP_END);
    store<u32>(receiver, sack, TCP_MAXEND);
  } else if (sack == load<u32>(receiver, TCP_END) + 1) {
    // Most likely the answer to a keepalive, whose byte was not counted.
    store<u32>(receiver, sack, TCP_END);
  }
}

/** A rule is broken: with `be_liberal` (or a side picked up in the middle) the segment passes all the same. */
function broken(region: usize, sender: usize, answer: u32): u32 {
  const liberal = load<u32>(region, CONNTRACK_TCP_BE_LIBERAL) != 0 || (<u32>load<u8>(sender, TCP_HALF_FLAGS) & TCP_FLAG_BE_LIBERAL) != 0;
  return liberal ? WINDOW_ACCEPT : answer;
}

/**
 * Checks a segment against rules I to IV and, if it fits, learns from it.
 *
 * Returns: WINDOW_*.
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_in_window()
 */
// @ts-ignore: decorator
@inline
export function checkWindow(region: usize, entry: usize, packet: usize, direction: u32, flagClass: u32): u32 {
  const sender = tcpHalf(entry, direction);
  const receiver = tcpHalf(entry, direction ^ 1);
  const header = <usize>load<u32>(packet, PACKET_L4);
  const flags = <u32>load<u8>(header, 13);
  const state = <u32>load<u8>(entry, FLOW_PROTO + TCP_STATE);
  const window = be16(header + 14);
  let seq = be32(header + 4);
  let end = segmentEnd(packet);
  let ack = be32(header + 8);
  let sack = ack;
  if (<u32>load<u8>(receiver, TCP_HALF_FLAGS) & TCP_FLAG_SACK_PERM) sack = readSack(header, ack);
  const shift = shiftOf(entry, direction ^ 1, ack - 1);
  ack -= shift;
  sack -= shift;

  if (load<u32>(sender, TCP_MAXWIN) == 0) {
    if (flags & TCPHDR_SYN) {
      startSender(sender, receiver, header, end, window, direction);
      if (!(flags & TCPHDR_ACK)) return WINDOW_ACCEPT; // simultaneous open
    } else adoptSender(sender, receiver, end, window, sack);
  } else if (
    flags & TCPHDR_SYN &&
    after(end, load<u32>(sender, TCP_END)) &&
    (state == TCP_CT_SYN_SENT || state == TCP_CT_SYN_RECV)
  ) {
    // The side started over with a later sequence number (RFC 9293, 3.4.3).
    startSender(sender, receiver, header, end, window, direction);
    if (direction == DIRECTION_REPLY && !(flags & TCPHDR_ACK)) return WINDOW_ACCEPT;
  }

  // Without an acknowledgement, or with the 0 that some stacks put into a RST, the best one is assumed.
  if (!(flags & TCPHDR_ACK) || (flags & TCPHDR_RST && ack == 0)) ack = sack = load<u32>(receiver, TCP_END);
  // A RST that answers a SYN carries sequence number 0.
  if (flags & TCPHDR_RST && seq == 0 && state == TCP_CT_SYN_SENT) seq = end = load<u32>(sender, TCP_END);

  const receiverEnd = load<u32>(receiver, TCP_END);
  const receiverWindow = load<u32>(receiver, TCP_MAXWIN);
  const oldestAck = receiverEnd - max<u32>(load<u32>(sender, TCP_MAXWIN), MAX_ACK_WINDOW) - 1;
  const oldestData = load<u32>(sender, TCP_END) - receiverWindow - 1;
  if (!before(seq, load<u32>(sender, TCP_MAXEND) + 1)) {
    const overshot = end - load<u32>(sender, TCP_MAXEND) + 1;
    const onlyTooFar =
      receiverWindow != 0 && after(end, oldestData) && after(sack, oldestAck) && overshot <= receiverWindow && before(sack, receiverEnd + 1);
    if (!onlyTooFar) return broken(region, sender, WINDOW_INVALID); // I
    // The peer may take what overshoots by less than a window, and its acknowledgement must then pass rule III.
    store<u32>(sender, end, TCP_END);
    setHalfFlag(sender, TCP_FLAG_DATA_UNACKNOWLEDGED);
    return broken(region, sender, WINDOW_IGNORE);
  }
  if (!before(sack, receiverEnd + 1)) return broken(region, sender, WINDOW_INVALID); // III
  if (receiverWindow != 0 && !after(end, oldestData)) return broken(region, sender, WINDOW_IGNORE); // II
  if (!after(sack, oldestAck)) return broken(region, sender, WINDOW_IGNORE); // IV

  learn(sender, receiver, flags, end, ack, sack, flags & TCPHDR_SYN ? window : window << <u32>load<u8>(sender, TCP_SCALE));
  if (flagClass == TCP_CLASS_ACK) noteLastAck(entry + FLOW_PROTO, direction, seq, ack, end, window);
  return WINDOW_ACCEPT;
}

/**
 * What a segment that fits says about both sides. `window` is scaled. What differs from one segment to the next is chosen without a branch:
 * none could be foreseen.
 */
// @ts-ignore: decorator
@inline
export function learn(sender: usize, receiver: usize, flags: u32, end: u32, ack: u32, sack: u32, window: u32): void {
  const offered = window + (sack - ack);
  const senderWindow = load<u32>(sender, TCP_MAXWIN);
  const senderEnd = load<u32>(sender, TCP_END);
  const isFurther = after(end, senderEnd);
  let senderFlags = <u32>load<u8>(sender, TCP_HALF_FLAGS) | select<u32>(TCP_FLAG_DATA_UNACKNOWLEDGED, 0, isFurther);
  store<u32>(sender, max(senderWindow, offered), TCP_MAXWIN);
  store<u32>(sender, select<u32>(end, senderEnd, isFurther), TCP_END);
  if (flags & TCPHDR_ACK) {
    const known = load<u32>(sender, TCP_MAXACK);
    const isFirst = (senderFlags & TCP_FLAG_MAXACK_SET) == 0;
    store<u32>(sender, select<u32>(ack, known, (<u32>isFirst | <u32>after(ack, known)) != 0), TCP_MAXACK);
    senderFlags |= TCP_FLAG_MAXACK_SET;
  }
  store<u8>(sender, <u8>senderFlags, TCP_HALF_FLAGS);
  const receiverWindow = load<u32>(receiver, TCP_MAXWIN);
  if (receiverWindow != 0 && after(end, load<u32>(sender, TCP_MAXEND))) {
    store<u32>(receiver, receiverWindow + (end - load<u32>(sender, TCP_MAXEND)), TCP_MAXWIN);
  }
  const receiverMost = load<u32>(receiver, TCP_MAXEND);
  const most = sack + window;
  store<u32>(receiver, select<u32>(most + <u32>(window == 0), receiverMost, after(most, receiverMost - 1)), TCP_MAXEND);
  const answered = select<u32>(TCP_FLAG_DATA_UNACKNOWLEDGED, 0, ack == load<u32>(receiver, TCP_END));
  store<u8>(receiver, load<u8>(receiver, TCP_HALF_FLAGS) & ~(<u8>answered), TCP_HALF_FLAGS);
}

/**
 * Takes note of an acknowledgement. It is written down whether it came before or not, which cannot be foretold.
 *
 * Returns: how often the same one came again, modulo 256 as in the kernel: a side that repeats itself gets no answer.
 */
// @ts-ignore: decorator
@inline
function noteAck(state: usize, direction: u32, seq: u32, ack: u32, end: u32, window: u32): u32 {
  const differs =
    (<u32>load<u8>(state, TCP_LAST_DIRECTION) ^ direction) |
    (load<u32>(state, TCP_LAST_SEQ) ^ seq) |
    (load<u32>(state, TCP_LAST_ACK) ^ ack) |
    (load<u32>(state, TCP_LAST_END) ^ end) |
    (<u32>load<u16>(state, TCP_LAST_WIN) ^ window);
  store<u32>(state, seq, TCP_LAST_SEQ);
  store<u32>(state, ack, TCP_LAST_ACK);
  store<u32>(state, end, TCP_LAST_END);
  store<u16>(state, <u16>window, TCP_LAST_WIN);
  return select<u32>((<u32>load<u8>(state, TCP_RETRANS) + 1) & 0xff, 0, differs == 0);
}

/** Takes note of an acknowledgement and where it came from. */
function noteLastAck(state: usize, direction: u32, seq: u32, ack: u32, end: u32, window: u32): void {
  store<u8>(state, <u8>noteAck(state, direction, seq, ack, end, window), TCP_RETRANS);
  store<u8>(state, <u8>direction, TCP_LAST_DIRECTION);
}

/** The same of one that leaves an established connection what it is, where nothing else is in it. */
// @ts-ignore: decorator
@inline
export function noteOrdinaryAck(state: usize, direction: u32, seq: u32, ack: u32, end: u32, window: u32): void {
  const repeats = noteAck(state, direction, seq, ack, end, window);
  // As one word: TCP_STATE, TCP_LAST_DIRECTION, TCP_LAST_CLASS, TCP_RETRANS.
  store<u32>(state, TCP_CT_ESTABLISHED | (direction << 8) | (TCP_CLASS_ACK << 16) | (repeats << 24), TCP_STATE);
}

/** Sets a TCP_FLAG_* of a side. */
export function setHalfFlag(half: usize, flag: u32): void {
  store<u8>(half, load<u8>(half, TCP_HALF_FLAGS) | <u8>flag, TCP_HALF_FLAGS);
}
