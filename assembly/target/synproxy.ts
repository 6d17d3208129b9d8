// SYNPROXY: connection attempts that this host answers in place of the one they are for.

import { PACKET_END, PACKET_L4, PACKET_TCP_FLAGS } from '../abi/packet.ts';
import { VERDICT_DROP, VERDICT_NONE, VERDICT_STOLEN } from '../abi/verdict.ts';
import { isHeaderSealed, transportChecksumOk } from '../wire/checksum.ts';
import { headerLength, TCP_BYTES } from '../wire/tcp.ts';

// Bits of PACKET_TCP_FLAGS.
const FIN: u32 = 1;
const SYN: u32 = 2;
const RST: u32 = 4;
const ACK: u32 = 16;

/**
 * Takes in an attempt, and the acknowledgement that completes one; what cannot be read is dropped, all else goes on.
 *
 * Returns: VERDICT_STOLEN, VERDICT_DROP, or VERDICT_NONE.
 * Differs: no packets are made in answer, and every acknowledgement counts as the right one: only the machine knows its cookies.
 * Ref: net/ipv4/netfilter/ipt_SYNPROXY.c:synproxy_tg4(), net/ipv6/netfilter/ip6t_SYNPROXY.c:synproxy_tg6()
 */
export function proxySyn(packet: usize): u32 {
  const tcp = <usize>load<u32>(packet, PACKET_L4);
  const end = <usize>load<u32>(packet, PACKET_END);
  if (tcp == 0 || tcp + TCP_BYTES > end || !transportChecksumOk(packet) || !isHeaderSealed(packet)) return VERDICT_DROP;
  const bytes = headerLength(tcp);
  if (bytes < TCP_BYTES || tcp + bytes > end) return VERDICT_DROP;
  const flags = load<u32>(packet, PACKET_TCP_FLAGS) & (SYN | ACK | FIN | RST);
  return flags == SYN || flags == ACK ? VERDICT_STOLEN : VERDICT_NONE;
}
