// Session descriptions (SDP) in SIP messages: one line, one header. Comes in: a message from `at` to `end`; goes out: what was found,
// in FOUND_BYTES.

import { skipDigits } from './payload.ts';
import { FOUND, FOUND_ADDRESS, FOUND_AT, FOUND_END, MISSING, nextLine, readAddress, UNREADABLE } from './sip-header.ts';
import { hasExactWord, hasWord, isNewline, skipLetters } from './text.ts';

export const SDP_VERSION: u32 = 0;
export const SDP_CONNECTION: u32 = 1;
export const SDP_MEDIA: u32 = 2;
export const SDP_OWNER: u32 = 3;

const SPACE: u32 = 0x20;

function nameOf(header: u32): string {
  if (header == SDP_VERSION) return 'v=';
  if (header == SDP_MEDIA) return 'm=';
  return header == SDP_OWNER ? 'o=' : 'c=';
}

function hasAddress(header: u32): bool {
  return header == SDP_CONNECTION || header == SDP_OWNER;
}

/**
 * Finds the first header of a kind behind a newline from `at` on; with `isOfPart` only ahead of the next description of a medium.
 * A version is its digits, a medium its kind and port, a connection and an owner their address.
 *
 * Returns: FOUND, MISSING, or UNREADABLE.
 * Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_get_sdp_header()
 */
export function findSdp(header: u32, isOfPart: bool, family: u32, at: usize, end: usize, found: usize): i32 {
  const name = nameOf(header);
  for (; at < end; at++) {
    if (!isNewline(load<u8>(at))) continue;
    at = nextLine(at, end);
    if (at == 0) return MISSING;
    if (isOfPart && hasWord(at, end, nameOf(SDP_MEDIA))) return MISSING;
    if (!hasWord(at, end, name)) continue;
    at += name.length;
    const stop = hasAddress(header) ? skipNetwork(at, end, family) : at;
    return stop != 0 && readValue(header, family, stop, end, found) ? FOUND : UNREADABLE;
  }
  return MISSING;
}

/** The address behind the kind of network that a connection header names; 0 when it is another. Ref: net/netfilter/nf_conntrack_sip.c:ct_sdp_header_search() */
function skipNetwork(at: usize, end: usize, family: u32): usize {
  const network = family == 4 ? 'IN IP4 ' : 'IN IP6 ';
  const last = end - network.length;
  for (; at < last && !isNewline(load<u8>(at)); at++) {
    if (hasExactWord(at, end, network)) return at + network.length;
  }
  return 0;
}

function readValue(header: u32, family: u32, at: usize, end: usize, found: usize): bool {
  let stop: usize;
  if (hasAddress(header)) {
    stop = readAddress(at, end, family, found + FOUND_ADDRESS);
    if (stop == 0) return false;
  } else if (header == SDP_VERSION) {
    stop = skipDigits(at, end);
    if (stop == at) return false;
  } else {
    stop = skipLetters(at, end);
    if (stop >= end || load<u8>(stop) != SPACE) return false;
    stop = skipDigits(stop + 1, end);
  }
  store<u32>(found, <u32>at, FOUND_AT);
  store<u32>(found, <u32>stop, FOUND_END);
  return true;
}
