// TPROXY, where the packet is taken to be for a socket of a transparent proxy.

import { PACKET_END, PACKET_L4 } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { setMark } from './mark.ts';

/** Header bytes that TCP and UDP are asked for alike. */
const UDP_BYTES: u32 = 8;

/** Hands the packet to the socket; one whose header is not there is dropped. Ref: net/netfilter/xt_TPROXY.c:tproxy_tg4(), tproxy_tg6_v1() */
export function handOver(packet: usize, and: u32, xor: u32): u32 {
  const header = load<u32>(packet, PACKET_L4);
  if (header == 0 || header + UDP_BYTES > load<u32>(packet, PACKET_END)) return VERDICT_DROP;
  setMark(packet, and, xor);
  return VERDICT_ACCEPT;
}
