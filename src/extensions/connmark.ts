// -m connmark: the mark of the packet's connection.

import { TEST_CONNMARK } from '../../assembly/abi/opcode.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listMark, MARK_OPTION, type MarkOptions, saveMark } from './mark.ts';

/** Ref: net/netfilter/xt_connmark.c:connmark_mt() */
export const connmark: MatchExtension<MarkOptions> = {
  kind: 'match',
  name: 'connmark',
  families: [4, 6],
  usesConntrack: true,
  options: [MARK_OPTION],
  create: () => ({}),
  save: saveMark,
  print: (options) => ` connmark match ${listMark(options)}`,
  lower({ mark }) {
    if (!mark) return [];
    const operands = [mark.value.mask, mark.value.value];
    return [{ kind: 'ask', opcode: TEST_CONNMARK, operands, negate: mark.invert, effect: false }];
  },
};
