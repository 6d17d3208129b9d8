// SCTP header fields. For plain packets the 12 bytes are there.
//
//   0        2       4                  8          12
//   | source | dest. | verification tag | checksum | chunks

export const SCTP_BYTES: u32 = 12;
export const SCTP_CHECKSUM: u32 = 8;

export function sport(sctp: usize): u32 {
  return bswap<u16>(load<u16>(sctp));
}

export function dport(sctp: usize): u32 {
  return bswap<u16>(load<u16>(sctp, 2));
}
