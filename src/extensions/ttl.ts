// -m ttl: time to live. The match on IPv6's hop limit differs in its names alone.

import type { Family, Test } from '../ir/ir.ts';
import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { type Asked, atLeastOne, inRange, option, type Range, readNumber, U8 } from './values.ts';

export interface TtlOptions {
  ttl?: Asked<number> & { readonly mode: 'eq' | 'lt' | 'gt' };
}

function lower({ ttl }: TtlOptions): Test[] {
  if (!ttl) return [];
  const { value, mode } = ttl;
  const range: Range = mode === 'eq' ? [value, value] : mode === 'lt' ? [0, value - 1] : [value + 1, U8];
  return inRange('ttl', range, U8, ttl.invert);
}

const SIGNS = { eq: '==', lt: '<', gt: '>' } as const;

/** Makes `ttl` or `hl`. */
export function ttlExtension(name: 'ttl' | 'hl', families: readonly Family[]): MatchExtension<TtlOptions> {
  const modeOption = (mode: 'eq' | 'lt' | 'gt'): OptionSpec<TtlOptions> => ({
    name: `${name}-${mode}`,
    ...(mode === 'eq' ? { aliases: [name] } : {}),
    argument: 'required',
    invertible: mode === 'eq',
    excludes: ['eq', 'lt', 'gt'].filter((other) => other !== mode).map((other) => `${name}-${other}`),
    set(options, [argument], context) {
      const value = readNumber(argument!, context, U8);
      if (value !== undefined) options.ttl = { value, mode, invert: context.invert };
    },
  });
  const title = name.toUpperCase();
  return {
    kind: 'match',
    name,
    families,
    ...atLeastOne(name, [modeOption('eq'), modeOption('lt'), modeOption('gt')]),
    create: () => ({}),
    save: ({ ttl }) => (ttl ? option(`--${name}-${ttl.mode}`, String(ttl.value), ttl.invert) : []),
    print: ({ ttl }) => (ttl ? ` ${title} match ${title} ${ttl.invert ? '!=' : SIGNS[ttl.mode]} ${ttl.value}` : ''),
    lower,
  };
}

/** Ref: net/netfilter/xt_hl.c:ttl_mt() */
export const ttl = ttlExtension('ttl', [4]);
