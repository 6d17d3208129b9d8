// The ways -j MARK and -j CONNMARK have in common to say what becomes of a mark.

import { hex } from '../net/number.ts';
import type { Argument, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { readNumber, readValueMask, U32 } from './values.ts';

/** new = (old & ~mask) ^ value */
export interface Change {
  readonly value: number;
  readonly mask: number;
}

type ReadChange = (argument: Argument, context: OptionContext) => Change | undefined;

function withBits(make: (bits: number) => Change): ReadChange {
  return (argument, context) => {
    const bits = readNumber(argument, context, U32);
    return bits === undefined ? undefined : make(bits);
  };
}

const CHANGES: readonly (readonly [string, ReadChange])[] = [
  ['set-xmark', readValueMask],
  [
    'set-mark',
    (argument, context) => {
      const read = readValueMask(argument, context);
      return read && { value: read.value, mask: (read.mask | read.value) >>> 0 };
    },
  ],
  ['and-mark', withBits((bits) => ({ value: 0, mask: ~bits >>> 0 }))],
  ['or-mark', withBits((bits) => ({ value: bits, mask: bits }))],
  ['xor-mark', withBits((bits) => ({ value: bits, mask: 0 }))],
];

/** Options that store a change. `names`: all the options that exclude each other. */
export function changeOptions<O>(names: readonly string[], store: (options: O, change: Change) => void): OptionSpec<O>[] {
  return CHANGES.map(([name, read]) => ({
    name,
    argument: 'required',
    excludes: names.filter((other) => other !== name),
    set(options, [argument], context) {
      const change = read(argument!, context);
      if (change) store(options, change);
    },
  }));
}

export const CHANGE_NAMES: readonly string[] = CHANGES.map(([name]) => name);

/** Lists a change by what it comes to. Ref: iptables libxt_MARK.c:mark_tg_print(), libxt_CONNMARK.c:connmark_tg_print_v2() */
export function listChange({ value, mask }: Change): string {
  if (value === 0) return `and ${hex(~mask)}`;
  if (value === mask) return `or ${hex(value)}`;
  if (mask === 0) return `xor ${hex(value)}`;
  return mask === U32 ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`;
}
