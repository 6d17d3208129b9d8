// h323: calls (Q.931) and control (H.245), which TCP carries in packets of their own (TPKT).

import { KEPT_CONTROL, ROOT_CONTROL } from '../abi/h323.ts';
import { CTINFO_ESTABLISHED, CTINFO_ESTABLISHED_REPLY, PACKET_CTINFO } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { be16 } from '../conntrack/tuple.ts';
import { state } from './context.ts';
import { decodeOf, keptOf } from './h323-address.ts';
import { followCall } from './h323-call.ts';
import { followControl } from './h323-channel.ts';
import { H323_TPKT } from './h323-memory.ts';
import { holdStill } from './h323-nat.ts';
import { BROKEN } from './h323-per.ts';
import { payloadEnd, tcpPayload } from './payload.ts';

/** version 3 (8) | 0 (8) | length with these four bytes (16). RFC 1006, 6 */
const TPKT_BYTES: usize = 4;
const TPKT_START: u32 = 0x0300;
/** Bytes of a segment that are looked at. */
const LONGEST: usize = 65535;

/** Ref: net/netfilter/nf_conntrack_h323_main.c:q931_help() */
export function q931(env: usize, packet: usize, entry: usize): u32 {
  return followSegment(env, packet, entry, true);
}

/** Ref: net/netfilter/nf_conntrack_h323_main.c:h245_help() */
export function h245(env: usize, packet: usize, entry: usize): u32 {
  return followSegment(env, packet, entry, false);
}

function followSegment(env: usize, packet: usize, entry: usize, isCall: bool): u32 {
  const info = load<u32>(packet, PACKET_CTINFO);
  if (info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY) return VERDICT_ACCEPT;
  const awaited = state(entry) + H323_TPKT + (packetDirection(packet) << 1);
  let at = tcpPayload(packet);
  if (at == 0) {
    store<u16>(awaited, 0);
    return VERDICT_ACCEPT;
  }
  holdStill(env, packet, entry);
  at = tcpPayload(packet);
  const end = min(payloadEnd(packet), at + LONGEST);
  let message = firstMessage(awaited, at, end);
  while (message != 0) {
    const start = <usize>message;
    const stop = <usize>(message >> 32);
    if (isCall) {
      const answer = followCall(env, packet, entry, start, stop);
      if (answer == VERDICT_DROP) return VERDICT_DROP;
      if (answer != VERDICT_ACCEPT) break;
    } else {
      const control = keptOf(env, packet, KEPT_CONTROL);
      if (decodeOf(env, packet, ROOT_CONTROL, start, start, stop, control) == BROKEN) break;
      if (!followControl(env, packet, entry, control)) return VERDICT_DROP;
    }
    message = nextMessage(awaited, stop, end);
  }
  return VERDICT_ACCEPT;
}

/**
 * The first message of a segment: its start, and its end in the upper half; 0 = none. `awaited` has its length when it was told
 * in a segment of its own.
 *
 * Ref: net/netfilter/nf_conntrack_h323_main.c:get_tpkt_data()
 */
function firstMessage(awaited: usize, at: usize, end: usize): u64 {
  if (end - at >= TPKT_BYTES && be16(at) == TPKT_START) return messageAt(awaited, at, end);
  const bytes = <usize>load<u16>(awaited);
  store<u16>(awaited, 0);
  return bytes > 0 && bytes <= end - at ? span(at, at + bytes) : 0;
}

/** The message behind another. */
function nextMessage(awaited: usize, at: usize, end: usize): u64 {
  if (end <= at + TPKT_BYTES || be16(at) != TPKT_START) {
    store<u16>(awaited, 0);
    return 0;
  }
  return messageAt(awaited, at, end);
}

function messageAt(awaited: usize, at: usize, end: usize): u64 {
  const bytes = <usize>be16(at + 2);
  const isAlone = bytes > end - at && end - at == TPKT_BYTES;
  store<u16>(awaited, isAlone ? <u16>(bytes - TPKT_BYTES) : 0);
  return bytes >= TPKT_BYTES && bytes <= end - at ? span(at + TPKT_BYTES, at + bytes) : 0;
}

function span(start: usize, end: usize): u64 {
  return (<u64>end << 32) | start;
}
