// PPP and Cisco HDLC, as captures of point-to-point devices have them.
//
//   PPP   [ff 03] protocol …            protocol: one byte when it is odd, else two. Ref: RFC 1661, 2; RFC 1662, 3.1
//   HDLC  0f | 8f, 00, EtherType …      Ref: https://www.tcpdump.org/linktypes/LINKTYPE_C_HDLC.html

import { PACKET_L3 } from '../abi/packet.ts';
import { WHY_NOT_IP } from '../abi/verdict.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, etherPayload, missing } from './ethernet.ts';

const HDLC_BYTES: u32 = 4;
const PROTOCOL_IPV4: u32 = 0x21;
const PROTOCOL_IPV6: u32 = 0x57;
/** Address and control bytes of PPP in HDLC framing, as a little-endian load sees them. */
const ADDRESS_CONTROL: u32 = 0x03ff;
const CISCO_UNICAST: u32 = 0x0f;
const CISCO_MULTICAST: u32 = 0x8f;

export function ppp(packet: usize, data: usize, captured: u32, length: u32): u32 {
  let at: u32 = 0;
  if (captured >= 2 && load<u16>(data) == ADDRESS_CONTROL) at = 2;
  if (captured < at + 2) return missing(at + 2, length);
  let protocol: u32 = load<u8>(data + at);
  if ((protocol & 1) == 0) protocol = bswap<u16>(load<u16>(data + at++));
  at++;
  if (protocol != PROTOCOL_IPV4 && protocol != PROTOCOL_IPV6) return WHY_NOT_IP;
  store<u32>(packet, (data + at) as u32, PACKET_L3);
  return protocol == PROTOCOL_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
}

/** PPP or Cisco HDLC on a serial line: the first byte tells which. */
export function serial(packet: usize, data: usize, captured: u32, length: u32): u32 {
  if (captured < HDLC_BYTES) return missing(HDLC_BYTES, length);
  const address = load<u8>(data);
  if (address != CISCO_UNICAST && address != CISCO_MULTICAST) return ppp(packet, data, captured, length);
  return etherPayload(packet, data, bswap<u16>(load<u16>(data, 2)), HDLC_BYTES, captured, length);
}
