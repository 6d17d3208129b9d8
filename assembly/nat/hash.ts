// The kernel's hash of an address, for the choice among several.

import { jhash } from '../wire/jhash.ts';

const ADDRESS_BYTES: u32 = 16;

/** Hashes an address's four words as they lie in a packet; `key`: room for them. Ref: net/netfilter/nf_nat_core.c:find_best_ips_proto() */
export function hashAddress(address: usize, key: usize, start: u32): u32 {
  for (let i: usize = 0; i < ADDRESS_BYTES; i += 4) store<u32>(key + i, bswap<u32>(load<u32>(address + i)));
  return jhash(key, ADDRESS_BYTES, start);
}
