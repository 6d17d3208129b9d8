// ftp: the control connection announces where data connections go: PORT and EPRT from the client, the answers to PASV and EPSV
// from the server. Only what stands at the beginning of a line counts.
//
// What is kept of a connection: of each direction two sequence numbers that follow an end of line, and how many of them are known.

import { EXPECT_ANY_PORT, EXPECT_TUPLE, PARAMETER_FTP_LOOSE } from '../abi/expect.ts';
import { FLOW_DIRECTION_TUPLE, TUPLE_DST, TUPLE_FAMILY, TUPLE_SRC } from '../abi/flow.ts';
import { CTINFO_ESTABLISHED, CTINFO_ESTABLISHED_REPLY, PACKET_CTINFO, PACKET_L4 } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { be32, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { readIpv6 } from './address.ts';
import { parameter, scratch, state } from './context.ts';
import { announce, expectation, put } from './expect.ts';
import { isDigit, isTextAnyCase, payloadEnd, tcpPayload } from './payload.ts';
import { announceIn, followLater, isTranslated, registerAtPort, writeDecimal, writeIpv4, writeIpv6 } from './translate.ts';
import { pullAll } from '../wire/edit.ts';

// Of what is kept: in each direction two numbers, and how many of them are there.
const LINE_STARTS: u32 = 0;
const LINE_START_COUNT: u32 = 8;
const DIRECTION_BYTES: u32 = 12;
const LINE_STARTS_MAX: u32 = 2;

// What a packet announces, in the scratch: an address as in tuples, a port, and where in the payload both stand.
const ANNOUNCED_ADDRESS: u32 = 0;
const ANNOUNCED_PORT: u32 = 16;
export const ANNOUNCED_FROM: u32 = 20;
export const ANNOUNCED_LENGTH: u32 = 24;
/** Which of the four forms it has: FORM_*. */
export const ANNOUNCED_FORM: u32 = 28;
/** Room for numbers, or for an address in the order of the wire. */
const NUMBERS_READ: u32 = 32;
/** Room for what is announced instead. */
const ANNOUNCED_TEXT: u32 = 64;

/** Ref: include/uapi/linux/netfilter/nf_conntrack_ftp.h:nf_ct_ftp_type */
export const FORM_PORT: u32 = 0;
export const FORM_PASV: u32 = 1;
export const FORM_EPRT: u32 = 2;
export const FORM_EPSV: u32 = 3;

// What a look for an announcement comes to.
const FOUND: u32 = 0;
const NOT_THERE: u32 = 1;
/** It begins like one, but is none that can be read. */
const PARTIAL: u32 = 2;

/** By FORM_*: "PORT", "227 ", "EPRT", "229 ". */
const WORDS = memory.data<u8>([
  0x50, 0x4f, 0x52, 0x54,
  0x32, 0x32, 0x37, 0x20,
  0x45, 0x50, 0x52, 0x54,
  0x32, 0x32, 0x39, 0x20,
]);
const WORD_BYTES: u32 = 4;

const SPACE: u32 = 0x20;
const COMMA: u32 = 0x2c;
const BAR: u32 = 0x7c;
const FULL_STOP: u32 = 0x2e;
const OPENING: u32 = 0x28;
const CARRIAGE_RETURN: u32 = 0x0d;
const LINE_FEED: u32 = 0x0a;
/** A terminator of numbers that any character is. */
const ANYTHING: u32 = 0;

/** Ref: net/netfilter/nf_conntrack_ftp.c:help() */
export function ftp(env: usize, packet: usize, entry: usize): u32 {
  const info = load<u32>(packet, PACKET_CTINFO);
  if (info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY) return VERDICT_ACCEPT;
  pullAll(packet);
  const at = tcpPayload(packet);
  if (at == 0) return VERDICT_ACCEPT;
  const end = payloadEnd(packet);
  const seq = be32(<usize>load<u32>(packet, PACKET_L4) + 4);
  const direction = packetDirection(packet);
  const known = state(entry) + direction * DIRECTION_BYTES;
  const endsLine = <u32>load<u8>(end - 1) == LINE_FEED;
  let verdict = VERDICT_ACCEPT;
  if (isLineStart(known, seq)) {
    const announced = scratch(env, packet);
    const found = findAnnouncement(at, end, entry, direction, announced);
    // A line that may go on is not let through: the packet that has it whole must be seen.
    if (found == PARTIAL) return VERDICT_DROP;
    if (found == FOUND) verdict = follow(env, packet, entry, direction, announced);
  }
  if (endsLine) noteLineStart(known, seq + <u32>(end - at));
  return verdict;
}

// ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ref: net/netfilter/nf_conntrack_ftp.c:find_nl_seq() */
function isLineStart(known: usize, seq: u32): bool {
  const count = load<u32>(known, LINE_START_COUNT);
  for (let i: usize = 0; i < count; i++) {
    if (load<u32>(known + (i << 2), LINE_STARTS) == seq) return true;
  }
  return false;
}

/** Keeps the two latest. Ref: net/netfilter/nf_conntrack_ftp.c:update_nl_seq() */
function noteLineStart(known: usize, seq: u32): void {
  if (isLineStart(known, seq)) return;
  const count = load<u32>(known, LINE_START_COUNT);
  if (count < LINE_STARTS_MAX) {
    store<u32>(known + (<usize>count << 2), seq, LINE_STARTS);
    store<u32>(known, count + 1, LINE_START_COUNT);
    return;
  }
  const oldest = known + (isBefore(load<u32>(known, LINE_STARTS), load<u32>(known, LINE_STARTS + 4)) ? 0 : 4);
  if (isBefore(load<u32>(oldest, LINE_STARTS), seq)) store<u32>(oldest, seq, LINE_STARTS);
}

function isBefore(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

// ── Announcements ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Looks for what its direction may announce. */
function findAnnouncement(at: usize, end: usize, entry: usize, direction: u32, announced: usize): u32 {
  const own = entry + <usize>direction * FLOW_DIRECTION_TUPLE;
  memory.copy(announced + ANNOUNCED_ADDRESS, own + TUPLE_SRC, 16);
  const isIpv6 = load<u8>(own, TUPLE_FAMILY) == 6;
  for (let form = direction; form <= FORM_EPSV; form += 2) {
    const found = findForm(at, end, form, isIpv6, announced);
    if (found != NOT_THERE) return found;
  }
  return NOT_THERE;
}

/** Ref: net/netfilter/nf_conntrack_ftp.c:find_pattern() */
function findForm(at: usize, end: usize, form: u32, isIpv6: bool, announced: usize): u32 {
  const word = WORDS + <usize>form * WORD_BYTES;
  const length = min(<u32>(end - at), WORD_BYTES);
  if (!isTextAnyCase(at, end, word, length)) return NOT_THERE;
  let from = at + WORD_BYTES;
  if (from >= end) return PARTIAL;
  if (form != FORM_PASV) {
    const skip = form == FORM_EPSV ? OPENING : SPACE;
    for (; <u32>load<u8>(from) != skip; from++) if (from == end - 1) return PARTIAL;
    from++;
  }
  store<u32>(announced, form, ANNOUNCED_FORM);
  const to = readForm(from, end, form, isIpv6, announced);
  if (to == 0) return PARTIAL;
  const first = form == FORM_PASV ? firstDigit(from, end) : from;
  store<u32>(announced, <u32>(first - at), ANNOUNCED_FROM);
  store<u32>(announced, <u32>(to - first), ANNOUNCED_LENGTH);
  return FOUND;
}

/** Reads address and port of a form. Returns: where they end, 0 = they cannot be read. */
function readForm(from: usize, end: usize, form: u32, isIpv6: bool, announced: usize): usize {
  if (form == FORM_PORT) return readNumbers(from, end, CARRIAGE_RETURN, announced);
  if (form == FORM_PASV) return readNumbers(firstDigit(from, end), end, ANYTHING, announced);
  if (form == FORM_EPRT) return readExtended(from, end, isIpv6, announced);
  return readExtendedPort(from, end, announced);
}

/** Ref: net/netfilter/nf_conntrack_ftp.c:try_rfc1123() */
function firstDigit(from: usize, end: usize): usize {
  while (from < end && !isDigit(load<u8>(from))) from++;
  return from;
}

/** `192,168,1,1,5,6`. Numbers may be larger than a byte: they then run into each other. Ref: net/netfilter/nf_conntrack_ftp.c:try_rfc959() */
function readNumbers(from: usize, end: usize, terminator: u32, announced: usize): usize {
  const numbers = announced + NUMBERS_READ;
  const to = readList(from, end, 6, COMMA, terminator, numbers);
  if (to == 0) return 0;
  storeIpv4(numbers, announced);
  store<u32>(announced, ((load<u32>(numbers, 16) << 8) | load<u32>(numbers, 20)) & 0xffff, ANNOUNCED_PORT);
  return to;
}

function storeIpv4(numbers: usize, announced: usize): void {
  const high = (load<u32>(numbers) << 24) | (load<u32>(numbers, 4) << 16);
  store<u32>(announced, high | (load<u32>(numbers, 8) << 8) | load<u32>(numbers, 12), ANNOUNCED_ADDRESS);
}

/** Reads `count` numbers between separators, up to the terminator. Ref: net/netfilter/nf_conntrack_ftp.c:try_number() */
function readList(from: usize, end: usize, count: u32, separator: u32, terminator: u32, numbers: usize): usize {
  memory.fill(numbers, 0, <usize>count << 2);
  let i: u32 = 0;
  for (let at = from; at < end && i < count; at++) {
    const byte: u32 = load<u8>(at);
    const number = numbers + (<usize>i << 2);
    if (isDigit(byte)) store<u32>(number, load<u32>(number) * 10 + (byte - 0x30));
    else if (byte == separator) i++;
    else return (byte == terminator || terminator == ANYTHING) && i == count - 1 ? at : 0;
  }
  return 0;
}

/** Whether a byte may stand between the parts of EPRT and EPSV: visible, and no digit. */
function isDelimiter(byte: u32): bool {
  return !isDigit(byte) && byte >= 33 && byte <= 126;
}

/** `|1|132.235.1.2|6275|` or `|2|3ffe::1|6275|`. Ref: net/netfilter/nf_conntrack_ftp.c:try_eprt() */
function readExtended(from: usize, end: usize, isIpv6: bool, announced: usize): usize {
  if (end - from <= 3) return 0;
  const delimiter: u32 = load<u8>(from);
  if (!isDelimiter(delimiter) || <u32>load<u8>(from, 2) != delimiter) return 0;
  if (<u32>load<u8>(from, 1) != <u32>(isIpv6 ? 0x32 : 0x31)) return 0;
  const read = announced + NUMBERS_READ;
  let to: usize;
  if (isIpv6) {
    to = readIpv6(from + 3, end, <i32>delimiter, read);
    if (to == 0) return 0;
    for (let i: usize = 0; i < 16; i += 4) store<u32>(announced + i, be32(read + i), ANNOUNCED_ADDRESS);
  } else {
    to = readList(from + 3, end, 4, FULL_STOP, delimiter, read);
    if (to == 0) return 0;
    storeIpv4(read, announced);
  }
  return readPort(to + 1, end, delimiter, announced);
}

/** `|||6446|`. Ref: net/netfilter/nf_conntrack_ftp.c:try_epsv_response() */
function readExtendedPort(from: usize, end: usize, announced: usize): usize {
  if (end - from <= 3) return 0;
  const delimiter: u32 = load<u8>(from);
  if (!isDelimiter(delimiter) || <u32>load<u8>(from, 1) != delimiter || <u32>load<u8>(from, 2) != delimiter) return 0;
  return readPort(from + 3, end, delimiter, announced);
}

/** A port up to the delimiter; 0 is none. Returns: what follows the delimiter. Ref: net/netfilter/nf_conntrack_ftp.c:get_port() */
function readPort(from: usize, end: usize, delimiter: u32, announced: usize): usize {
  let port: u32 = 0;
  for (let at = from; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (byte == delimiter) {
      if (port == 0) return 0;
      store<u32>(announced, port, ANNOUNCED_PORT);
      return at + 1;
    }
    if (!isDigit(byte)) return 0;
    port = (port * 10 + (byte - 0x30)) & 0xffff;
  }
  return 0;
}

/** Expects the data connection: from the other side, to the address announced if that is the sender's own, or with `loose`. */
function follow(env: usize, packet: usize, entry: usize, direction: u32, announced: usize): u32 {
  const own = entry + <usize>direction * FLOW_DIRECTION_TUPLE;
  const other = entry + <usize>(direction ^ 1) * FLOW_DIRECTION_TUPLE;
  const address = announced + ANNOUNCED_ADDRESS;
  let destination = other + TUPLE_DST;
  if (memory.compare(address, own + TUPLE_SRC, 16) != 0) {
    if (!parameter(env, entry, PARAMETER_FTP_LOOSE)) return VERDICT_ACCEPT;
    destination = address;
  }
  const port = load<u32>(announced, ANNOUNCED_PORT);
  const made = expectation(env, packet, 0, other + TUPLE_SRC, destination, IPPROTO_TCP, EXPECT_ANY_PORT, port);
  return isTranslated(entry) ? announceOther(env, packet, made, direction, announced, other + TUPLE_DST) : announce(env, packet, made);
}

/**
 * Announces the address that the other side knows this one by, and a port there.
 *
 * Ref: net/netfilter/nf_nat_ftp.c:nf_nat_ftp()
 */
function announceOther(env: usize, packet: usize, made: usize, direction: u32, announced: usize, address: usize): u32 {
  if (made == 0) return VERDICT_DROP;
  followLater(made, direction ^ 1, load<u32>(announced, ANNOUNCED_PORT));
  const port = registerAtPort(env, packet, made);
  if (port == 0) {
    put(env, packet, made);
    return VERDICT_DROP;
  }
  const isIpv6 = load<u8>(made, EXPECT_TUPLE + TUPLE_FAMILY) == 6;
  const text = announced + ANNOUNCED_TEXT;
  const end = writeForm(text, load<u32>(announced, ANNOUNCED_FORM), address, port, isIpv6);
  return announceIn(env, packet, made, load<u32>(announced, ANNOUNCED_FROM), load<u32>(announced, ANNOUNCED_LENGTH), text, end);
}

/** Ref: net/netfilter/nf_nat_ftp.c:nf_nat_ftp_fmt_cmd() */
function writeForm(text: usize, form: u32, address: usize, port: u32, isIpv6: bool): usize {
  let end = text;
  if (form == FORM_PORT || form == FORM_PASV) {
    end = writeByte(writeIpv4(end, load<u32>(address), COMMA), COMMA);
    return writeDecimal(writeByte(writeDecimal(end, port >>> 8), COMMA), port & 255);
  }
  end = writeByte(end, BAR);
  if (form == FORM_EPRT) {
    end = writeByte(writeByte(end, isIpv6 ? 0x32 : 0x31), BAR);
    end = isIpv6 ? writeIpv6(end, address) : writeIpv4(end, load<u32>(address), FULL_STOP);
  } else end = writeByte(end, BAR);
  return writeByte(writeDecimal(writeByte(end, BAR), port), BAR);
}

function writeByte(at: usize, byte: u32): usize {
  store<u8>(at, <u8>byte);
  return at + 1;
}
