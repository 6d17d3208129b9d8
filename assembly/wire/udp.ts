// UDP and UDP-Lite header fields. For plain packets the 8 bytes are there.
//
//   0        2       4        6          8
//   | source | dest. | length | checksum |          UDP-Lite: checksum coverage in place of the length

export const UDP_BYTES: u32 = 8;
export const UDP_CHECKSUM: u32 = 6;

export function sport(udp: usize): u32 {
  return bswap<u16>(load<u16>(udp));
}

export function dport(udp: usize): u32 {
  return bswap<u16>(load<u16>(udp, 2));
}

/** UDP: length; UDP-Lite: checksum coverage. */
export function length(udp: usize): u32 {
  return bswap<u16>(load<u16>(udp, 4));
}

/** As it lies in memory: only good for a comparison with 0. */
export function checksum(udp: usize): u32 {
  return load<u16>(udp, UDP_CHECKSUM);
}
