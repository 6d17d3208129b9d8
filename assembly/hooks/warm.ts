// Large decision tables, fetched for several packets at once. What opens a connection is taken through the chains one packet after the
// other, and each packet waits for its nodes and leaves of a table that no cache holds; here several go down at the same time, only to have
// them near. Nothing comes of it but that: where a packet will go otherwise, it waits as it would have.

import {
  ENV_FLAG_LINEAR,
  ENV_FLAGS,
  ENV_PROGRAM4,
  LOOK_BYTES,
  LOOK_DST,
  LOOK_END,
  LOOK_OPENS,
  LOOK_SRC,
  LOOKS_OPENING,
  SCRATCH_PACKET,
  SCRATCH_WARM,
  SCRATCH_WARM_LEAVES,
} from '../abi/batch.ts';
import { PACKET_BYTES, PACKET_DPORT, PACKET_DST, PACKET_L3, PACKET_OUT, PACKET_PROTO, PACKET_SPORT, PACKET_SRC } from '../abi/packet.ts';
import {
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  ENTRY_BYTES,
  ENTRY_TARGET,
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOKS,
  LEAF_BLOCKS,
  LEAF_STEPS,
  PROGRAM_CHAINS,
  PROGRAM_SIZE,
  TABLE_FILTER,
} from '../abi/program.ts';
import { descendTogether, TOGETHER } from '../classify/together.ts';

/** Rulesets of fewer bytes are near anyway. */
const LARGE_BYTES: u32 = 262144;
/** Bytes of a cache line, and those of a leaf that are fetched: its head and first blocks. */
const LINE: usize = 64;
const LEAF_LINES: usize = 4;

/** Fetches what the packets of a lane that may open connections will be asked in table filter. `looks` … `end`: LOOK_BYTES each. */
export function warmTables(env: usize, lane: usize, looks: usize, end: usize): void {
  const image: usize = load<u32>(env, ENV_PROGRAM4);
  if (load<u32>(image, PROGRAM_SIZE) < LARGE_BYTES || (load<u32>(env, ENV_FLAGS) & ENV_FLAG_LINEAR) != 0) return;
  if (load<u32>(lane + SCRATCH_PACKET, PACKET_L3) == 0) return;
  const hook = load<u32>(lane + SCRATCH_PACKET, PACKET_OUT) == 0 ? HOOK_INPUT : HOOK_FORWARD;
  const chain = load<u32>(image + PROGRAM_CHAINS + <usize>(TABLE_FILTER * HOOKS + hook) * 4);
  if (chain == 0) return;
  const records = lane + SCRATCH_WARM;
  let filled: u32 = 0;
  let isLike = false;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) != LOOKS_OPENING) continue;
    const record = records + <usize>filled * PACKET_BYTES;
    if (!isLike) resembleLast(lane, record);
    resemble(look, record);
    if (++filled < TOGETHER) continue;
    isLike = true;
    warm(image, image + chain, records, lane + SCRATCH_WARM_LEAVES);
    filled = 0;
  }
  // Of fewer the others are those of before, which cost little beside what a single one waits for.
  if (filled > 1) warm(image, image + chain, records, lane + SCRATCH_WARM_LEAVES);
}

/** Makes a record like that of the last packet on the long way, which one that has been looked at is taken for in all that the look does not tell. */
function resembleLast(lane: usize, record: usize): void {
  const like = lane + SCRATCH_PACKET;
  for (let at: usize = 0; at < PACKET_BYTES; at += 16) v128.store(record + at, v128.load(like + at));
}

/** Says in such a record what the look at a packet tells. */
// @ts-ignore: decorator
@inline
function resemble(look: usize, record: usize): void {
  const end = load<u64>(look, LOOK_END);
  store<u32>(record, load<u32>(look, LOOK_SRC), PACKET_SRC);
  store<u32>(record, load<u32>(look, LOOK_DST), PACKET_DST);
  store<u32>(record, <u32>end & 0xffff, PACKET_SPORT);
  store<u32>(record, <u32>end >> 16, PACKET_DPORT);
  store<u32>(record, <u32>(end >> 48) & 0xff, PACKET_PROTO);
}

/** Goes down the trees of a chain for TOGETHER records. */
function warm(image: usize, chain: usize, records: usize, leaves: usize): void {
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  if (trees <= 1) {
    if (load<u32>(chain, CHAIN_ROOT + ENTRY_TARGET) != 0) warmTree(image, chain + CHAIN_ROOT, records, leaves);
    return;
  }
  let root = image + load<u32>(chain, CHAIN_TREES);
  for (let i: u32 = 0; i < trees; i++) {
    warmTree(image, root, records, leaves);
    root += ENTRY_BYTES;
  }
}

function warmTree(image: usize, root: usize, records: usize, leaves: usize): void {
  descendTogether(image, root, records, leaves);
  let touched: u32 = 0;
  for (let i: usize = 0; i < TOGETHER; i++) {
    const leaf: usize = load<u32>(leaves + (i << 2));
    for (let line: usize = 0; line < LEAF_LINES; line++) touched += load<u32>(leaf + line * LINE, LEAF_BLOCKS);
  }
  for (let i: usize = 0; i < TOGETHER; i++) {
    const steps = image + load<u32>(load<u32>(leaves + (i << 2)), LEAF_STEPS);
    touched += load<u32>(steps) + load<u32>(steps, LINE);
  }
  store<u32>(leaves, touched);
}
