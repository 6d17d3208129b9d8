// -j NOTRACK: keeps conntrack from looking at the packet. It does not make the kernel track connections.

import { ACTION_NOTRACK } from '../../assembly/abi/opcode.ts';
import type { Action } from '../ir/ir.ts';
import type { TargetExtension } from '../ruleset/extension.ts';

/** The state of the packet becomes UNTRACKED. Ref: net/netfilter/xt_CT.c:xt_ct_target() */
export const UNTRACK: Action = { kind: 'effect', opcode: ACTION_NOTRACK, operands: [], name: 'NOTRACK', changes: ['ctstate'] };

export const notrack: TargetExtension<object> = {
  kind: 'target',
  name: 'NOTRACK',
  // iptables turns it into a CT that remembers how it was called.
  listedAs: 'CT',
  families: [4, 6],
  tables: ['raw'],
  changes: ['ctstate'],
  options: [],
  create: () => ({}),
  save: () => [],
  print: () => ' NOTRACK',
  lower: () => UNTRACK,
};
