// Interface description blocks of pcapng.
//
//   8           10         12        16
//   | link type | reserved | snaplen | options …
//
//   0      2        4
//   | code | length | value, padded to 4

import {
  CAPTURE_FAULT_BLOCK_LENGTH,
  CAPTURE_FAULT_INTERFACE_TABLE,
  CAPTURE_FAULT_NONE,
  CAPTURE_FAULT_OPTION,
  CAPTURE_FAULT_TIME_UNIT,
  CAPTURE_NAME,
  CAPTURE_NAME_BYTES,
} from '../abi/capture.ts';
import { addInterface, number16, number32 } from './frame.ts';

const OPTION_END: u32 = 0;
const OPTION_NAME: u32 = 2;
const OPTION_RESOLUTION: u32 = 9;
const OPTION_OFFSET: u32 = 14;

const INTERFACE_BLOCK_BYTES_MIN: u32 = 20;
/** Without if_tsresol, times are in microseconds. */
const RESOLUTION_DEFAULT: u32 = 6;

/** Ticks a second that the if_tsresol byte means; 0 = more than 64 bits hold. */
function ticksPerSecond(resolution: u32): u64 {
  const exponent = resolution & 0x7f;
  if ((resolution & 0x80) != 0) return exponent <= 63 ? <u64>1 << exponent : 0;
  if (exponent > 19) return 0;
  let ticks: u64 = 1;
  for (let i: u32 = 0; i < exponent; i++) ticks *= 10;
  return ticks;
}

function number64(at: usize, bigEndian: bool): u64 {
  const value = load<u64>(at);
  return bigEndian ? bswap<u64>(value) : value;
}

/**
 * Adds the interface that a whole block describes, and tells where its name stands.
 *
 * Returns: CAPTURE_FAULT_*.
 */
export function describeInterface(state: usize, block: usize, total: u32, bigEndian: bool): u32 {
  if (total < INTERFACE_BLOCK_BYTES_MIN) return CAPTURE_FAULT_BLOCK_LENGTH;
  const end = block + total - 4;
  let at = block + 16;
  let name: usize = 0;
  let nameBytes: u32 = 0;
  let resolution = RESOLUTION_DEFAULT;
  let offset: u64 = 0;
  while (at < end) {
    // Lengths of blocks and options are multiples of 4 here: four bytes are there.
    const code = number16(at, bigEndian);
    const bytes = number16(at + 2, bigEndian);
    at += 4;
    if (code == OPTION_END) break;
    if (bytes > ((end - at) as u32)) return CAPTURE_FAULT_OPTION;
    if (code == OPTION_NAME) {
      name = at;
      nameBytes = bytes;
    } else if (code == OPTION_RESOLUTION) {
      if (bytes != 1) return CAPTURE_FAULT_OPTION;
      resolution = load<u8>(at);
    } else if (code == OPTION_OFFSET) {
      if (bytes != 8) return CAPTURE_FAULT_OPTION;
      offset = number64(at, bigEndian);
    }
    at += (bytes + 3) & ~3;
  }
  const ticks = ticksPerSecond(resolution);
  if (ticks == 0) return CAPTURE_FAULT_TIME_UNIT;
  const linktype = number16(block + 8, bigEndian);
  if (!addInterface(state, linktype, number32(block + 12, bigEndian), ticks, offset)) return CAPTURE_FAULT_INTERFACE_TABLE;
  store<u32>(state, name as u32, CAPTURE_NAME);
  store<u32>(state, nameBytes, CAPTURE_NAME_BYTES);
  return CAPTURE_FAULT_NONE;
}
