// The capture reader: bytes of a pcap or pcapng file come in, in chunks cut anywhere; FRAME records and interface table entries
// go out. It knows containers only and never looks into a packet. This file: what both containers share.

import {
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
  INTERFACE_OFFSET,
  INTERFACE_SNAPLEN,
  INTERFACE_TICKS,
} from '../abi/batch.ts';
import {
  CAPTURE_CONSUMED,
  CAPTURE_FAULT,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_INTERFACE_MAX,
  CAPTURE_INTERFACES,
  CAPTURE_PACKETS,
  CAPTURE_RECORD_MAX,
  CAPTURE_RECORD_MAX_DEFAULT,
  CAPTURE_TIME,
} from '../abi/capture.ts';

/** Number at `at` in the file's byte order. */
export function number16(at: usize, bigEndian: bool): u32 {
  const value = load<u16>(at);
  return bigEndian ? bswap<u16>(value) : value;
}

export function number32(at: usize, bigEndian: bool): u32 {
  const value = load<u32>(at);
  return bigEndian ? bswap<u32>(value) : value;
}

/** Most bytes a packet may have. */
export function recordMax(state: usize): u32 {
  const max = load<u32>(state, CAPTURE_RECORD_MAX);
  return max == 0 ? CAPTURE_RECORD_MAX_DEFAULT : max;
}

/** Ends a call: what was used up, and what is wrong there. */
export function stop(state: usize, consumed: usize, fault: u32): void {
  store<u32>(state, consumed as u32, CAPTURE_CONSUMED);
  store<u32>(state, fault, CAPTURE_FAULT);
}

/** Adds an interface to the table. Returns false when the table is full. */
export function addInterface(state: usize, linktype: u32, snaplen: u32, ticks: u64, offset: u64): bool {
  const index = load<u32>(state, CAPTURE_INTERFACE_COUNT);
  if (index >= load<u32>(state, CAPTURE_INTERFACE_MAX)) return false;
  const entry = interfaceAt(state, index);
  store<u32>(entry, 0, INTERFACE_INDEX);
  store<u32>(entry, linktype, INTERFACE_LINKTYPE);
  store<u64>(entry, ticks, INTERFACE_TICKS);
  store<u64>(entry, offset, INTERFACE_OFFSET);
  store<u32>(entry, snaplen, INTERFACE_SNAPLEN);
  store<u32>(entry, 0, INTERFACE_FLAGS);
  store<u32>(state, index + 1, CAPTURE_INTERFACE_COUNT);
  return true;
}

export function interfaceAt(state: usize, index: u32): usize {
  return load<u32>(state, CAPTURE_INTERFACES) + index * INTERFACE_BYTES;
}

/**
 * Writes one frame and numbers it.
 *
 * Units: `time` in nanoseconds; the frame gets the latest time seen so far if that is later.
 * A frame cannot be longer in the capture than on the wire, whatever its record says.
 */
export function writeFrame(
  state: usize,
  frame: usize,
  data: usize,
  captured: u32,
  length: u32,
  interfaceIndex: u32,
  time: u64,
  flags: u32,
): void {
  const now = max(time, load<u64>(state, CAPTURE_TIME));
  store<u64>(state, now, CAPTURE_TIME);
  const packet = load<u32>(state, CAPTURE_PACKETS) + 1;
  store<u32>(state, packet, CAPTURE_PACKETS);
  store<u32>(frame, data as u32, FRAME_DATA);
  store<u32>(frame, captured, FRAME_CAPTURED);
  store<u32>(frame, max(length, captured), FRAME_LENGTH);
  store<u32>(frame, interfaceIndex, FRAME_INTERFACE);
  store<u64>(frame, now, FRAME_TIME);
  store<u32>(frame, flags, FRAME_FLAGS); // with FRAME_LINK, which is not known
  store<u32>(frame, packet, FRAME_NUMBER);
}
