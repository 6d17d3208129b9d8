// What belongs to connections: tests from CONNECTION_TESTS on, actions from CONNECTION_ACTIONS on.

import {
  ACTION_CONNSECMARK,
  ACTION_CT,
  ACTION_HMARK,
  ACTION_SECMARK,
  ACTION_SYNPROXY,
  ACTION_TPROXY,
  TEST_CLUSTER,
  TEST_CONNBYTES,
  TEST_CONNLABEL,
  TEST_CONNLIMIT,
  TEST_HELPER,
} from '../abi/opcode.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { ANSWER_MISS } from '../match/answer.ts';
import { isServedHere } from '../match/cluster.ts';
import { hasCarried } from '../match/connbytes.ts';
import { hasLabel } from '../match/connlabel.ts';
import { hasTooMany } from '../match/connlimit.ts';
import { wasExpectedBy } from '../match/helper.ts';
import { setTemplate } from '../target/ct.ts';
import { markByHash } from '../target/hmark.ts';
import { copySecmark, setSecmark } from '../target/secmark.ts';
import { proxySyn } from '../target/synproxy.ts';
import { handOver } from '../target/tproxy.ts';

/** Answers a test of the packet's connection: ANSWER_*. */
export function askConnection(env: usize, packet: usize, opcode: u32, operands: usize): u32 {
  switch (opcode) {
    case TEST_CONNBYTES:
      return hasCarried(env, packet, operands);
    case TEST_CONNLABEL:
      return u32(hasLabel(env, packet, load<u32>(operands), load<u32>(operands, 4) != 0));
    case TEST_CONNLIMIT:
      return hasTooMany(env, packet, operands);
    case TEST_CLUSTER:
      return isServedHere(packet, operands);
    case TEST_HELPER:
      return u32(wasExpectedBy(packet, load<u32>(operands)));
    default:
      // The compiler writes no other opcode.
      unreachable();
      return ANSWER_MISS;
  }
}

/** Carries out an action on the packet's connection. Returns: VERDICT_NONE when the packet goes on, else its verdict. */
export function actOnConnection(env: usize, packet: usize, action: u32, operands: usize): u32 {
  switch (action) {
    case ACTION_CT:
      setTemplate(env, packet, load<u32>(operands));
      break;
    case ACTION_SECMARK:
      setSecmark(env, packet, load<u32>(operands));
      break;
    case ACTION_CONNSECMARK:
      copySecmark(packet, load<u32>(operands) != 0);
      break;
    case ACTION_SYNPROXY:
      return proxySyn(packet);
    case ACTION_TPROXY:
      return handOver(packet, load<u32>(operands), load<u32>(operands, 4));
    case ACTION_HMARK:
      markByHash(packet, operands);
      break;
    default:
      // The compiler writes no other opcode.
      unreachable();
  }
  return VERDICT_NONE;
}
