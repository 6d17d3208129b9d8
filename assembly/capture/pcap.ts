// Classic pcap. Ref: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html
//
//   0        4          8          12        16        20          24
//   | magic  | ver. 2.4 | time zone| accuracy| snaplen | link type | records …
//
//   0        4          8          12       16
//   | seconds| fraction | captured | length | packet …     fraction: micro- or nanoseconds, by the magic

import { FRAME_BYTES, FRAME_FLAG_SENT } from '../abi/batch.ts';
import {
  CAPTURE_BIG_ENDIAN,
  CAPTURE_FAULT_INTERFACE_TABLE,
  CAPTURE_FAULT_MAGIC,
  CAPTURE_FAULT_NONE,
  CAPTURE_FAULT_RECORD_LENGTH,
  CAPTURE_FAULT_VERSION,
  CAPTURE_FORMAT,
  CAPTURE_FORMAT_PCAP,
  CAPTURE_INTERFACE_BASE,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_PCAP_MAYBE_SWAPPED,
  CAPTURE_PCAP_MODIFIED,
  CAPTURE_PCAP_SWAPPED,
  CAPTURE_PCAP_TICKS,
  CAPTURE_PCAP_VARIANT,
} from '../abi/capture.ts';
import { FAULT_CAPTURE_FORMAT } from '../abi/fault.ts';
import { PKTTYPE_OUTGOING } from '../abi/packet.ts';
import { addInterface, number16, number32, recordMax, stop, writeFrame } from './frame.ts';

const MAGIC_MICROSECONDS: u32 = 0xa1b2c3d4;
const MAGIC_NANOSECONDS: u32 = 0xa1b23c4d;
/** Written by Kuznetsov's tcpdump patches: longer record headers. */
const MAGIC_MODIFIED: u32 = 0xa1b2cd34;
/** Written by Navtel's tcpdump: as microseconds. */
const MAGIC_NAVTEL: u32 = 0xa12b3c4d;

const FILE_HEADER_BYTES: u32 = 24;
const RECORD_HEADER_BYTES: u32 = 16;
const MODIFIED_RECORD_HEADER_BYTES: u32 = 24;
const MODIFIED_PACKET_TYPE: u32 = 22;
/** The other bits of the link type word tell of frame check sequences. */
const LINKTYPE_MASK: u32 = 0xffff;

function isMagic(value: u32): bool {
  return value == MAGIC_MICROSECONDS || value == MAGIC_NANOSECONDS || value == MAGIC_MODIFIED || value == MAGIC_NAVTEL;
}

/**
 * Order of the two length words by file version, as CAPTURE_PCAP_* bits; ~0 = a version nobody wrote.
 *
 * Digital UNIX wrote 543.0 with the lengths in either order, as version 2.3 did.
 */
function lengthOrder(major: u32, minor: u32): u32 {
  if (major == 543) return CAPTURE_PCAP_MAYBE_SWAPPED;
  if (major != 2) return ~0;
  if (minor < 3) return CAPTURE_PCAP_SWAPPED;
  return minor == 3 ? CAPTURE_PCAP_MAYBE_SWAPPED : 0;
}

/**
 * Reads the file header and describes the file's one interface.
 *
 * Memory: reads `length` bytes at `bytes`, at least 4 of them. Uses up the header, or nothing when it is not whole yet.
 * Returns: 0, or FAULT_CAPTURE_FORMAT.
 */
export function openPcap(state: usize, bytes: usize, length: u32): i32 {
  const bigEndian = !isMagic(load<u32>(bytes));
  const magic = number32(bytes, bigEndian);
  if (!isMagic(magic)) {
    stop(state, 0, CAPTURE_FAULT_MAGIC);
    return FAULT_CAPTURE_FORMAT;
  }
  if (length < FILE_HEADER_BYTES) return 0;
  const order = lengthOrder(number16(bytes + 4, bigEndian), number16(bytes + 6, bigEndian));
  if (order == ~0) {
    stop(state, 4, CAPTURE_FAULT_VERSION);
    return FAULT_CAPTURE_FORMAT;
  }
  const ticks: u32 = magic == MAGIC_NANOSECONDS ? 1_000_000_000 : 1_000_000;
  store<u32>(state, load<u32>(state, CAPTURE_INTERFACE_COUNT), CAPTURE_INTERFACE_BASE);
  if (!addInterface(state, number32(bytes + 20, bigEndian) & LINKTYPE_MASK, number32(bytes + 16, bigEndian), ticks, 0)) {
    stop(state, 0, CAPTURE_FAULT_INTERFACE_TABLE);
    return 0;
  }
  store<u32>(state, CAPTURE_FORMAT_PCAP, CAPTURE_FORMAT);
  store<u32>(state, bigEndian as u32, CAPTURE_BIG_ENDIAN);
  store<u32>(state, ticks, CAPTURE_PCAP_TICKS);
  store<u32>(state, order | (magic == MAGIC_MODIFIED ? CAPTURE_PCAP_MODIFIED : 0), CAPTURE_PCAP_VARIANT);
  stop(state, FILE_HEADER_BYTES, CAPTURE_FAULT_NONE);
  return 0;
}

/** Reads whole records. Returns: frames written. */
export function walkPcap(state: usize, bytes: usize, length: u32, frames: usize, capacity: u32): i32 {
  const bigEndian = load<u32>(state, CAPTURE_BIG_ENDIAN) != 0;
  const variant = load<u32>(state, CAPTURE_PCAP_VARIANT);
  const modified = (variant & CAPTURE_PCAP_MODIFIED) != 0;
  const headerBytes = modified ? MODIFIED_RECORD_HEADER_BYTES : RECORD_HEADER_BYTES;
  const unit: u64 = 1_000_000_000 / load<u32>(state, CAPTURE_PCAP_TICKS);
  const most = recordMax(state);
  const interfaceIndex = load<u32>(state, CAPTURE_INTERFACE_BASE);
  let at: u32 = 0;
  let count: u32 = 0;
  let fault = CAPTURE_FAULT_NONE;
  while (count < capacity && length - at >= headerBytes) {
    const record = bytes + at;
    let captured = number32(record + 8, bigEndian);
    let original = number32(record + 12, bigEndian);
    if (variant > CAPTURE_PCAP_MODIFIED) {
      if ((variant & CAPTURE_PCAP_SWAPPED) != 0 || captured > original) {
        const other = captured;
        captured = original;
        original = other;
      }
    }
    if (captured > most) {
      fault = CAPTURE_FAULT_RECORD_LENGTH;
      break;
    }
    if (length - at - headerBytes < captured) break;
    const time = <u64>number32(record, bigEndian) * 1_000_000_000 + <u64>number32(record + 4, bigEndian) * unit;
    const sent = modified && load<u8>(record, MODIFIED_PACKET_TYPE) == PKTTYPE_OUTGOING;
    const frame = frames + count * FRAME_BYTES;
    writeFrame(state, frame, record + headerBytes, captured, original, interfaceIndex, time, sent ? FRAME_FLAG_SENT : 0);
    at += headerBytes + captured;
    count++;
  }
  stop(state, at, fault);
  return count;
}
