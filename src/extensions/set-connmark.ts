// -j CONNMARK: changes the mark of the packet's connection, or copies it to or from the packet's.

import { ACTION_CONNMARK, CONNMARK_RESTORE, CONNMARK_SAVE, CONNMARK_SET } from '../../assembly/abi/opcode.ts';
import { hex } from '../net/number.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { CHANGE_NAMES, changeOptions, listChange } from './mark-change.ts';
import { atLeastOne, readNumber, U32 } from './values.ts';

interface ConnmarkOptions {
  mode?: 'set' | 'save' | 'restore';
  value: number;
  ctmask: number;
  nfmask: number;
  shift?: Shift;
}

interface Shift {
  readonly direction: 'left' | 'right';
  readonly bits: number;
}

/** iptables takes 32 too, which the kernel refuses. Ref: net/netfilter/xt_connmark.c:connmark_tg_check_v2() */
const SHIFT_BITS_MAX = 31;
const COPIES = ['save-mark', 'restore-mark'];
const CONNMARK_NAMES = [...CHANGE_NAMES, ...COPIES];

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

/** The one given last counts. */
function shiftOption(direction: Shift['direction']): OptionSpec<ConnmarkOptions> {
  return {
    name: `${direction}-shift-mark`,
    argument: 'required',
    set(options, [argument], context) {
      const bits = readNumber(argument!, context, SHIFT_BITS_MAX);
      if (bits !== undefined) options.shift = { direction, bits };
    },
  };
}

function copyWords(mode: 'save' | 'restore', nfmask: number, ctmask: number): string[] {
  return [`--${mode}-mark`, '--nfmask', hex(nfmask), '--ctmask', hex(ctmask)];
}

/** The masks of a copy: of what is read, and of what is changed. */
function listMasks(isSave: boolean, read: number, changed: number): string {
  if (read === changed) return read === U32 ? '' : ` mask ${hex(read)}`;
  const [from, to] = isSave ? ['nfmask', 'ctmask'] : ['ctmask', 'nfmask'];
  return ` ${from} ${hex(read)} ${to} ~${hex(changed)}`;
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
      shiftOption('left'),
      shiftOption('right'),
      // Given behind `--set-mark value/mask`, they take the place of its mask.
      maskOption('ctmask', ['ctmask'], ['mask']),
      maskOption('nfmask', ['nfmask'], ['mask']),
      maskOption('mask', ['ctmask', 'nfmask'], ['ctmask', 'nfmask']),
    ],
    CONNMARK_NAMES,
  ),
  create: () => ({ value: 0, ctmask: U32, nfmask: U32 }),
  save({ mode, value, ctmask, nfmask, shift }) {
    if (mode === undefined) return [];
    const change = mode === 'set' ? ['--set-xmark', `${hex(value)}/${hex(ctmask)}`] : copyWords(mode, nfmask, ctmask);
    return shift?.bits ? [...change, `--${shift.direction}-shift-mark`, String(shift.bits)] : change;
  },
  print({ mode, value, ctmask, nfmask, shift }) {
    const masks = mode === 'save' ? ([nfmask, ctmask] as const) : ([ctmask, nfmask] as const);
    const change = mode === 'set' ? listChange({ value, mask: ctmask }) : `${mode}${listMasks(mode === 'save', ...masks)}`;
    return ` CONNMARK ${change}${shift?.bits ? ` ${shift.direction}-shift-mark ${shift.bits}` : ''}`;
  },
  lower({ mode, value, ctmask, nfmask, shift }, context) {
    // In raw it may mark the template of a CT rule, which is then so for the packets of every connection.
    if (context.table === 'raw') context.state({ bytes: 4, key: 'marked templates', spansFlows: true });
    const shifts = [shift?.direction === 'left' ? shift.bits : 0, shift?.direction === 'right' ? shift.bits : 0];
    const base = { kind: 'effect', opcode: ACTION_CONNMARK, name: 'CONNMARK' } as const;
    if (mode === 'restore') return { ...base, operands: [CONNMARK_RESTORE, ctmask, nfmask, ...shifts], changes: ['mark'] };
    if (mode === 'save') return { ...base, operands: [CONNMARK_SAVE, ctmask, nfmask, ...shifts], changes: [] };
    return { ...base, operands: [CONNMARK_SET, value, ctmask, ...shifts], changes: [] };
  },
};
