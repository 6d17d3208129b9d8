// TEST_CONNMARK: `-m connmark`.

import { ctMark } from '../conntrack/track.ts';
import { PACKET_CT } from '../abi/packet.ts';
import { ANSWER_HOLDS, ANSWER_MISS, ANSWER_MISS_EITHER_WAY } from './answer.ts';

/** Whether the connection's mark has the value under the mask. Ref: net/netfilter/xt_connmark.c:connmark_mt() */
export function hasConnmark(packet: usize, mask: u32, value: u32): u32 {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return ANSWER_MISS_EITHER_WAY;
  return (ctMark(entry) & mask) == value ? ANSWER_HOLDS : ANSWER_MISS;
}
