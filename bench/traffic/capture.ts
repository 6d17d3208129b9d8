// Headers as a classic pcap in memory: raw IPv4 packets, one microsecond apart, with right checksums.

import type { Header } from './rules.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const LINKTYPE_RAW = 101;
const SYN = 2;

/** Ones' complement sum of 16-bit words, folded. */
function internetChecksum(bytes: Buffer, from: number, to: number, start = 0): number {
  let sum = start;
  for (let i = from; i + 1 < to; i += 2) sum += bytes.readUInt16BE(i);
  if ((to - from) % 2 === 1) sum += bytes[to - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const transportBytes = (protocol: number): number => (protocol === 6 ? 20 : 8);

/** Writes one packet at `at`; gives the offset behind it. */
function writePacket(out: Buffer, at: number, header: Header): number {
  const payload = transportBytes(header.protocol);
  const length = 20 + payload;
  out[at] = 0x45;
  out.writeUInt16BE(length, at + 2);
  out[at + 8] = 64;
  out[at + 9] = header.protocol;
  out.writeUInt32BE(header.source, at + 12);
  out.writeUInt32BE(header.destination, at + 16);
  out.writeUInt16BE(internetChecksum(out, at, at + 20), at + 10);
  const l4 = at + 20;
  if (header.protocol === 1) {
    out[l4] = 8;
    out.writeUInt16BE(internetChecksum(out, l4, l4 + payload), l4 + 2);
    return at + length;
  }
  out.writeUInt16BE(header.sport, l4);
  out.writeUInt16BE(header.dport, l4 + 2);
  if (header.protocol === 6) out.writeUInt16BE((5 << 12) | SYN, l4 + 12);
  else out.writeUInt16BE(payload, l4 + 4);
  const pseudo =
    (header.source >>> 16) +
    (header.source & 0xffff) +
    (header.destination >>> 16) +
    (header.destination & 0xffff) +
    header.protocol +
    payload;
  out.writeUInt16BE(internetChecksum(out, l4, l4 + payload, pseudo), l4 + (header.protocol === 6 ? 16 : 6));
  return at + length;
}

/** The whole capture. */
export function capture(headers: readonly Header[]): Buffer {
  const size = headers.reduce((sum, h) => sum + RECORD_HEADER_BYTES + 20 + transportBytes(h.protocol), FILE_HEADER_BYTES);
  const out = Buffer.alloc(size);
  out.writeUInt32LE(0xa1b2c3d4, 0);
  out.writeUInt16LE(2, 4);
  out.writeUInt16LE(4, 6);
  out.writeUInt32LE(65535, 16);
  out.writeUInt32LE(LINKTYPE_RAW, 20);
  let at = FILE_HEADER_BYTES;
  headers.forEach((header, i) => {
    const length = 20 + transportBytes(header.protocol);
    out.writeUInt32LE(1_700_000_000 + Math.floor(i / 1_000_000), at);
    out.writeUInt32LE(i % 1_000_000, at + 4);
    out.writeUInt32LE(length, at + 8);
    out.writeUInt32LE(length, at + 12);
    at = writePacket(out, at + RECORD_HEADER_BYTES, header);
  });
  return out;
}
