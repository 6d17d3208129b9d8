// sip: registrations. A phone that registers says where calls to it go: they are expected from the registrar, from the time when it
// agrees and for as long as it says.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  EXPECT_ANY_PORT,
  EXPECT_ASSIGN_HELPER,
  EXPECT_CLASS,
  EXPECT_DEADLINE,
  EXPECT_FLAG_INACTIVE,
  EXPECT_FLAG_PERMANENT,
  EXPECT_FLAGS,
  EXPECT_NEXT_OF_MASTER,
  EXPECT_TUPLE,
  PARAMETER_SIP_DIRECT_SIGNALLING,
} from '../abi/expect.ts';
import {
  EXT_EXPECTATIONS,
  FLOW_DIRECTION_TUPLE,
  FLOW_EXTENSION,
  FLOW_ORIGINAL,
  FLOW_STATUS,
  IPS_EXPECTED,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { helperOf, removeExpectation } from '../conntrack/expect.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_TCP, IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { parameter, scratch, state } from './context.ts';
import { announce, blockOf, expectation } from './expect.ts';
import {
  FOUND,
  FOUND_ADDRESS,
  FOUND_AT,
  FOUND_END,
  FOUND_IN_LIST,
  FOUND_PORT,
  findAddress,
  findHeader,
  HEADER_CONTACT,
  HEADER_EXPIRES,
  searchHeader,
} from './sip-header.ts';
import { CLASS_SIGNALLING } from './sip-media.ts';
import { SCRATCH_FOUND, SIP_REGISTER_CSEQ } from './sip-memory.ts';
import { expectTranslated } from './sip-nat.ts';
import { hasWord, numberEnd, readNumber } from './text.ts';
import { isTranslated } from './translate.ts';

/** Ticks of the kernel's clock in a second, counted in 32 bits, and nanoseconds in one. */
const TICKS: u32 = 250;
const TICK_NS: u64 = 4_000_000;

/** The end of what belongs to one address of a list. */
function endOfValue(at: usize, end: usize): usize {
  const comma = searchHeader(at, end, ',');
  return comma == 0 ? end : comma;
}

/**
 * The protocol that an address is for, told behind it or the connection's own; 0 = another than the connection's.
 *
 * Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_parse_transport()
 */
function transportOf(entry: usize, at: usize, end: usize): u32 {
  const own = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO);
  const limit = endOfValue(at, end);
  const parameter = searchHeader(at, limit, 'transport=');
  if (parameter == 0) return own;
  const name = parameter + 10;
  const told = hasWord(name, end, 'tcp') ? IPPROTO_TCP : hasWord(name, end, 'udp') ? IPPROTO_UDP : 0;
  return told == own ? own : 0;
}

/** What stands for an expiry that cannot be read. */
const BAD_EXPIRY: i64 = -1;

/** The expiry told behind an address, else `otherwise`. Ref: net/netfilter/nf_conntrack_sip.c:ct_sip_parse_numerical_param() */
function expiryOf(at: usize, end: usize, otherwise: u32): i64 {
  const limit = endOfValue(at, end);
  const parameter = searchHeader(at, limit, 'expires=');
  if (parameter == 0) return otherwise;
  const value = parameter + 8;
  const number = readNumber(value, limit);
  return numberEnd(number) == value ? BAD_EXPIRY : <i64>(number & 0xffffffff);
}

/** The expiry that a header tells for all addresses; 0 without one. */
function commonExpiry(family: u32, at: usize, end: usize, found: usize): u32 {
  if (findHeader(HEADER_EXPIRES, family, at, end, found) != FOUND) return 0;
  return <u32>readNumber(<usize>load<u32>(found, FOUND_AT), end);
}

/**
 * Follows a REGISTER request: expects calls to the address that registers, if it is the sender's own.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_sip.c:process_register_request()
 */
export function followRegister(env: usize, packet: usize, entry: usize, at: usize, end: usize, cseq: u32): u32 {
  if ((load<u32>(entry, FLOW_STATUS) & IPS_EXPECTED) != 0) return VERDICT_ACCEPT;
  const family = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
  const direction = packetDirection(packet);
  const found = scratch(env, packet) + SCRATCH_FOUND;
  const common = commonExpiry(family, at, end, found);
  store<u8>(found, 0, FOUND_IN_LIST);
  if (!findAddress(HEADER_CONTACT, family, at, end, found)) return VERDICT_ACCEPT;
  if (!sameAddress(found + FOUND_ADDRESS, entry + direction * FLOW_DIRECTION_TUPLE + TUPLE_SRC)) return VERDICT_ACCEPT;
  const behind = <usize>load<u32>(found, FOUND_END);
  const proto = transportOf(entry, behind, end);
  if (proto == 0) return VERDICT_ACCEPT;
  const expiry = expiryOf(behind, end, common);
  if (expiry == BAD_EXPIRY) return VERDICT_DROP;
  if (expiry != 0 && expectCalls(env, packet, entry, found, proto) != VERDICT_ACCEPT) return VERDICT_DROP;
  store<u32>(state(entry), cseq, SIP_REGISTER_CSEQ);
  return VERDICT_ACCEPT;
}

/** Expects calls to the address that was found, once the registrar has agreed. */
function expectCalls(env: usize, packet: usize, entry: usize, found: usize, proto: u32): u32 {
  const isDirect = parameter(env, entry, PARAMETER_SIP_DIRECT_SIGNALLING) != 0;
  const peer = entry + (packetDirection(packet) ^ 1) * FLOW_DIRECTION_TUPLE + TUPLE_SRC;
  const port = load<u16>(found, FOUND_PORT);
  const source = isDirect ? peer : 0;
  const calls = expectation(env, packet, CLASS_SIGNALLING, source, found + FOUND_ADDRESS, proto, EXPECT_ANY_PORT, port);
  if (calls != 0) {
    store<u32>(calls, helperOf(entry), EXPECT_ASSIGN_HELPER);
    store<u32>(calls, EXPECT_FLAG_PERMANENT | EXPECT_FLAG_INACTIVE, EXPECT_FLAGS);
  }
  return isTranslated(entry) ? expectTranslated(env, packet, entry, calls, found) : announce(env, packet, calls);
}

/**
 * Follows the answer to the latest REGISTER: what it lists is expected from now on, what it does not list no more.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_sip.c:process_register_response()
 */
export function followRegistered(env: usize, packet: usize, entry: usize, at: usize, end: usize, cseq: u32, code: u32): u32 {
  if (load<u32>(state(entry), SIP_REGISTER_CSEQ) != cseq || code - 100 < 100) return VERDICT_ACCEPT;
  if (code - 200 < 100) {
    const family = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
    const own = entry + packetDirection(packet) * FLOW_DIRECTION_TUPLE + TUPLE_DST;
    const found = scratch(env, packet) + SCRATCH_FOUND;
    const common = commonExpiry(family, at, end, found);
    store<u8>(found, 0, FOUND_IN_LIST);
    for (let next = at; findAddress(HEADER_CONTACT, family, next, end, found); ) {
      next = <usize>load<u32>(found, FOUND_END);
      if (!sameAddress(found + FOUND_ADDRESS, own)) continue;
      const proto = transportOf(entry, next, end);
      if (proto == 0) continue;
      const expiry = expiryOf(next, end, common);
      if (expiry == BAD_EXPIRY) return VERDICT_DROP;
      if (expiry == 0) break;
      if (wake(packet, entry, found, proto, <u32>expiry)) return VERDICT_ACCEPT;
    }
  }
  forget(env, packet, entry, false);
  return VERDICT_ACCEPT;
}

/** Ref: net/netfilter/nf_conntrack_sip.c:refresh_signalling_expectation() */
function wake(packet: usize, entry: usize, found: usize, proto: u32, expiry: u32): bool {
  let calls = <usize>load<u32>(<usize>load<u32>(entry, FLOW_EXTENSION), EXT_EXPECTATIONS);
  for (; calls != 0; calls = <usize>load<u32>(calls, EXPECT_NEXT_OF_MASTER)) {
    if (
      load<u8>(calls, EXPECT_CLASS) == CLASS_SIGNALLING &&
      sameAddress(calls + EXPECT_TUPLE + TUPLE_DST, found + FOUND_ADDRESS) &&
      load<u8>(calls, EXPECT_TUPLE + TUPLE_PROTO) == proto &&
      load<u16>(calls, EXPECT_TUPLE + TUPLE_DPORT) == load<u16>(found, FOUND_PORT)
    ) {
      store<u64>(calls, load<u64>(packet, PACKET_TIME) + <u64>(expiry * TICKS) * TICK_NS, EXPECT_DEADLINE);
      store<u32>(calls, load<u32>(calls, EXPECT_FLAGS) & ~EXPECT_FLAG_INACTIVE, EXPECT_FLAGS);
      return true;
    }
  }
  return false;
}

/** Forgets all media that are expected, or the latest registration. Ref: net/netfilter/nf_conntrack_sip.c:flush_expectations() */
export function forget(env: usize, packet: usize, entry: usize, media: bool): void {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  let expected = <usize>load<u32>(<usize>load<u32>(entry, FLOW_EXTENSION), EXT_EXPECTATIONS);
  while (expected != 0) {
    const next = <usize>load<u32>(expected, EXPECT_NEXT_OF_MASTER);
    if ((load<u8>(expected, EXPECT_CLASS) != CLASS_SIGNALLING) == media) {
      removeExpectation(region, blockOf(env, packet), expected);
      if (!media) return;
    }
    expected = next;
  }
}
