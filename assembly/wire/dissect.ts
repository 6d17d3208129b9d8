// Frame in, packet record out. The one place that checks lengths: behind it, header accessors cannot fail for what the record
// promises (PACKET_L3; PACKET_L4 with the header bytes of a plain packet), and all else stays within PACKET_L4 … PACKET_END.

import {
  ENV_INTERFACES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_LINK,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAG_LOOPBACK,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
} from '../abi/batch.ts';
import {
  LINKTYPE_C_HDLC,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_PPP,
  LINKTYPE_PPP_HDLC,
  LINKTYPE_RAW,
  LINKTYPE_RAW_OLD_12,
  LINKTYPE_RAW_OLD_14,
} from '../abi/capture.ts';
import {
  CTINFO_NONE,
  CTSTATE_INVALID,
  PACKET_BYTES,
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_DPORT,
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAG_PLAIN,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_L2,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_NUMBER,
  PACKET_PKTTYPE,
  PACKET_SPORT,
  PACKET_TCP_FLAGS,
  PACKET_TIME,
  PACKET_WHY,
  PKTTYPE_HOST,
  PKTTYPE_OTHERHOST,
} from '../abi/packet.ts';
import { WHY_LINKTYPE, WHY_NONE, WHY_OTHERHOST } from '../abi/verdict.ts';
import { dissectIpv4 } from './dissect-ipv4.ts';
import { dissectIpv6 } from './dissect-ipv6.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ethernet } from './ethernet.ts';
import { nullLoop } from './null.ts';
import { ppp, serial } from './ppp.ts';
import { fixed, raw } from './raw.ts';
import { sll, sll2 } from './sll.ts';

/**
 * Fills a packet record from a frame.
 *
 * Memory: reads FRAME_BYTES at `frame` and the frame's captured bytes; writes all of PACKET_BYTES at `packet` but PACKET_SHARD,
 * and FRAME_LINK.
 * PACKET_WHY tells whether the packet goes on: WHY_NONE, or why it is none, cannot be read, or is refused by the IP layer of a
 * receiving host. Packets the host sends are not refused, unless their headers cannot be read.
 */
export function dissect(env: usize, frame: usize, packet: usize): void {
  const entry = load<u32>(env, ENV_INTERFACES) + load<u32>(frame, FRAME_INTERFACE) * INTERFACE_BYTES;
  begin(frame, packet, entry);
  const data = load<u32>(frame, FRAME_DATA) as usize;
  const captured = load<u32>(frame, FRAME_CAPTURED);
  const length = load<u32>(frame, FRAME_LENGTH);
  const type = linkPayload(packet, load<u32>(entry, INTERFACE_LINKTYPE), data, captured, length);
  if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6) {
    store<u32>(packet, type, PACKET_WHY);
    return;
  }
  const received = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) == 0;
  if (received) store<u32>(packet, load<u32>(entry, INTERFACE_INDEX), PACKET_IN);
  else store<u32>(packet, PKTTYPE_HOST, PACKET_PKTTYPE);
  const link = load<u32>(packet, PACKET_L3) - (data as u32);
  store<u16>(frame, <u16>link, FRAME_LINK);
  let why =
    type == ETHERTYPE_IPV4
      ? dissectIpv4(packet, length - link, captured - link, received)
      : dissectIpv6(packet, length - link, captured - link, received);
  if (why == WHY_NONE && load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_OTHERHOST) why = WHY_OTHERHOST;
  store<u32>(packet, why, PACKET_WHY);
}

/** Clears the record and fills in what does not depend on the bytes. */
function begin(frame: usize, packet: usize, entry: usize): void {
  const zero = i32x4.splat(0);
  for (let at: usize = 0; at < PACKET_BYTES; at += 16) v128.store(packet + at, zero);
  const sent = (load<u16>(frame, FRAME_FLAGS) & FRAME_FLAG_SENT) != 0;
  const loopback = (load<u32>(entry, INTERFACE_FLAGS) & INTERFACE_FLAG_LOOPBACK) != 0;
  store<u32>(packet, (sent ? PACKET_FLAG_SENT : 0) | (loopback ? PACKET_FLAG_LOOPBACK : 0), PACKET_FLAGS);
  store<u32>(packet, CTSTATE_INVALID, PACKET_CTSTATE);
  store<u32>(packet, CTINFO_NONE, PACKET_CTINFO);
  store<u64>(packet, load<u64>(frame, FRAME_TIME), PACKET_TIME);
  store<u32>(packet, load<u32>(frame, FRAME_NUMBER), PACKET_NUMBER);
  store<u32>(packet, load<u32>(frame, FRAME_INTERFACE), PACKET_FRAME_INTERFACE);
  store<u32>(packet, load<u32>(frame, FRAME_DATA), PACKET_L2);
}

/** Finds the IP header. Returns: its EtherType with PACKET_L3 set, or a WHY_* code. */
function linkPayload(packet: usize, linktype: u32, data: usize, captured: u32, length: u32): u32 {
  switch (linktype) {
    case LINKTYPE_ETHERNET:
      return ethernet(packet, data, captured, length);
    case LINKTYPE_LINUX_SLL:
      return sll(packet, data, captured, length);
    case LINKTYPE_LINUX_SLL2:
      return sll2(packet, data, captured, length);
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_OLD_12:
    case LINKTYPE_RAW_OLD_14:
      return raw(packet, data, captured, length);
    case LINKTYPE_IPV4:
      return fixed(packet, data, ETHERTYPE_IPV4);
    case LINKTYPE_IPV6:
      return fixed(packet, data, ETHERTYPE_IPV6);
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return nullLoop(packet, data, captured, length);
    case LINKTYPE_PPP:
      return ppp(packet, data, captured, length);
    case LINKTYPE_PPP_HDLC:
    case LINKTYPE_C_HDLC:
      return serial(packet, data, captured, length);
    default:
      return WHY_LINKTYPE;
  }
}

/** Flags that say what the bytes are. */
const FLAGS_OF_BYTES: u32 =
  PACKET_FLAG_BAD_CHAIN |
  PACKET_FLAG_CUT |
  PACKET_FLAG_DF |
  PACKET_FLAG_FRAGMENT |
  PACKET_FLAG_LATER_FRAGMENT |
  PACKET_FLAG_MORE_FRAGMENTS |
  PACKET_FLAG_OPTIONS |
  PACKET_FLAG_PLAIN;

/**
 * Fills a record anew from other bytes of the same family: at `ip`, `length` long, of which the capture has `present`.
 *
 * Returns: WHY_*, which is also PACKET_WHY.
 */
export function dissectAgain(packet: usize, ip: usize, length: u32, present: u32): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS) & ~FLAGS_OF_BYTES;
  store<u32>(packet, flags, PACKET_FLAGS);
  store<u32>(packet, ip as u32, PACKET_L3);
  store<u32>(packet, 0, PACKET_SPORT);
  store<u32>(packet, 0, PACKET_DPORT);
  store<u32>(packet, 0, PACKET_ICMP);
  store<u32>(packet, 0, PACKET_TCP_FLAGS);
  store<u32>(packet, 0, PACKET_L4);
  store<u32>(packet, 0, PACKET_L4_LENGTH);
  const isIpv6 = (flags & PACKET_FLAG_IPV6) != 0;
  const why = isIpv6 ? dissectIpv6(packet, length, present, false) : dissectIpv4(packet, length, present, false);
  store<u32>(packet, why, PACKET_WHY);
  return why;
}
