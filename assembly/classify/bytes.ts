// The tests that look at the packet's bytes, BYTE_TESTS and behind.

import {
  TEST_DCCP_OPTION,
  TEST_ECN_TCP,
  TEST_IPV6_AH,
  TEST_IPV6_FRAGMENT,
  TEST_IPV6_HEADERS,
  TEST_IPV6_OPTIONS,
  TEST_IPV6_ROUTING,
  TEST_IPV6_SEGMENTS,
  TEST_MOBILITY,
  TEST_SCTP_CHUNKS,
  TEST_TCPMSS,
  TEST_TRANSPORT_RANGES,
} from '../abi/opcode.ts';
import { ANSWER_MISS } from '../match/answer.ts';
import { hasAh6, hasFragment6 } from '../match/ipv6-header.ts';
import { hasHeaders6 } from '../match/ipv6-headers.ts';
import { hasOptions6 } from '../match/ipv6-options.ts';
import { hasRouting6 } from '../match/ipv6-routing.ts';
import { hasSegments6 } from '../match/ipv6-segments.ts';
import { hasChunks } from '../match/sctp-chunks.ts';
import { hasDccpOption, hasEcnFlags, isInTransportRanges, isMobilityType, isSegmentSize } from '../match/transport-header.ts';

/** Answers a test of the packet's bytes: ANSWER_*. */
export function askBytes(packet: usize, opcode: u32, operands: usize): u32 {
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
    default:
      // The compiler writes no other opcode.
      unreachable();
      return ANSWER_MISS;
  }
}
