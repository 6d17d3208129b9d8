// TCPMSS and TCPOPTSTRIP: the options of TCP.

import { TCPMSS_PATH } from '../abi/opcode.ts';
import { PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_FRAG_OFFSET, PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { VERDICT_DROP, VERDICT_NONE } from '../abi/verdict.ts';
import { pathMtu } from '../hooks/route.ts';
import { isLeftOpen } from '../wire/checksum.ts';
import { mendTransport, ownBytes, pullTransport, resize } from '../wire/edit.ts';
import { headerLength, TCP_BYTES, TCP_CHECKSUM, TCP_OFFSET } from '../wire/tcp.ts';

const OPTION_NOP: u32 = 1;
const OPTION_MSS: u32 = 2;
const OPTION_MSS_BYTES: u32 = 4;
/** Longest TCP header. */
const HEADER_MAX: u32 = 60;
/** Headers of a TCP packet without options. */
const HEADERS4: u32 = 40;
const HEADERS6: u32 = 60;
/** What a TCP is taken to announce that announces nothing. */
const MSS_DEFAULT4: u32 = 536;
const MSS_DEFAULT6: u32 = 1220;

/** The header is there in full: it can be changed. Its place is asked anew, since owning bytes moves them. */
function header(env: usize, packet: usize): usize {
  ownBytes(env, packet);
  return load<u32>(packet, PACKET_L4);
}

/** Bytes of the transport that the capture has. */
function captured(packet: usize): u32 {
  return load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L4);
}

/** Steps of at least one byte, whatever the option says of its length. Ref: net/netfilter/xt_TCPMSS.c:optlen() */
function optionBytes(option: usize): u32 {
  const length: u32 = load<u8>(option, 1);
  return <u32>load<u8>(option) <= OPTION_NOP || length == 0 ? 1 : length;
}

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

/**
 * Lowers the maximum segment size that a TCP header announces to `asked` (TCPMSS_PATH: to what fits the path), or announces it, if
 * nothing is announced and no data is in the way.
 *
 * Returns: VERDICT_NONE, or VERDICT_DROP for a broken header.
 * Ref: net/netfilter/xt_TCPMSS.c:tcpmss_mangle_packet()
 */
export function setMss(env: usize, packet: usize, asked: u32): u32 {
  if (load<u32>(packet, PACKET_FRAG_OFFSET) != 0) return VERDICT_NONE;
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (length < TCP_BYTES) return VERDICT_DROP;
  pullTransport(packet, length);
  const tcp: usize = load<u32>(packet, PACKET_L4);
  const bytes = headerLength(tcp);
  if (length < bytes || bytes < TCP_BYTES) return VERDICT_DROP;
  let mss = asked;
  if (asked == TCPMSS_PATH) {
    const headers = isIpv6(packet) ? HEADERS6 : HEADERS4;
    const mtu = pathMtu(env, packet);
    if (mtu <= headers) return VERDICT_DROP;
    mss = mtu - headers;
  }
  // What the capture lacks cannot be changed.
  if (captured(packet) < bytes) return VERDICT_NONE;
  for (let at = TCP_BYTES; at <= bytes - OPTION_MSS_BYTES; at += optionBytes(tcp + at)) {
    if (<u32>load<u8>(tcp + at) != OPTION_MSS || <u32>load<u8>(tcp + at, 1) != OPTION_MSS_BYTES) continue;
    lowerMss(env, packet, at + 2, mss);
    return VERDICT_NONE;
  }
  if (length == bytes && bytes < HEADER_MAX) addMss(env, packet, min(mss, isIpv6(packet) ? MSS_DEFAULT6 : MSS_DEFAULT4));
  return VERDICT_NONE;
}

/** `at`: where the size stands in the header. */
function lowerMss(env: usize, packet: usize, at: u32, mss: u32): void {
  const old = load<u16>(load<u32>(packet, PACKET_L4) + at);
  if (<u32>bswap<u16>(old) <= mss) return;
  const tcp = header(env, packet);
  const isOpen = isLeftOpen(packet, TCP_CHECKSUM);
  const now = bswap<u16>(<u16>mss);
  store<u16>(tcp + at, now);
  mendTransport(tcp + TCP_CHECKSUM, old, now, false, isOpen);
}

/** The option goes before all others. */
function addMss(env: usize, packet: usize, mss: u32): void {
  const tcp = header(env, packet);
  const checksum = tcp + TCP_CHECKSUM;
  const isOpen = isLeftOpen(packet, TCP_CHECKSUM);
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (!resize(packet, TCP_BYTES, 0, OPTION_MSS_BYTES)) return;
  mendTransport(checksum, bswap<u16>(<u16>length), bswap<u16>(<u16>(length + OPTION_MSS_BYTES)), true, isOpen);
  const option = bswap<u32>((OPTION_MSS << 24) | (OPTION_MSS_BYTES << 16) | mss);
  store<u32>(tcp + TCP_BYTES, option);
  mendTransport(checksum, 0, option, false, isOpen);
  const word = load<u16>(tcp, TCP_OFFSET);
  store<u8>(tcp, <u8>(<u32>load<u8>(tcp, TCP_OFFSET) + ((OPTION_MSS_BYTES >> 2) << 4)), TCP_OFFSET);
  mendTransport(checksum, word, load<u16>(tcp, TCP_OFFSET), false, isOpen);
}

/**
 * Overwrites options with NOP: those whose kinds are set in the eight words of bits at `kinds`.
 *
 * Returns: VERDICT_NONE, or VERDICT_DROP for a broken header.
 * Ref: net/netfilter/xt_TCPOPTSTRIP.c:tcpoptstrip_mangle_packet()
 */
export function stripOptions(env: usize, packet: usize, kinds: usize): u32 {
  if (load<u32>(packet, PACKET_FRAG_OFFSET) != 0) return VERDICT_NONE;
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  if (length < TCP_BYTES) return VERDICT_DROP;
  let tcp: usize = load<u32>(packet, PACKET_L4);
  const bytes = headerLength(tcp);
  if (bytes < TCP_BYTES || length < bytes) return VERDICT_DROP;
  pullTransport(packet, bytes);
  // What the capture lacks cannot be changed.
  if (captured(packet) < bytes) return VERDICT_NONE;
  for (let at = TCP_BYTES; at < bytes - 1; ) {
    const size = optionBytes(tcp + at);
    if (at + size > bytes) break;
    const kind: u32 = load<u8>(tcp + at);
    if ((load<u32>(kinds + ((kind >> 5) << 2)) & (1 << (kind & 31))) != 0) {
      tcp = header(env, packet);
      overwrite(packet, tcp, at, size);
    }
    at += size;
  }
  return VERDICT_NONE;
}

/** Byte by byte, as the kernel mends the checksum. */
function overwrite(packet: usize, tcp: usize, at: u32, size: u32): void {
  const isOpen = isLeftOpen(packet, TCP_CHECKSUM);
  for (let end = at + size; at < end; at++) {
    const shift: u32 = (at & 1) << 3;
    const old = <u32>load<u8>(tcp + at) << shift;
    store<u8>(tcp + at, <u8>OPTION_NOP);
    mendTransport(tcp + TCP_CHECKSUM, old, OPTION_NOP << shift, false, isOpen);
  }
}
