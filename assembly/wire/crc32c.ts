// CRC-32C, the checksum of SCTP. Ref: RFC 9260, appendix A

/** Remainders of the sixteen values of half a byte by the polynomial 0x82f63b78 (bits reversed). */
const HALF_BYTE = memory.data<u32>([
  0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17,
  0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
]);

/** One byte more. A checksum starts with ~0 and ends complemented. */
export function crc32cByte(crc: u32, byte: u32): u32 {
  crc ^= byte;
  crc = (crc >> 4) ^ load<u32>(HALF_BYTE + ((crc & 15) << 2));
  return (crc >> 4) ^ load<u32>(HALF_BYTE + ((crc & 15) << 2));
}

/** `length` bytes more. */
export function crc32c(crc: u32, at: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) crc = crc32cByte(crc, load<u8>(at + i));
  return crc;
}
