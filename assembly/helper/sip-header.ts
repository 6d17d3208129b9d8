// Headers of SIP messages: found at the beginning of a line, read with their continuation lines. Comes in: a message from `at` to
// `end`; goes out: what was found, in FOUND_BYTES.

import { ANY_DELIMITER, readIpv4, readIpv6 } from './address.ts';
import { isDigit, skipDigits } from './payload.ts';
import { hasWord, isBlank, isLetter, isNewline } from './text.ts';

// ── What was found ────────────────────────────────────────────────────────────────────────────────────────────────────────
/** Address of the value, and of its end. Of a value that cannot be read: where it stands. */
export const FOUND_AT: u32 = 0;
export const FOUND_END: u32 = 4;
/** u16: the port of an address, SIP_PORT where none is given. */
export const FOUND_PORT: u32 = 8;
/** u8: the address was one of several in its header, and others may follow. */
export const FOUND_IN_LIST: u32 = 10;
/** The address itself, as TUPLE_SRC. */
export const FOUND_ADDRESS: u32 = 16;
export const FOUND_BYTES: u32 = 32;

/** There is none; it cannot be read; it was found. */
export const MISSING: i32 = 0;
export const UNREADABLE: i32 = -1;
export const FOUND: i32 = 1;

export const HEADER_CSEQ: u32 = 0;
export const HEADER_CONTACT: u32 = 1;
export const HEADER_VIA_UDP: u32 = 2;
export const HEADER_EXPIRES: u32 = 3;
export const HEADER_CONTENT_LENGTH: u32 = 4;
export const HEADER_VIA_TCP: u32 = 5;
export const HEADER_FROM: u32 = 6;
export const HEADER_TO: u32 = 7;

const SIP_PORT: u32 = 5060;
const COLON: u32 = 0x3a;
const AT_SIGN: u32 = 0x40;
const OPEN_BRACKET: u32 = 0x5b;
const CLOSE_BRACKET: u32 = 0x5d;

function nameOf(header: u32): string {
  switch (header) {
    case HEADER_CSEQ:
      return 'cseq';
    case HEADER_CONTACT:
      return 'contact';
    case HEADER_VIA_UDP:
    case HEADER_VIA_TCP:
      return 'via';
    case HEADER_FROM:
      return 'from';
    case HEADER_TO:
      return 'to';
    case HEADER_EXPIRES:
      return 'expires';
    default:
      return 'content-length';
  }
}

/** The one letter that stands for a header's name; empty = there is none. */
function letterOf(header: u32): string {
  switch (header) {
    case HEADER_CONTACT:
      return 'm';
    case HEADER_VIA_UDP:
    case HEADER_VIA_TCP:
      return 'v';
    case HEADER_FROM:
      return 'f';
    case HEADER_TO:
      return 't';
    case HEADER_CONTENT_LENGTH:
      return 'l';
    default:
      return '';
  }
}

/** Whether a header has a URI, which may name a user ahead of the address. */
function hasUser(header: u32): bool {
  return header == HEADER_CONTACT || header == HEADER_FROM || header == HEADER_TO;
}

/** What stands in a header ahead of what is read; empty = nothing. */
function searchOf(header: u32): string {
  if (header == HEADER_VIA_UDP) return 'udp ';
  if (header == HEADER_VIA_TCP) return 'tcp ';
  return hasUser(header) ? 'sip:' : '';
}

/** The line behind the newline at `at`; 0 when the message ends there. */
export function nextLine(at: usize, end: usize): usize {
  const isReturn = load<u8>(at) == 0x0d;
  if (++at >= end) return 0;
  if (!isReturn || load<u8>(at) != 0x0a) return at;
  return ++at < end ? at : 0;
}

/** What a line goes on with behind the newline at `at`, 0 when it does not. Ref: net/netfilter/nf_conntrack_sip.c:sip_follow_continuation() */
function continuation(at: usize, end: usize): usize {
  at = nextLine(at, end);
  if (at == 0 || !isBlank(load<u8>(at))) return 0;
  while (at < end && isBlank(load<u8>(at))) at++;
  return at;
}

/** Where blanks end, 0 at the end. Ref: net/netfilter/nf_conntrack_sip.c:sip_skip_whitespace() */
function skipBlanks(at: usize, end: usize): usize {
  while (at < end && isBlank(load<u8>(at))) at++;
  if (at < end && isNewline(load<u8>(at))) at = continuation(at, end);
  return at < end ? at : 0;
}

/** Finds a word, in lower case, in the rest of a header. Returns 0 when it is not there. Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_header_search() */
export function searchHeader(at: usize, end: usize, word: string): usize {
  const length = <usize>word.length;
  const last = end - length;
  for (; at < last; at++) {
    if (isNewline(load<u8>(at))) {
      at = continuation(at, last);
      if (at == 0) return 0;
    } else if (hasWord(at, end, word)) return at;
  }
  return 0;
}

/** Where the name of a header at `at` ends, 0 when it is another. */
function skipName(header: u32, at: usize, end: usize): usize {
  const name = nameOf(header);
  if (hasWord(at, end, name)) return at + <usize>name.length;
  const letter = letterOf(header);
  if (letter.length == 0 || end - at < 2 || !hasWord(at, end, letter)) return 0;
  return isLetter(load<u8>(at, 1)) ? 0 : at + 1;
}

/**
 * Finds the first header of a kind behind a newline from `at` on, and its value.
 *
 * Returns: FOUND, MISSING, or UNREADABLE with FOUND_AT at its value.
 * Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_get_header()
 */
export function findHeader(header: u32, family: u32, at: usize, end: usize, found: usize): i32 {
  for (; at < end; at++) {
    if (!isNewline(load<u8>(at))) continue;
    at = nextLine(at, end);
    if (at == 0) return MISSING;
    if (isBlank(load<u8>(at))) continue;
    const name = skipName(header, at, end);
    if (name == 0) continue;
    at = skipBlanks(name, end);
    if (at == 0 || load<u8>(at) != COLON || ++at >= end) return MISSING;
    at = skipBlanks(at, end);
    if (at == 0) return MISSING;
    store<u32>(found, <u32>at, FOUND_AT);
    return readValue(header, family, at, end, found);
  }
  return MISSING;
}

/** Reads what a header of a kind tells, from `at` on. */
function readValue(header: u32, family: u32, at: usize, end: usize, found: usize): i32 {
  const word = searchOf(header);
  if (word.length == 0) {
    const stop = skipDigits(at, end);
    if (stop == at) return UNREADABLE;
    store<u32>(found, <u32>at, FOUND_AT);
    store<u32>(found, <u32>stop, FOUND_END);
    return FOUND;
  }
  at = searchHeader(at, end, word);
  if (at == 0) return UNREADABLE;
  at += word.length;
  return readHostAndPort(hasUser(header) ? skipUser(at, end) : at, family, end, found) ? FOUND : UNREADABLE;
}

/** Where the address of a URI begins: behind the user, if there is one. Ref: net/netfilter/nf_conntrack_sip.c:skp_epaddr_len() */
export function skipUser(at: usize, end: usize): usize {
  let stop = at;
  while (stop < end && load<u8>(stop) != AT_SIGN && !isNewline(load<u8>(stop))) stop++;
  return stop < end && load<u8>(stop) == AT_SIGN ? stop + 1 : at;
}

/** Reads an address of a family, as TUPLE_SRC has it. Returns where it ends, 0 when it is none. */
export function readAddress(at: usize, end: usize, family: u32, address: usize): usize {
  memory.fill(address, 0, 16);
  const stop = family == 6 ? readIpv6(at, end, ANY_DELIMITER, address) : readIpv4(at, end, ANY_DELIMITER, address);
  for (let i: usize = 0; i < 16; i += 4) store<u32>(address + i, bswap<u32>(load<u32>(address + i)));
  return stop;
}

/**
 * Reads an address, of IPv6 in brackets, which must be there if it is `delimited`.
 *
 * Returns: where it ends, 0 when it is none.
 * Ref: net/netfilter/nf_conntrack_sip.c:sip_parse_addr()
 */
export function readHost(at: usize, family: u32, end: usize, delimited: bool, address: usize): usize {
  if (family == 4) return readAddress(at, end, family, address);
  if (at < end && load<u8>(at) == OPEN_BRACKET) at++;
  else if (delimited) return 0;
  const stop = readAddress(at, end, family, address);
  if (stop == 0) return 0;
  if (stop < end && load<u8>(stop) == CLOSE_BRACKET) return stop + 1;
  return delimited ? 0 : stop;
}

/** Reads an address, of IPv6 in brackets, and its port. Ref: net/netfilter/nf_conntrack_sip.c:epaddr_len() */
export function readHostAndPort(at: usize, family: u32, end: usize, found: usize): bool {
  let stop = readHost(at, family, end, true, found + FOUND_ADDRESS);
  if (stop == 0) return false;
  stop = readPort(stop, end, found);
  if (stop == 0) return false;
  store<u32>(found, <u32>at, FOUND_AT);
  store<u32>(found, <u32>stop, FOUND_END);
  return true;
}

/** Reads the port behind an address. Returns where it ends, 0 for one that cannot be. Ref: net/netfilter/nf_conntrack_sip.c:sip_parse_port() */
function readPort(at: usize, end: usize, found: usize): usize {
  if (at >= end) return 0;
  let port = SIP_PORT;
  if (load<u8>(at) == COLON) {
    const first = ++at;
    port = 0;
    for (; at < end && isDigit(load<u8>(at)); at++) {
      if (at - first == 5) return 0;
      port = port * 10 + (<u32>load<u8>(at) - 0x30);
    }
    if (at == first || at >= end || port < 1024 || port > 65535) return 0;
  }
  store<u16>(found, <u16>port, FOUND_PORT);
  return at;
}

/** Finds the next value in a list of them. Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_next_header() */
function nextInList(header: u32, family: u32, at: usize, end: usize, found: usize): i32 {
  at = searchHeader(at, end, ',');
  if (at == 0) return MISSING;
  const word = searchOf(header);
  at = searchHeader(at, end, word);
  if (at == 0) return MISSING;
  at += word.length;
  store<u32>(found, <u32>at, FOUND_AT);
  return readHostAndPort(hasUser(header) ? skipUser(at, end) : at, family, end, found) ? FOUND : UNREADABLE;
}

/**
 * Finds the next header that can be read, or with FOUND_IN_LIST the next value of the same header, from `at` on: its address and
 * port. What cannot be read is passed over.
 *
 * Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_walk_headers(), ct_sip_parse_header_uri()
 */
export function findAddress(header: u32, family: u32, at: usize, end: usize, found: usize): bool {
  if (load<u8>(found, FOUND_IN_LIST) != 0) {
    for (;;) {
      const answer = nextInList(header, family, at, end, found);
      if (answer == FOUND) return true;
      if (answer == MISSING) break;
      at = <usize>load<u32>(found, FOUND_AT);
    }
    store<u8>(found, 0, FOUND_IN_LIST);
  }
  for (;;) {
    const answer = findHeader(header, family, at, end, found);
    if (answer == MISSING) return false;
    if (answer == FOUND) break;
    at = <usize>load<u32>(found, FOUND_AT);
  }
  store<u8>(found, 1, FOUND_IN_LIST);
  return true;
}
