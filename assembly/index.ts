// The only exports of the core. Each checks its arguments, then calls inward.

import { ENV_BYTES, FRAME_BYTES, SLOT_BYTES } from './abi/batch.ts';
import { CAPTURE_BYTES } from './abi/capture.ts';
import { FAULT_BAD_ARGUMENT } from './abi/fault.ts';
import { PACKET_BYTES } from './abi/packet.ts';
import { PROGRAM_HEADER_BYTES, PROGRAM_VERSION } from './abi/program.ts';
import { walkCapture as walk } from './capture/walk.ts';
import { classifyRecords } from './classify/batch.ts';
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

/** Dissects the frames of a slot and groups them by shard. See wire/slot.ts. */
export function dissectSlot(env: usize, slot: usize): i32 {
  if (!isWithin(env, ENV_BYTES) || !isWithin(slot, SLOT_BYTES)) return FAULT_BAD_ARGUMENT;
  return dissectFrames(env, slot);
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
