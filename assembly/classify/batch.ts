// One base chain over packet records that are made already: for benchmarks and tests of the tables alone.

import {
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_COUNTERS6,
  ENV_COUNTERS6_STRIDE,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_SCRATCH,
  SCRATCH_TRACE,
  SHARD_SCRATCH_BYTES,
  TRACE_COUNT,
} from '../abi/batch.ts';
import { FAULT_BAD_ARGUMENT, FAULT_NO_PROGRAM } from '../abi/fault.ts';
import { PACKET_BYTES, PACKET_SHARD } from '../abi/packet.ts';
import {
  HOOKS,
  PROGRAM_CHAINS,
  PROGRAM_FAMILY,
  PROGRAM_MAGIC,
  PROGRAM_MAGIC_AT,
  PROGRAM_VERSION,
  PROGRAM_VERSION_AT,
  TABLES,
} from '../abi/program.ts';
import { CHAIN_PASSED, CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_REJECT } from '../abi/verdict.ts';
import { runEither } from './walk.ts';

/** Runs the chain of `table` and `hook` over `total` records, writing one VERDICT_* word each. Each record names its shard. */
export function classifyRecords(
  env: usize,
  image: usize,
  table: u32,
  hook: u32,
  packets: usize,
  total: u32,
  verdicts: usize,
  isLinear: bool,
): i32 {
  if (load<u32>(image, PROGRAM_MAGIC_AT) != PROGRAM_MAGIC || load<u32>(image, PROGRAM_VERSION_AT) != PROGRAM_VERSION) return FAULT_NO_PROGRAM;
  if (table >= TABLES || hook >= HOOKS) return FAULT_BAD_ARGUMENT;
  const chain = load<u32>(image + (<usize>(table * HOOKS + hook) << 2), PROGRAM_CHAINS);
  if (chain == 0) return FAULT_BAD_ARGUMENT;
  const isIpv6 = load<u32>(image, PROGRAM_FAMILY) == 6;
  const counters: usize = isIpv6 ? load<u32>(env, ENV_COUNTERS6) : load<u32>(env, ENV_COUNTERS4);
  const stride: usize = isIpv6 ? load<u32>(env, ENV_COUNTERS6_STRIDE) : load<u32>(env, ENV_COUNTERS4_STRIDE);
  const isTraced = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_TRACE) != 0;
  const scratch = <usize>load<u32>(env, ENV_SCRATCH);
  for (let i: u32 = 0; i < total; i++) {
    const packet = packets + <usize>i * PACKET_BYTES;
    const shard = <usize>load<u32>(packet, PACKET_SHARD);
    const trace = isTraced ? scratch + shard * SHARD_SCRATCH_BYTES + SCRATCH_TRACE : 0;
    if (isTraced) store<u32>(trace, 0, TRACE_COUNT);
    const verdict = runEither(env, image, chain, packet, counters + shard * stride, trace, isLinear);
    store<u32>(verdicts + (<usize>i << 2), verdict >= CHAIN_REJECT ? VERDICT_REJECT : verdict == CHAIN_PASSED ? VERDICT_ACCEPT : verdict);
  }
  return <i32>total;
}

