// TEST_STATISTIC_*: by chance, or every so many packets.

import { ENV_STATE } from '../abi/batch.ts';
import { STATISTIC_COUNT } from '../abi/opcode.ts';
import { draw } from './draw.ts';

/** Whether a draw of 31 bits falls below `parts` of 2^31. Ref: net/netfilter/xt_statistic.c:statistic_mt() */
export function isDrawn(env: usize, packet: usize, parts: u32): bool {
  return draw(env, packet) >>> 1 < parts;
}

/** Operands: the state's offset; packets between those that hold. Ref: net/netfilter/xt_statistic.c:statistic_mt() */
export function isNth(env: usize, operands: usize): bool {
  const state = <usize>load<u32>(env, ENV_STATE) + load<u32>(operands);
  const count = load<u32>(state, STATISTIC_COUNT);
  const holds = count == load<u32>(operands, 4);
  store<u32>(state, holds ? 0 : count + 1, STATISTIC_COUNT);
  return holds;
}
