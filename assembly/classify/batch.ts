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
  CHAIN_ABREAST,
  CHAIN_ABREAST_YES,
  CHAIN_TREE_COUNT,
  HOOKS,
  PROGRAM_CHAINS,
  PROGRAM_FAMILY,
  PROGRAM_MAGIC,
  PROGRAM_MAGIC_AT,
  PROGRAM_VERSION,
  PROGRAM_VERSION_AT,
  TABLES,
} from '../abi/program.ts';
import { chainVerdict } from './end.ts';
import { abreast, leafOf, listOf, lookUp, numberOf, settle } from './together.ts';
import { walkTrees } from './trees.ts';
import { runEither, runLeaf } from './walk.ts';

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
  let done: u32 = 0;
  if (!isLinear && !isTraced) done = classifyAbreast(env, image, image + chain, packets, total, verdicts, counters, stride);
  for (let i = done; i < total; i++) {
    const packet = packets + <usize>i * PACKET_BYTES;
    const shard = <usize>load<u32>(packet, PACKET_SHARD);
    const trace = isTraced ? scratch + shard * SHARD_SCRATCH_BYTES + SCRATCH_TRACE : 0;
    if (isTraced) store<u32>(trace, 0, TRACE_COUNT);
    const verdict = runEither(env, image, chain, packet, counters + shard * stride, trace, isLinear);
    store<u32>(verdicts + (<usize>i << 2), chainVerdict(verdict));
  }
  return <i32>total;
}

/** Runs records abreast. Stops where a record is not for tables, or few are left. Returns the number done. */
function classifyAbreast(
  env: usize,
  image: usize,
  chain: usize,
  packets: usize,
  total: u32,
  verdicts: usize,
  counters: usize,
  stride: usize,
): u32 {
  if ((load<u32>(chain, CHAIN_ABREAST) & CHAIN_ABREAST_YES) == 0) return 0;
  const isOneTree = load<u32>(chain, CHAIN_TREE_COUNT) == 1;
  // No trace is kept, so that its room is free.
  const room = <usize>load<u32>(env, ENV_SCRATCH) + SCRATCH_TRACE;
  let done: u32 = 0;
  while (done < total) {
    const first = packets + <usize>done * PACKET_BYTES;
    const number = abreast(first, total - done);
    if (number == 0) return done;
    lookUp(image, chain, first, number, room);
    const own = verdicts + (<usize>done << 2);
    const end = settle(image, room, first, number, counters, stride, own);
    for (let at = listOf(room); at < end; at += 4) {
      const k = <usize>numberOf(room, at);
      const packet = first + k * PACKET_BYTES;
      const counted = counters + <usize>load<u32>(packet, PACKET_SHARD) * stride;
      const verdict = isOneTree
        ? runLeaf(env, image, chain, leafOf(at), packet, counted, 0)
        : walkTrees(env, image, chain, packet, counted, 0);
      store<u32>(own + (k << 2), chainVerdict(verdict));
    }
    done += number;
  }
  return done;
}
