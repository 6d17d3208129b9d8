// -m iprange: source and destination between two addresses.

import { TEST_ADDRESS_RANGE } from '../../assembly/abi/opcode.ts';
import type { Family, Test } from '../ir/ir.ts';
import { addressWords, compareAddresses, formatAddress, parseIpv4, parseIpv6 } from '../net/address.ts';
import type { Argument, MatchExtension, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { listApart, spaced } from './listing.ts';
import { saveAsked } from './specs.ts';
import { type Asked, atLeastOne, inRange, never, split, U32 } from './values.ts';

interface AddressRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

interface IprangeOptions {
  src?: Asked<AddressRange>;
  dst?: Asked<AddressRange>;
}

function readAddress(argument: Argument, context: OptionContext): Uint8Array | undefined {
  const address = context.family === 4 ? parseIpv4(argument.text) : parseIpv6(argument.text);
  if (!address) {
    context.diagnostics.error('bad-address', `"${argument.text}" is no IPv${context.family} address`, argument.span);
  }
  return address;
}

function rangeOption(name: string, field: 'src' | 'dst'): OptionSpec<IprangeOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const ends = split(argument!, '-', 2).map((end) => readAddress(end, context));
      const [low, high = low] = ends;
      if (!low || !high || ends.includes(undefined)) return;
      if (compareAddresses(low, high) > 0) {
        context.diagnostics.warning('range-backwards', 'the range ends before it begins, so it holds nothing', argument!.span);
      }
      options[field] = { value: { low, high }, invert: context.invert };
    },
  };
}

function formatRange({ low, high }: AddressRange): string {
  return `${formatAddress(low)}-${formatAddress(high)}`;
}

function lower(field: 'src0' | 'dst0', asked: Asked<AddressRange> | undefined, family: Family): Test[] {
  if (!asked) return [];
  const { low, high } = asked.value;
  if (compareAddresses(low, high) > 0) return asked.invert ? [] : [never(field)];
  const operands = [...addressWords(low), ...addressWords(high)];
  if (family === 4) return inRange(field, [operands[0]!, operands[1]!], U32, asked.invert);
  return [{ kind: 'ask', opcode: TEST_ADDRESS_RANGE, field, operands, negate: asked.invert, effect: false }];
}

/** Ref: net/netfilter/xt_iprange.c:iprange_mt4(), iprange_mt6() */
export const iprange: MatchExtension<IprangeOptions> = {
  kind: 'match',
  name: 'iprange',
  families: [4, 6],
  ...atLeastOne('iprange', [rangeOption('src-range', 'src'), rangeOption('dst-range', 'dst')]),
  create: () => ({}),
  save: ({ src, dst }) => [...saveAsked('--src-range', src, formatRange), ...saveAsked('--dst-range', dst, formatRange)],
  print: ({ src, dst }) =>
    spaced([
      ...(src ? ['source IP range', listApart(src, formatRange)] : []),
      ...(dst ? ['destination IP range', listApart(dst, formatRange)] : []),
    ]),
  lower: ({ src, dst }, { family }) => [...lower('src0', src, family), ...lower('dst0', dst, family)],
};
