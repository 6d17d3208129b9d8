// The hop-by-hop options of an IPv6 packet, as a receiving Linux host checks them before any hook.
// Ref: net/ipv6/exthdrs.c:ipv6_parse_hopopts(), ip6_parse_tlv()

import { IPV6_BYTES, payloadLength } from './ipv6.ts';

const OPTION_PAD1: u32 = 0;
const OPTION_PADN: u32 = 1;
const OPTION_ROUTER_ALERT: u32 = 5;
const OPTION_CALIPSO: u32 = 7;
const OPTION_IOAM: u32 = 49;
const OPTION_JUMBO: u32 = 194;
/** The two bits that say what to do with an option one does not know; 0 = pass it by. */
const OPTION_ACTION_MASK: u32 = 0xc0;

/** Padding beyond seven bytes serves no alignment. */
const PADDING_MAX: u32 = 7;
/** Default of net.ipv6.max_hbh_opts_number: options other than padding. */
const OPTIONS_MAX: u32 = 8;
/** Longest payload that needs no jumbo option. */
const PAYLOAD_MAX: u32 = 65535;

/** The options are refused. */
export const OPTIONS_BAD: u32 = 0;

/**
 * Checks the hop-by-hop header behind the fixed header; all of it is there.
 *
 * `length` is the packet's length as far as it is known: to the end of the frame when the fixed header does not say.
 * Returns: the packet's length, which a jumbo option may lessen, or OPTIONS_BAD.
 * Differs: the limits are the kernel's defaults (net.ipv6.max_hbh_opts_number, max_hbh_opts_length); IOAM is as without
 * net.ipv6.conf.*.ioam6_enabled; CALIPSO is as in a kernel with NetLabel and no domain configured, which drops it.
 */
export function hopByHop(ip: usize, length: u32): u32 {
  let left = ((<u32>load<u8>(ip, IPV6_BYTES + 1) + 1) << 3) - 2;
  let at = IPV6_BYTES + 2;
  let padding: u32 = 0;
  let count: u32 = 0;
  while (left != 0) {
    const option: u32 = load<u8>(ip + at);
    if (option == OPTION_PAD1) {
      if (++padding > PADDING_MAX) return OPTIONS_BAD;
      at++;
      left--;
      continue;
    }
    if (left < 2) return OPTIONS_BAD;
    const bytes = <u32>load<u8>(ip + at, 1) + 2;
    if (bytes > left) return OPTIONS_BAD;
    if (option == OPTION_PADN) {
      padding += bytes;
      if (padding > PADDING_MAX || !isZero(ip + at + 2, bytes - 2)) return OPTIONS_BAD;
    } else {
      if (++count > OPTIONS_MAX) return OPTIONS_BAD;
      length = checkOption(ip, at, option, bytes, length);
      if (length == OPTIONS_BAD) return OPTIONS_BAD;
      padding = 0;
    }
    at += bytes;
    left -= bytes;
  }
  return length;
}

function isZero(at: usize, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(at + i) != 0) return false;
  return true;
}

/** One option other than padding. Returns: the packet's length, or OPTIONS_BAD. */
function checkOption(ip: usize, at: u32, option: u32, bytes: u32, length: u32): u32 {
  if (option == OPTION_ROUTER_ALERT) return bytes == 4 ? length : OPTIONS_BAD;
  if (option == OPTION_IOAM) return (at & 3) == 0 ? length : OPTIONS_BAD;
  if (option == OPTION_CALIPSO) return OPTIONS_BAD;
  if (option != OPTION_JUMBO) return (option & OPTION_ACTION_MASK) == 0 ? length : OPTIONS_BAD;
  if (bytes != 6 || (at & 3) != 2 || payloadLength(ip) != 0) return OPTIONS_BAD;
  const payload = bswap<u32>(load<u32>(ip + at, 2));
  if (payload <= PAYLOAD_MAX || payload > length - IPV6_BYTES) return OPTIONS_BAD;
  return payload + IPV6_BYTES;
}
