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
import { PACKET_BYTES, PACKET_FLAG_PLAIN, PACKET_FLAGS, PACKET_SHARD } from '../abi/packet.ts';
import {
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  ENTRY_BYTES,
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
import { descendTogether, TOGETHER } from './table.ts';
import { CURSOR_BYTES, CURSOR_LEAF, mergeTrees } from './trees.ts';
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
  if (!isLinear && !isTraced) done = classifyTogether(env, image, image + chain, packets, total, verdicts, counters, stride);
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

/** The VERDICT_* of what a chain ends in. */
function chainVerdict(ending: u32): u32 {
  return ending >= CHAIN_REJECT ? VERDICT_REJECT : ending == CHAIN_PASSED ? VERDICT_ACCEPT : ending;
}

/**
 * Runs records TOGETHER at a time: all of them go down a tree before any is asked what is left at its leaf. Stops where a record is not
 * for tables, or fewer are left. Returns the number done.
 */
function classifyTogether(
  env: usize,
  image: usize,
  chain: usize,
  packets: usize,
  total: u32,
  verdicts: usize,
  counters: usize,
  stride: usize,
): u32 {
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  if (trees == 0 || (trees == 1 && load<u32>(chain, CHAIN_ROOT) == 0)) return 0;
  // No trace is kept, so that its room is free for cursors: those of a packet's trees side by side.
  const cursors = <usize>load<u32>(env, ENV_SCRATCH) + SCRATCH_TRACE;
  const apart = <usize>trees * CURSOR_BYTES;
  let root = trees == 1 ? chain + CHAIN_ROOT : image + load<u32>(chain, CHAIN_TREES);
  const firstRoot = root;
  for (let i: u32 = 0; i + TOGETHER <= total; i += TOGETHER) {
    const first = packets + <usize>i * PACKET_BYTES;
    let flags: u32 = PACKET_FLAG_PLAIN;
    for (let k: usize = 0; k < TOGETHER; k++) flags &= load<u32>(first + k * PACKET_BYTES, PACKET_FLAGS);
    if (flags == 0) return i;
    root = firstRoot;
    for (let tree: usize = 0; tree < trees; tree++) {
      descendTogether(image, root, first, PACKET_BYTES, cursors + tree * CURSOR_BYTES + CURSOR_LEAF, apart);
      root += ENTRY_BYTES;
    }
    for (let k: usize = 0; k < TOGETHER; k++) {
      const packet = first + k * PACKET_BYTES;
      const counted = counters + <usize>load<u32>(packet, PACKET_SHARD) * stride;
      const own = cursors + k * apart;
      const verdict =
        trees > 1
          ? mergeTrees(env, image, chain, packet, counted, 0, own)
          : runLeaf(env, image, chain, load<u32>(own, CURSOR_LEAF), packet, counted, 0);
      store<u32>(verdicts + ((<usize>i + k) << 2), chainVerdict(verdict));
    }
  }
  return total - (total % TOGETHER);
}
