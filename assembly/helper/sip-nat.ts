// sip with translation: what messages tell of the two who talk, in their first line and their headers, becomes what the other side knows
// them by; and calls that are expected come where the phone is.

import {
  EXPECT_CLASS,
  EXPECT_DIRECTION,
  EXPECT_FUNCTION,
  EXPECT_FUNCTION_SIP,
  EXPECT_MASTER,
  EXPECT_NEXT_OF_MASTER,
  EXPECT_SAVED_ADDRESS,
  EXPECT_SAVED_PORT,
  EXPECT_TUPLE,
} from '../abi/expect.ts';
import {
  EXT_EXPECTATIONS,
  FLOW_DIRECTION_TUPLE,
  FLOW_EXTENSION,
  FLOW_ORIGINAL,
  MANIP_DST,
  MANIP_SRC,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { PACKET_CT, PACKET_DPORT, PACKET_L4 } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_TCP, IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { settleAt } from '../nat/bind.ts';
import { settleAtPort } from '../nat/follow.ts';
import { changePayload } from '../nat/payload.ts';
import { copyAddress } from '../nat/room.ts';
import { giveUp, put } from './expect.ts';
import { scratch, state } from './context.ts';
import {
  FOUND_ADDRESS,
  FOUND_AT,
  FOUND_END,
  FOUND_IN_LIST,
  FOUND_PORT,
  findAddress,
  HEADER_CONTACT,
  HEADER_FROM,
  HEADER_TO,
  HEADER_VIA_TCP,
  HEADER_VIA_UDP,
  readHost,
  readHostAndPort,
  searchHeader,
  skipUser,
} from './sip-header.ts';
import { CLASS_SIGNALLING } from './sip-media.ts';
import { SCRATCH_FOUND, SCRATCH_PARAMETER, SIP_FORCED_PORT } from './sip-memory.ts';
import { messageEnd, rewriteAddress, rewriteHost, rewriteNumber } from './sip-text.ts';
import { hasWord, isNewline, numberEnd, readNumber, skipLetters } from './text.ts';
import { registerAtPort } from './translate.ts';

const UDP_DPORT: usize = 2;

function familyOf(entry: usize): u32 {
  return load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
}

/** The tuples of the packet's direction and of the other. */
function own(packet: usize, entry: usize): usize {
  return entry + packetDirection(packet) * FLOW_DIRECTION_TUPLE;
}

function other(packet: usize, entry: usize): usize {
  return entry + (packetDirection(packet) ^ 1) * FLOW_DIRECTION_TUPLE;
}

/**
 * Makes the address and port that were found what the other side knows them by, if they are of one of the two who talk. FOUND_END
 * follows.
 *
 * Returns: false when there is no room for it.
 * Ref: net/netfilter/nf_nat_sip.c:map_addr()
 */
function translateFound(env: usize, packet: usize, entry: usize, found: usize): bool {
  const ours = own(packet, entry);
  const theirs = other(packet, entry);
  const address = found + FOUND_ADDRESS;
  const port = <u32>load<u16>(found, FOUND_PORT);
  let known: usize;
  let knownPort: u32;
  if (sameAddress(ours + TUPLE_SRC, address) && load<u16>(ours, TUPLE_SPORT) == port) {
    known = theirs + TUPLE_DST;
    knownPort = load<u16>(theirs, TUPLE_DPORT);
  } else if (sameAddress(ours + TUPLE_DST, address) && load<u16>(ours, TUPLE_DPORT) == port) {
    const forced = load<u16>(state(entry), SIP_FORCED_PORT);
    known = theirs + TUPLE_SRC;
    knownPort = forced != 0 ? forced : load<u16>(theirs, TUPLE_SPORT);
  } else return true;
  if (sameAddress(known, address) && knownPort == port) return true;
  const end = rewriteHost(env, packet, entry, load<u32>(found, FOUND_AT), load<u32>(found, FOUND_END), known, knownPort);
  if (end != 0) store<u32>(found, <u32>end, FOUND_END);
  return end != 0;
}

/**
 * Translates a message from `at` on.
 *
 * Returns: false when it cannot be.
 * Ref: net/netfilter/nf_nat_sip.c:nf_nat_sip()
 */
export function translateMessage(env: usize, packet: usize, entry: usize, at: usize): bool {
  const isRequest = !hasWord(at, messageEnd(env, packet), 'sip/2.0');
  if (isRequest && !translateRequest(env, packet, entry, at)) return false;
  if (!translateVia(env, packet, entry, at, isRequest)) return false;
  const found = scratch(env, packet) + SCRATCH_FOUND;
  store<u8>(found, 0, FOUND_IN_LIST);
  let next = at;
  while (findAddress(HEADER_CONTACT, familyOf(entry), next, messageEnd(env, packet), found)) {
    if (!translateFound(env, packet, entry, found)) return false;
    next = load<u32>(found, FOUND_END);
  }
  if (!translateHeader(env, packet, entry, at, HEADER_FROM) || !translateHeader(env, packet, entry, at, HEADER_TO)) return false;
  const forced = load<u16>(state(entry), SIP_FORCED_PORT);
  return packetDirection(packet) == 0 || forced == 0 || forcePort(env, packet, entry, forced);
}

/** Translates the URI of a request's first line. Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_parse_request() */
function translateRequest(env: usize, packet: usize, entry: usize, at: usize): bool {
  const end = messageEnd(env, packet);
  let uri = skipLetters(at, end);
  if (uri == at || ++uri >= end) return true;
  const last = end - 4;
  while (uri < last && !hasWord(uri, end, 'sip:')) {
    if (isNewline(load<u8>(uri))) return true;
    uri++;
  }
  if (uri < last) uri += 4;
  const found = scratch(env, packet) + SCRATCH_FOUND;
  if (!readHostAndPort(skipUser(uri, end), familyOf(entry), end, found)) return true;
  return translateFound(env, packet, entry, found);
}

function translateHeader(env: usize, packet: usize, entry: usize, at: usize, header: u32): bool {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  store<u8>(found, 0, FOUND_IN_LIST);
  if (!findAddress(header, familyOf(entry), at, messageEnd(env, packet), found)) return true;
  return translateFound(env, packet, entry, found);
}

/** Translates the topmost Via, if it is of who has sent the request, and what stands behind it. */
function translateVia(env: usize, packet: usize, entry: usize, at: usize, isRequest: bool): bool {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  const isTcp = load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) == IPPROTO_TCP;
  store<u8>(found, 0, FOUND_IN_LIST);
  if (!findAddress(isTcp ? HEADER_VIA_TCP : HEADER_VIA_UDP, familyOf(entry), at, messageEnd(env, packet), found)) return true;
  const sender = own(packet, entry) + (isRequest ? TUPLE_SRC : TUPLE_DST);
  const port = load<u16>(own(packet, entry) + (isRequest ? TUPLE_SPORT : TUPLE_DPORT));
  if (!sameAddress(found + FOUND_ADDRESS, sender) || load<u16>(found, FOUND_PORT) != port) return true;
  if (!translateFound(env, packet, entry, found)) return false;
  const behind = <usize>load<u32>(found, FOUND_END);
  const ours = own(packet, entry);
  const theirs = other(packet, entry);
  return (
    translateParameter(env, packet, entry, behind, 'maddr=', true, ours + TUPLE_SRC, theirs + TUPLE_DST) &&
    translateParameter(env, packet, entry, behind, 'received=', false, ours + TUPLE_DST, theirs + TUPLE_SRC) &&
    translateRport(env, packet, behind, load<u16>(ours, TUPLE_DPORT), load<u16>(theirs, TUPLE_SPORT))
  );
}

/** The value of a parameter behind an address, within its part of the header; 0 = there is none. */
function parameterAt(env: usize, packet: usize, behind: usize, name: string): usize {
  const end = messageEnd(env, packet);
  const comma = searchHeader(behind, end, ',');
  const at = searchHeader(behind, comma == 0 ? end : comma, name);
  return at == 0 ? 0 : at + name.length;
}

/** Makes the address of a parameter `known`, if it is `told`. Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_parse_address_param() */
function translateParameter(
  env: usize,
  packet: usize,
  entry: usize,
  behind: usize,
  name: string,
  delimited: bool,
  told: usize,
  known: usize,
): bool {
  const at = parameterAt(env, packet, behind, name);
  if (at == 0) return true;
  const address = scratch(env, packet) + SCRATCH_PARAMETER + FOUND_ADDRESS;
  const end = messageEnd(env, packet);
  const comma = searchHeader(behind, end, ',');
  const stop = readHost(at, familyOf(entry), comma == 0 ? end : comma, delimited, address);
  if (stop == 0 || !sameAddress(address, told) || sameAddress(address, known)) return true;
  return rewriteAddress(env, packet, entry, at, stop, known, delimited);
}

function translateRport(env: usize, packet: usize, behind: usize, told: u32, known: u32): bool {
  const at = parameterAt(env, packet, behind, 'rport=');
  if (at == 0) return true;
  const end = messageEnd(env, packet);
  const comma = searchHeader(behind, end, ',');
  const number = readNumber(at, comma == 0 ? end : comma);
  const port = <u32>number;
  if (numberEnd(number) == at || port < 1024 || port > 65535 || port != told || port == known) return true;
  return rewriteNumber(env, packet, at, numberEnd(number), known);
}

/** Sends an answer to the port that the phone wants answers at. */
function forcePort(env: usize, packet: usize, entry: usize, port: u32): bool {
  if (load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) != IPPROTO_UDP) return false;
  store<u16>(load<u32>(packet, PACKET_L4), bswap<u16>(<u16>port), UDP_DPORT);
  store<u32>(packet, port, PACKET_DPORT);
  return changePayload(env, packet, 0, 0, 0, 0);
}

/**
 * Registers what is expected of a phone's calls, at a port where the other side knows it, and tells that in its Contact (`found`).
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_nat_sip.c:nf_nat_sip_expect()
 */
export function expectTranslated(env: usize, packet: usize, entry: usize, calls: usize, found: usize): u32 {
  if (calls == 0) return VERDICT_DROP;
  const ours = own(packet, entry);
  const theirs = other(packet, entry);
  const port = load<u16>(calls, EXPECT_TUPLE + TUPLE_DPORT);
  const forced = load<u16>(state(entry), SIP_FORCED_PORT);
  translateExpected(packet, entry, calls);
  const isOwn = port == (forced != 0 ? forced : load<u16>(ours, TUPLE_SPORT));
  if (isOwn) store<u16>(calls, load<u16>(theirs, TUPLE_DPORT), EXPECT_TUPLE + TUPLE_DPORT);
  const taken = registerAtPort(env, packet, calls);
  let verdict = taken == 0 ? VERDICT_DROP : VERDICT_ACCEPT;
  const address = calls + EXPECT_TUPLE + TUPLE_DST;
  if (taken != 0 && (!sameAddress(address, calls + EXPECT_SAVED_ADDRESS) || taken != <u32>port)) {
    const end = rewriteHost(env, packet, entry, load<u32>(found, FOUND_AT), load<u32>(found, FOUND_END), address, taken);
    if (end == 0) {
      giveUp(env, packet, calls);
      verdict = VERDICT_DROP;
    }
  }
  put(env, packet, calls);
  return verdict;
}

/** Keeps where an expectation leads, and has it expect what the other side knows instead. */
export function translateExpected(packet: usize, entry: usize, expected: usize): void {
  const ours = own(packet, entry);
  const theirs = other(packet, entry);
  copyAddress(expected + EXPECT_SAVED_ADDRESS, expected + EXPECT_TUPLE + TUPLE_DST);
  store<u16>(expected, load<u16>(expected, EXPECT_TUPLE + TUPLE_DPORT), EXPECT_SAVED_PORT);
  if (!sameAddress(ours + TUPLE_SRC, theirs + TUPLE_DST)) copyAddress(expected + EXPECT_TUPLE + TUPLE_DST, theirs + TUPLE_DST);
  store<u8>(expected, <u8>(packetDirection(packet) ^ 1), EXPECT_DIRECTION);
  store<u32>(expected, EXPECT_FUNCTION_SIP, EXPECT_FUNCTION);
}

/**
 * Leads a connection that was expected to where it was to go; media also come from where the other stream of the pair is expected.
 *
 * Ref: net/netfilter/nf_nat_sip.c:nf_nat_sip_expected()
 */
export function leadExpected(env: usize, packet: usize, expected: usize): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const master = <usize>load<u32>(expected, EXPECT_MASTER);
  settleAtPort(env, packet, entry, expected + EXPECT_SAVED_ADDRESS, load<u16>(expected, EXPECT_SAVED_PORT), MANIP_DST);
  const isMedia = load<u8>(expected, EXPECT_CLASS) != CLASS_SIGNALLING;
  const pair: usize = isMedia ? pairOf(master, entry) : 0;
  if (pair != 0) {
    const tuple = pair + EXPECT_TUPLE;
    settleAtPort(env, packet, entry, tuple + TUPLE_DST, load<u16>(tuple, TUPLE_DPORT), MANIP_SRC);
    return;
  }
  const direction = <u32>load<u8>(expected, EXPECT_DIRECTION);
  const sender = master + direction * FLOW_DIRECTION_TUPLE;
  if (!sameAddress(entry + FLOW_ORIGINAL + TUPLE_SRC, sender + TUPLE_SRC)) return;
  settleAt(env, packet, entry, master + (direction ^ 1) * FLOW_DIRECTION_TUPLE + TUPLE_DST, MANIP_SRC, 0);
}

/** What is expected, of a master, of the stream that leads to where a connection comes from. */
function pairOf(master: usize, entry: usize): usize {
  const tuple = entry + FLOW_ORIGINAL;
  let pair = <usize>load<u32>(<usize>load<u32>(master, FLOW_EXTENSION), EXT_EXPECTATIONS);
  for (; pair != 0; pair = <usize>load<u32>(pair, EXPECT_NEXT_OF_MASTER)) {
    const expected = pair + EXPECT_TUPLE;
    if (
      load<u16>(expected, TUPLE_PROTO) == load<u16>(tuple, TUPLE_PROTO) &&
      sameAddress(tuple + TUPLE_SRC, pair + EXPECT_SAVED_ADDRESS) &&
      load<u16>(tuple, TUPLE_SPORT) == load<u16>(pair, EXPECT_SAVED_PORT)
    ) {
      return pair;
    }
  }
  return 0;
}
