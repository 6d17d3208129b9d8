// TEST_LIMIT: credit that time gives and packets take.

import { ENV_STATE } from '../abi/batch.ts';
import { LIMIT_CREDIT, LIMIT_CREDITS_PER_JIFFY, LIMIT_PREV } from '../abi/rate.ts';
import { jiffies, jiffiesLoaded } from './jiffies.ts';

/**
 * Operands: the state's offset; what a packet takes; the most there can be.
 *
 * All in 32 bits as in the kernel: after 37 hours without a question what was gained wraps.
 * Ref: net/netfilter/xt_limit.c:limit_mt()
 */
export function isWithinLimit(env: usize, packet: usize, operands: usize): bool {
  const state = <usize>load<u32>(env, ENV_STATE) + load<u32>(operands);
  const now = jiffies(env, packet);
  const before = load<u64>(state, LIMIT_PREV);
  const gained = <u32>((now - (before == 0 ? jiffiesLoaded(env) : before)) * LIMIT_CREDITS_PER_JIFFY);
  const cost = load<u32>(operands, 4);
  const credit = min(load<u32>(state, LIMIT_CREDIT) + gained, load<u32>(operands, 8));
  const holds = credit >= cost;
  store<u64>(state, now, LIMIT_PREV);
  store<u32>(state, holds ? credit - cost : credit, LIMIT_CREDIT);
  return holds;
}
