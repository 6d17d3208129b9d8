// Transport headers into the record; part of dissect.ts, which see.

import {
  PACKET_DPORT,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_ICMP,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_TCP_FLAGS,
} from '../abi/packet.ts';
import { WHY_CUT, WHY_NONE } from '../abi/verdict.ts';
import { code, type } from './icmp.ts';
import { dport, flags, sport, TCP_FLAGS } from './tcp.ts';
import { hasPorts, headerBytes, PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP } from './transport.ts';

const PORTS_BYTES: u32 = 4;
const ICMP_TYPE_BYTES: u32 = 2;

/**
 * `wire` bytes of transport are on the wire, `present` of them captured.
 *
 * A header cut short on the wire makes a packet that is not plain, with the words that are whole filled in: multiport, say, asks
 * for the ports only. Returns: WHY_CUT when the capture lacks bytes of the header, else WHY_NONE.
 */
export function dissectTransport(packet: usize, l4: usize, wire: u32, present: u32): u32 {
  store<u32>(packet, l4 as u32, PACKET_L4);
  store<u32>(packet, wire, PACKET_L4_LENGTH);
  const protocol = load<u32>(packet, PACKET_PROTO);
  const asked = headerBytes(protocol);
  if (present < min(asked, wire)) return WHY_CUT;
  if (wire >= asked) store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_PLAIN, PACKET_FLAGS);
  if (protocol == PROTO_TCP && wire > TCP_FLAGS) store<u32>(packet, flags(l4), PACKET_TCP_FLAGS);
  if (hasPorts(protocol)) {
    if (wire >= PORTS_BYTES) {
      store<u32>(packet, sport(l4), PACKET_SPORT);
      store<u32>(packet, dport(l4), PACKET_DPORT);
    }
  } else if ((protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) && wire >= ICMP_TYPE_BYTES) {
    store<u32>(packet, (type(l4) << 8) | code(l4), PACKET_ICMP);
  }
  return WHY_NONE;
}
