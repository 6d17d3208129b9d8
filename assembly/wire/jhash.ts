// The kernel's hash of words, for what shows in results: which node serves a connection, which mark or address a packet gets, in which
// bucket of a set an element lies.
//
// Ref: Bob Jenkins, lookup3.c, May 2006, public domain; include/linux/jhash.h:jhash2()

const INITIAL: u32 = 0xdeadbeef;

/** Hash of one to three words, `words` of them (the others are 0). */
export function hashWords(a: u32, b: u32, c: u32, words: u32, seed: u32): u32 {
  const initial: u32 = INITIAL + (words << 2) + seed;
  return finish(a + initial, b + initial, c + initial);
}

/** Hashes `length` bytes, a multiple of four. */
export function jhash(key: usize, length: u32, seed: u32): u32 {
  let a: u32 = INITIAL + length + seed;
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
  return finish(a + load<u32>(at), b, c);
}

function finish(first: u32, second: u32, third: u32): u32 {
  let c: u32 = (third ^ second) - rotl<u32>(second, 14);
  const a: u32 = (first ^ c) - rotl<u32>(c, 11);
  const b: u32 = (second ^ a) - rotl<u32>(a, 25);
  c = (c ^ b) - rotl<u32>(b, 16);
  const d: u32 = (a ^ c) - rotl<u32>(c, 4);
  const e: u32 = (b ^ d) - rotl<u32>(d, 14);
  return (c ^ e) - rotl<u32>(e, 24);
}

/** Scales a hash to 0 … `parts` - 1. Ref: include/linux/math.h:reciprocal_scale() */
export function scaleHash(hash: u32, parts: u32): u32 {
  return <u32>((<u64>hash * parts) >> 32);
}
