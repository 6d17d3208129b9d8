// -j TOS: changes the type of service byte (IPv6: traffic class).

import { ACTION_TOS } from '../../assembly/abi/opcode.ts';
import { hexByte } from '../net/number.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { saveValue } from './specs.ts';
import { formatTos, readTos, type TosValue, tosName } from './tos.ts';
import { atLeastOne, readNumber, U8 } from './values.ts';

interface TosOptions {
  /** new = (old & ~mask) ^ value */
  change?: TosValue;
}

const NAMES = ['set-tos', 'and-tos', 'or-tos', 'xor-tos'];

function bitsOption(name: string, make: (bits: number) => TosValue): OptionSpec<TosOptions> {
  return {
    name,
    argument: 'required',
    excludes: NAMES.filter((other) => other !== name),
    set(options, [argument], context) {
      const bits = readNumber(argument!, context, U8);
      if (bits !== undefined) options.change = make(bits);
    },
  };
}

/** A change by what it comes to. The name stands right behind the title. Ref: iptables libxt_TOS.c:tos_tg_print() */
function listChange({ value, mask }: TosValue): string {
  const name = tosName({ value, mask });
  if (name) return ` TOS set${name}`;
  if (value === 0) return `TOS and ${hexByte(~mask & U8)}`;
  if (value === mask) return `TOS or ${hexByte(value)}`;
  return mask === 0 ? `TOS xor ${hexByte(value)}` : `TOS set ${formatTos({ value, mask })}`;
}

/** Ref: net/netfilter/xt_DSCP.c:tos_tg(), tos_tg6() */
export const setTos: TargetExtension<TosOptions> = {
  kind: 'target',
  name: 'TOS',
  families: [4, 6],
  tables: ['mangle'],
  changes: ['tos'],
  ...atLeastOne<TosOptions>('TOS', [
    {
      name: 'set-tos',
      argument: 'required',
      excludes: NAMES.slice(1),
      set(options, [argument], context) {
        const value = readTos(argument!, context);
        if (value) options.change = value;
      },
    },
    bitsOption('and-tos', (bits) => ({ value: 0, mask: ~bits & U8 })),
    bitsOption('or-tos', (bits) => ({ value: bits, mask: bits })),
    bitsOption('xor-tos', (bits) => ({ value: bits, mask: 0 })),
  ]),
  create: () => ({}),
  save: ({ change }) => saveValue('--set-tos', change, formatTos),
  print: ({ change }, { numeric }) => (change ? ` ${numeric ? `TOS set ${formatTos(change)}` : listChange(change)}` : ''),
  lower({ change = { value: 0, mask: 0 } }) {
    const operands = [~change.mask & U8, change.value];
    return { kind: 'effect', opcode: ACTION_TOS, operands, name: 'TOS', changes: ['tos'] };
  },
};
