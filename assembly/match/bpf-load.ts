// What programs in classic BPF load from a packet: bytes, and what the kernel knows of it besides.

import {
  BPF_AD_MARK,
  BPF_AD_NLATTR,
  BPF_AD_NLATTR_NEST,
  BPF_AD_PKTTYPE,
  BPF_AD_PROTOCOL,
  BPF_AD_RANDOM,
  BPF_AD_XOR_X,
  BPF_ANCILLARY,
  BPF_LINK_OFFSET,
  BPF_NETWORK_OFFSET,
} from '../abi/operand.ts';
import {
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L2,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_PKTTYPE,
} from '../abi/packet.ts';
import { settleBytes } from '../wire/edit.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../wire/ethernet.ts';
import { ANSWER_HOLDS, ANSWER_MISS, isCut } from './answer.ts';
import { HEADER_SETTLED_BYTES, reaches, word } from './bytes.ts';
import { draw } from './draw.ts';
import { LINK_BARE, LINK_COOKED, LINK_LOOPBACK, LINK_NONE, linkOf } from './link.ts';

/** What a load gives instead of a value: it is beyond the packet, which ends the program; or it was not captured. */
export const LOAD_FAILED: u64 = 1 << 32;
export const LOAD_UNKNOWN: u64 = 1 << 33;

const ETHERNET_TYPE: u32 = 12;
const ETHERNET_BYTES: u32 = 14;
const ATTRIBUTE_BYTES: u32 = 4;
const ATTRIBUTE_TYPE_MASK: u32 = 0x3fff;

/**
 * Loads 1, 2 or 4 bytes, the first the highest, at an offset that counts from the IP header, or as BPF_*_OFFSET say.
 * Ref: net/core/filter.c:bpf_skb_load_helper_convert_offset()
 */
export function loadPacket(env: usize, packet: usize, offset: i32, bytes: u32): u64 {
  if (offset >= 0) return fromNetwork(env, packet, <u32>offset, bytes);
  if (offset >= BPF_NETWORK_OFFSET) return fromNetwork(env, packet, <u32>(offset - BPF_NETWORK_OFFSET), bytes);
  return offset >= BPF_LINK_OFFSET ? fromLink(env, packet, <u32>(offset - BPF_LINK_OFFSET), bytes) : LOAD_FAILED;
}

function fromNetwork(env: usize, packet: usize, offset: u32, bytes: u32): u64 {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (length < bytes || offset > length - bytes) return LOAD_FAILED;
  if (offset < HEADER_SETTLED_BYTES) settleBytes(env, packet);
  const at = <usize>load<u32>(packet, PACKET_L3) + offset;
  if (reaches(packet, at, bytes) != ANSWER_HOLDS) return LOAD_UNKNOWN;
  if (bytes == 1) return load<u8>(at);
  return bytes == 2 ? <u64>bswap<u16>(load<u16>(at)) : <u64>word(at);
}

/** The link-layer header stands right in front of the IP header, tags taken out. What the host itself sends has none yet. */
function fromLink(env: usize, packet: usize, offset: u32, bytes: u32): u64 {
  const link = linkOf(env, packet);
  if (link == LINK_BARE) return fromNetwork(env, packet, offset, bytes);
  if (link == LINK_NONE) return LOAD_FAILED;
  if (offset >= ETHERNET_BYTES) return fromNetwork(env, packet, offset - ETHERNET_BYTES, bytes);
  if (link == LINK_COOKED) {
    isCut(packet);
    return LOAD_UNKNOWN;
  }
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const at = offset + i;
    let byte: u64;
    if (at < ETHERNET_TYPE) byte = link == LINK_LOOPBACK ? 0 : load<u8>(load<u32>(packet, PACKET_L2) + at);
    else if (at < ETHERNET_BYTES) byte = (etherType(packet) >> (8 * (ETHERNET_BYTES - 1 - at))) & 255;
    else byte = fromNetwork(env, packet, at - ETHERNET_BYTES, 1);
    if (byte >= LOAD_FAILED) return byte;
    value = (value << 8) | byte;
  }
  return value;
}

function etherType(packet: usize): u32 {
  return load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}

/**
 * Loads what stands at an offset from BPF_ANCILLARY on. Tags are 0: a packet that comes to the IP layer has none left.
 * Ref: net/core/filter.c:convert_bpf_extensions()
 */
export function loadAncillary(env: usize, packet: usize, k: u32, a: u32, x: u32): u64 {
  switch (k - BPF_ANCILLARY) {
    case BPF_AD_PROTOCOL:
      return etherType(packet);
    case BPF_AD_PKTTYPE:
      return load<u32>(packet, PACKET_PKTTYPE);
    case BPF_AD_MARK:
      return load<u32>(packet, PACKET_MARK);
    case BPF_AD_XOR_X:
      return a ^ x;
    case BPF_AD_RANDOM:
      return draw(env, packet);
    case BPF_AD_NLATTR:
      return attribute(packet, a, x);
    case BPF_AD_NLATTR_NEST:
      return nestedAttribute(packet, a, x);
    default:
      return 0;
  }
}

/** Offset of the first netlink attribute of a type, of those from `offset` on; 0 = none. Ref: net/core/filter.c:bpf_skb_get_nlattr() */
function attribute(packet: usize, offset: u32, type: u32): u64 {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (length < ATTRIBUTE_BYTES || offset > length - ATTRIBUTE_BYTES) return 0;
  return findAttribute(packet, offset, <i32>(length - offset), type);
}

/** The same among the attributes within the one at `offset`. Ref: net/core/filter.c:bpf_skb_get_nlattr_nest() */
function nestedAttribute(packet: usize, offset: u32, type: u32): u64 {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (length < ATTRIBUTE_BYTES || offset > length - ATTRIBUTE_BYTES) return 0;
  const at = <usize>load<u32>(packet, PACKET_L3) + offset;
  if (reaches(packet, at, ATTRIBUTE_BYTES) != ANSWER_HOLDS) return LOAD_UNKNOWN;
  const bytes: u32 = load<u16>(at);
  if (bytes > length - offset) return 0;
  return findAttribute(packet, offset + ATTRIBUTE_BYTES, <i32>(bytes - ATTRIBUTE_BYTES), type);
}

/** Ref: lib/nlattr.c:nla_find() */
function findAttribute(packet: usize, offset: u32, bytes: i32, type: u32): u64 {
  let at = offset;
  let left = bytes;
  while (left >= <i32>ATTRIBUTE_BYTES) {
    const header = <usize>load<u32>(packet, PACKET_L3) + at;
    const there = reaches(packet, header, ATTRIBUTE_BYTES);
    if (there != ANSWER_HOLDS) return there == ANSWER_MISS ? 0 : LOAD_UNKNOWN;
    const length: i32 = load<u16>(header);
    if (length < <i32>ATTRIBUTE_BYTES || length > left) return 0;
    if ((load<u16>(header, 2) & ATTRIBUTE_TYPE_MASK) == type) return at;
    const padded = (length + 3) & ~3;
    at += padded;
    left -= padded;
  }
  return 0;
}
