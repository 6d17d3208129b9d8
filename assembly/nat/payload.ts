// Changing what packets say: addresses and ports in the payload of connections that are translated.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  PACKET_CT,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_PROTO,
  PACKET_SHARD,
} from '../abi/packet.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { noteGrowth } from '../conntrack/sequence.ts';
import { shardBlock } from '../conntrack/table.ts';
import { be32, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { fold, isLeftOpen, pseudoSum, sumBytes } from '../wire/checksum.ts';
import { mendTransport, ownBytes, pull, resize, sealHeader } from '../wire/edit.ts';
import { headerLength, TCP_CHECKSUM } from '../wire/tcp.ts';
import { UDP_BYTES, UDP_CHECKSUM } from '../wire/udp.ts';

const PACKET_BYTES_MAX: u32 = 65535;
const TCP_SEQ: u32 = 4;
const UDP_LENGTH: usize = 4;
const CHECKSUM_MANGLED: u32 = 0xffff;

/**
 * Puts `bytes` bytes at `text` where `length` bytes are, `offset` bytes into the payload of a TCP or UDP packet that is there in full.
 * Lengths and checksums follow. The packet's bytes lie elsewhere then.
 *
 * Returns: false when there is no room for it.
 * Ref: net/netfilter/nf_nat_helper.c:__nf_nat_mangle_tcp_packet(), nf_nat_mangle_udp_packet()
 */
export function changePayload(env: usize, packet: usize, offset: u32, length: u32, text: usize, bytes: u32): bool {
  const isTcp = load<u32>(packet, PACKET_PROTO) == IPPROTO_TCP;
  pull(packet, load<u32>(packet, PACKET_LENGTH));
  if (load<u32>(packet, PACKET_LENGTH) - length + bytes > PACKET_BYTES_MAX) return false;
  ownBytes(env, packet);
  const l4: usize = load<u32>(packet, PACKET_L4);
  const checksum = l4 + (isTcp ? TCP_CHECKSUM : UDP_CHECKSUM);
  const isSummed = isTcp || load<u16>(checksum) != 0;
  const isOpen = isSummed && isLeftOpen(packet, isTcp ? TCP_CHECKSUM : UDP_CHECKSUM);
  const before = load<u32>(packet, PACKET_L4_LENGTH);
  const at = (isTcp ? headerLength(l4) : UDP_BYTES) + offset;
  if (!resize(packet, at, length, bytes)) return false;
  memory.copy(l4 + at, text, bytes);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) sealHeader(load<u32>(packet, PACKET_L3));
  const now = load<u32>(packet, PACKET_L4_LENGTH);
  if (!isTcp) store<u16>(l4, bswap<u16>(<u16>now), UDP_LENGTH);
  if (isOpen) mendTransport(checksum, bswap<u16>(<u16>before), bswap<u16>(<u16>now), true, true);
  else if (isSummed) sealTransport(packet, checksum);
  return true;
}

/**
 * The same, and the sequence numbers of a TCP connection follow from here on: for one change of a segment.
 *
 * Ref: net/netfilter/nf_nat_helper.c:nf_nat_mangle_tcp_packet()
 */
export function manglePayload(env: usize, packet: usize, offset: u32, length: u32, text: usize, bytes: u32): bool {
  if (!changePayload(env, packet, offset, length, text, bytes)) return false;
  if (load<u32>(packet, PACKET_PROTO) != IPPROTO_TCP) return true;
  return grown(env, packet, be32(load<u32>(packet, PACKET_L4) + TCP_SEQ), <i32>(bytes - length));
}

/** Makes a transport's checksum anew. A sum of zero is written as all ones, of TCP too. Ref: net/core/dev.c:skb_checksum_help() */
function sealTransport(packet: usize, checksum: usize): void {
  const l4: usize = load<u32>(packet, PACKET_L4);
  const length = load<u32>(packet, PACKET_END) - <u32>l4;
  store<u16>(checksum, 0);
  const sum = ~fold(sumBytes(l4, length) + pseudoSum(packet, load<u32>(packet, PACKET_PROTO), length)) & 0xffff;
  store<u16>(checksum, <u16>(sum == 0 ? CHECKSUM_MANGLED : sum));
}

/**
 * Notes that a segment that began at `seq` has grown by so many bytes, all in all.
 *
 * Returns: false when there is no memory for it.
 */
export function grown(env: usize, packet: usize, seq: u32, by: i32): bool {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  return noteGrowth(region, block, <usize>load<u32>(packet, PACKET_CT), packetDirection(packet), seq, by);
}
