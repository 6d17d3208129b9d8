// The kernel's hash of an element. Ref: include/linux/jhash.h:jhash2()

const GOLDEN: u32 = 0xdeadbeef;

/** Hashes `length` bytes, a multiple of four. */
export function jhash(key: usize, length: u32, initval: u32): u32 {
  let a: u32 = GOLDEN + length + initval;
  let b = a;
  let c = a;
  let left = length;
  let at = key;
  for (; left > 12; left -= 12, at += 12) {
    a += load<u32>(at);
    b += load<u32>(at, 4);
    c += load<u32>(at, 8);
    a = (a - c) ^ rotl<u32>(c, 4);
    c += b;
    b = (b - a) ^ rotl<u32>(a, 6);
    a += c;
    c = (c - b) ^ rotl<u32>(b, 8);
    b += a;
    a = (a - c) ^ rotl<u32>(c, 16);
    c += b;
    b = (b - a) ^ rotl<u32>(a, 19);
    a += c;
    c = (c - b) ^ rotl<u32>(b, 4);
    b += a;
  }
  if (left >= 12) c += load<u32>(at, 8);
  if (left >= 8) b += load<u32>(at, 4);
  a += load<u32>(at);
  c = (c ^ b) - rotl<u32>(b, 14);
  a = (a ^ c) - rotl<u32>(c, 11);
  b = (b ^ a) - rotl<u32>(a, 25);
  c = (c ^ b) - rotl<u32>(b, 16);
  a = (a ^ c) - rotl<u32>(c, 4);
  b = (b ^ a) - rotl<u32>(a, 14);
  return (c ^ b) - rotl<u32>(b, 24);
}
