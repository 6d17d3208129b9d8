// -m tos: the type of service byte (IPv6: traffic class).

import { hexByte, scanUnsigned } from '../net/number.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { bang } from './listing.ts';
import { type Asked, masked, option, readNumber, split, U8 } from './values.ts';

export interface TosValue {
  readonly value: number;
  readonly mask: number;
}

interface TosOptions {
  tos?: Asked<TosValue>;
}

const NAMED_MASK = 0x3f;
/** Names of type of service values; they go with that mask. */
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
  if (found) return { value: found[1], mask: NAMED_MASK };
  const names = TOS_NAMES.map(([name]) => name).join(', ');
  context.diagnostics.error('unknown-tos', `"${argument.text}" is neither a number nor one of ${names}`, argument.span);
  return undefined;
}

export function formatTos({ value, mask }: TosValue): string {
  return `${hexByte(value)}/${hexByte(mask)}`;
}

/** The name of a value, as a listing has it. Ref: iptables, extensions/tos_values.c:tos_try_print_symbolic() */
export function tosName({ value, mask }: TosValue): string | undefined {
  const name = mask === NAMED_MASK ? TOS_NAMES.find(([, known]) => known === value)?.[0] : undefined;
  return name?.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
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
  print({ tos }, { numeric }) {
    if (!tos) return '';
    const name = numeric ? undefined : tosName(tos.value);
    return ` tos match${bang(tos)}${name ? ` ${name}` : formatTos(tos.value)}`;
  },
  lower: ({ tos }) => (tos ? masked('tos', tos.value.mask, tos.value.value, tos.invert) : []),
};
