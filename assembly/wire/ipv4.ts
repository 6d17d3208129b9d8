// IPv4 header fields. `dissect` has checked that the header is there; these cannot fail.
//
//   0       1     2              4      6               8     9          10         12       16            20
//   | v,ihl | tos | total length | id   | flags,offset  | ttl | protocol | checksum | source | destination | options

export const IPV4_BYTES: u32 = 20;
export const IPV4_TOS: u32 = 1;
export const IPV4_LENGTH: u32 = 2;
export const IPV4_FRAGMENT: u32 = 6;
export const IPV4_TTL: u32 = 8;
export const IPV4_CHECKSUM: u32 = 10;
export const IPV4_SRC: u32 = 12;
export const IPV4_DST: u32 = 16;

export const FRAGMENT_DF: u32 = 0x4000;
export const FRAGMENT_MF: u32 = 0x2000;
const FRAGMENT_OFFSET_MASK: u32 = 0x1fff;

export function version(ip: usize): u32 {
  return load<u8>(ip) >> 4;
}

/** Header length in bytes, 0 … 60 whatever the packet says. */
export function headerLength(ip: usize): u32 {
  return (load<u8>(ip) & 15) << 2;
}

export function tos(ip: usize): u32 {
  return load<u8>(ip, 1);
}

export function totalLength(ip: usize): u32 {
  return bswap<u16>(load<u16>(ip, 2));
}

export function id(ip: usize): u32 {
  return bswap<u16>(load<u16>(ip, 4));
}

/** Flags and fragment offset, as they share a word. */
export function fragment(ip: usize): u32 {
  return bswap<u16>(load<u16>(ip, 6));
}

export function dontFragment(word: u32): bool {
  return (word & FRAGMENT_DF) != 0;
}

export function moreFragments(word: u32): bool {
  return (word & FRAGMENT_MF) != 0;
}

/** Bytes. */
export function fragmentOffset(word: u32): u32 {
  return (word & FRAGMENT_OFFSET_MASK) << 3;
}

export function ttl(ip: usize): u32 {
  return load<u8>(ip, IPV4_TTL);
}

export function protocol(ip: usize): u32 {
  return load<u8>(ip, 9);
}

export function src(ip: usize): u32 {
  return bswap<u32>(load<u32>(ip, IPV4_SRC));
}

export function dst(ip: usize): u32 {
  return bswap<u32>(load<u32>(ip, IPV4_DST));
}
