// Which addresses are inside: ranges of abi/shard.ts, looked up.

import {
  SIDES_COUNT4,
  SIDES_COUNT6,
  SIDES_HEADER_BYTES,
  SIDES_NONE,
  SIDES_OCTETS,
  SIDES_RANGE4_BYTES,
  SIDES_RANGE6_BYTES,
  SIDES_SOME,
} from '../abi/shard.ts';

/** Whether an IPv4 address is in one of the ranges. */
// @ts-ignore: decorator
@inline
export function isInside4(sides: usize, address: u32): bool {
  const octet: u32 = load<u8>(sides + (address >>> 24), SIDES_OCTETS);
  return octet == SIDES_SOME ? isInRange4(sides, address) : octet != SIDES_NONE;
}

function isInRange4(sides: usize, address: u32): bool {
  const ranges = sides + SIDES_HEADER_BYTES;
  let from: u32 = 0;
  let to = load<u32>(sides, SIDES_COUNT4);
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges + middle * SIDES_RANGE4_BYTES;
    if (address < load<u32>(range)) to = middle;
    else if (address > load<u32>(range, 4)) from = middle + 1;
    else return true;
  }
  return false;
}

/** Whether an IPv6 address is in one of the ranges. */
export function isInside6(sides: usize, high: u64, low: u64): bool {
  const ranges = sides + SIDES_HEADER_BYTES + load<u32>(sides, SIDES_COUNT4) * SIDES_RANGE4_BYTES;
  let from: u32 = 0;
  let to = load<u32>(sides, SIDES_COUNT6);
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges + middle * SIDES_RANGE6_BYTES;
    if (isBelow(high, low, range)) to = middle;
    else if (isAbove(high, low, range + 16)) from = middle + 1;
    else return true;
  }
  return false;
}

function isBelow(high: u64, low: u64, bound: usize): bool {
  const boundHigh = half(bound);
  return high < boundHigh || (high == boundHigh && low < half(bound + 8));
}

function isAbove(high: u64, low: u64, bound: usize): bool {
  const boundHigh = half(bound);
  return high > boundHigh || (high == boundHigh && low > half(bound + 8));
}

/** Half of an IPv6 address of four words, as a number. */
function half(words: usize): u64 {
  return rotl<u64>(load<u64>(words), 32);
}
