// What is written down of a packet when asked for: the ids it hit, its log, and the bytes that left. All go into the slot's arena, which
// all shards of a batch fill together.

import {
  ENV_HOST,
  ENV_LOG,
  ENV_LOG_BYTES,
  OUTCOME_ARENA_FULL,
  OUTCOME_EGRESS,
  OUTCOME_EGRESS_COUNT,
  OUTCOME_FLAGS,
  OUTCOME_LOG,
  OUTCOME_LOG_BYTES,
  OUTCOME_LOG_FULL,
  OUTCOME_OUT,
  OUTCOME_REWRITTEN,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  SLOT_EGRESS_BYTES,
  SLOT_EGRESS_USED,
  TRACE_COUNT,
  TRACE_IDS,
  TRACE_MAX,
} from '../abi/batch.ts';
import { LINK_BYTES } from '../abi/fragment.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import { LOG_FULL, LOG_RECORDS, LOG_USED } from '../abi/log.ts';
import { PACKET_END, PACKET_FRAG_MAX, PACKET_L2, PACKET_L3, PACKET_PIECES, PACKET_SPLIT, SPLIT_NONE } from '../abi/packet.ts';
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

/** The log tells of the frame: that of a packet put together lies where the next one's will. */
function keepLink(packet: usize, slot: usize, outcome: usize): void {
  if (load<u32>(packet, PACKET_FRAG_MAX) == 0) return;
  const target = take(slot, outcome, LINK_BYTES, OUTCOME_LOG_FULL);
  if (target == 0) return;
  memory.copy(target, load<u32>(packet, PACKET_L2), LINK_BYTES);
  store<u32>(packet, target as u32, PACKET_L2);
}

/** Copies the log of a packet. */
export function writeLog(env: usize, shard: u32, slot: usize, packet: usize, outcome: usize): void {
  const log = logOf(env, shard);
  if (log == 0) return;
  if (load<u32>(log, LOG_FULL) != 0) flag(outcome, OUTCOME_LOG_FULL);
  const bytes = load<u32>(log, LOG_USED);
  if (bytes == 0) return;
  const target = take(slot, outcome, bytes, OUTCOME_LOG_FULL);
  if (target == 0) return;
  memory.copy(target, log + LOG_RECORDS, bytes);
  keepLink(packet, slot, outcome);
  store<u32>(outcome, target as u32, OUTCOME_LOG);
  store<u32>(outcome, bytes, OUTCOME_LOG_BYTES);
}

/** Writes the layer-3 bytes of a packet that left this host, or of its fragments. */
export function writeEgress(env: usize, slot: usize, packet: usize, outcome: usize): void {
  const out = load<u32>(outcome, OUTCOME_OUT);
  if (out == 0 || out == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK)) return;
  if ((load<u32>(outcome, OUTCOME_FLAGS) & OUTCOME_REWRITTEN) != 0) return;
  const isSplit = load<u32>(packet, PACKET_SPLIT) != SPLIT_NONE;
  const count: u32 = isSplit ? load<u32>(packet, PACKET_PIECES) : 1;
  let room: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    room += recordBytes(isSplit ? fragmentBytes(env, packet, i) : load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3));
  }
  if (atomic.add<u32>(slot + SLOT_EGRESS_USED, room) + room > load<u32>(slot, SLOT_EGRESS_BYTES)) return flag(outcome, OUTCOME_REWRITTEN);
  let target = take(slot, outcome, room, OUTCOME_ARENA_FULL);
  if (target == 0) return;
  store<u32>(outcome, target as u32, OUTCOME_EGRESS);
  store<u32>(outcome, count, OUTCOME_EGRESS_COUNT);
  let offset: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const bytes = isSplit ? writeFragment(env, packet, i, offset, target + 4) : writeLayer3(packet, target + 4);
    store<u32>(target, bytes);
    if (isSplit) offset += fragmentPayload(env, packet, i);
    target += recordBytes(bytes);
  }
}

/** A word that says the length, and the bytes, up to the next multiple of four. */
function recordBytes(bytes: u32): u32 {
  return 4 + ((bytes + 3) & ~3);
}
