// The TCP tracker: what a segment does to the state of its connection. Grid and flag classes are in tcp-class.ts, the window
// rules in tcp-window.ts.

import { IPCT_PROTOINFO } from '../abi/event.ts';
import {
  CONNTRACK_TCP_IGNORE_INVALID_RST,
  CONNTRACK_TCP_LOOSE,
  CONNTRACK_TCP_MAX_RETRANS,
  CONNTRACK_TCP_TIMEOUTS,
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_DEADLINE,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  TCP_CT_CLOSE,
  TCP_CT_ESTABLISHED,
  TCP_CT_FIN_WAIT,
  TCP_CT_IGNORE,
  TCP_CT_INVALID,
  TCP_CT_LAST_ACK,
  TCP_CT_NONE,
  TCP_CT_RETRANS,
  TCP_CT_SYN_RECV,
  TCP_CT_SYN_SENT,
  TCP_CT_SYN_SENT2,
  TCP_CT_TIME_WAIT,
  TCP_CT_UNACK,
  TCP_END,
  TCP_FLAG_BE_LIBERAL,
  TCP_FLAG_CHALLENGE_ACK,
  TCP_FLAG_CLOSE_INIT,
  TCP_FLAG_DATA_UNACKNOWLEDGED,
  TCP_FLAG_MAXACK_SET,
  TCP_FLAG_SACK_PERM,
  TCP_FLAG_SIMULTANEOUS_OPEN,
  TCP_HALF_BYTES,
  TCP_HALF_FLAGS,
  TCP_LAST_ACK,
  TCP_LAST_CLASS,
  TCP_LAST_DIRECTION,
  TCP_LAST_END,
  TCP_LAST_FLAGS,
  TCP_LAST_SCALE,
  TCP_LAST_SEQ,
  TCP_LAST_WIN,
  TCP_MAXACK,
  TCP_MAXEND,
  TCP_MAXWIN,
  TCP_RETRANS,
  TCP_SCALE,
  TCP_STATE,
} from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH, PACKET_NUMBER, PACKET_TIME } from '../abi/packet.ts';
import { HZ, JIFFY_NS } from '../abi/rate.ts';
import { HANDLED, HANDLED_INVALID, HANDLED_REPEAT } from './answer.ts';
import { assure } from './assure.ts';
import { badChecksum } from './checksum.ts';
import { noteEvent } from './event.ts';
import { account, jiffiesLeft, packetDirection, refresh, timeoutsOf } from './expire.ts';
import { killEntry } from './table.ts';
import {
  areTcpFlagsValid,
  nextTcpState,
  TCP_CLASS_ACK,
  TCP_CLASS_FIN,
  TCP_CLASS_NONE,
  TCP_CLASS_RST,
  TCP_CLASS_SYN,
  TCP_CLASS_SYNACK,
  tcpClass,
} from './tcp-class.ts';
import { readSynOptions } from './tcp-options.ts';
import { checkWindow, segmentEnd, setHalfFlag, tcpHalf, WINDOW_ACCEPT, WINDOW_IGNORE } from './tcp-window.ts';
import { be16, be32 } from './tuple.ts';
import { clear32 } from '../wire/clear.ts';
import { flags as flagsOf, headerLength, TCP_BYTES } from '../wire/tcp.ts';

/** What `judge` finds: go on with the window check, or without it, or one of HANDLED_*. */
const JUDGE_WINDOW: u32 = 16;
const JUDGE_IN_WINDOW: u32 = 17;
/** Added to JUDGE_WINDOW or JUDGE_IN_WINDOW: the state to go to, and the state to have come from. */
const JUDGE_NEXT_SHIFT: u32 = 8;
const JUDGE_OLD_SHIFT: u32 = 16;

/**
 * Tracks a TCP segment.
 *
 * Returns: HANDLED, HANDLED_INVALID, or HANDLED_REPEAT where the segment opens the connection anew.
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_conntrack_tcp_packet()
 */
export function trackTcp(region: usize, block: usize, entry: usize, packet: usize): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (isBrokenTcp(region, packet, header)) return HANDLED_INVALID;
  const flags = flagsOf(header);
  const flagClass = tcpClass(flags);
  if (!(load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED) && !open(region, entry, packet, header, flagClass)) return HANDLED_INVALID;

  const direction = packetDirection(packet);
  const old = <u32>load<u8>(entry, FLOW_PROTO + TCP_STATE);
  const next = nextTcpState(direction, old, flagClass);
  const judged = judge(region, block, entry, packet, header, direction, flagClass, old, next);
  const step = judged & 0xff;
  if (step < JUDGE_WINDOW) return step;
  if (step == JUDGE_WINDOW) {
    const answer = checkWindow(region, entry, packet, direction, flagClass);
    if (answer == WINDOW_IGNORE) return HANDLED;
    if (answer != WINDOW_ACCEPT) {
      distrust(region, entry, packet, direction, flagClass);
      return HANDLED_INVALID;
    }
  }
  return advance(region, block, entry, packet, direction, flagClass, (judged >> JUDGE_OLD_SHIFT) & 0xff, (judged >> JUDGE_NEXT_SHIFT) & 0xff);
}

/** A segment that no TCP would send. Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_error() */
// @ts-ignore: decorator
@inline
export function isBrokenTcp(region: usize, packet: usize, header: usize): bool {
  const captured = load<u32>(packet, PACKET_END) - <u32>header;
  if (captured < TCP_BYTES) return true;
  const headerBytes = headerLength(header);
  if (headerBytes < TCP_BYTES || load<u32>(packet, PACKET_L4_LENGTH) < headerBytes) return true;
  if (captured < headerBytes) return true; // the options were not captured
  if (badChecksum(region, packet)) return true;
  return !areTcpFlagsValid(flagsOf(header));
}

/**
 * Sets up a new entry from its first segment: a SYN, or with `tcp_loose` an ACK.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_new()
 */
function open(region: usize, entry: usize, packet: usize, header: usize, flagClass: u32): bool {
  const first = nextTcpState(DIRECTION_ORIGINAL, TCP_CT_NONE, flagClass);
  if (first >= TCP_CT_INVALID) return false;
  if (first != TCP_CT_SYN_SENT && !load<u32>(region, CONNTRACK_TCP_LOOSE)) return false;
  clear32(entry + FLOW_PROTO);
  v128.store(entry, i32x4.splat(0), FLOW_PROTO + 32);
  store<u64>(entry, 0, FLOW_PROTO + 48);
  store<u32>(entry, 0, FLOW_PROTO + 56);
  const half = tcpHalf(entry, DIRECTION_ORIGINAL);
  const end = segmentEnd(packet);
  const window = max<u32>(be16(header + 14), 1);
  store<u32>(half, end, TCP_END);
  store<u32>(half, window, TCP_MAXWIN);
  if (first == TCP_CT_SYN_SENT) {
    store<u32>(half, end, TCP_MAXEND);
    readSynOptions(header, half);
  } else {
    store<u32>(half, end + window, TCP_MAXEND);
    // The options of its SYNs are lost: both sides may use SACK, and windows may be scaled, so no rule of theirs can be held.
    const assumed = <u8>(TCP_FLAG_SACK_PERM | TCP_FLAG_BE_LIBERAL);
    store<u8>(half, assumed, TCP_HALF_FLAGS);
    store<u8>(tcpHalf(entry, DIRECTION_REPLY), assumed, TCP_HALF_FLAGS);
  }
  store<u8>(entry, <u8>TCP_CLASS_NONE, FLOW_PROTO + TCP_LAST_CLASS);
  return true;
}

function goOnFrom(old: u32, next: u32): u32 {
  return (old << JUDGE_OLD_SHIFT) | (next << JUDGE_NEXT_SHIFT) | JUDGE_WINDOW;
}

/** Handles the cells of the grid that need more than a state: `next` is what it says of `old`. Returns a HANDLED_*, or a JUDGE_* with its states. */
function judge(
  region: usize,
  block: usize,
  entry: usize,
  packet: usize,
  header: usize,
  direction: u32,
  flagClass: u32,
  old: u32,
  next: u32,
): u32 {
  const state = entry + FLOW_PROTO;
  const goOn = goOnFrom(old, next);
  if (next == TCP_CT_SYN_SENT && old >= TCP_CT_TIME_WAIT) {
    if (mayReopen(state, direction)) {
      killEntry(region, block, entry, load<u32>(packet, PACKET_NUMBER));
      return HANDLED_REPEAT;
    }
    return letThrough(state, packet, header, direction, flagClass, old);
  }
  if (next == TCP_CT_IGNORE) return letThrough(state, packet, header, direction, flagClass, old);
  if (next == TCP_CT_INVALID) return HANDLED_INVALID;
  if (next == TCP_CT_TIME_WAIT && isChallengeAck(state, direction, flagClass, old)) return HANDLED;
  if (next == TCP_CT_SYN_SENT2) setLastFlag(state, TCP_FLAG_SIMULTANEOUS_OPEN);
  if (next == TCP_CT_SYN_RECV && direction == DIRECTION_REPLY && flagClass == TCP_CLASS_ACK && hasLastFlag(state, TCP_FLAG_SIMULTANEOUS_OPEN)) {
    // The grid cannot tell: after SYNs from both sides, the replier's ACK completes the connection.
    return (old << JUDGE_OLD_SHIFT) | (TCP_CT_ESTABLISHED << JUDGE_NEXT_SHIFT) | JUDGE_WINDOW;
  }
  if (next == TCP_CT_CLOSE && flagClass == TCP_CLASS_RST) return judgeReset(region, entry, header, direction, old, goOn);
  return goOn;
}

/** A closed connection may be opened anew if one side said so (FIN), or the same side reset it. */
function mayReopen(state: usize, direction: u32): bool {
  const flags = load<u8>(state, TCP_HALF_FLAGS) | load<u8>(state, TCP_HALF_BYTES + TCP_HALF_FLAGS);
  if (<u32>flags & TCP_FLAG_CLOSE_INIT) return true;
  return <u32>load<u8>(state, TCP_LAST_DIRECTION) == direction && <u32>load<u8>(state, TCP_LAST_CLASS) == TCP_CLASS_RST;
}

/**
 * Lets a segment through that may be right while the entry is out of step, and remembers it: if it is right, the answer shows
 * it. Where this segment is that answer (a SYN-ACK to a SYN let through), the entry gets in step.
 */
function letThrough(state: usize, packet: usize, header: usize, direction: u32, flagClass: u32, old: u32): u32 {
  const lastDirection = <u32>load<u8>(state, TCP_LAST_DIRECTION);
  if (
    flagClass == TCP_CLASS_SYNACK &&
    <u32>load<u8>(state, TCP_LAST_CLASS) == TCP_CLASS_SYN &&
    lastDirection != direction &&
    be32(header + 8) == load<u32>(state, TCP_LAST_END)
  ) {
    getInStep(state, lastDirection);
    return (TCP_CT_SYN_SENT << JUDGE_OLD_SHIFT) | (TCP_CT_SYN_RECV << JUDGE_NEXT_SHIFT) | JUDGE_WINDOW;
  }
  store<u8>(state, <u8>flagClass, TCP_LAST_CLASS);
  store<u8>(state, <u8>direction, TCP_LAST_DIRECTION);
  store<u32>(state, be32(header + 4), TCP_LAST_SEQ);
  store<u32>(state, segmentEnd(packet), TCP_LAST_END);
  store<u16>(state, <u16>be16(header + 14), TCP_LAST_WIN);
  if (flagClass == TCP_CLASS_SYN && direction == DIRECTION_ORIGINAL) rememberSyn(state, header, old);
  if (old == TCP_CT_SYN_SENT && flagClass == TCP_CLASS_ACK && direction == DIRECTION_REPLY) {
    store<u32>(state, be32(header + 8), TCP_LAST_ACK); // may be a challenge, to be answered with a RST
  }
  return HANDLED;
}

/** Takes the remembered SYN as the start of the connection in its direction; the other side is to be learnt anew. */
function getInStep(state: usize, direction: u32): void {
  const half = state + <usize>direction * TCP_HALF_BYTES;
  const end = load<u32>(state, TCP_LAST_END);
  store<u32>(half, end, TCP_END);
  store<u32>(half, end, TCP_MAXEND);
  store<u32>(half, max<u32>(<u32>load<u16>(state, TCP_LAST_WIN), 1), TCP_MAXWIN);
  store<u8>(half, load<u8>(state, TCP_LAST_SCALE), TCP_SCALE);
  const flags = load<u8>(state, TCP_LAST_FLAGS) & ~(<u8>TCP_FLAG_CHALLENGE_ACK);
  store<u8>(state, flags, TCP_LAST_FLAGS);
  store<u8>(half, flags, TCP_HALF_FLAGS);
  const other = state + <usize>(direction ^ 1) * TCP_HALF_BYTES;
  const liberal = load<u8>(other, TCP_HALF_FLAGS) & <u8>TCP_FLAG_BE_LIBERAL;
  memory.fill(other, 0, TCP_HALF_BYTES);
  store<u8>(other, liberal, TCP_HALF_FLAGS);
}

/** Notes the options of a SYN let through, and that its answer may be a challenge ACK (RFC 5961, 4.2). */
function rememberSyn(state: usize, header: usize, old: u32): void {
  // The options are read into the words of TCP_LAST_SCALE and TCP_LAST_FLAGS as into a half of its own.
  store<u8>(state, 0, TCP_LAST_SCALE);
  store<u8>(state, 0, TCP_LAST_FLAGS);
  readSynOptions(header, state + TCP_LAST_SCALE - TCP_SCALE);
  // In LAST_ACK such an ACK would look like the one to the last FIN.
  if (old == TCP_CT_LAST_ACK) setLastFlag(state, TCP_FLAG_CHALLENGE_ACK);
}

/** An ACK in LAST_ACK that answers a SYN let through, not the last FIN. */
function isChallengeAck(state: usize, direction: u32, flagClass: u32, old: u32): bool {
  if (
    old != TCP_CT_LAST_ACK ||
    flagClass != TCP_CLASS_ACK ||
    <u32>load<u8>(state, TCP_LAST_DIRECTION) == direction ||
    <u32>load<u8>(state, TCP_LAST_CLASS) != TCP_CLASS_SYN ||
    !hasLastFlag(state, TCP_FLAG_CHALLENGE_ACK)
  ) {
    return false;
  }
  store<u8>(state, load<u8>(state, TCP_LAST_FLAGS) & ~(<u8>TCP_FLAG_CHALLENGE_ACK), TCP_LAST_FLAGS);
  return true;
}

/**
 * Judges a RST. While the connection closes it may already be about a next one with the same ports, so nothing is held against
 * it. Before that its sequence number must be the next one its receiver waits for, else the connection stays as it is (a real
 * peer would send a challenge ACK, RFC 5961, 3.2); behind what is acknowledged it is INVALID.
 */
function judgeReset(region: usize, entry: usize, header: usize, direction: u32, old: u32, goOn: u32): u32 {
  const state = entry + FLOW_PROTO;
  const status = load<u32>(entry, FLOW_STATUS);
  const established = old == TCP_CT_ESTABLISHED && (status & IPS_ASSURED) != 0;
  const other = tcpHalf(entry, direction ^ 1);
  const seq = be32(header + 4);
  const lastClass = <u32>load<u8>(state, TCP_LAST_CLASS);
  const lastDirection = <u32>load<u8>(state, TCP_LAST_DIRECTION);
  const inWindow = (goOn & ~0xff) | JUDGE_IN_WINDOW;
  if (old >= TCP_CT_FIN_WAIT && old <= TCP_CT_CLOSE) return inWindow;
  // After a SYN let through, the highest acknowledgement may be that of the connection before.
  if (<u32>load<u8>(other, TCP_HALF_FLAGS) & TCP_FLAG_MAXACK_SET && lastClass != TCP_CLASS_SYN) {
    if (seq == 0 && !established) return goOn; // an answer to a SYN let through
    const expected = load<u32>(other, TCP_MAXACK);
    if (<i32>(seq - expected) < 0 && !load<u32>(region, CONNTRACK_TCP_IGNORE_INVALID_RST)) return HANDLED_INVALID;
    if (!established || seq == expected) return goOn;
    // The end of a train of segments: data, then the RST right behind it.
    if (lastClass == TCP_CLASS_ACK && lastDirection == direction && seq == load<u32>(state, TCP_LAST_END)) return goOn;
    goOn = (old << JUDGE_OLD_SHIFT) | (old << JUDGE_NEXT_SHIFT) | JUDGE_WINDOW;
    return resetOfUnknown(state, status, header, direction, old, seq) ? (goOn & ~0xff) | JUDGE_IN_WINDOW : goOn;
  }
  return resetOfUnknown(state, status, header, direction, old, seq) ? inWindow : goOn;
}

/** Whether a RST answers something let through: then windows do not matter, it may acknowledge what was not believed. */
function resetOfUnknown(state: usize, status: u32, header: usize, direction: u32, old: u32, seq: u32): bool {
  const lastClass = <u32>load<u8>(state, TCP_LAST_CLASS);
  const lastDirection = <u32>load<u8>(state, TCP_LAST_DIRECTION);
  const answersSyn = (status & IPS_SEEN_REPLY) != 0 && lastClass == TCP_CLASS_SYN && lastDirection != direction;
  const answersAck = !(status & IPS_ASSURED) && lastClass == TCP_CLASS_ACK;
  if ((answersSyn || answersAck) && be32(header + 8) == load<u32>(state, TCP_LAST_END)) return true;
  // A RST to a challenge ACK.
  return old == TCP_CT_SYN_SENT && lastClass == TCP_CLASS_ACK && lastDirection == DIRECTION_REPLY && seq == load<u32>(state, TCP_LAST_ACK);
}

/**
 * A FIN or RST out of window from each side of an ASSURED connection: most likely it is the entry that is out of step, so it
 * shall not live for days.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_tcp_handle_invalid()
 */
function distrust(region: usize, entry: usize, packet: usize, direction: u32, flagClass: u32): void {
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_ASSURED) || status & IPS_FIXED_TIMEOUT) return;
  if (flagClass != TCP_CLASS_RST && flagClass != TCP_CLASS_FIN) return;
  const state = entry + FLOW_PROTO;
  const lastClass = <u32>load<u8>(state, TCP_LAST_CLASS);
  if (<u32>load<u8>(state, TCP_LAST_DIRECTION) == direction || (lastClass != TCP_CLASS_FIN && lastClass != TCP_CLASS_RST)) {
    store<u8>(state, <u8>flagClass, TCP_LAST_CLASS);
    store<u8>(state, <u8>direction, TCP_LAST_DIRECTION);
    return;
  }
  const now = load<u64>(packet, PACKET_TIME);
  // Two minutes are the time of TIME_WAIT too: of that they are left as long as the jiffy lasts.
  const left = jiffiesLeft(region, entry, now);
  const unacknowledged = tcpTimeout(timeoutsOf(region, entry, status), TCP_CT_UNACK);
  if (left >= 120 * HZ && left > unacknowledged / JIFFY_NS) store<u64>(entry, now + unacknowledged, FLOW_DEADLINE);
}

/** Puts an accepted segment into effect: state, timeout, ASSURED, the end of a connection that was refused. */
// @ts-ignore: decorator
@inline
function advance(region: usize, block: usize, entry: usize, packet: usize, direction: u32, flagClass: u32, old: u32, next: u32): u32 {
  const state = entry + FLOW_PROTO;
  store<u8>(state, <u8>flagClass, TCP_LAST_CLASS);
  store<u8>(state, <u8>direction, TCP_LAST_DIRECTION);
  store<u8>(state, <u8>next, TCP_STATE);
  if (old != next && next == TCP_CT_FIN_WAIT) setHalfFlag(tcpHalf(entry, direction), TCP_FLAG_CLOSE_INIT);

  if (old != next) noteEvent(entry, IPCT_PROTOINFO);
  const status = load<u32>(entry, FLOW_STATUS);
  const timeouts = timeoutsOf(region, entry, status);
  let timeout = chooseTimeout(region, timeouts, state, flagClass, next);
  if (!(status & IPS_SEEN_REPLY)) {
    if (flagClass == TCP_CLASS_RST) {
      // Refused: nothing was ever there, so nothing is kept.
      account(region, entry, packet);
      killEntry(region, block, entry, load<u32>(packet, PACKET_NUMBER));
      return HANDLED;
    }
    // A SYN sent again does not renew: a port used over and over would keep a dead entry alive.
    if (flagClass == TCP_CLASS_SYN && old == TCP_CT_SYN_SENT) return HANDLED;
    // Picked up in the middle and not answered yet.
    if (next == TCP_CT_ESTABLISHED) timeout = min<u64>(timeout, tcpTimeout(timeouts, TCP_CT_UNACK));
  } else if (!(status & IPS_ASSURED) && (old == TCP_CT_SYN_RECV || old == TCP_CT_ESTABLISHED) && next == TCP_CT_ESTABLISHED) {
    assure(entry, status);
  }
  refresh(region, entry, packet, timeout);
  return HANDLED;
}

/** The time a connection gets: that of its state, or less when something hints at its end. */
// @ts-ignore: decorator
@inline
export function chooseTimeout(region: usize, timeouts: usize, state: usize, flagClass: u32, next: u32): u64 {
  const timeout = tcpTimeout(timeouts, next);
  if (flagClass == TCP_CLASS_RST && !isTiring(region, timeouts, state, timeout)) return tcpTimeout(timeouts, TCP_CT_CLOSE);
  const flags = <u32>load<u8>(state, TCP_HALF_FLAGS) | load<u8>(state, TCP_HALF_BYTES + TCP_HALF_FLAGS);
  const unacknowledged = tcpTimeout(timeouts, TCP_CT_UNACK);
  const retrans = tcpTimeout(timeouts, TCP_CT_RETRANS);
  // Of most connections data is under way or not, as it happens: no branch could be foreseen.
  const isUnacknowledged = (<u32>((flags & TCP_FLAG_DATA_UNACKNOWLEDGED) != 0) & <u32>(timeout > unacknowledged)) != 0;
  const isShut = (<u32>(load<u16>(state, TCP_LAST_WIN) == 0) & <u32>(timeout > retrans)) != 0;
  const shorter = select<u64>(unacknowledged, select<u64>(retrans, timeout, isShut), isUnacknowledged);
  return select<u64>(retrans, shorter, isTiring(region, timeouts, state, timeout));
}

/** Whether a side has repeated itself so often that the time of an unanswered segment is enough. */
// @ts-ignore: decorator
@inline
function isTiring(region: usize, timeouts: usize, state: usize, timeout: u64): bool {
  const isOften = <u32>load<u8>(state, TCP_RETRANS) >= load<u32>(region, CONNTRACK_TCP_MAX_RETRANS);
  return (<u32>isOften & <u32>(timeout > tcpTimeout(timeouts, TCP_CT_RETRANS))) != 0;
}

function tcpTimeout(timeouts: usize, state: u32): u64 {
  return load<u64>(timeouts + (<usize>state << 3), CONNTRACK_TCP_TIMEOUTS);
}

function hasLastFlag(state: usize, flag: u32): bool {
  return (<u32>load<u8>(state, TCP_LAST_FLAGS) & flag) != 0;
}

function setLastFlag(state: usize, flag: u32): void {
  store<u8>(state, load<u8>(state, TCP_LAST_FLAGS) | <u8>flag, TCP_LAST_FLAGS);
}
