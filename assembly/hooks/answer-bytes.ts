// The bytes of answers: IP headers, and what stands behind them.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_IF_HOP_LIMIT, HOST_TTL } from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_OUT,
  PACKET_SRC,
  PACKET_TIME,
} from '../abi/packet.ts';
import { draw } from '../match/draw.ts';
import { fold, pseudoSum, sumBytes } from '../wire/checksum.ts';
import { dissectAgain } from '../wire/dissect.ts';
import { sealHeader, writeTtl } from '../wire/edit.ts';
import { ICMP_BYTES } from '../wire/icmp.ts';
import { FRAGMENT_DF, headerLength, IPV4_BYTES, IPV4_DST, IPV4_FRAGMENT, IPV4_LENGTH, IPV4_SRC, IPV4_TOS, IPV4_TTL } from '../wire/ipv4.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_HOP_LIMIT, IPV6_PAYLOAD_LENGTH, IPV6_SRC } from '../wire/ipv6.ts';
import { PROTO_ICMPV6 } from '../wire/transport.ts';
import { answerBytes } from './answer.ts';
import { hostInterface } from './fib.ts';

const IPV4_ID: u32 = 4;
const IPV4_PROTO: u32 = 9;
const IPV6_NEXT: u32 = 6;
const ICMP_CHECKSUM: u32 = 2;
const ICMP_INFO: u32 = 4;
/** Of a timestamp message: where the times stand. */
const STAMP_AT: u32 = 8;
const DAY_MS: u64 = 86400000;

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

/** Bytes of the IP header that an answer has been given. */
export function answerHeader(answer: usize): u32 {
  return isIpv6(answer) ? IPV6_BYTES : headerLength(answerBytes(answer));
}

/**
 * Writes the IP header of an answer from its addresses, PACKET_SRC and PACKET_DST, with `length` bytes of `proto` behind it; for IPv4 with
 * "don't fragment" and no identification, or with a drawn one, and with
 * `options` bytes of options, which are there and not yet whole.
 *
 * Differs: the kernel's identification is its own draw. The flow label is none, as with net.ipv6.auto_flowlabels at 0. Hop limits of routes
 * are not known.
 */
export function writeAnswerHeader(env: usize, answer: usize, proto: u32, tos: u32, length: u32, isWhole: bool, options: u32 = 0): void {
  const host: usize = load<u32>(env, ENV_HOST);
  const ip = answerBytes(answer);
  if (isIpv6(answer)) {
    store<u32>(ip, bswap<u32>(0x60000000 | (tos << 20)));
    store<u16>(ip, bswap<u16>(<u16>length), IPV6_PAYLOAD_LENGTH);
    store<u8>(ip, <u8>proto, IPV6_NEXT);
    store<u8>(ip, <u8>load<u32>(hostInterface(host, load<u32>(answer, PACKET_OUT)), HOST_IF_HOP_LIMIT), IPV6_HOP_LIMIT);
    for (let i: usize = 0; i < 16; i += 4) {
      store<u32>(ip + i, bswap<u32>(load<u32>(answer + i, PACKET_SRC)), IPV6_SRC);
      store<u32>(ip + i, bswap<u32>(load<u32>(answer + i, PACKET_DST)), IPV6_DST);
    }
    return;
  }
  store<u8>(ip, <u8>(0x45 + (options >> 2)));
  store<u8>(ip, <u8>tos, IPV4_TOS);
  store<u16>(ip, bswap<u16>(<u16>(IPV4_BYTES + options + length)), IPV4_LENGTH);
  store<u16>(ip, isWhole ? 0 : <u16>draw(env, answer), IPV4_ID);
  store<u16>(ip, isWhole ? bswap<u16>(<u16>FRAGMENT_DF) : 0, IPV4_FRAGMENT);
  store<u8>(ip, <u8>load<u32>(host, HOST_TTL), IPV4_TTL);
  store<u8>(ip, <u8>proto, IPV4_PROTO);
  store<u32>(ip, bswap<u32>(load<u32>(answer, PACKET_SRC)), IPV4_SRC);
  store<u32>(ip, bswap<u32>(load<u32>(answer, PACKET_DST)), IPV4_DST);
  sealHeader(ip);
}

/** Fills the answer's record from its bytes: the header and `length` behind it, of which `present` are there. */
export function readAnswer(answer: usize, length: u32, present: u32): void {
  const header = answerHeader(answer);
  dissectAgain(answer, answerBytes(answer), header + length, header + present);
}

/** Bytes of a packet that the capture has. */
export function captured(packet: usize): u32 {
  return load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3);
}

/**
 * Writes an ICMP or ICMPv6 message behind the header of an answer, which quotes the first `length` bytes of a packet as they are now, and
 * reads the record.
 */
export function writeQuote(packet: usize, answer: usize, type: u32, code: u32, info: u32, length: u32): void {
  const icmp = answerBytes(answer) + answerHeader(answer);
  const present = min(length, captured(packet));
  const quote = icmp + ICMP_BYTES;
  writeIcmp(icmp, type, code, info);
  memory.copy(quote, load<u32>(packet, PACKET_L3), present);
  writeTtl(packet, quote);
  readAnswer(answer, ICMP_BYTES + length, ICMP_BYTES + present);
  sealIcmp(answer);
}

/** The same of an answer to an echo request, which gives back what is behind its type. */
export function writeEcho(packet: usize, answer: usize, type: u32): void {
  const icmp = answerBytes(answer) + answerHeader(answer);
  const length = load<u32>(packet, PACKET_L4_LENGTH);
  const from = load<u32>(packet, PACKET_L4);
  const present = min(length, load<u32>(packet, PACKET_END) - from);
  memory.copy(icmp, from, present);
  store<u8>(icmp, <u8>type);
  store<u16>(icmp, 0, ICMP_CHECKSUM);
  readAnswer(answer, length, present);
  sealIcmp(answer);
}

/** The same of an answer to a timestamp request: its time, and twice that of now. */
export function writeTimestamp(packet: usize, answer: usize, type: u32): void {
  const icmp = answerBytes(answer) + answerHeader(answer);
  const now = ((load<u64>(packet, PACKET_TIME) / 1000000) % DAY_MS) as u32;
  const from: usize = load<u32>(packet, PACKET_L4);
  memory.copy(icmp, from, min(STAMP_AT + 4, load<u32>(packet, PACKET_END) - (from as u32)));
  store<u8>(icmp, <u8>type);
  store<u8>(icmp, 0, 1);
  store<u16>(icmp, 0, ICMP_CHECKSUM);
  store<u32>(icmp, bswap<u32>(now), STAMP_AT + 4);
  store<u32>(icmp, bswap<u32>(now), STAMP_AT + 8);
  readAnswer(answer, STAMP_AT + 12, STAMP_AT + 12);
  sealIcmp(answer);
}

/** Writes the header of an ICMP or ICMPv6 message, `info` being its second word; its checksum is still to come. */
export function writeIcmp(icmp: usize, type: u32, code: u32, info: u32): void {
  store<u8>(icmp, <u8>type);
  store<u8>(icmp, <u8>code, 1);
  store<u16>(icmp, 0, ICMP_CHECKSUM);
  store<u32>(icmp, bswap<u32>(info), ICMP_INFO);
}

/** Writes the checksum of an answer, as far as the capture has what it answers. */
export function sealIcmp(answer: usize): void {
  const icmp: usize = load<u32>(answer, PACKET_L4);
  const there = load<u32>(answer, PACKET_END) - (icmp as u32);
  const pseudo: u64 = isIpv6(answer) ? pseudoSum(answer, PROTO_ICMPV6, load<u32>(answer, PACKET_L4_LENGTH)) : 0;
  store<u16>(icmp, <u16>~fold(sumBytes(icmp, there) + pseudo), ICMP_CHECKSUM);
}
