// pcapng: blocks of packets, interfaces and much else. Ref: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
//
//   0      4              8              n - 4           n
//   | type | total length | body …       | total length |       n = total length, a multiple of 4
//
// Section headers, interface descriptions and packets are read; every other block is passed over, in pieces when a chunk
// does not hold it.

import { FRAME_BYTES, FRAME_FLAG_SENT, INTERFACE_OFFSET, INTERFACE_SNAPLEN, INTERFACE_TICKS } from '../abi/batch.ts';
import {
  CAPTURE_BIG_ENDIAN,
  CAPTURE_BLOCK_OVERHEAD,
  CAPTURE_CONSUMED,
  CAPTURE_FAULT_BLOCK_LENGTH,
  CAPTURE_FAULT_INTERFACE,
  CAPTURE_FAULT_MAGIC,
  CAPTURE_FAULT_NONE,
  CAPTURE_FAULT_RECORD_LENGTH,
  CAPTURE_FAULT_VERSION,
  CAPTURE_INTERFACE_BASE,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_SKIP,
  CAPTURE_SKIP_TOTAL,
} from '../abi/capture.ts';
import { interfaceAt, number16, number32, recordMax, stop, writeFrame } from './frame.ts';
import { describeInterface } from './interface.ts';
import { nanoseconds } from './time.ts';

const BLOCK_INTERFACE: u32 = 1;
const BLOCK_OBSOLETE_PACKET: u32 = 2;
const BLOCK_SIMPLE_PACKET: u32 = 3;
const BLOCK_ENHANCED_PACKET: u32 = 6;
/** The same in both byte orders. */
export const BLOCK_SECTION: u32 = 0x0a0d0d0a;

const BYTE_ORDER_MAGIC: u32 = 0x1a2b3c4d;
/** Type, length and length again. */
const BLOCK_FRAME_BYTES: u32 = 12;
const SECTION_BYTES_MIN: u32 = 28;
const PACKET_BYTES_MIN: u32 = 32;
const SIMPLE_BYTES_MIN: u32 = 16;

/** Option of packet blocks: link-layer flags; their two lowest bits are the direction. */
const OPTION_FLAGS: u32 = 2;
const DIRECTION_MASK: u32 = 3;
const DIRECTION_OUTBOUND: u32 = 2;

/** What became of a block. */
const BLOCK_DONE: u32 = 0;
const BLOCK_FRAME: u32 = 1; // it gave a frame
const BLOCK_NEEDS_MORE: u32 = 2;
const BLOCK_FAULTY: u32 = 3; // CAPTURE_FAULT says why
const BLOCK_STOP: u32 = 4; // it described an interface: back to the caller

/** Reads whole blocks up to the first that describes an interface. Returns: frames written. */
export function walkPcapng(state: usize, bytes: usize, length: u32, frames: usize, capacity: u32): i32 {
  let count: u32 = 0;
  let consumed: u32 = 0;
  stop(state, 0, CAPTURE_FAULT_NONE);
  while (count < capacity) {
    const answer = readBlock(state, bytes + consumed, length - consumed, frames + count * FRAME_BYTES);
    consumed += load<u32>(state, CAPTURE_CONSUMED);
    count += (answer == BLOCK_FRAME) as u32;
    if (answer > BLOCK_FRAME) break;
  }
  store<u32>(state, consumed, CAPTURE_CONSUMED);
  return count;
}

/** Reads the block at `block`, or what is there of one to be passed over. CAPTURE_CONSUMED is what it used up. */
function readBlock(state: usize, block: usize, left: u32, frame: usize): u32 {
  store<u32>(state, 0, CAPTURE_CONSUMED);
  if (load<u32>(state, CAPTURE_SKIP_TOTAL) != 0) return passOver(state, block, left);
  if (left < BLOCK_FRAME_BYTES) return BLOCK_NEEDS_MORE;
  if (load<u32>(block) == BLOCK_SECTION) return openSection(state, block, left);
  const bigEndian = load<u32>(state, CAPTURE_BIG_ENDIAN) != 0;
  const type = number32(block, bigEndian);
  const total = number32(block + 4, bigEndian);
  if (total < BLOCK_FRAME_BYTES || (total & 3) != 0) return faulty(state, 4, CAPTURE_FAULT_BLOCK_LENGTH);
  const packet = type == BLOCK_ENHANCED_PACKET || type == BLOCK_SIMPLE_PACKET || type == BLOCK_OBSOLETE_PACKET;
  if (!packet && type != BLOCK_INTERFACE) {
    store<u32>(state, total - 4, CAPTURE_SKIP);
    store<u32>(state, total, CAPTURE_SKIP_TOTAL);
    return passOver(state, block, left);
  }
  if (total > recordMax(state) + CAPTURE_BLOCK_OVERHEAD) return faulty(state, 4, CAPTURE_FAULT_BLOCK_LENGTH);
  if (left < total) return BLOCK_NEEDS_MORE;
  if (number32(block + total - 4, bigEndian) != total) return faulty(state, total - 4, CAPTURE_FAULT_BLOCK_LENGTH);
  if (!packet) return describe(state, block, total, bigEndian);
  const fault =
    type == BLOCK_SIMPLE_PACKET
      ? simplePacket(state, block, total, frame, bigEndian)
      : enhancedPacket(state, block, total, frame, bigEndian, type == BLOCK_OBSOLETE_PACKET);
  if (fault != CAPTURE_FAULT_NONE) return faulty(state, 0, fault);
  store<u32>(state, total, CAPTURE_CONSUMED);
  return BLOCK_FRAME;
}

/** Faults at `offset` bytes behind the start of what was handed in. */
function faulty(state: usize, offset: u32, fault: u32): u32 {
  stop(state, offset, fault);
  return BLOCK_FAULTY;
}

/** Uses up what is there of a block that holds nothing for us, and checks the length word behind it. */
function passOver(state: usize, at: usize, left: u32): u32 {
  const skip = min(left, load<u32>(state, CAPTURE_SKIP));
  const rest = load<u32>(state, CAPTURE_SKIP) - skip;
  store<u32>(state, rest, CAPTURE_SKIP);
  store<u32>(state, skip, CAPTURE_CONSUMED);
  if (rest != 0 || left - skip < 4) return BLOCK_NEEDS_MORE;
  const bigEndian = load<u32>(state, CAPTURE_BIG_ENDIAN) != 0;
  if (number32(at + skip, bigEndian) != load<u32>(state, CAPTURE_SKIP_TOTAL)) {
    return faulty(state, skip, CAPTURE_FAULT_BLOCK_LENGTH);
  }
  store<u32>(state, 0, CAPTURE_SKIP_TOTAL);
  store<u32>(state, skip + 4, CAPTURE_CONSUMED);
  return BLOCK_DONE;
}

/** Section header: byte order, version; the interfaces described so far are no longer meant by packets. */
function openSection(state: usize, block: usize, left: u32): u32 {
  const order = load<u32>(block, 8);
  const bigEndian = order == bswap<u32>(BYTE_ORDER_MAGIC);
  if (!bigEndian && order != BYTE_ORDER_MAGIC) return faulty(state, 8, CAPTURE_FAULT_MAGIC);
  const total = number32(block + 4, bigEndian);
  if (total < SECTION_BYTES_MIN || (total & 3) != 0) return faulty(state, 4, CAPTURE_FAULT_BLOCK_LENGTH);
  if (left < 16) return BLOCK_NEEDS_MORE;
  // Version 1.2 was written for a while and differs in nothing that is read here.
  const minor = number16(block + 14, bigEndian);
  if (number16(block + 12, bigEndian) != 1 || (minor != 0 && minor != 2)) return faulty(state, 12, CAPTURE_FAULT_VERSION);
  store<u32>(state, bigEndian as u32, CAPTURE_BIG_ENDIAN);
  store<u32>(state, load<u32>(state, CAPTURE_INTERFACE_COUNT), CAPTURE_INTERFACE_BASE);
  store<u32>(state, total - 4, CAPTURE_SKIP);
  store<u32>(state, total, CAPTURE_SKIP_TOTAL);
  return passOver(state, block, left);
}

function describe(state: usize, block: usize, total: u32, bigEndian: bool): u32 {
  const fault = describeInterface(state, block, total, bigEndian);
  if (fault != CAPTURE_FAULT_NONE) return faulty(state, 0, fault);
  store<u32>(state, total, CAPTURE_CONSUMED);
  return BLOCK_STOP;
}

/**
 * Enhanced packet block, and the packet block that came before it:
 *
 *   8            12          16         20         24         28
 *   | interface  | time high | time low | captured | original | packet … options …
 *   | 16 | drops |                                                        obsolete
 *
 * Returns: CAPTURE_FAULT_*.
 */
function enhancedPacket(state: usize, block: usize, total: u32, frame: usize, bigEndian: bool, obsolete: bool): u32 {
  if (total < PACKET_BYTES_MIN) return CAPTURE_FAULT_BLOCK_LENGTH;
  const index = obsolete ? number16(block + 8, bigEndian) : number32(block + 8, bigEndian);
  const base = load<u32>(state, CAPTURE_INTERFACE_BASE);
  if (index >= load<u32>(state, CAPTURE_INTERFACE_COUNT) - base) return CAPTURE_FAULT_INTERFACE;
  const captured = number32(block + 20, bigEndian);
  if (captured > recordMax(state) || captured > total - PACKET_BYTES_MIN) return CAPTURE_FAULT_RECORD_LENGTH;
  const original = number32(block + 24, bigEndian);
  const entry = interfaceAt(state, base + index);
  const ticks = (<u64>number32(block + 12, bigEndian) << 32) | number32(block + 16, bigEndian);
  const time = nanoseconds(ticks, load<u64>(entry, INTERFACE_TICKS), load<u64>(entry, INTERFACE_OFFSET));
  const options = 28 + ((captured + 3) & ~3);
  const flags = isOutbound(block + options, block + total - 4, bigEndian) ? FRAME_FLAG_SENT : 0;
  writeFrame(state, frame, block + 28, captured, original, base + index, time, flags);
  return CAPTURE_FAULT_NONE;
}

/** Simple packet block: original length and bytes of a packet of the first interface; no time of its own. */
function simplePacket(state: usize, block: usize, total: u32, frame: usize, bigEndian: bool): u32 {
  if (total < SIMPLE_BYTES_MIN) return CAPTURE_FAULT_BLOCK_LENGTH;
  const base = load<u32>(state, CAPTURE_INTERFACE_BASE);
  if (load<u32>(state, CAPTURE_INTERFACE_COUNT) == base) return CAPTURE_FAULT_INTERFACE;
  const original = number32(block + 8, bigEndian);
  const snaplen = load<u32>(interfaceAt(state, base), INTERFACE_SNAPLEN);
  const captured = min(snaplen == 0 ? original : min(original, snaplen), total - SIMPLE_BYTES_MIN);
  if (captured > recordMax(state)) return CAPTURE_FAULT_RECORD_LENGTH;
  writeFrame(state, frame, block + 12, captured, original, base, 0, 0);
  return CAPTURE_FAULT_NONE;
}

/** The flags option among the options in `at` … `end` says that the packet was sent. A cut option ends the search. */
function isOutbound(at: usize, end: usize, bigEndian: bool): bool {
  while (end - at >= 4 && at < end) {
    const code = number16(at, bigEndian);
    const bytes = number16(at + 2, bigEndian);
    at += 4;
    if (code == 0 || bytes > ((end - at) as u32)) return false;
    if (code == OPTION_FLAGS && bytes == 4) return (number32(at, bigEndian) & DIRECTION_MASK) == DIRECTION_OUTBOUND;
    at += (bytes + 3) & ~3;
  }
  return false;
}
