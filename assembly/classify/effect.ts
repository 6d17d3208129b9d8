// What a matching item does to the packet besides counting and deciding.

import { ACTION_CONNMARK, ACTION_MARK, ACTION_NOTRACK, ACTION_TRACE } from '../abi/opcode.ts';
import { VERDICT_NONE } from '../abi/verdict.ts';
import { changeConnmark } from '../target/connmark.ts';
import { setMark, setTrace } from '../target/mark.ts';
import { untrack } from '../target/notrack.ts';

/**
 * Carries out an action other than a verdict. LOG, NFLOG and CONTINUE do nothing to the packet.
 *
 * Returns: VERDICT_NONE when the packet goes on in the chain, else the verdict that the target gives it.
 */
export function carryOut(env: usize, packet: usize, action: u32, operands: usize): u32 {
  switch (action) {
    case ACTION_MARK:
      setMark(packet, load<u32>(operands), load<u32>(operands, 4));
      break;
    case ACTION_CONNMARK:
      changeConnmark(packet, operands);
      break;
    case ACTION_NOTRACK:
      untrack(packet);
      break;
    case ACTION_TRACE:
      setTrace(packet);
      break;
  }
  return VERDICT_NONE;
}
