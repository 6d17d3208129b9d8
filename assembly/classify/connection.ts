// The tests that look at the packet's connection, TEST_CONNECTION and behind.

import { TEST_CLUSTER, TEST_CONNBYTES, TEST_CONNLABEL } from '../abi/opcode.ts';
import { ANSWER_MISS } from '../match/answer.ts';
import { isServedHere } from '../match/cluster.ts';
import { hasCarried } from '../match/connbytes.ts';
import { hasLabel } from '../match/connlabel.ts';

/** Answers a test of the packet's connection: ANSWER_*. */
export function askConnection(packet: usize, opcode: u32, operands: usize): u32 {
  switch (opcode) {
    case TEST_CONNBYTES:
      return hasCarried(packet, operands);
    case TEST_CONNLABEL:
      return u32(hasLabel(packet, load<u32>(operands), load<u32>(operands, 4) != 0));
    case TEST_CLUSTER:
      return isServedHere(packet, operands);
    default:
      // The compiler writes no other opcode.
      unreachable();
      return ANSWER_MISS;
  }
}
