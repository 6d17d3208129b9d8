// The way into the capture reader: tells the container by its first bytes.

import {
  CAPTURE_FAULT_NONE,
  CAPTURE_FORMAT,
  CAPTURE_FORMAT_PCAP,
  CAPTURE_FORMAT_PCAPNG,
  CAPTURE_FORMAT_UNKNOWN,
  CAPTURE_INTERFACE_BASE,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_NAME,
  CAPTURE_NAME_BYTES,
} from '../abi/capture.ts';
import { stop } from './frame.ts';
import { openPcap, walkPcap } from './pcap.ts';
import { BLOCK_SECTION, walkPcapng } from './pcapng.ts';

/**
 * Finds the packets in a chunk of a capture.
 *
 * Memory: reads `length` bytes at `bytes`, which stay in place as long as the frames are used; writes up to `capacity` records
 * of FRAME_BYTES at `frames`; keeps its place in CAPTURE_BYTES at `state`.
 * It stops at the end of what is whole in the chunk, with `capacity` frames, behind the description of an interface (so that its
 * name can be read), or at a fault. The caller hands in again, with more behind them, the bytes from CAPTURE_CONSUMED on.
 * A call that wrote no frame, used up no byte and met no fault needs more bytes; at the end of the input that is a cut capture.
 * Returns: frames written; FAULT_CAPTURE_FORMAT when this is no capture. CAPTURE_FAULT says what is wrong at CAPTURE_CONSUMED.
 */
export function walkCapture(state: usize, bytes: usize, length: u32, frames: usize, capacity: u32): i32 {
  stop(state, 0, CAPTURE_FAULT_NONE);
  store<u32>(state, 0, CAPTURE_NAME);
  store<u32>(state, 0, CAPTURE_NAME_BYTES);
  if (load<u32>(state, CAPTURE_FORMAT) == CAPTURE_FORMAT_UNKNOWN) {
    if (length < 4) return 0;
    if (load<u32>(bytes) != BLOCK_SECTION) return openPcap(state, bytes, length);
    store<u32>(state, CAPTURE_FORMAT_PCAPNG, CAPTURE_FORMAT);
    store<u32>(state, load<u32>(state, CAPTURE_INTERFACE_COUNT), CAPTURE_INTERFACE_BASE);
  }
  return load<u32>(state, CAPTURE_FORMAT) == CAPTURE_FORMAT_PCAP
    ? walkPcap(state, bytes, length, frames, capacity)
    : walkPcapng(state, bytes, length, frames, capacity);
}
