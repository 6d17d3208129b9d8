// Packets that leave in fragments. First it is settled which; then they are written one by one.
//
// What was put together from fragments comes apart where it was joined, if those still fit; all else is cut into pieces as long as the way
// out takes.

import { HOLD_ID, HOLD_PIECES, HOLD_TEE } from '../abi/fragment.ts';
import {
  PACKET_END,
  PACKET_FLAG_DF,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAG_SENT,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_FRAG_OFFSET,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_PIECES,
  PACKET_PULLED,
  PACKET_SPLIT,
  SPLIT_FRAGMENTS,
  SPLIT_FRAGMENTS_DF,
} from '../abi/packet.ts';
import { draw } from '../match/draw.ts';
import { sealHeader, writeTtl } from '../wire/edit.ts';
import { FRAGMENT_DF, FRAGMENT_MF, headerLength, IPV4_BYTES, IPV4_FRAGMENT, IPV4_LENGTH } from '../wire/ipv4.ts';
import {
  FRAGMENT_BYTES,
  findFragmentable,
  fragmentHeaderAt,
  fragmentNextAt,
  IPV6_BYTES,
  IPV6_PAYLOAD_LENGTH,
  NEXT_FRAGMENT,
  NO_FRAGMENT,
} from '../wire/ipv6.ts';
import { holdOf } from './queue.ts';

const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
/** Options with this bit go into every fragment. */
const OPTION_COPIED: u32 = 0x80;

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

/** Where HOLD_ID and HOLD_PIECES of a packet are counted from. */
function splitOf(env: usize, packet: usize): usize {
  return holdOf(env, packet) + ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TEE) != 0 ? HOLD_TEE : <u32>0);
}

/** Header bytes that every fragment has, without the fragment header itself; 0 = the headers are in no order that can be split. */
function commonBytes(packet: usize): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  if (!isIpv6(packet)) return headerLength(ip);
  const found = findFragmentable(ip, load<u32>(packet, PACKET_END) - (ip as u32));
  return found == NO_FRAGMENT ? 0 : fragmentHeaderAt(found);
}

function headerBytes(packet: usize, common: u32): u32 {
  return isIpv6(packet) ? common + FRAGMENT_BYTES : common;
}

/**
 * Settles in which fragments of at most `limit` bytes a packet leaves: PACKET_SPLIT, and the shard's HOLD_PIECES.
 *
 * Returns: false when nothing can be made of it that fits.
 * Ref: net/ipv4/ip_output.c:ip_do_fragment(), net/ipv6/ip6_output.c:ip6_fragment()
 */
export function splitPacket(env: usize, packet: usize, limit: u32): bool {
  const common = commonBytes(packet);
  const header = headerBytes(packet, common);
  if (common == 0 || limit < header + 8) return false;
  const hold = splitOf(env, packet);
  const space = limit - header;
  if (isIpv6(packet)) {
    const id = draw(env, packet);
    store<u32>(hold, id == 0 ? 1 : id, HOLD_ID);
  }
  if (comesApart(hold, packet, common, space)) {
    store<u32>(packet, SPLIT_FRAGMENTS, PACKET_SPLIT);
    return true;
  }
  const keepsDf = load<u32>(packet, PACKET_FRAG_MAX) != 0 && (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_DF) != 0;
  store<u32>(packet, keepsDf ? SPLIT_FRAGMENTS_DF : SPLIT_FRAGMENTS, PACKET_SPLIT);
  let left = load<u32>(packet, PACKET_LENGTH) - common;
  let count: u32 = 0;
  for (; left > 0; count++) {
    const bytes = left > space ? space & ~7 : left;
    store<u32>(hold + HOLD_PIECES + (count << 2), bytes);
    left -= bytes;
  }
  store<u32>(packet, count, PACKET_PIECES);
  return true;
}

/**
 * Whether the packet comes apart where it was joined; HOLD_PIECES then holds what each piece has behind the common headers.
 *
 * Differs: the kernel splits anew where a piece had fewer headers than the first, and its device left no room for them before it.
 */
function comesApart(hold: usize, packet: usize, common: u32, space: u32): bool {
  const count = load<u32>(packet, PACKET_PIECES);
  if (count < 2) return false;
  const pieces = hold + HOLD_PIECES;
  let first = load<u32>(packet, PACKET_LENGTH);
  for (let i: u32 = 1; i < count; i++) first -= load<u32>(pieces + (i << 2));
  // What a target had to have together came from the pieces behind.
  let eaten = max(load<u32>(packet, PACKET_PULLED), first) - first;
  first += eaten - common;
  let kept: u32 = 1;
  for (let i: u32 = 1; i < count; i++) {
    const piece = load<u32>(pieces + (i << 2));
    const gone = min(piece, eaten);
    eaten -= gone;
    if (gone == piece) continue;
    if (piece - gone > space || (((piece - gone) & 7) != 0 && i + 1 < count)) return false;
    store<u32>(pieces + (kept << 2), piece - gone);
    kept++;
  }
  if (kept < 2 || first > space || (first & 7) != 0) return false;
  store<u32>(pieces, first);
  store<u32>(packet, kept, PACKET_PIECES);
  return true;
}

/** Bytes that fragment number `i` of a split packet has, headers and all. */
export function fragmentBytes(env: usize, packet: usize, i: u32): u32 {
  return headerBytes(packet, commonBytes(packet)) + load<u32>(splitOf(env, packet) + HOLD_PIECES + (i << 2));
}

/**
 * Writes fragment number `i` of a split packet; `offset` payload bytes are in those before.
 *
 * Memory: writes at most fragmentBytes() at `target`; less where the capture lacks payload.
 * Returns: bytes written.
 */
export function writeFragment(env: usize, packet: usize, i: u32, offset: u32, target: usize): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const hold = splitOf(env, packet);
  const common = commonBytes(packet);
  const header = headerBytes(packet, common);
  const length = load<u32>(hold + HOLD_PIECES + (i << 2));
  const isLast = i + 1 == load<u32>(packet, PACKET_PIECES);
  memory.copy(target, ip, common);
  writeTtl(packet, target);
  if (isIpv6(packet)) writeHeader6(packet, hold, target, common, offset, length, isLast);
  else writeHeader4(packet, target, offset, common + length, isLast);
  const from = ip + common + offset;
  const end: usize = load<u32>(packet, PACKET_END);
  const present = from < end ? min(length, (end - from) as u32) : 0;
  memory.copy(target + header, from, present);
  return header + present;
}

/** Payload bytes of fragment number `i`. */
export function fragmentPayload(env: usize, packet: usize, i: u32): u32 {
  return load<u32>(splitOf(env, packet) + HOLD_PIECES + (i << 2));
}

/** Ref: net/ipv4/ip_output.c:ip_frag_next(), ip_fraglist_prepare() */
function writeHeader4(packet: usize, target: usize, offset: u32, length: u32, isLast: bool): void {
  const flags = load<u32>(packet, PACKET_FLAGS);
  const before = load<u32>(packet, PACKET_FRAG_OFFSET);
  let word = (before + offset) >>> 3;
  if (load<u32>(packet, PACKET_SPLIT) == SPLIT_FRAGMENTS_DF) word |= FRAGMENT_DF;
  if (!isLast || (flags & PACKET_FLAG_MORE_FRAGMENTS) != 0) word |= FRAGMENT_MF;
  if (offset != 0 && before == 0 && (flags & PACKET_FLAG_SENT) == 0) leaveOutOptions(target);
  store<u16>(target, bswap<u16>(<u16>length), IPV4_LENGTH);
  store<u16>(target, bswap<u16>(<u16>word), IPV4_FRAGMENT);
  sealHeader(target);
}

/** Overwrites the options that only a first fragment has. Ref: net/ipv4/ip_options.c:ip_options_fragment() */
function leaveOutOptions(ip: usize): void {
  const end = ip + headerLength(ip);
  for (let at = ip + IPV4_BYTES; at < end; ) {
    const kind: u32 = load<u8>(at);
    if (kind == OPTION_END) return;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    const length: u32 = load<u8>(at, 1);
    if (length < 2 || length > ((end - at) as u32)) return;
    if ((kind & OPTION_COPIED) == 0) memory.fill(at, <u8>OPTION_NOP, length);
    at += length;
  }
}

/** Ref: net/ipv6/ip6_output.c:ip6_frag_next(), ip6_fraglist_prepare() */
function writeHeader6(packet: usize, hold: usize, target: usize, common: u32, offset: u32, length: u32, isLast: bool): void {
  const found = findFragmentable(load<u32>(packet, PACKET_L3), load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3));
  const name = target + fragmentNextAt(found);
  const header = target + common;
  store<u8>(header, load<u8>(name));
  store<u8>(header, 0, 1);
  store<u16>(header, bswap<u16>(<u16>(offset | u32(!isLast))), 2);
  store<u32>(header, load<u32>(hold, HOLD_ID), 4);
  store<u8>(name, <u8>NEXT_FRAGMENT);
  store<u16>(target, bswap<u16>(<u16>(common + FRAGMENT_BYTES + length - IPV6_BYTES)), IPV6_PAYLOAD_LENGTH);
}
