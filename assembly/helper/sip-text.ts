// sip with translation: text of a message, changed. The packet's bytes are its own by then, so that what stands ahead of a change stays
// where it is; what is behind it moves, and with it SCRATCH_END.

import { FLOW_ORIGINAL, TUPLE_FAMILY } from '../abi/flow.ts';
import { changePayload } from '../nat/payload.ts';
import { scratch } from './context.ts';
import { PACKET_PROTO } from '../abi/packet.ts';
import { IPPROTO_TCP } from '../conntrack/tuple.ts';
import { tcpPayload, udpPayload } from './payload.ts';
import { SCRATCH_END, SCRATCH_TEXT } from './sip-memory.ts';
import { writeDecimal, writeIpv4 } from './translate.ts';

const COLON: u32 = 0x3a;
const FULL_STOP: u32 = 0x2e;
const OPEN_BRACKET: u32 = 0x5b;
const CLOSE_BRACKET: u32 = 0x5d;
const GROUPS: u32 = 8;
/** Groups ahead of an IPv4 address at the end. */
const GROUPS_AHEAD: u32 = 6;

/** The end of the message in hand. */
export function messageEnd(env: usize, packet: usize): usize {
  return load<u32>(scratch(env, packet), SCRATCH_END);
}

/** Room for text to put in. */
export function textRoom(env: usize, packet: usize): usize {
  return scratch(env, packet) + SCRATCH_TEXT;
}

/**
 * Puts the text from textRoom() to `textEnd` where the message has what is from `from` to `to`.
 *
 * Returns: false when there is no room for it.
 * Ref: net/netfilter/nf_nat_sip.c:mangle_packet()
 */
export function rewrite(env: usize, packet: usize, from: usize, to: usize, textEnd: usize): bool {
  const text = textRoom(env, packet);
  const bytes = <u32>(textEnd - text);
  const room = scratch(env, packet);
  const start = load<u32>(packet, PACKET_PROTO) == IPPROTO_TCP ? tcpPayload(packet) : udpPayload(packet);
  if (!changePayload(env, packet, <u32>(from - start), <u32>(to - from), text, bytes)) return false;
  store<u32>(room, load<u32>(room, SCRATCH_END) + bytes - <u32>(to - from), SCRATCH_END);
  return true;
}

/** Puts a number there. */
export function rewriteNumber(env: usize, packet: usize, from: usize, to: usize, value: u32): bool {
  return rewrite(env, packet, from, to, writeDecimal(textRoom(env, packet), value));
}

/** Puts an address there, of IPv6 in brackets if it is `delimited`. Ref: net/netfilter/nf_nat_sip.c:sip_sprintf_addr() */
export function rewriteAddress(env: usize, packet: usize, entry: usize, from: usize, to: usize, address: usize, delimited: bool): bool {
  return rewrite(env, packet, from, to, writeAddress(textRoom(env, packet), entry, address, delimited));
}

/** Puts an address and a port there. Returns where they end, 0 when there is no room. Ref: net/netfilter/nf_nat_sip.c:sip_sprintf_addr_port() */
export function rewriteHost(env: usize, packet: usize, entry: usize, from: usize, to: usize, address: usize, port: u32): usize {
  const text = textRoom(env, packet);
  const colon = writeAddress(text, entry, address, true);
  store<u8>(colon, <u8>COLON);
  const end = writeDecimal(colon + 1, port);
  return rewrite(env, packet, from, to, end) ? from + (end - text) : 0;
}

function writeAddress(at: usize, entry: usize, address: usize, delimited: bool): usize {
  if (load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY) == 4) return writeIpv4(at, load<u32>(address), FULL_STOP);
  if (!delimited) return writeShort(at, address);
  store<u8>(at, <u8>OPEN_BRACKET);
  const end = writeShort(at + 1, address);
  store<u8>(end, <u8>CLOSE_BRACKET);
  return end + 1;
}

function group(address: usize, index: u32): u32 {
  const word = load<u32>(address + ((index >> 1) << 2));
  return (index & 1) == 0 ? word >>> 16 : word & 0xffff;
}

/** Whether an address ends in one of IPv4: mapped, or of ISATAP. Ref: include/net/addrconf.h:ipv6_addr_is_isatap() */
function endsInIpv4(address: usize): bool {
  if ((load<u32>(address, 8) | 0x02000000) == 0x02005efe) return true;
  return (load<u32>(address) | load<u32>(address, 4)) == 0 && load<u32>(address, 8) == 0xffff;
}

/** Writes an IPv6 address with its longest run of zeros left out. Ref: lib/vsprintf.c:ip6_compressed_string() */
function writeShort(at: usize, address: usize): usize {
  const isMixed = endsInIpv4(address);
  const count = isMixed ? GROUPS_AHEAD : GROUPS;
  let gap = count;
  let longest: u32 = 1;
  for (let i: u32 = 0; i < count; i++) {
    let run: u32 = 0;
    while (i + run < count && group(address, i + run) == 0) run++;
    if (run > longest) {
      longest = run;
      gap = i;
    }
  }
  let needsColon = false;
  for (let i: u32 = 0; i < count; i++) {
    if (i == gap) {
      if (needsColon || i == 0) store<u8>(at++, <u8>COLON);
      store<u8>(at++, <u8>COLON);
      needsColon = false;
      i += longest - 1;
      continue;
    }
    if (needsColon) store<u8>(at++, <u8>COLON);
    at = writeHex(at, group(address, i));
    needsColon = true;
  }
  if (!isMixed) return at;
  if (needsColon) store<u8>(at++, <u8>COLON);
  return writeIpv4(at, load<u32>(address, 12), FULL_STOP);
}

/** Writes a number in hexadecimal digits, as few as it needs. */
function writeHex(at: usize, value: u32): usize {
  let shift: i32 = 12;
  while (shift > 0 && value >>> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 15;
    store<u8>(at++, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
  return at;
}
