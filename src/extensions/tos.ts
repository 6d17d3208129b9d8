// -m tos: the type of service byte (IPv6: traffic class).

import { hexByte, scanUnsigned } from '../net/number.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { type Asked, masked, option, readNumber, split, U8 } from './values.ts';

export interface TosValue {
  readonly value: number;
  readonly mask: number;
}

interface TosOptions {
  tos?: Asked<TosValue>;
}

/** Names of type of service values; they go with the mask 0x3f. */
const TOS_NAMES: readonly (readonly [string, number])[] = [
  ['minimize-delay', 16],
  ['maximize-throughput', 8],
  ['maximize-reliability', 4],
  ['minimize-cost', 2],
  ['normal-service', 0],
];

/** Reads a type of service: a value with or without a mask, or a name. */
export function readTos(argument: Argument, context: OptionContext): TosValue | undefined {
  if (scanUnsigned(argument.text)) {
    const [first, second] = split(argument, '/', 2);
    const value = readNumber(first!, context, U8);
    const mask = second ? readNumber(second, context, U8) : U8;
    return value === undefined || mask === undefined ? undefined : { value, mask };
  }
  const found = TOS_NAMES.find(([name]) => name === argument.text.toLowerCase());
  if (found) return { value: found[1], mask: 0x3f };
  const names = TOS_NAMES.map(([name]) => name).join(', ');
  context.diagnostics.error('unknown-tos', `"${argument.text}" is neither a number nor one of ${names}`, argument.span);
  return undefined;
}

export function formatTos({ value, mask }: TosValue): string {
  return `${hexByte(value)}/${hexByte(mask)}`;
}

/** Ref: net/netfilter/xt_dscp.c:tos_mt() */
export const tos: MatchExtension<TosOptions> = {
  kind: 'match',
  name: 'tos',
  families: [4, 6],
  options: [
    {
      name: 'tos',
      argument: 'required',
      invertible: true,
      mandatory: true,
      set(options, [argument], context) {
        const value = readTos(argument!, context);
        if (value) options.tos = { value, invert: context.invert };
      },
    },
  ],
  create: () => ({}),
  save: ({ tos }) => (tos ? option('--tos', formatTos(tos.value), tos.invert) : []),
  lower: ({ tos }) => (tos ? masked('tos', tos.value.mask, tos.value.value, tos.invert) : []),
};
