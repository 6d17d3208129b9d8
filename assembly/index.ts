// The only exports of the core. Each checks its arguments, then calls inward.

import { ENV_BYTES, FRAME_BYTES, SLOT_BYTES } from './abi/batch.ts';
import { CAPTURE_BYTES } from './abi/capture.ts';
import { FAULT_BAD_ARGUMENT } from './abi/fault.ts';
import { PROGRAM_VERSION } from './abi/program.ts';
import { walkCapture as walk } from './capture/walk.ts';
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

/** A region lies in memory, and not at address 0, which stands for "none". */
function isWithin(at: usize, bytes: u64): bool {
  return at != 0 && <u64>at + bytes <= <u64>memory.size() << 16;
}
