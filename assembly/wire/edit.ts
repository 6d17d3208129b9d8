// Changing packets: the one place where their bytes are written, and with them the words of the record and the checksums.
//
// The captured bytes are not ours to change: the first change copies them into the shard's scratch. Checksums are mended as the kernel
// mends them, change by change and with the same arithmetic, since one's complement has two zeros.

import {
  ENV_SCRATCH,
  SCRATCH_BYTES,
  SCRATCH_BYTES_MAX,
  SCRATCH_CLONE,
  SCRATCH_CLONE_BYTES,
  SCRATCH_TEE,
  SCRATCH_TEE_BYTES,
  SHARD_SCRATCH_BYTES,
} from '../abi/batch.ts';
import {
  PACKET_BYTES,
  PACKET_DRAWS,
  PACKET_END,
  PACKET_FLAG_CLONE,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_KERNEL_SOCKET,
  PACKET_FLAG_OWNED,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_PULLED,
  PACKET_SHARD,
  PACKET_TOS,
  PACKET_TTL,
} from '../abi/packet.ts';
import { fold, sumBytes } from './checksum.ts';
import { FRAGMENT_DF, headerLength, IPV4_CHECKSUM, IPV4_FRAGMENT, IPV4_LENGTH, IPV4_TOS, IPV4_TTL } from './ipv4.ts';
import { IPV6_BYTES, IPV6_HOP_LIMIT, IPV6_PAYLOAD_LENGTH } from './ipv6.ts';

/** Bytes that a packet may grow by, all together. */
export const GROWTH_MAX: u32 = 4096;
/** Draws of a clone start here: it draws other numbers than the packet. */
const CLONE_DRAWS: u32 = 0x80000000;

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

// ── Whose bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Makes the packet's layer-3 bytes changeable, and what they should be: PACKET_L3, PACKET_L4 and PACKET_END then point into the
 * shard's scratch, and forwarding's step down of the time to live is written. What other code took from the record before points to
 * the bytes as captured.
 *
 * Memory: GROWTH_MAX bytes behind PACKET_END may be written. A packet too long for the scratch is cut as a capture cuts packets.
 */
export function ownBytes(env: usize, packet: usize): void {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_OWNED) == 0) moveBytes(packet, ownedPlace(env, packet) as u32);
  writeTtl(packet, load<u32>(packet, PACKET_L3));
}

/** Where the packet's own bytes are, or will be as soon as the caller has put them there. */
export function ownedPlace(env: usize, packet: usize): usize {
  const flags = load<u32>(packet, PACKET_FLAGS);
  store<u32>(packet, flags | PACKET_FLAG_OWNED, PACKET_FLAGS);
  const scratch = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
  if ((flags & PACKET_FLAG_TEE) != 0) return scratch + SCRATCH_TEE_BYTES;
  return scratch + ((flags & PACKET_FLAG_CLONE) != 0 ? SCRATCH_CLONE_BYTES : SCRATCH_BYTES);
}

/**
 * Notes that the kernel needed so many bytes from the transport's start on together in order to change them. What was put together from
 * fragments does not come apart within them again. Ref: net/core/skbuff.c:skb_ensure_writable(), __pskb_pull_tail()
 */
export function pullTransport(packet: usize, bytes: u32): void {
  pull(packet, load<u32>(packet, PACKET_L4) - load<u32>(packet, PACKET_L3) + bytes);
}

/** The same of bytes from the IP header's start on. */
export function pull(packet: usize, bytes: u32): void {
  if (bytes > load<u32>(packet, PACKET_PULLED)) store<u32>(packet, bytes, PACKET_PULLED);
}

/** The same of the whole packet: it no longer comes apart anywhere where it was joined. Ref: include/linux/skbuff.h:skb_linearize() */
export function pullAll(packet: usize): void {
  pull(packet, load<u32>(packet, PACKET_LENGTH));
}

/** Copies the packet's bytes to `own` and points the record there. */
function moveBytes(packet: usize, own: u32): void {
  const ip = load<u32>(packet, PACKET_L3);
  const there = load<u32>(packet, PACKET_END) - ip;
  const length = min(there, SCRATCH_BYTES_MAX - GROWTH_MAX);
  memory.copy(own, ip, length);
  const l4 = load<u32>(packet, PACKET_L4);
  store<u32>(packet, own, PACKET_L3);
  store<u32>(packet, own + length, PACKET_END);
  if (l4 != 0) store<u32>(packet, own + (l4 - ip), PACKET_L4);
  if (length < there) store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_CUT, PACKET_FLAGS);
}

/**
 * Makes the packet's bytes what they should be, for who reads header bytes: forwarding steps the time to live down in the record only,
 * since most packets are never looked at again.
 */
export function settleBytes(env: usize, packet: usize): void {
  const at = isIpv6(packet) ? IPV6_HOP_LIMIT : IPV4_TTL;
  if (load<u8>(load<u32>(packet, PACKET_L3) + at) != <u8>load<u32>(packet, PACKET_TTL)) ownBytes(env, packet);
}

/**
 * Writes forwarding's step down of the time to live, where it is not yet written, into a header at `ip`. IPv4's checksum is then never
 * all ones. Ref: include/net/ip.h:ip_decrease_ttl()
 */
export function writeTtl(packet: usize, ip: usize): void {
  const ttl = <u8>load<u32>(packet, PACKET_TTL);
  if (isIpv6(packet)) {
    store<u8>(ip, ttl, IPV6_HOP_LIMIT);
    return;
  }
  if (load<u8>(ip, IPV4_TTL) == ttl) return;
  store<u8>(ip, ttl, IPV4_TTL);
  const sum: u32 = <u32>bswap<u16>(load<u16>(ip, IPV4_CHECKSUM)) + 0x0100;
  store<u16>(ip, bswap<u16>(<u16>(sum + u32(sum >= 0xffff))), IPV4_CHECKSUM);
}

/**
 * Makes a second packet of this one, with bytes of its own as soon as one of the two changes. There is room for one in a shard.
 *
 * Returns: its record.
 * Ref: net/core/skbuff.c:skb_clone()
 */
export function clonePacket(env: usize, packet: usize): usize {
  const scratch = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
  const clone: usize = scratch + SCRATCH_CLONE;
  memory.copy(clone, packet, PACKET_BYTES);
  store<u32>(clone, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_CLONE, PACKET_FLAGS);
  store<u32>(clone, load<u32>(packet, PACKET_DRAWS) + CLONE_DRAWS, PACKET_DRAWS);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_OWNED) != 0) moveBytes(clone, scratch + SCRATCH_CLONE_BYTES);
  return clone;
}

/**
 * Makes a copy of a packet or of a clone, with bytes of its own, which no socket knows of. There is room for one in a shard.
 *
 * Returns: its record.
 * Ref: net/core/skbuff.c:__pskb_copy_fclone()
 */
export function copyPacket(env: usize, packet: usize): usize {
  const copy: usize = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_TEE;
  memory.copy(copy, packet, PACKET_BYTES);
  const flags = load<u32>(packet, PACKET_FLAGS) & ~(PACKET_FLAG_OWNED | PACKET_FLAG_KERNEL_SOCKET);
  store<u32>(copy, flags | PACKET_FLAG_CLONE | PACKET_FLAG_TEE, PACKET_FLAGS);
  ownBytes(env, copy);
  return copy;
}

// ── Checksums ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Puts the checksum of an IP header right after a 16-bit word that it covers has changed. All three are as they lie in memory.
 * Ref: include/net/checksum.h:csum_replace2()
 */
export function mendChecksum(checksum: usize, from: u32, to: u32): void {
  const old: u32 = load<u16>(checksum);
  let sum = (~old & 0xffff) + (~from & 0xffff) + to;
  sum = (sum & 0xffff) + (sum >> 16);
  store<u16>(checksum, <u16>~((sum & 0xffff) + (sum >> 16)));
}

/** Makes the checksum of an IPv4 header anew. Ref: net/ipv4/ip_output.c:ip_send_check() */
export function sealHeader(ip: usize): void {
  store<u16>(ip, 0, IPV4_CHECKSUM);
  store<u16>(ip, <u16>~fold(sumBytes(ip, headerLength(ip))), IPV4_CHECKSUM);
}

/**
 * Puts a transport checksum right after a word that it covers has changed: 16 or 32 bits, as they lie in memory.
 *
 * `isOpen`: the checksum holds the sum of the pseudo-header alone, the rest being left to the network card (isLeftOpen() in
 * checksum.ts), so that it changes with words of the pseudo-header only (`isPseudo`).
 * Ref: net/core/utils.c:inet_proto_csum_replace4()
 */
export function mendTransport(checksum: usize, from: u32, to: u32, isPseudo: bool, isOpen: bool): void {
  const old: u32 = load<u16>(checksum);
  if (!isOpen) store<u16>(checksum, <u16>~fold(<u64>~old + ~from + to));
  else if (isPseudo) store<u16>(checksum, <u16>fold(<u64>old + ~from + to));
}

// ── Fields of the IP header ─────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Sets the type of service byte (IPv6: traffic class). Ref: include/net/dsfield.h:ipv4_change_dsfield(), ipv6_change_dsfield()
 */
export function setTos(env: usize, packet: usize, tos: u32): void {
  const old = load<u32>(packet, PACKET_TOS);
  if (tos == old) return;
  ownBytes(env, packet);
  const ip = <usize>load<u32>(packet, PACKET_L3);
  if (isIpv6(packet)) {
    store<u16>(ip, bswap<u16>(<u16>((bswap<u16>(load<u16>(ip)) & 0xf00f) | (tos << 4))));
  } else {
    let sum: u32 = <u32>bswap<u16>(load<u16>(ip, IPV4_CHECKSUM)) + old;
    if (sum >= 0xffff) sum = (sum + 1) & 0xffff;
    sum -= tos;
    sum += sum >> 16;
    store<u16>(ip, bswap<u16>(<u16>sum), IPV4_CHECKSUM);
    store<u8>(ip, <u8>tos, IPV4_TOS);
  }
  store<u32>(packet, tos, PACKET_TOS);
}

/** Takes "don't fragment" away from a packet that is no fragment. */
export function allowFragments(env: usize, packet: usize): void {
  ownBytes(env, packet);
  const ip = <usize>load<u32>(packet, PACKET_L3);
  store<u16>(ip, 0, IPV4_FRAGMENT);
  sealHeader(ip);
  store<u32>(packet, load<u32>(packet, PACKET_FLAGS) & ~PACKET_FLAG_DF, PACKET_FLAGS);
}

/** Says "don't fragment" in an IPv4 packet with bytes of its own, and makes the checksum anew. */
export function forbidFragments(packet: usize): void {
  const ip = <usize>load<u32>(packet, PACKET_L3);
  store<u16>(ip, load<u16>(ip, IPV4_FRAGMENT) | bswap<u16>(<u16>FRAGMENT_DF), IPV4_FRAGMENT);
  sealHeader(ip);
  store<u32>(packet, load<u32>(packet, PACKET_FLAGS) | PACKET_FLAG_DF, PACKET_FLAGS);
}

/** Sets the time to live (IPv6: hop limit). Ref: net/netfilter/xt_HL.c:ttl_tg(), hl_tg6() */
export function setTtl(env: usize, packet: usize, ttl: u32): void {
  const old = load<u32>(packet, PACKET_TTL);
  if (ttl == old) return;
  ownBytes(env, packet);
  const ip = <usize>load<u32>(packet, PACKET_L3);
  store<u32>(packet, ttl, PACKET_TTL);
  if (isIpv6(packet)) {
    store<u8>(ip, <u8>ttl, IPV6_HOP_LIMIT);
  } else {
    store<u8>(ip, <u8>ttl, IPV4_TTL);
    // The byte is the first of its 16-bit word.
    mendChecksum(ip + IPV4_CHECKSUM, old, ttl);
  }
}

// ── Length ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Puts `added` bytes where `removed` bytes are, `at` bytes into the transport, and says the new length in the IP header. The bytes that
 * are then there, and the transport's checksum, are the caller's. Needs owned bytes of a packet with a transport header.
 *
 * Returns: false, and nothing is changed, when the packet would grow by more than there is room for, or the capture lacks the place.
 * Ref: net/netfilter/xt_TCPMSS.c:tcpmss_tg4(), tcpmss_tg6()
 */
export function resize(packet: usize, at: u32, removed: u32, added: u32): bool {
  const place = load<u32>(packet, PACKET_L4) + at;
  const end = load<u32>(packet, PACKET_END);
  const ip = load<u32>(packet, PACKET_L3);
  if (place + removed > end || end - ip - removed + added > SCRATCH_BYTES_MAX) return false;
  memory.copy(place + added, place + removed, end - place - removed);
  store<u32>(packet, end - removed + added, PACKET_END);
  store<u32>(packet, load<u32>(packet, PACKET_L4_LENGTH) - removed + added, PACKET_L4_LENGTH);
  store<u32>(packet, load<u32>(packet, PACKET_LENGTH) - removed + added, PACKET_LENGTH);
  writeLength(packet, ip);
  return true;
}

function writeLength(packet: usize, ip: usize): void {
  const length = load<u32>(packet, PACKET_LENGTH);
  if (isIpv6(packet)) {
    store<u16>(ip, bswap<u16>(<u16>(length - IPV6_BYTES)), IPV6_PAYLOAD_LENGTH);
    return;
  }
  const old = load<u16>(ip, IPV4_LENGTH);
  const now = bswap<u16>(<u16>length);
  store<u16>(ip, now, IPV4_LENGTH);
  mendChecksum(ip + IPV4_CHECKSUM, old, now);
}
