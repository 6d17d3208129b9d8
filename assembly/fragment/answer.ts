// What becomes of a fragment.

import { PACKET_WHY } from '../abi/packet.ts';

/** Says why, and gives the verdict. */
export function answer(packet: usize, verdict: u32, why: u32): u32 {
  store<u32>(packet, why, PACKET_WHY);
  return verdict;
}
