// HMARK: the packet's mark becomes a hash of its addresses, ports and protocol, or of its connection's.

import { FLOW_ORIGINAL, FLOW_REPLY, TUPLE_PROTO, TUPLE_SPORT, TUPLE_SRC } from '../abi/flow.ts';
import {
  HMARK_CT,
  HMARK_DST_MASK,
  HMARK_MODULUS,
  HMARK_OFFSET,
  HMARK_PORT_MASK,
  HMARK_PORT_SET,
  HMARK_PROTO_MASK,
  HMARK_RND,
  HMARK_SRC_MASK,
} from '../abi/opcode.ts';
import { PACKET_CT, PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_L3, PACKET_MARK } from '../abi/packet.ts';
import { ICMP_BYTES, isError4 } from '../wire/icmp.ts';
import { IPV4_BYTES, IPV4_DST, IPV4_SRC } from '../wire/ipv4.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_SRC } from '../wire/ipv6.ts';
import { hashWords, scaleHash } from '../wire/jhash.ts';
import { CHAIN_BROKEN, hasFragment, chainHeader, chainProto, walkChain } from './hmark-chain.ts';
import { hasPorts, PROTO_AH, PROTO_ESP, PROTO_ICMP, PROTO_ICMPV6 } from '../wire/transport.ts';

const IPV4_FRAGMENT_BITS: u16 = 0x3fff;

/**
 * Marks the packet. Without a connection, where that is hashed, and where an ICMP error quotes too little, it keeps its mark.
 *
 * Ref: net/netfilter/xt_HMARK.c:hmark_tg_v4(), hmark_tg_v6()
 */
export function markByHash(packet: usize, operands: usize): void {
  if (load<u32>(operands, HMARK_CT)) markByConnection(packet, operands);
  else if (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) markByPacket6(packet, operands);
  else markByPacket4(packet, operands);
}

/** Ref: net/netfilter/xt_HMARK.c:hmark_ct_set_htuple() */
function markByConnection(packet: usize, operands: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const original = entry + FLOW_ORIGINAL;
  const reply = entry + FLOW_REPLY;
  const proto = <u32>load<u8>(original, TUPLE_PROTO);
  const ends = (<u32>load<u16>(original, TUPLE_SPORT) << 16) | load<u16>(reply, TUPLE_SPORT);
  const ports = proto == PROTO_ICMP ? 0 : orderPorts(ends, operands);
  const source = maskWords(original + TUPLE_SRC, operands + HMARK_SRC_MASK, false);
  setMark(packet, operands, source, maskWords(reply + TUPLE_SRC, operands + HMARK_DST_MASK, false), ports, proto);
}

/** An ICMP error, and what a later fragment of an ICMP message makes look like one, is hashed as the packet that it quotes. */
function markByPacket4(packet: usize, operands: usize): void {
  const end = <usize>load<u32>(packet, PACKET_END);
  let ip = <usize>load<u32>(packet, PACKET_L3);
  if (load<u8>(ip, 9) == PROTO_ICMP) {
    const icmp = ip + headerBytes4(ip);
    if (icmp + ICMP_BYTES <= end && isError4(load<u8>(icmp))) {
      ip = icmp + ICMP_BYTES;
      if (ip + IPV4_BYTES > end) return;
    }
  }
  const proto = <u32>load<u8>(ip, 9);
  const isFragment = (bswap<u16>(load<u16>(ip, 6)) & IPV4_FRAGMENT_BITS) != 0;
  const ports = proto == PROTO_ICMP || isFragment ? 0 : portsAt(ip + headerBytes4(ip), end, proto, operands);
  const source = bswap<u32>(load<u32>(ip, IPV4_SRC)) & load<u32>(operands, HMARK_SRC_MASK);
  setMark(packet, operands, source, bswap<u32>(load<u32>(ip, IPV4_DST)) & load<u32>(operands, HMARK_DST_MASK), ports, proto);
}

function headerBytes4(ip: usize): usize {
  return <usize>((load<u8>(ip) & 15) << 2);
}

/** A packet whose header chain cannot be walked is hashed as one that has nothing. */
function markByPacket6(packet: usize, operands: usize): void {
  const end = <usize>load<u32>(packet, PACKET_END);
  let ip = <usize>load<u32>(packet, PACKET_L3);
  let chain = walkChain(ip, end);
  if (chain == CHAIN_BROKEN) return setMark(packet, operands, 0, 0, 0, 0);
  if (chainProto(chain) == PROTO_ICMPV6 && !hasFragment(chain)) {
    const icmp = chainHeader(chain);
    const isError = icmp + ICMP_BYTES <= end && load<u8>(icmp) != 0 && load<u8>(icmp) < 128;
    if (isError) {
      ip = icmp + ICMP_BYTES;
      if (ip + IPV6_BYTES > end) return;
      chain = load<u8>(ip) >> 4 == 6 ? walkChain(ip, end) : CHAIN_BROKEN;
      if (chain == CHAIN_BROKEN) return;
    }
  }
  const proto = chainProto(chain);
  const ports = proto == PROTO_ICMPV6 || hasFragment(chain) ? 0 : portsAt(chainHeader(chain), end, proto, operands);
  const source = maskWords(ip + IPV6_SRC, operands + HMARK_SRC_MASK, true);
  setMark(packet, operands, source, maskWords(ip + IPV6_DST, operands + HMARK_DST_MASK, true), ports, proto);
}

/** The words of an address under a mask, taken together; `swapped`: as they lie in a packet. */
function maskWords(address: usize, mask: usize, swapped: bool): u32 {
  let word: u32 = 0;
  for (let i: usize = 0; i < 16; i += 4) {
    const part = load<u32>(address + i);
    word ^= (swapped ? bswap<u32>(part) : part) & load<u32>(mask + i);
  }
  return word;
}

/** Ports or SPI at a transport header, in order; 0 where the protocol has none or they are cut. Ref: include/linux/in.h:proto_ports_offset() */
function portsAt(header: usize, end: usize, proto: u32, operands: usize): u32 {
  const at = proto == PROTO_AH ? header + 4 : header;
  if (at + 4 > end || !(hasPorts(proto) || proto == PROTO_ESP || proto == PROTO_AH)) return 0;
  return orderPorts(bswap<u32>(load<u32>(at)), operands);
}

/** Both ports as the rule wants them, the greater one first. Ref: net/netfilter/xt_HMARK.c:hmark_swap_ports() */
function orderPorts(ports: u32, operands: usize): u32 {
  const wanted = (ports & load<u32>(operands, HMARK_PORT_MASK)) | load<u32>(operands, HMARK_PORT_SET);
  return (wanted & 0xffff) > wanted >> 16 ? rotl<u32>(wanted, 16) : wanted;
}

/** Ref: net/netfilter/xt_HMARK.c:hmark_hash() */
function setMark(packet: usize, operands: usize, source: u32, destination: u32, ports: u32, proto: u32): void {
  const low = min(source, destination);
  const hash = hashWords(low, max(source, destination), ports, 3, load<u32>(operands, HMARK_RND));
  const part = scaleHash(hash ^ (proto & load<u32>(operands, HMARK_PROTO_MASK)), load<u32>(operands, HMARK_MODULUS));
  store<u32>(packet, part + load<u32>(operands, HMARK_OFFSET), PACKET_MARK);
}
