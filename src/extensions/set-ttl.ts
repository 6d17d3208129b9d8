// -j TTL: changes the time to live. The target on IPv6's hop limit differs in its names alone.

import { ACTION_TTL, TTL_DEC, TTL_INC, TTL_SET } from '../../assembly/abi/opcode.ts';
import type { Family } from '../ir/ir.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { atLeastOne, readNumber, U8 } from './values.ts';

export interface SetTtlOptions {
  change?: { readonly mode: Mode; readonly value: number };
}

const MODES = ['set', 'dec', 'inc'] as const;
type Mode = (typeof MODES)[number];

const TTL_MODES: Readonly<Record<Mode, number>> = { set: TTL_SET, inc: TTL_INC, dec: TTL_DEC };
const TITLES: Readonly<Record<Mode, string>> = { set: 'set to', dec: 'decrement by', inc: 'increment by' };

/** Makes `TTL` or `HL`. */
export function setTtlTarget(name: 'TTL' | 'HL', families: readonly Family[]): TargetExtension<SetTtlOptions> {
  const prefix = name.toLowerCase();
  const modeOption = (mode: Mode): OptionSpec<SetTtlOptions> => ({
    name: `${prefix}-${mode}`,
    argument: 'required',
    excludes: MODES.filter((other) => other !== mode).map((other) => `${prefix}-${other}`),
    set(options, [argument], context) {
      const value = readNumber(argument!, context, U8, mode === 'set' ? 0 : 1);
      if (value !== undefined) options.change = { mode, value };
    },
  });
  return {
    kind: 'target',
    name,
    families,
    tables: ['mangle'],
    changes: ['ttl'],
    ...atLeastOne(name, MODES.map(modeOption)),
    create: () => ({}),
    save: ({ change }) => (change ? [`--${prefix}-${change.mode}`, String(change.value)] : []),
    print: ({ change }) => (change ? ` ${name} ${TITLES[change.mode]} ${change.value}` : ''),
    lower({ change = { mode: 'inc', value: 0 } }) {
      return { kind: 'effect', opcode: ACTION_TTL, operands: [TTL_MODES[change.mode], change.value], name, changes: ['ttl'] };
    },
  };
}

/** Ref: net/netfilter/xt_HL.c:ttl_tg() */
export const setTtl = setTtlTarget('TTL', [4]);
