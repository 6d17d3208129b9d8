// What is written down of a packet when asked for: the ids it hit, its log, and the bytes that left. All go into the slot's arena, which
// all shards of a batch fill together.

import {
  EGRESS_DATA,
  EGRESS_LENGTH,
  EGRESS_NEXT,
  EGRESS_OUT,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_LOG,
  ENV_LOG_BYTES,
  ENV_SCRATCH,
  OUTCOME_ARENA_FULL,
  OUTCOME_EGRESS,
  OUTCOME_EGRESS_LAST,
  OUTCOME_FLAGS,
  OUTCOME_LOG,
  OUTCOME_LOG_BYTES,
  OUTCOME_LOG_FULL,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  SCRATCH_TRACE,
  SHARD_SCRATCH_BYTES,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  SLOT_EGRESS_BYTES,
  SLOT_EGRESS_USED,
  TRACE_COUNT,
  TRACE_IDS,
  TRACE_MAX,
} from '../abi/batch.ts';
import { LOG_FULL, LOG_RECORDS, LOG_USED } from '../abi/log.ts';
import { PACKET_END, PACKET_L3, PACKET_PIECES, PACKET_SPLIT, SPLIT_NONE } from '../abi/packet.ts';
import { fragmentBytes, fragmentPayload, writeFragment } from '../fragment/split.ts';
import { writeLayer3 } from '../wire/rewrite.ts';

/** Takes bytes of the slot's arena. Returns their address; when there is no room 0, and the outcome has the flag `full`. */
function take(slot: usize, outcome: usize, bytes: u32, full: u32): usize {
  const at = atomic.add<u32>(slot + SLOT_ARENA_USED, (bytes + 3) & ~3);
  if (<u64>at + bytes > load<u32>(slot, SLOT_ARENA_BYTES)) {
    flag(outcome, full);
    return 0;
  }
  return load<u32>(slot, SLOT_ARENA) + at;
}

function flag(outcome: usize, flag: u32): void {
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | flag, OUTCOME_FLAGS);
}

/** Where the packets of a shard note what they meet; 0 = nowhere. The log takes what a packet under TRACE meets from there too. */
export function traceOf(env: usize, shard: u32): usize {
  if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_TRACE) == 0 && load<u32>(env, ENV_LOG) == 0) return 0;
  return load<u32>(env, ENV_SCRATCH) + shard * SHARD_SCRATCH_BYTES + SCRATCH_TRACE;
}

/** Copies the ids that a packet hit, in the order met. */
export function writeTrace(slot: usize, outcome: usize, trace: usize): void {
  const count = load<u32>(trace, TRACE_COUNT);
  if (count == 0) return;
  if (count > TRACE_MAX) return flag(outcome, OUTCOME_ARENA_FULL);
  const target = take(slot, outcome, count * 4, OUTCOME_ARENA_FULL);
  if (target == 0) return;
  memory.copy(target, trace + TRACE_IDS, count * 4);
  store<u32>(outcome, target as u32, OUTCOME_TRACE);
  store<u32>(outcome, count, OUTCOME_TRACE_COUNT);
}

/** The log of a shard; 0 = none is kept. */
function logOf(env: usize, shard: u32): usize {
  const first: usize = load<u32>(env, ENV_LOG);
  return first == 0 ? 0 : first + <usize>shard * load<u32>(env, ENV_LOG_BYTES);
}

/** Empties the shard's log for a packet. */
export function startLog(env: usize, shard: u32): void {
  const log = logOf(env, shard);
  if (log != 0) v128.store(log, i32x4.splat(0));
}

/** Copies the log of a packet. */
export function writeLog(env: usize, shard: u32, slot: usize, outcome: usize): void {
  const log = logOf(env, shard);
  if (log == 0) return;
  if (load<u32>(log, LOG_FULL) != 0) flag(outcome, OUTCOME_LOG_FULL);
  const bytes = load<u32>(log, LOG_USED);
  if (bytes == 0) return;
  const target = take(slot, outcome, bytes, OUTCOME_LOG_FULL);
  if (target == 0) return;
  memory.copy(target, log + LOG_RECORDS, bytes);
  store<u32>(outcome, target as u32, OUTCOME_LOG);
  store<u32>(outcome, bytes, OUTCOME_LOG_BYTES);
}

/** Adds a packet that left by `out`, or its fragments, to what left for the packet of `outcome`. */
export function writeEgress(env: usize, slot: usize, outcome: usize, packet: usize, out: u32): void {
  const isSplit = load<u32>(packet, PACKET_SPLIT) != SPLIT_NONE;
  const count: u32 = isSplit ? load<u32>(packet, PACKET_PIECES) : 1;
  let offset: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const bytes = isSplit ? fragmentBytes(env, packet, i) : load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3);
    const record = addEgress(slot, outcome, out, bytes);
    if (record == 0) return;
    if (load<u32>(record, EGRESS_LENGTH) == 0) continue;
    const data = record + EGRESS_DATA;
    store<u32>(record, isSplit ? writeFragment(env, packet, i, offset, data) : writeLayer3(packet, data), EGRESS_LENGTH);
    if (isSplit) offset += fragmentPayload(env, packet, i);
  }
}

/** Adds room for `bytes`, or for none where SLOT_EGRESS_BYTES are used up. Returns its address, 0 = there is none at all. */
function addEgress(slot: usize, outcome: usize, out: u32, bytes: u32): usize {
  const room = EGRESS_DATA + ((bytes + 3) & ~3);
  const fits = atomic.add<u32>(slot + SLOT_EGRESS_USED, room) + room <= load<u32>(slot, SLOT_EGRESS_BYTES);
  const record = take(slot, outcome, fits ? room : EGRESS_DATA, OUTCOME_ARENA_FULL);
  if (record == 0) return 0;
  store<u32>(record, 0, EGRESS_NEXT);
  store<u32>(record, out, EGRESS_OUT);
  store<u32>(record, fits ? bytes : 0, EGRESS_LENGTH);
  const last: usize = load<u32>(outcome, OUTCOME_EGRESS_LAST);
  if (last == 0) store<u32>(outcome, record as u32, OUTCOME_EGRESS);
  else store<u32>(last, record as u32, EGRESS_NEXT);
  store<u32>(outcome, record as u32, OUTCOME_EGRESS_LAST);
  return record;
}
