// TOS, DSCP and ECN: the type of service byte, and TCP's two bits for congestion.

import { ECN_IP } from '../abi/opcode.ts';
import { PACKET_END, PACKET_L3, PACKET_L4, PACKET_LENGTH, PACKET_TCP_FLAGS, PACKET_TOS } from '../abi/packet.ts';
import { VERDICT_DROP, VERDICT_NONE } from '../abi/verdict.ts';
import { isLeftOpen } from '../wire/checksum.ts';
import { mendChecksum, mendTransport, ownBytes, pullTransport, setTos } from '../wire/edit.ts';
import { headerLength, IPV4_CHECKSUM, IPV4_TOS } from '../wire/ipv4.ts';
import { TCP_BYTES, TCP_CHECKSUM, TCP_FLAGS, TCP_OFFSET } from '../wire/tcp.ts';

const ECN_MASK: u32 = 3;

/** tos = (tos & and) ^ xor. Ref: net/netfilter/xt_DSCP.c:dscp_tg(), tos_tg() */
export function changeTos(env: usize, packet: usize, and: u32, xor: u32): void {
  setTos(env, packet, (load<u32>(packet, PACKET_TOS) & and) ^ xor);
}

/**
 * Sets the two bits in the IP header if `ip` has ECN_IP beside them, and those of `mask` in the flags of TCP.
 *
 * Returns: VERDICT_NONE, or VERDICT_DROP for a packet too short for a TCP header.
 * Ref: net/ipv4/netfilter/ipt_ECN.c:ecn_tg()
 */
export function setEcn(env: usize, packet: usize, ip: u32, mask: u32, value: u32): u32 {
  if ((ip & ECN_IP) != 0) setEcnOfIp(env, packet, ip & ECN_MASK);
  return mask == 0 ? VERDICT_NONE : setEcnOfTcp(env, packet, mask, value);
}

function setEcnOfIp(env: usize, packet: usize, bits: u32): void {
  const old = load<u32>(packet, PACKET_TOS);
  const tos = (old & ~ECN_MASK) | bits;
  if (tos == old) return;
  ownBytes(env, packet);
  const header: usize = load<u32>(packet, PACKET_L3);
  store<u8>(header, <u8>tos, IPV4_TOS);
  store<u32>(packet, tos, PACKET_TOS);
  mendChecksum(header + IPV4_CHECKSUM, bswap<u16>(<u16>old), bswap<u16>(<u16>tos));
}

/** What stands where a TCP header would: the kernel does so with later fragments too. */
function setEcnOfTcp(env: usize, packet: usize, mask: u32, value: u32): u32 {
  const ip = load<u32>(packet, PACKET_L3);
  const offset = headerLength(ip);
  if (load<u32>(packet, PACKET_LENGTH) < offset + TCP_BYTES) return VERDICT_DROP;
  // What the capture lacks cannot be changed.
  if (load<u32>(packet, PACKET_END) - ip < offset + TCP_BYTES) return VERDICT_NONE;
  const old: u32 = load<u8>(ip + offset, TCP_FLAGS);
  const flags = (old & ~mask) | value;
  if (flags == old) return VERDICT_NONE;
  pullTransport(packet, TCP_BYTES);
  ownBytes(env, packet);
  const tcp: usize = load<u32>(packet, PACKET_L3) + offset;
  const hasTransport = load<u32>(packet, PACKET_L4) != 0;
  const isOpen = hasTransport && isLeftOpen(packet, TCP_CHECKSUM);
  // Data offset and flags share a word.
  const word = load<u16>(tcp, TCP_OFFSET);
  store<u8>(tcp, <u8>flags, TCP_FLAGS);
  mendTransport(tcp + TCP_CHECKSUM, word, load<u16>(tcp, TCP_OFFSET), false, isOpen);
  if (hasTransport) store<u32>(packet, flags, PACKET_TCP_FLAGS);
  return VERDICT_NONE;
}
