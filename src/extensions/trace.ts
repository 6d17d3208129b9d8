// -j TRACE: has the kernel log every rule that the packet meets from here on.

import { ACTION_TRACE } from '../../assembly/abi/opcode.ts';
import type { TargetExtension } from '../ruleset/extension.ts';

/** Ref: net/netfilter/xt_TRACE.c:trace_tg() */
export const trace: TargetExtension<object> = {
  kind: 'target',
  name: 'TRACE',
  families: [4, 6],
  tables: ['raw'],
  options: [],
  create: () => ({}),
  save: () => [],
  lower: () => ({ kind: 'effect', opcode: ACTION_TRACE, operands: [], name: 'TRACE', changes: [] }),
};
