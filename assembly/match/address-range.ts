// TEST_ADDRESS_RANGE: `-m iprange` of IPv6, addresses as 128-bit numbers of four words.

import { ANSWER_HOLDS, ANSWER_MISS } from './answer.ts';

/** Whether low <= address <= high. `operands`: low and high, four words each. */
export function isInAddressRange(address: usize, operands: usize): u32 {
  return compare(address, operands) >= 0 && compare(address, operands + 16) <= 0 ? ANSWER_HOLDS : ANSWER_MISS;
}

/** -1, 0 or 1 as the first of two 128-bit numbers is less, equal or more. */
function compare(a: usize, b: usize): i32 {
  for (let offset: usize = 0; offset < 16; offset += 4) {
    const x = load<u32>(a + offset);
    const y = load<u32>(b + offset);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}
