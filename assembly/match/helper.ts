// TEST_HELPER: `-m helper`.

import { HELPER_NONE } from '../abi/expect.ts';
import { EXT_MASTER } from '../abi/flow.ts';
import { PACKET_CT } from '../abi/packet.ts';
import { helperOf } from '../conntrack/expect.ts';
import { extensionWord } from '../conntrack/extend.ts';

/** Whether the packet's connection was expected by one that has a helper of those whose bits are set. Ref: net/netfilter/xt_helper.c:helper_mt() */
export function wasExpectedBy(packet: usize, helpers: u32): bool {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return false;
  const master = <usize>extensionWord(entry, EXT_MASTER);
  if (master == 0) return false;
  const helper = helperOf(master);
  return helper != HELPER_NONE && ((helpers >> helper) & 1) != 0;
}
