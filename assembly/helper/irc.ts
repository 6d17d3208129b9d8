// irc: a client that offers another one a file or a chat (DCC) tells it where it listens.

import { EXPECT_ANY_PORT } from '../abi/expect.ts';
import { DIRECTION_REPLY, FLOW_ORIGINAL, FLOW_REPLY, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { CTINFO_ESTABLISHED, PACKET_CTINFO } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { IPPROTO_TCP } from '../conntrack/tuple.ts';
import { scratch } from './context.ts';
import { announce, expectation, put } from './expect.ts';
import { decimal, findText, isText, isTextAnyCase, payloadEnd, skipDigits, tcpPayload } from './payload.ts';
import { announceIn, followLater, isTranslated, registerAtPort, writeDecimal } from './translate.ts';

/** So much of a packet is looked at. */
const SEARCH_BYTES: usize = 4095;
/** "PRIVMSG ", and the shortest that may begin with it. */
const PRIVMSG = memory.data<u8>([0x50, 0x52, 0x49, 0x56, 0x4d, 0x53, 0x47, 0x20]);
const PRIVMSG_BYTES: u32 = 8;
const PRIVMSG_MIN: usize = 10;
/** " :", which begins the message. */
const MESSAGE = memory.data<u8>([0x20, 0x3a]);
const MESSAGE_BYTES: u32 = 2;
/** "\1DCC " */
const DCC = memory.data<u8>([0x01, 0x44, 0x43, 0x43, 0x20]);
const DCC_BYTES: u32 = 5;
/** The shortest message with an offer: so much of it must be there. */
const OFFER_MIN: usize = 26;
/** "SEND ", "CHAT ", "MOVE ", "TSEND ", "SCHAT ", in WORD_STRIDE bytes each. */
const WORDS = memory.data<u8>([
  0x53, 0x45, 0x4e, 0x44, 0x20, 0,
  0x43, 0x48, 0x41, 0x54, 0x20, 0,
  0x4d, 0x4f, 0x56, 0x45, 0x20, 0,
  0x54, 0x53, 0x45, 0x4e, 0x44, 0x20,
  0x53, 0x43, 0x48, 0x41, 0x54, 0x20,
]);
const WORD_COUNT: u32 = 5;
const WORD_STRIDE: usize = 6;
/** The first so many words are of five bytes, the others of six. */
const SHORT_WORDS: u32 = 3;
/** "AAAAAAAA P\1\n": the shortest that address and port may be. */
const TARGET_MIN: usize = 12;

const SPACE: u32 = 0x20;
const LINE_FEED: u32 = 0x0a;
/** An end of line. */
const NEW_LINE = memory.data<u8>([0x0a]);
const CARRIAGE_RETURN: u32 = 0x0d;

/** Ref: net/netfilter/nf_conntrack_irc.c:help() */
export function irc(env: usize, packet: usize, entry: usize): u32 {
  if (load<u32>(packet, PACKET_CTINFO) != CTINFO_ESTABLISHED) return VERDICT_ACCEPT;
  const first = tcpPayload(packet);
  if (first == 0) return VERDICT_ACCEPT;
  const end = min(payloadEnd(packet), first + SEARCH_BYTES);
  let at = first;
  while (at + PRIVMSG_MIN < end && isBlank(load<u8>(at))) at++;
  if (at + PRIVMSG_MIN < end) {
    if (!isTextAnyCase(at, end, PRIVMSG, PRIVMSG_BYTES)) return VERDICT_ACCEPT;
    at += PRIVMSG_BYTES;
  }
  while (at + OFFER_MIN < end) {
    if (!isText(at, end, MESSAGE, MESSAGE_BYTES)) {
      at++;
      continue;
    }
    at += MESSAGE_BYTES;
    if (!isText(at, end, DCC, DCC_BYTES)) return VERDICT_ACCEPT;
    at += DCC_BYTES;
    const word = wordBytes(at, end);
    if (word != 0) return offered(env, packet, entry, at + word, end);
  }
  return VERDICT_ACCEPT;
}

function isBlank(byte: u32): bool {
  return byte == SPACE || byte == LINE_FEED || byte == CARRIAGE_RETURN;
}

/** The length of the word at `at` that says what is offered; 0 = it is none. */
function wordBytes(at: usize, end: usize): u32 {
  for (let i: u32 = 0; i < WORD_COUNT; i++) {
    const length: u32 = i < SHORT_WORDS ? 5 : 6;
    if (isText(at, end, WORDS + <usize>i * WORD_STRIDE, length)) return length;
  }
  return 0;
}

/**
 * Expects whoever takes the offer: from anywhere, to the address that it names if that is the client's own. At `at` stands what is
 * offered, then the address as one number, then the port.
 *
 * Ref: net/netfilter/nf_conntrack_irc.c:parse_dcc()
 */
function offered(env: usize, packet: usize, entry: usize, at: usize, end: usize): u32 {
  while (<u32>load<u8>(at++) != SPACE) if (at + TARGET_MIN > end) return VERDICT_ACCEPT;
  if (findText(at, end, NEW_LINE, 1) == 0) return VERDICT_ACCEPT;
  const addressEnd = skipDigits(at, end);
  const address = <u32>decimal(at, addressEnd);
  let digits = addressEnd;
  while (<u32>load<u8>(digits) == SPACE) digits++;
  const portEnd = skipDigits(digits, end);
  const port = <u32>decimal(digits, portEnd) & 0xffff;
  const reply = entry + FLOW_REPLY;
  const isOwn = address == load<u32>(entry, FLOW_ORIGINAL + TUPLE_SRC) || address == load<u32>(reply, TUPLE_DST);
  if (!isOwn || port == 0) return VERDICT_ACCEPT;
  const made = expectation(env, packet, 0, 0, reply + TUPLE_DST, IPPROTO_TCP, EXPECT_ANY_PORT, port);
  if (made == 0 || !isTranslated(entry)) return announce(env, packet, made);
  followLater(made, DIRECTION_REPLY, port);
  const offset = <u32>(at - tcpPayload(packet));
  return offerOther(env, packet, made, load<u32>(reply, TUPLE_DST), offset, <u32>(portEnd - at));
}

/** Offers what the server knows the client by. Ref: net/netfilter/nf_nat_irc.c:help() */
function offerOther(env: usize, packet: usize, made: usize, address: u32, offset: u32, length: u32): u32 {
  const port = registerAtPort(env, packet, made);
  if (port == 0) {
    put(env, packet, made);
    return VERDICT_DROP;
  }
  const text = scratch(env, packet);
  const blank = writeDecimal(text, address);
  store<u8>(blank, <u8>SPACE);
  return announceIn(env, packet, made, offset, length, text, writeDecimal(blank + 1, port));
}
