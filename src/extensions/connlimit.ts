// -m connlimit: how many connections an address, or a network, has at the time.

import { CONNLIMIT_POOL_BYTES, CONNLIMIT_RULE_BYTES } from '../../assembly/abi/connlimit.ts';
import { TEST_CONNLIMIT } from '../../assembly/abi/opcode.ts';
import type { Family, Test } from '../ir/ir.ts';
import { addressWords, maskPrefix } from '../net/address.ts';
import type { LowerContext, MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { addressBits, readMask } from './addresses.ts';
import { valueOption } from './specs.ts';
import { atLeastOne, readNumber, U32 } from './values.ts';

interface ConnlimitOptions {
  limit?: { readonly kind: 'upto' | 'above'; readonly value: number };
  mask?: Uint8Array;
  side: 'saddr' | 'daddr';
}

const KINDS = ['upto', 'above'] as const;
const SIDES = ['saddr', 'daddr'] as const;

const limitOption = (kind: 'upto' | 'above', other: 'upto' | 'above'): OptionSpec<ConnlimitOptions> => ({
  name: `connlimit-${kind}`,
  argument: 'required',
  invertible: true,
  excludes: [`connlimit-${other}`],
  set(options, [argument], context) {
    const value = readNumber(argument!, context, U32);
    if (value !== undefined) options.limit = { kind: context.invert ? other : kind, value };
  },
});

const OPTIONS: OptionSpec<ConnlimitOptions>[] = [
  limitOption('upto', 'above'),
  limitOption('above', 'upto'),
  valueOption('connlimit-mask', 'mask', readMask),
  ...SIDES.map(
    (side): OptionSpec<ConnlimitOptions> => ({
      name: `connlimit-${side}`,
      argument: 'none',
      excludes: SIDES.filter((other) => other !== side).map((other) => `connlimit-${other}`),
      set(options) {
        options.side = side;
      },
    }),
  ),
];

function bitsOf(mask: Uint8Array | undefined, family: Family): number | undefined {
  return mask ? maskPrefix(mask) : addressBits(family);
}

function lower({ limit, mask, side }: ConnlimitOptions, context: LowerContext): Test[] {
  const rule = context.state({ bytes: CONNLIMIT_RULE_BYTES, spansFlows: true });
  const pool = context.state({ bytes: CONNLIMIT_POOL_BYTES, key: 'connlimit', spansFlows: true });
  const whole = new Uint8Array(context.family === 4 ? 4 : 16).fill(0xff);
  const words = [0, 1, 2, 3].map((i) => addressWords(mask ?? whole)[i] ?? 0);
  const operands = [rule, pool, limit!.value, side === 'daddr' ? 1 : 0, ...words];
  return [{ kind: 'ask', opcode: TEST_CONNLIMIT, operands, negate: limit!.kind === 'upto', effect: true }];
}

/** Ref: net/netfilter/xt_connlimit.c:connlimit_mt() */
export const connlimit: MatchExtension<ConnlimitOptions> = {
  kind: 'match',
  name: 'connlimit',
  families: [4, 6],
  usesConntrack: true,
  ...atLeastOne(
    'connlimit',
    OPTIONS,
    KINDS.map((kind) => `connlimit-${kind}`),
  ),
  create: () => ({ side: 'saddr' }),
  save({ limit, mask, side }, { family }) {
    return [
      ...(limit ? [`--connlimit-${limit.kind}`, String(limit.value)] : []),
      '--connlimit-mask',
      String(bitsOf(mask, family)),
      `--connlimit-${side}`,
    ];
  },
  print({ limit, mask, side }, { family }) {
    const end = side === 'saddr' ? 'src' : 'dst';
    return ` #conn ${end}/${bitsOf(mask, family)} ${limit?.kind === 'upto' ? '<=' : '>'} ${limit?.value}`;
  },
  lower,
};
