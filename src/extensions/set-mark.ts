// -j MARK and -j CONNMARK: change the mark of the packet or of its connection, or copy one to the other.

import { ACTION_CONNMARK, ACTION_MARK, CONNMARK_RESTORE, CONNMARK_SAVE, CONNMARK_SET } from '../../assembly/abi/opcode.ts';
import { hex } from '../net/number.ts';
import type { Argument, OptionContext, OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { atLeastOne, readNumber, readValueMask, U32 } from './values.ts';

/** new = (old & ~mask) ^ value */
interface Change {
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

/** The ways both targets have to say what becomes of a mark. */
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

function changeOptions<O>(names: readonly string[], store: (options: O, change: Change) => void): OptionSpec<O>[] {
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

interface MarkOptions {
  change?: Change;
}

const MARK_NAMES = CHANGES.map(([name]) => name);

/** Ref: net/netfilter/xt_mark.c:mark_tg() */
export const setMark: TargetExtension<MarkOptions> = {
  kind: 'target',
  name: 'MARK',
  families: [4, 6],
  changes: ['mark'],
  ...atLeastOne(
    'MARK',
    changeOptions<MarkOptions>(MARK_NAMES, (options, change) => {
      options.change = change;
    }),
  ),
  create: () => ({}),
  save: ({ change }) => (change ? ['--set-xmark', `${hex(change.value)}/${hex(change.mask)}`] : []),
  lower({ change = { value: 0, mask: 0 } }) {
    const operands = [~change.mask >>> 0, change.value];
    return { kind: 'effect', opcode: ACTION_MARK, operands, name: 'MARK', changes: ['mark'] };
  },
};

interface ConnmarkOptions {
  mode?: 'set' | 'save' | 'restore';
  value: number;
  ctmask: number;
  nfmask: number;
}

const COPIES = ['save-mark', 'restore-mark'];
const CONNMARK_NAMES = [...MARK_NAMES, ...COPIES];

function copyOption(mode: 'save' | 'restore'): OptionSpec<ConnmarkOptions> {
  const name = `${mode}-mark`;
  return {
    name,
    argument: 'none',
    excludes: CONNMARK_NAMES.filter((other) => other !== name),
    set(options) {
      options.mode = mode;
    },
  };
}

function maskOption(
  name: string,
  fields: readonly ('ctmask' | 'nfmask')[],
  excludes: readonly string[],
): OptionSpec<ConnmarkOptions> {
  return {
    name,
    argument: 'required',
    excludes,
    set(options, [argument], context) {
      const value = readNumber(argument!, context, U32);
      if (value !== undefined) for (const field of fields) options[field] = value;
    },
  };
}

function shiftOption(name: string): OptionSpec<ConnmarkOptions> {
  return {
    name,
    argument: 'required',
    set(_options, _values, { diagnostics, option }) {
      diagnostics.error('not-supported-yet', `CONNMARK --${name} is not supported yet`, option.span);
    },
  };
}

/** Ref: net/netfilter/xt_connmark.c:connmark_tg_shift() */
export const setConnmark: TargetExtension<ConnmarkOptions> = {
  kind: 'target',
  name: 'CONNMARK',
  families: [4, 6],
  usesConntrack: true,
  changes: ['mark'],
  ...atLeastOne(
    'CONNMARK',
    [
      ...changeOptions<ConnmarkOptions>(CONNMARK_NAMES, (options, { value, mask }) => {
        Object.assign(options, { mode: 'set', value, ctmask: mask });
      }),
      copyOption('save'),
      copyOption('restore'),
      shiftOption('left-shift-mark'),
      shiftOption('right-shift-mark'),
      // Given behind `--set-mark value/mask`, they take the place of its mask.
      maskOption('ctmask', ['ctmask'], ['mask']),
      maskOption('nfmask', ['nfmask'], ['mask']),
      maskOption('mask', ['ctmask', 'nfmask'], ['ctmask', 'nfmask']),
    ],
    CONNMARK_NAMES,
  ),
  create: () => ({ value: 0, ctmask: U32, nfmask: U32 }),
  save({ mode, value, ctmask, nfmask }) {
    if (mode === undefined) return [];
    if (mode === 'set') return ['--set-xmark', `${hex(value)}/${hex(ctmask)}`];
    return [`--${mode}-mark`, '--nfmask', hex(nfmask), '--ctmask', hex(ctmask)];
  },
  lower({ mode, value, ctmask, nfmask }) {
    const base = { kind: 'effect', opcode: ACTION_CONNMARK, name: 'CONNMARK' } as const;
    if (mode === 'restore') return { ...base, operands: [CONNMARK_RESTORE, ctmask, nfmask], changes: ['mark'] };
    if (mode === 'save') return { ...base, operands: [CONNMARK_SAVE, ctmask, nfmask], changes: [] };
    return { ...base, operands: [CONNMARK_SET, value, ctmask], changes: [] };
  },
};
