// amanda: the backup client's answer names up to four of its ports that the server connects to.

import { EXPECT_ANY_PORT, EXPECT_TUPLE, PARAMETER_AMANDA_MASTER_TIMEOUT } from '../abi/expect.ts';
import { DIRECTION_ORIGINAL, FLOW_ORIGINAL, TUPLE_DPORT, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { extendTime, packetDirection, SECOND } from '../conntrack/expire.ts';
import { IPPROTO_TCP } from '../conntrack/tuple.ts';
import { parameter, scratch } from './context.ts';
import { announce, expectation, put } from './expect.ts';
import { decimal, findText, payloadEnd, skipDigits, udpPayload } from './payload.ts';
import { announceIn, followLater, isTranslated, registerAtPort, writeDecimal } from './translate.ts';

/** "CONNECT " */
const CONNECT = memory.data<u8>([0x43, 0x4f, 0x4e, 0x4e, 0x45, 0x43, 0x54, 0x20]);
const CONNECT_BYTES: u32 = 8;
/** "\n" */
const LINE_FEED = memory.data<u8>([0x0a]);
/** "DATA ", "MESG ", "INDEX ", "STATE ": what a port may be for, in WORD_STRIDE bytes each. */
const WORDS = memory.data<u8>([
  0x44, 0x41, 0x54, 0x41, 0x20, 0,
  0x4d, 0x45, 0x53, 0x47, 0x20, 0,
  0x49, 0x4e, 0x44, 0x45, 0x58, 0x20,
  0x53, 0x54, 0x41, 0x54, 0x45, 0x20,
]);
const WORD_COUNT: u32 = 4;
const WORD_STRIDE: usize = 6;
/** The first so many words are of five bytes, the others of six. */
const SHORT_WORDS: u32 = 2;
const PORT_DIGITS: usize = 5;

/** Ref: net/netfilter/nf_conntrack_amanda.c:amanda_help() */
export function amanda(env: usize, packet: usize, entry: usize): u32 {
  if (packetDirection(packet) == DIRECTION_ORIGINAL) return VERDICT_ACCEPT;
  const seconds = <u64>parameter(env, entry, PARAMETER_AMANDA_MASTER_TIMEOUT);
  extendTime(entry, packet, seconds * SECOND);
  let at = udpPayload(packet);
  if (at == 0) return VERDICT_ACCEPT;
  const end = payloadEnd(packet);
  const connect = findText(at, end, CONNECT, CONNECT_BYTES);
  if (connect == 0) return VERDICT_ACCEPT;
  let from = connect + CONNECT_BYTES;
  let to = findText(from, end, LINE_FEED, 1);
  if (to == 0) return VERDICT_ACCEPT;
  let verdict = VERDICT_ACCEPT;
  for (let i: u32 = 0; i < WORD_COUNT; i++) {
    const length: u32 = i < SHORT_WORDS ? 5 : 6;
    const word = findText(from, to, WORDS + <usize>i * WORD_STRIDE, length);
    if (word == 0) continue;
    const digits = word + length;
    const behind = skipDigits(digits, min(digits + PORT_DIGITS, to));
    const port = <u32>decimal(digits, behind) & 0xffff;
    if (port == 0) break;
    const original = entry + FLOW_ORIGINAL;
    const made = expectation(env, packet, 0, original + TUPLE_SRC, original + TUPLE_DST, IPPROTO_TCP, EXPECT_ANY_PORT, port);
    const answer = isTranslated(entry)
      ? announceOther(env, packet, made, <u32>(digits - at), <u32>(behind - digits))
      : announce(env, packet, made);
    if (answer == VERDICT_DROP) verdict = VERDICT_DROP;
    // The packet may lie elsewhere now.
    const moved = udpPayload(packet);
    from += moved - at;
    to += moved - at;
    at = moved;
  }
  return verdict;
}

/** Announces a port that can be had. Ref: net/netfilter/nf_nat_amanda.c:help() */
function announceOther(env: usize, packet: usize, made: usize, offset: u32, length: u32): u32 {
  if (made == 0) return VERDICT_DROP;
  followLater(made, DIRECTION_ORIGINAL, <u32>load<u16>(made, EXPECT_TUPLE + TUPLE_DPORT));
  const port = registerAtPort(env, packet, made);
  if (port == 0) {
    put(env, packet, made);
    return VERDICT_DROP;
  }
  const text = scratch(env, packet);
  return announceIn(env, packet, made, offset, length, text, writeDecimal(text, port));
}
