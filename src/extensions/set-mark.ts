// -j MARK: changes the mark of the packet.

import { ACTION_MARK } from '../../assembly/abi/opcode.ts';
import { hex } from '../net/number.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
import { CHANGE_NAMES, type Change, changeOptions, listChange } from './mark-change.ts';
import { atLeastOne } from './values.ts';

interface MarkOptions {
  change?: Change;
}

/** Ref: net/netfilter/xt_mark.c:mark_tg() */
export const setMark: TargetExtension<MarkOptions> = {
  kind: 'target',
  name: 'MARK',
  families: [4, 6],
  changes: ['mark'],
  ...atLeastOne(
    'MARK',
    changeOptions<MarkOptions>(CHANGE_NAMES, (options, change) => {
      options.change = change;
    }),
  ),
  create: () => ({}),
  save: ({ change }) => (change ? ['--set-xmark', `${hex(change.value)}/${hex(change.mask)}`] : []),
  print: ({ change }) => (change ? ` MARK ${listChange(change)}` : ''),
  lower({ change = { value: 0, mask: 0 } }) {
    const operands = [~change.mask >>> 0, change.value];
    return { kind: 'effect', opcode: ACTION_MARK, operands, name: 'MARK', changes: ['mark'] };
  },
};
