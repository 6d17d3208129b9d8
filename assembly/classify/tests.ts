// Interprets test programs (abi/opcode.ts).
//
// classify/ runs an image over a packet record: which rules of a base chain match, what they do, and the verdict. It knows
// nothing of hooks, routes or the bytes of packets.

import {
  CONNTRACK_WORDS,
  ADDRESSES_WORDS,
  TEST_ADDRESS_RANGE,
  TEST_ADDRESSES,
  TEST_ADDRTYPE,
  BYTE_TESTS,
  BYTE_TESTS_END,
  CONNECTION_TESTS,
  CONNECTION_TESTS_END,
  TEST_CONNMARK,
  TEST_CONNTRACK,
  TEST_END,
  TEST_FIELD_SHIFT,
  TEST_HASHLIMIT,
  TEST_IPV6_PROTO,
  TEST_LIMIT,
  TEST_MASK,
  TEST_NEGATE,
  TEST_NOT,
  TEST_OPCODE_MASK,
  TEST_QUOTA,
  TEST_RANGE,
  TEST_RANGES,
  TEST_RATEEST,
  TEST_RECENT,
  TEST_SET,
  TEST_SIZED,
  TEST_OSF,
  TEST_REALM,
  TEST_RPFILTER,
  TEST_SOCKET,
  TEST_STATISTIC_NTH,
  TEST_STATISTIC_RANDOM,
  TEST_TCP_OPTION,
  TEST_TIME,
  TEST_TRANSPORT,
} from '../abi/opcode.ts';
import { PACKET_FLAG_PLAIN, PACKET_FLAGS } from '../abi/packet.ts';
import { answersLeaveByInput, realms } from '../hooks/route.ts';
import { hasAddressTypes } from '../match/addrtype.ts';
import { isInAddressRange } from '../match/address-range.ts';
import {
  ANSWER_HOLDS,
  ANSWER_HOLDS_AND_DROP,
  ANSWER_HOTDROP,
  ANSWER_MISS,
  ANSWER_MISS_AND_DROP,
  ANSWER_MISS_EITHER_WAY,
  ANSWER_UNKNOWN,
} from '../match/answer.ts';
import { hasConnmark } from '../match/connmark.ts';
import { hasConntrack } from '../match/conntrack.ts';
import { isWithinHashlimit } from '../match/hashlimit.ts';
import { isWithinLimit } from '../match/limit.ts';
import { isWithinQuota } from '../match/quota.ts';
import { hasRate } from '../match/rateest.ts';
import { isRecent } from '../match/recent.ts';
import { isInNamedSet } from '../match/set.ts';
import { hasFingerprint } from '../match/osf.ts';
import { isForSocket } from '../match/socket.ts';
import { isDrawn, isNth } from '../match/statistic.ts';
import { asksBits, asksRange, isRecorded, spoil } from '../journey/recorder.ts';
import { askBytes } from './bytes.ts';
import { askConnection } from './connection.ts';
import { addressesHold } from './rows.ts';
import { hasTcpOption } from '../match/tcp-option.ts';
import { isInTime } from '../match/time.ts';
import { hasIpv6Proto, hasTransport } from '../match/transport.ts';

/**
 * Whether all tests of a program hold: ANSWER_MISS, ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_HOLDS_AND_DROP or ANSWER_UNKNOWN. Stops at the
 * first that does not.
 */
export function holdAll(env: usize, packet: usize, program: usize): u32 {
  let at = program;
  while (true) {
    const head = load<u32>(at);
    const opcode = head & TEST_OPCODE_MASK;
    const operands = at + 4;
    const field = packet + (head >> TEST_FIELD_SHIFT);
    let holds: u32;
    if (isRecorded(packet)) recordTest(packet, opcode, head >> TEST_FIELD_SHIFT, operands);
    if (opcode == TEST_MASK) {
      holds = u32((load<u32>(field) & load<u32>(operands)) == load<u32>(operands, 4));
      at = operands + 8;
    } else if (opcode == TEST_RANGE) {
      const low = load<u32>(operands);
      holds = u32(load<u32>(field) - low <= load<u32>(operands, 4) - low);
      at = operands + 8;
    } else if (opcode == TEST_END) {
      return ANSWER_HOLDS;
    } else if (opcode == TEST_RANGES) {
      const count = load<u32>(operands);
      holds = u32(isInRanges(load<u32>(field), operands + 4, count));
      at = operands + 4 + (<usize>count << 3);
    } else if (opcode == TEST_NOT) {
      // Nested tests are pure: the answer is never a hotdrop. They nest as deep as an extension's meaning does, not its input.
      holds = holdAll(env, packet, operands + 4) ^ 1;
      at = operands + 4 + (<usize>load<u32>(operands) << 2);
    } else {
      holds = ask(env, packet, opcode, field, operands);
      at = operands + (<usize>(opcode >= TEST_SIZED ? head >> TEST_FIELD_SHIFT : operandWords(opcode)) << 2);
      if (holds > ANSWER_HOLDS) {
        const dropsBehind = holds == ANSWER_MISS_AND_DROP && (head & TEST_NEGATE) != 0;
        return dropsBehind ? andDrop(holdAll(env, packet, at)) : unusual(holds);
      }
    }
    if (holds == u32((head & TEST_NEGATE) != 0)) return ANSWER_MISS;
  }
}

/**
 * The same of a packet of whose journey nobody takes note, if the program asks for nothing but words of its record; else ANSWER_UNKNOWN, without
 * having asked anything that must not be asked again.
 */
// @ts-ignore: decorator
@inline
export function holdPlain(packet: usize, program: usize): u32 {
  let at = program;
  let head = load<u32>(at);
  while (head != TEST_END) {
    const opcode = head & TEST_OPCODE_MASK;
    if (opcode != TEST_MASK && opcode != TEST_RANGE) return ANSWER_UNKNOWN;
    const word = load<u32>(packet + (head >> TEST_FIELD_SHIFT));
    const first = load<u32>(at, 4);
    const second = load<u32>(at, 8);
    const holds = opcode == TEST_MASK ? u32((word & first) == second) : u32(word - first <= second - first);
    if (holds == u32((head & TEST_NEGATE) != 0)) return ANSWER_MISS;
    at += 12;
    head = load<u32>(at);
  }
  return ANSWER_HOLDS;
}

/** Takes note of what a test asks of a packet. */
function recordTest(packet: usize, opcode: u32, field: u32, operands: usize): void {
  switch (opcode) {
    case TEST_MASK:
      return asksBits(packet, field, load<u32>(operands));
    case TEST_RANGE:
      return asksRange(packet, field, load<u32>(operands), load<u32>(operands, 4));
    case TEST_RANGES: {
      const end = operands + 4 + (<usize>load<u32>(operands) << 3);
      for (let at = operands + 4; at < end; at += 8) asksRange(packet, field, load<u32>(at), load<u32>(at, 4));
      return;
    }
    case TEST_END:
    case TEST_NOT: // its tests come here themselves
    case TEST_ADDRESS_RANGE:
    case TEST_ADDRESSES: // addresses are the same for all packets of a journey
    case TEST_CONNMARK:
      return;
    case TEST_TRANSPORT:
    case TEST_IPV6_PROTO:
      // Always true of a plain packet.
      return asksBits(packet, PACKET_FLAGS, PACKET_FLAG_PLAIN);
    default:
      spoil(packet);
  }
}

/** What an answer beyond yes and no makes of the whole program. */
function unusual(answer: u32): u32 {
  if (answer == ANSWER_UNKNOWN) return ANSWER_UNKNOWN;
  return answer == ANSWER_MISS_EITHER_WAY ? ANSWER_MISS : ANSWER_HOTDROP;
}

/**
 * The answer of a program in which a test held that drops the packet all the same, from the answer of the tests behind it: the kernel
 * asks those, and has the rule do what it does, before it looks whether to drop.
 *
 * Ref: net/ipv4/netfilter/ip_tables.c:ipt_do_table()
 */
function andDrop(rest: u32): u32 {
  if (rest == ANSWER_HOLDS) return ANSWER_HOLDS_AND_DROP;
  return rest == ANSWER_MISS ? ANSWER_HOTDROP : rest;
}

function isInRanges(value: u32, ranges: usize, count: u32): bool {
  const end = ranges + (<usize>count << 3);
  for (let at = ranges; at < end; at += 8) {
    const low = load<u32>(at);
    if (value - low <= load<u32>(at, 4) - low) return true;
  }
  return false;
}

function ask(env: usize, packet: usize, opcode: u32, field: usize, operands: usize): u32 {
  if (opcode >= BYTE_TESTS && opcode < BYTE_TESTS_END) return askBytes(env, packet, opcode, operands);
  if (opcode >= CONNECTION_TESTS && opcode < CONNECTION_TESTS_END) return askConnection(env, packet, opcode, operands);
  switch (opcode) {
    case TEST_TRANSPORT:
      return hasTransport(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_IPV6_PROTO:
      return hasIpv6Proto(packet);
    case TEST_TCP_OPTION:
      return hasTcpOption(packet, load<u32>(operands));
    case TEST_ADDRESS_RANGE:
      return isInAddressRange(field, operands);
    case TEST_ADDRESSES:
      return u32(addressesHold(operands, packet));
    case TEST_CONNMARK:
      return hasConnmark(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_CONNTRACK:
      return hasConntrack(env, packet, operands);
    case TEST_ADDRTYPE:
      return u32(hasAddressTypes(env, packet, operands));
    case TEST_STATISTIC_RANDOM:
      return u32(isDrawn(env, packet, load<u32>(operands)));
    case TEST_STATISTIC_NTH:
      return u32(isNth(env, operands));
    case TEST_LIMIT:
      return u32(isWithinLimit(env, packet, operands));
    case TEST_HASHLIMIT:
      return isWithinHashlimit(env, packet, operands);
    case TEST_QUOTA:
      return u32(isWithinQuota(env, packet, load<u32>(operands)));
    case TEST_RATEEST:
      return u32(hasRate(env, packet, operands));
    case TEST_RECENT:
      return u32(isRecent(env, packet, operands));
    case TEST_TIME:
      return u32(isInTime(packet, operands));
    case TEST_SET:
      return u32(isInNamedSet(env, packet, operands));
    case TEST_OSF:
      return u32(hasFingerprint(env, packet, operands));
    case TEST_RPFILTER:
      return u32(answersLeaveByInput(env, packet, load<u32>(operands)));
    case TEST_REALM:
      return u32((realms(packet) & load<u32>(operands)) == load<u32>(operands, 4));
    case TEST_SOCKET:
      return isForSocket(packet, load<u32>(operands));
    default:
      // The compiler writes no other opcode.
      unreachable();
      return ANSWER_MISS;
  }
}

/** Operand words of the tests below TEST_SIZED that `ask` answers. */
function operandWords(opcode: u32): u32 {
  switch (opcode) {
    case TEST_IPV6_PROTO:
      return 0;
    case TEST_TCP_OPTION:
      return 1;
    case TEST_TRANSPORT:
    case TEST_CONNMARK:
      return 2;
    case TEST_ADDRTYPE:
      return 3;
    case TEST_ADDRESS_RANGE:
      return 8;
    case TEST_ADDRESSES:
      return ADDRESSES_WORDS;
    default:
      return CONNTRACK_WORDS;
  }
}
