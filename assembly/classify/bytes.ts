// The tests that look at the packet's bytes, BYTE_TESTS and behind.

import {
  TEST_BPF,
  TEST_DCCP_OPTION,
  TEST_ECN_TCP,
  TEST_EUI64,
  TEST_IPV6_AH,
  TEST_IPV6_FRAGMENT,
  TEST_IPV6_HEADERS,
  TEST_IPV6_OPTIONS,
  TEST_IPV6_ROUTING,
  TEST_IPV6_SEGMENTS,
  TEST_MAC,
  TEST_MOBILITY,
  TEST_SCTP_CHUNKS,
  TEST_STRING,
  TEST_TCPMSS,
  TEST_TRANSPORT_RANGES,
  TEST_U32,
} from '../abi/opcode.ts';
import { ANSWER_MISS } from '../match/answer.ts';
import { runBpf } from '../match/bpf.ts';
import { hasAh6, hasFragment6 } from '../match/ipv6-header.ts';
import { hasHeaders6 } from '../match/ipv6-headers.ts';
import { hasOptions6 } from '../match/ipv6-options.ts';
import { hasRouting6 } from '../match/ipv6-routing.ts';
import { hasSegments6 } from '../match/ipv6-segments.ts';
import { hasEui64, hasMac } from '../match/link.ts';
import { hasChunks } from '../match/sctp-chunks.ts';
import { hasString } from '../match/string.ts';
import { hasDccpOption, hasEcnFlags, isInTransportRanges, isMobilityType, isSegmentSize } from '../match/transport-header.ts';
import { hasNumbers } from '../match/u32.ts';

/** Answers a test of the packet's bytes: ANSWER_*. */
export function askBytes(env: usize, packet: usize, opcode: u32, operands: usize): u32 {
  switch (opcode) {
    case TEST_TRANSPORT_RANGES:
      return isInTransportRanges(packet, operands);
    case TEST_MOBILITY:
      return isMobilityType(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_ECN_TCP:
      return hasEcnFlags(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_TCPMSS:
      return isSegmentSize(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_DCCP_OPTION:
      return hasDccpOption(packet, load<u32>(operands));
    case TEST_SCTP_CHUNKS:
      return hasChunks(packet, operands);
    case TEST_IPV6_AH:
      return hasAh6(packet, operands);
    case TEST_IPV6_OPTIONS:
      return hasOptions6(packet, operands);
    case TEST_IPV6_FRAGMENT:
      return hasFragment6(packet, operands);
    case TEST_IPV6_ROUTING:
      return hasRouting6(packet, operands);
    case TEST_IPV6_SEGMENTS:
      return hasSegments6(packet, operands);
    case TEST_IPV6_HEADERS:
      return hasHeaders6(packet, load<u32>(operands), load<u32>(operands, 4));
    case TEST_MAC:
      return hasMac(env, packet, operands);
    case TEST_EUI64:
      return hasEui64(env, packet);
    case TEST_U32:
      return hasNumbers(env, packet, operands);
    case TEST_STRING:
      return hasString(env, packet, operands);
    case TEST_BPF:
      return runBpf(env, packet, operands);
    default:
      // The compiler writes no other opcode.
      unreachable();
      return ANSWER_MISS;
  }
}
