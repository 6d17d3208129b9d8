// The bytes that helpers read: where a packet's payload begins and ends, and the text that protocols write in it.
//
// Every function takes the end of what may be read, and reads nothing behind it.

import { PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { headerLength, TCP_BYTES } from '../wire/tcp.ts';

export const UDP_BYTES: u32 = 8;

/** The end of a packet's payload. helper.ts shows helpers only packets of which all bytes are there. */
export function payloadEnd(packet: usize): usize {
  return <usize>(load<u32>(packet, PACKET_L4) + load<u32>(packet, PACKET_L4_LENGTH));
}

/** The first byte behind the TCP header; 0 when the header is not whole, or nothing is behind it. */
export function tcpPayload(packet: usize): usize {
  const header = <usize>load<u32>(packet, PACKET_L4);
  const end = payloadEnd(packet);
  if (header + TCP_BYTES > end) return 0;
  const at = header + <usize>headerLength(header);
  return at < end ? at : 0;
}

/** The first byte behind the UDP header; 0 when the header is not whole, or nothing is behind it. */
export function udpPayload(packet: usize): usize {
  const at = <usize>load<u32>(packet, PACKET_L4) + UDP_BYTES;
  return at < payloadEnd(packet) ? at : 0;
}

export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** A letter of ASCII as a small one; other bytes as they are. */
export function lower(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Whether the bytes at `at` are the `length` bytes at `text`. */
export function isText(at: usize, end: usize, text: usize, length: u32): bool {
  return at + length <= end && memory.compare(at, text, length) == 0;
}

/** The same whether letters are small or capital. */
export function isTextAnyCase(at: usize, end: usize, text: usize, length: u32): bool {
  if (at + length > end) return false;
  for (let i: usize = 0; i < length; i++) {
    if (lower(load<u8>(at + i)) != lower(load<u8>(text + i))) return false;
  }
  return true;
}

/** Where the `length` bytes at `text` first stand whole; 0 = nowhere. */
export function findText(at: usize, end: usize, text: usize, length: u32): usize {
  for (let from = at; from + length <= end; from++) {
    if (memory.compare(from, text, length) == 0) return from;
  }
  return 0;
}

/** The end of the decimal digits at `at`: `at` itself when there are none. */
export function skipDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}

/** The number that the decimal digits from `at` to `end` say, as 64 bits hold it. Ref: lib/vsprintf.c:simple_strtoul() */
export function decimal(at: usize, end: usize): u64 {
  let value: u64 = 0;
  for (; at < end; at++) value = value * 10 + (load<u8>(at) - 0x30);
  return value;
}
