// TCP header fields. For plain packets the 20 bytes are there.
//
//   0        2        4     8     12            13      14       16         18       20
//   | source | dest.  | seq | ack | data offset | flags | window | checksum | urgent | options

export const TCP_BYTES: u32 = 20;
export const TCP_OFFSET: u32 = 12;
export const TCP_FLAGS: u32 = 13;
export const TCP_CHECKSUM: u32 = 16;

export function sport(tcp: usize): u32 {
  return bswap<u16>(load<u16>(tcp));
}

export function dport(tcp: usize): u32 {
  return bswap<u16>(load<u16>(tcp, 2));
}

export function seq(tcp: usize): u32 {
  return bswap<u32>(load<u32>(tcp, 4));
}

export function ack(tcp: usize): u32 {
  return bswap<u32>(load<u32>(tcp, 8));
}

/** Header length in bytes as the packet says, 0 … 60. */
// @ts-ignore: decorator
@inline
export function headerLength(tcp: usize): u32 {
  return (<u32>load<u8>(tcp, TCP_OFFSET) >> 4) << 2;
}

export function flags(tcp: usize): u32 {
  return load<u8>(tcp, TCP_FLAGS);
}

export function window(tcp: usize): u32 {
  return bswap<u16>(load<u16>(tcp, 14));
}
