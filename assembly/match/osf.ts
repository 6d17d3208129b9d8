// TEST_OSF: `-m osf`.

import { RECORD_KIND_OSF } from '../abi/log.ts';
import {
  FINGERPRINT_DF,
  FINGERPRINT_ID,
  FINGERPRINT_LENGTH,
  FINGERPRINT_OPTIONS,
  FINGERPRINT_OPTION_COUNT,
  FINGERPRINT_TTL,
  FINGERPRINT_WINDOW,
  FINGERPRINT_WINDOW_KIND,
  OSF_COUNT,
  OSF_FINGERPRINTS,
  OSF_FLAGS,
  OSF_LOGS,
  OSF_LOGS_FIRST,
  OSF_TTL,
  OSF_TTL_EQUAL,
  OSF_TTL_LESS,
  OSF_UNKNOWN,
} from '../abi/opcode.ts';
import { PACKET_END, PACKET_L3, PACKET_TTL } from '../abi/packet.ts';
import { dontFragment, fragment, headerLength, totalLength } from '../wire/ipv4.ts';
import { writeRecord } from '../wire/log.ts';
import { flags, headerLength as tcpHeaderLength, TCP_BYTES, window } from '../wire/tcp.ts';

const TCP_SYN: u32 = 2;
const OPTION_MSS: u32 = 2;

const WINDOW_PLAIN: u32 = 0;
const WINDOW_MSS: u32 = 1;
const WINDOW_MTU: u32 = 2;
/** What modems and the like make of a segment size. */
const SMART_MSS: u32 = 1460;
const SMART_MSS_LESS: u32 = 1448;
const HEADERS: u32 = 40;

/**
 * Whether a packet with SYN looks like one of the fingerprints; with OSF_LOGS each it looks like, or that it looks like none, goes to
 * the log. As the kernel does, this takes what lies behind the IP header for TCP, in later fragments too.
 *
 * Ref: net/netfilter/nfnetlink_osf.c:nf_osf_match()
 */
export function hasFingerprint(env: usize, packet: usize, operands: usize): bool {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const tcp = ip + headerLength(ip);
  const end: usize = load<u32>(packet, PACKET_END);
  if (tcp + TCP_BYTES > end || (flags(tcp) & TCP_SYN) == 0 || tcp + tcpHeaderLength(tcp) > end) return false;
  const asked = load<u32>(operands, OSF_FLAGS);
  let found = false;
  let at = operands + OSF_FINGERPRINTS;
  for (let left = load<u32>(operands, OSF_COUNT); left > 0; left--) {
    const fingerprint = at;
    at += <usize>FINGERPRINT_OPTIONS + (<usize>load<u32>(fingerprint, FINGERPRINT_OPTION_COUNT) << 2);
    if (!looksLike(packet, ip, tcp, fingerprint, load<u32>(operands, OSF_TTL))) continue;
    found = true;
    if ((asked & OSF_LOGS) == 0) return true;
    writeRecord(env, packet, RECORD_KIND_OSF, load<u32>(fingerprint, FINGERPRINT_ID));
    if ((asked & OSF_LOGS_FIRST) != 0) break;
  }
  if (!found && (asked & OSF_LOGS) != 0) writeRecord(env, packet, RECORD_KIND_OSF, OSF_UNKNOWN);
  return found;
}

/** Ref: net/netfilter/nfnetlink_osf.c:nf_osf_match_one() */
function looksLike(packet: usize, ip: usize, tcp: usize, fingerprint: usize, ttlCheck: u32): bool {
  if (u32(dontFragment(fragment(ip))) != load<u32>(fingerprint, FINGERPRINT_DF)) return false;
  if (totalLength(ip) != load<u32>(fingerprint, FINGERPRINT_LENGTH)) return false;
  const ttl = load<u32>(packet, PACKET_TTL);
  const expected = load<u32>(fingerprint, FINGERPRINT_TTL);
  if (ttlCheck == OSF_TTL_EQUAL && ttl != expected) return false;
  if (ttlCheck == OSF_TTL_LESS && ttl > expected) return false;
  const mss = segmentSize(tcp, fingerprint);
  return mss != NO_MATCH && hasWindow(window(tcp), mss, fingerprint);
}

/** The options are not those of the fingerprint. */
const NO_MATCH: u32 = 0xffffffff;

/** The segment size that the options name, 0 = none; NO_MATCH when they are not those of the fingerprint. */
function segmentSize(tcp: usize, fingerprint: usize): u32 {
  const end = tcp + tcpHeaderLength(tcp);
  const count = load<u32>(fingerprint, FINGERPRINT_OPTION_COUNT);
  let at = tcp + TCP_BYTES;
  let mss: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const option = load<u32>(fingerprint + (<usize>i << 2), FINGERPRINT_OPTIONS);
    const length = option & 0xffff;
    if (at + length > end || <u32>load<u8>(at) != option >> 16) return NO_MATCH;
    if (option >> 16 == OPTION_MSS) mss = bswap<u16>(load<u16>(at, 2));
    at += length;
  }
  return at == end ? mss : NO_MATCH;
}

function hasWindow(size: u32, mss: u32, fingerprint: usize): bool {
  const value = load<u32>(fingerprint, FINGERPRINT_WINDOW);
  const kind = load<u32>(fingerprint, FINGERPRINT_WINDOW_KIND);
  if (kind == WINDOW_PLAIN) return value == 0 || size == value;
  if (kind == WINDOW_MSS) return size == value * mss || size == value * SMART_MSS || size == value * SMART_MSS_LESS;
  if (kind != WINDOW_MTU) return size % value == 0;
  return (
    size == value * (mss + HEADERS) || size == value * (SMART_MSS + HEADERS) || size == value * (SMART_MSS_LESS + HEADERS)
  );
}
