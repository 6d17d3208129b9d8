// -m mark and -m connmark: the marks of the packet and of its connection.

import { TEST_CONNMARK } from '../../assembly/abi/opcode.ts';
import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { type Asked, formatValueMask, masked, option, readValueMask } from './values.ts';

interface MarkOptions {
  mark?: Asked<{ readonly value: number; readonly mask: number }>;
}

const MARK: OptionSpec<MarkOptions> = {
  name: 'mark',
  argument: 'required',
  invertible: true,
  mandatory: true,
  set(options, [argument], context) {
    const value = readValueMask(argument!, context);
    if (value) options.mark = { value, invert: context.invert };
  },
};

function save({ mark }: MarkOptions): string[] {
  return mark ? option('--mark', formatValueMask(mark.value.value, mark.value.mask), mark.invert) : [];
}

/** Ref: net/netfilter/xt_mark.c:mark_mt() */
export const mark: MatchExtension<MarkOptions> = {
  kind: 'match',
  name: 'mark',
  families: [4, 6],
  options: [MARK],
  create: () => ({}),
  save,
  lower: ({ mark }) => (mark ? masked('mark', mark.value.mask, mark.value.value, mark.invert) : []),
};

/** Ref: net/netfilter/xt_connmark.c:connmark_mt() */
export const connmark: MatchExtension<MarkOptions> = {
  kind: 'match',
  name: 'connmark',
  families: [4, 6],
  usesConntrack: true,
  options: [MARK],
  create: () => ({}),
  save,
  lower({ mark }) {
    if (!mark) return [];
    const operands = [mark.value.mask, mark.value.value];
    return [{ kind: 'ask', opcode: TEST_CONNMARK, operands, negate: mark.invert, effect: false }];
  },
};
