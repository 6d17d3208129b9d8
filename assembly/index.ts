// The only exports of the core. Each checks its arguments, then calls inward.

import { ALL_SHARDS, ENV_BYTES, ENV_CONNTRACK, ENV_HOST, ENV_PROGRAM4, ENV_PROGRAM6, ENV_SHARDS, FRAME_BYTES, SLOT_BYTES, SLOT_COUNT, SLOT_SORTED, SLOT_STATE } from './abi/batch.ts';
import { CAPTURE_BYTES } from './abi/capture.ts';
import { EVENT_BYTES } from './abi/event.ts';
import { FAULT_BAD_ARGUMENT, FAULT_NO_MEMORY, FAULT_NO_PROGRAM } from './abi/fault.ts';
import { HOST_HEADER_BYTES, HOST_MAGIC, HOST_MAGIC_AT, HOST_VERSION, HOST_VERSION_AT } from './abi/host.ts';
import { PACKET_BYTES } from './abi/packet.ts';
import { PROGRAM_HEADER_BYTES, PROGRAM_MAGIC, PROGRAM_MAGIC_AT, PROGRAM_VERSION, PROGRAM_VERSION_AT } from './abi/program.ts';
import { walkCapture as walk } from './capture/walk.ts';
import { classifyRecords } from './classify/batch.ts';
import { loadEntry as loadSaved } from './conntrack/load.ts';
import { isExhausted } from './conntrack/pool.ts';
import { lookAhead as takeLooks } from './hooks/ahead.ts';
import { runAll, runShard, runShards as runSome, sweepShard as sweep } from './hooks/run.ts';
import './layout.ts';
import { dissectSlot as dissectFrames } from './wire/slot.ts';

/** Version of the image format this core runs. */
export function programVersion(): u32 {
  return PROGRAM_VERSION;
}

/** First byte behind the static data: TypeScript's memory map begins at or behind it. */
export function heapBase(): usize {
  return __heap_base;
}

/** Finds the packets in a chunk of a capture. See capture/walk.ts. */
export function walkCapture(state: usize, bytes: usize, length: u32, frames: usize, capacity: u32): i32 {
  if (!isWithin(state, CAPTURE_BYTES) || !isWithin(bytes, length)) return FAULT_BAD_ARGUMENT;
  if (!isWithin(frames, <u64>capacity * FRAME_BYTES)) return FAULT_BAD_ARGUMENT;
  return walk(state, bytes, length, frames, capacity);
}

/** Looks at frames of a slot, as they are found, for whoever runs them where nobody reads records, and tells their shards. See hooks/ahead.ts. */
export function lookAhead(env: usize, slot: usize, end: u32): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(slot, SLOT_BYTES)) return FAULT_BAD_ARGUMENT;
  return takeLooks(env, slot, end);
}

/** Dissects the frames of a slot and tells which shard they are of. See wire/slot.ts. */
export function dissectSlot(env: usize, slot: usize): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(slot, SLOT_BYTES)) return FAULT_BAD_ARGUMENT;
  const count = dissectFrames(env, slot);
  if (load<u32>(slot, SLOT_STATE) == SLOT_SORTED) takeLooks(env, slot, load<u32>(slot, SLOT_COUNT));
  return count;
}

/**
 * Runs the packets that `shard` owns in a dissected slot, in input order: outcomes, counters, conntrack. ALL_SHARDS: the packets of all,
 * when nothing else runs. See hooks/run.ts.
 *
 * Returns: how many of its packets are done, or FAULT_BAD_ARGUMENT, or FAULT_NO_PROGRAM when an image is missing or of another version, or
 * FAULT_NO_MEMORY when there was none for a connection: the outcomes are not to be used.
 */
export function runSlot(env: usize, shard: u32, slot: usize): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(slot, SLOT_BYTES)) return FAULT_BAD_ARGUMENT;
  if (shard != ALL_SHARDS && shard >= load<u32>(env, ENV_SHARDS)) return FAULT_BAD_ARGUMENT;
  const fault = checkImages(env);
  if (fault != 0) return fault;
  const ran = shard == ALL_SHARDS ? runAll(env, slot) : runShard(env, shard, slot);
  return isExhausted(load<u32>(env, ENV_CONNTRACK)) ? FAULT_NO_MEMORY : (ran as i32);
}

/**
 * The same of several shards together, a bit of `shards` each, where nobody listens to events.
 *
 * Returns: how many packets are done, or a fault as runSlot().
 */
export function runShards(env: usize, shards: u64, slot: usize): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(slot, SLOT_BYTES)) return FAULT_BAD_ARGUMENT;
  const count = load<u32>(env, ENV_SHARDS);
  if (count < 64 && shards >> <u64>count != 0) return FAULT_BAD_ARGUMENT;
  const fault = checkImages(env);
  if (fault != 0) return fault;
  const ran = runSome(env, shards, slot);
  return isExhausted(load<u32>(env, ENV_CONNTRACK)) ? FAULT_NO_MEMORY : (ran as i32);
}

/** Returns: 0, or FAULT_NO_PROGRAM when an image is missing or of another version. */
function checkImages(env: usize): i32 {
  const host: usize = load<u32>(env, ENV_HOST);
  if (!isWithin(host, HOST_HEADER_BYTES) || load<u32>(host, HOST_MAGIC_AT) != HOST_MAGIC) return FAULT_NO_PROGRAM;
  if (load<u32>(host, HOST_VERSION_AT) != HOST_VERSION) return FAULT_NO_PROGRAM;
  if (!isProgram(load<u32>(env, ENV_PROGRAM4)) || !isProgram(load<u32>(env, ENV_PROGRAM6))) return FAULT_NO_PROGRAM;
  return 0;
}

/** Tells of the connections of `shard` whose time was up at `until`, where somebody listens. See hooks/run.ts. */
export function sweepShard(env: usize, shard: u32, until: u64): i32 {
  if (!isWithin(env, ENV_BYTES) || shard >= load<u32>(env, ENV_SHARDS)) return FAULT_BAD_ARGUMENT;
  return sweep(env, shard, until) as i32;
}

/** Puts a saved connection into the table, while nothing runs. See conntrack/load.ts. */
export function loadEntry(env: usize, record: usize, now: u64): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(record, EVENT_BYTES)) return FAULT_BAD_ARGUMENT;
  return loadSaved(env, record, now) as i32;
}

/** Whether a ruleset that this core runs lies at `at`; 0 = no ruleset of that family, which is as good. */
function isProgram(at: usize): bool {
  if (at == 0) return true;
  if (!isWithin(at, PROGRAM_HEADER_BYTES)) return false;
  return load<u32>(at, PROGRAM_MAGIC_AT) == PROGRAM_MAGIC && load<u32>(at, PROGRAM_VERSION_AT) == PROGRAM_VERSION;
}

/**
 * Runs the base chain of `table` and `hook` over `count` packet records, writing one VERDICT_* word each; `linear`: without
 * its decision table. For benchmarks and tests.
 *
 * Returns: `count`, or a FAULT_*.
 */
export function classifyBatch(
  env: usize,
  image: usize,
  table: u32,
  hook: u32,
  packets: usize,
  count: u32,
  verdicts: usize,
  linear: bool,
): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(image, PROGRAM_HEADER_BYTES)) return FAULT_BAD_ARGUMENT;
  if (!isWithin(packets, <u64>count * PACKET_BYTES) || !isWithin(verdicts, <u64>count << 2)) return FAULT_BAD_ARGUMENT;
  return classifyRecords(env, image, table, hook, packets, count, verdicts, linear);
}

/** A region lies in memory, and not at address 0, which stands for "none". */
function isWithin(at: usize, bytes: u64): bool {
  return at != 0 && <u64>at + bytes <= <u64>memory.size() << 16;
}
