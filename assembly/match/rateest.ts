// TEST_RATEEST: estimated rates against numbers, or against other estimates.

import { ENV_STATE } from '../abi/batch.ts';
import {
  RATEEST_BPS,
  RATEEST_BPS1,
  RATEEST_BPS2,
  RATEEST_DELTA,
  RATEEST_ESTIMATOR1,
  RATEEST_ESTIMATOR2,
  RATEEST_FLAGS,
  RATEEST_GT,
  RATEEST_LT,
  RATEEST_PPS,
  RATEEST_PPS1,
  RATEEST_PPS2,
  RATEEST_RELATIVE,
} from '../abi/opcode.ts';
import { catchUp, estimatedBps, estimatedPps } from './estimator.ts';

/** The operands of TEST_RATEEST. Ref: net/netfilter/xt_rateest.c:xt_rateest_mt() */
export function hasRate(env: usize, packet: usize, operands: usize): bool {
  const flags = word(operands, RATEEST_FLAGS);
  const first = estimator(env, packet, word(operands, RATEEST_ESTIMATOR1));
  const second: usize = (flags & RATEEST_RELATIVE) == 0 ? 0 : estimator(env, packet, word(operands, RATEEST_ESTIMATOR2));
  if ((flags & RATEEST_BPS) != 0) {
    const one = side(flags, first, estimatedBps(first), word(operands, RATEEST_BPS1));
    const other = side(flags, second, second == 0 ? 0 : estimatedBps(second), word(operands, RATEEST_BPS2));
    if (!compare(flags, one, other)) return false;
  }
  if ((flags & RATEEST_PPS) == 0) return true;
  const one = side(flags, first, estimatedPps(first), word(operands, RATEEST_PPS1));
  const other = side(flags, second, second == 0 ? 0 : estimatedPps(second), word(operands, RATEEST_PPS2));
  return compare(flags, one, other);
}

function word(operands: usize, index: u32): u32 {
  return load<u32>(operands + (<usize>index << 2));
}

function estimator(env: usize, packet: usize, offset: u32): usize {
  const at = <usize>load<u32>(env, ENV_STATE) + offset;
  catchUp(env, packet, at);
  return at;
}

/** What stands on one side: the number where there is no estimator, else the estimate, or what it leaves of the number. */
function side(flags: u32, at: usize, estimate: u64, given: u32): u64 {
  if (at == 0) return given;
  if ((flags & RATEEST_DELTA) == 0) return estimate;
  return <u64>given >= estimate ? <u64>given - estimate : 0;
}

function compare(flags: u32, one: u64, other: u64): bool {
  if ((flags & RATEEST_LT) != 0) return one < other;
  return (flags & RATEEST_GT) != 0 ? one > other : one == other;
}
