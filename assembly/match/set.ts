// TEST_SET: whether an IP set has the packet.

import { ASK_BYTES, ASK_BYTES_OP, ASK_PACKETS, ASK_PACKETS_OP, TEST_SET_BYTES, TEST_SET_PACKETS } from '../abi/set.ts';
import { isInSet, openAsk, setOf } from '../set/ask.ts';

/** Ref: net/netfilter/xt_set.c:set_match_v4() */
export function isInNamedSet(env: usize, packet: usize, operands: usize): bool {
  const ask = openAsk(env, packet, operands);
  store<u32>(ask, load<u32>(operands, TEST_SET_PACKETS), ASK_PACKETS_OP);
  store<u64>(ask, load<u64>(operands, TEST_SET_PACKETS + 4), ASK_PACKETS);
  store<u32>(ask, load<u32>(operands, TEST_SET_BYTES), ASK_BYTES_OP);
  store<u64>(ask, load<u64>(operands, TEST_SET_BYTES + 4), ASK_BYTES);
  return isInSet(env, packet, setOf(env, operands), ask);
}
