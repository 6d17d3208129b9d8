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
import { PACKET_BY, PACKET_BYTES, PACKET_SHARD } from '../abi/packet.ts';
import {
  CHAIN_ABREAST,
  CHAIN_ABREAST_NOT,
  CHAIN_TREE_COUNT,
  HOOKS,
  LEAF_COUNTER,
  NO_COUNTER,
  PROGRAM_CHAINS,
  PROGRAM_FAMILY,
  PROGRAM_MAGIC,
  PROGRAM_MAGIC_AT,
  PROGRAM_VERSION,
  PROGRAM_VERSION_AT,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
  TABLES,
} from '../abi/program.ts';
import { CHAIN_PASSED, CHAIN_REJECT, VERDICT_ACCEPT, VERDICT_NONE, VERDICT_REJECT } from '../abi/verdict.ts';
import { countOnly } from './count.ts';
import { abreast, endingOf, LEAVES, LEAVES_BYTES, leafOf, lookUp } from './together.ts';
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

/** The VERDICT_* of what a chain ends in. */
function chainVerdict(ending: u32): u32 {
  return ending >= CHAIN_REJECT ? VERDICT_REJECT : ending == CHAIN_PASSED ? VERDICT_ACCEPT : ending;
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
  if (load<u32>(chain, CHAIN_ABREAST) == CHAIN_ABREAST_NOT) return 0;
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  // No trace is kept, so that its room is free.
  const room = <usize>load<u32>(env, ENV_SCRATCH) + SCRATCH_TRACE;
  let done: u32 = 0;
  while (done < total) {
    const first = packets + <usize>done * PACKET_BYTES;
    const number = abreast(first, total - done);
    if (number == 0) return done;
    lookUp(image, chain, first, number, room);
    const own = verdicts + (<usize>done << 2);
    for (let k: u32 = 0; k < number; k++) {
      const packet = first + <usize>k * PACKET_BYTES;
      const counted = counters + <usize>load<u32>(packet, PACKET_SHARD) * stride;
      const ending = endingOf(room, k);
      const id = load<u32>(ending, STEP_RULE);
      let verdict = load<u32>(ending, STEP_VERDICT);
      // Several trees count nothing on the way.
      const before = trees == 1 ? load<u32>(leafOf(room, 0, k), LEAF_COUNTER) : NO_COUNTER;
      const isSettled = verdict != VERDICT_NONE && load<u32>(ending, STEP_TESTS) == 0 && (before == NO_COUNTER || before == id);
      if (isSettled) {
        countOnly(counted, id, packet);
        store<u32>(packet, id, PACKET_BY);
      } else {
        verdict = goOn(env, image, chain, trees, packet, counted, room, k);
      }
      store<u32>(own + (<usize>k << 2), chainVerdict(verdict));
    }
    done += number;
  }
  return done;
}

/** Runs a record by itself that a look-up abreast has not settled, from the leaves that it has come to. */
function goOn(env: usize, image: usize, chain: usize, trees: u32, packet: usize, counters: usize, room: usize, place: u32): u32 {
  if (trees == 1) return runLeaf(env, image, chain, leafOf(room, 0, place), packet, counters, 0);
  const cursors = room + LEAVES + <usize>trees * LEAVES_BYTES;
  for (let tree: u32 = 0; tree < trees; tree++) store<u32>(cursors + <usize>tree * CURSOR_BYTES, <u32>leafOf(room, tree, place), CURSOR_LEAF);
  return mergeTrees(env, image, chain, packet, counters, 0, cursors);
}
