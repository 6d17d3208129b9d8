// -m set: whether an IP set has what of the packet it asks for.

import { TEST_SET } from '../../assembly/abi/opcode.ts';
import {
  ASK_COMPARES,
  ASK_RETURN_NOMATCH,
  ASK_SKIPS_COUNTERS,
  ASK_SKIPS_SUBCOUNTERS,
  COMPARE_EQ,
  COMPARE_GT,
  COMPARE_LT,
  COMPARE_NE,
  COMPARE_NONE,
} from '../../assembly/abi/set.ts';
import type { Test } from '../ir/ir.ts';
import { checkBare } from '../ruleset/bare.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { byteLength } from '../text/source.ts';
import { type Dashes, spaced } from './listing.ts';
import { readNumber64, split } from './values.ts';

type Comparison = 'eq' | 'ne' | 'lt' | 'gt';

interface Counter {
  readonly comparison: Comparison;
  readonly value: bigint;
}

/** Which set, and what of the packet each of its dimensions is asked with. */
export interface SetReference {
  readonly name: string;
  readonly directions: readonly ('src' | 'dst')[];
}

interface SetOptions {
  match?: SetReference & { readonly invert: boolean };
  returnNomatch?: boolean;
  keepCounters?: boolean;
  keepSubcounters?: boolean;
  packets?: Counter;
  bytes?: Counter;
}

/** Longest name of a set, less the final NUL. Ref: include/uapi/linux/netfilter/ipset/ip_set.h IPSET_MAXNAMELEN */
const SET_NAME_BYTES = 31;
/** Ref: include/uapi/linux/netfilter/ipset/ip_set.h IPSET_DIM_MAX */
const DIMENSIONS_MAX = 6;

/** Reads `NAME src,dst`. What begins with `src` or `dst` is taken for it. Ref: iptables libxt_set.h parse_dirs() */
export function readSet(name: Argument, list: Argument, { diagnostics }: OptionContext): SetReference | undefined {
  if (name.text === '' || byteLength(name.text) > SET_NAME_BYTES) {
    diagnostics.error('bad-set-name', `the name of a set has 1 to ${SET_NAME_BYTES} bytes`, name.span);
    return undefined;
  }
  checkBare(name, diagnostics);
  const directions: ('src' | 'dst')[] = [];
  for (const part of split(list, ',')) {
    const direction = (['src', 'dst'] as const).find((word) => part.text.startsWith(word));
    if (!direction) {
      diagnostics.error('unknown-direction', `expected a comma list of src and dst, found "${part.text}"`, part.span);
      return undefined;
    }
    if (directions.length === DIMENSIONS_MAX) {
      diagnostics.error('too-many-directions', `no set has more than ${DIMENSIONS_MAX} dimensions`, part.span);
      return undefined;
    }
    directions.push(direction);
  }
  return { name: name.text, directions };
}

function counterOption(field: 'packets' | 'bytes', comparison: 'eq' | 'lt' | 'gt'): OptionSpec<SetOptions> {
  const others = (['eq', 'lt', 'gt'] as const).filter((other) => other !== comparison);
  return {
    name: `${field}-${comparison}`,
    argument: 'required',
    invertible: comparison === 'eq',
    excludes: others.map((other) => `${field}-${other}`),
    set(options, [argument], context) {
      const value = readNumber64(argument!, context);
      if (value !== undefined) options[field] = { comparison: context.invert ? 'ne' : comparison, value };
    },
  };
}

/** Without `!` these say what is so anyway. */
function updateOption(name: string, key: 'keepCounters' | 'keepSubcounters'): OptionSpec<SetOptions> {
  return {
    name,
    argument: 'none',
    invertible: true,
    repeatable: true,
    set(options, _values, { invert }) {
      if (invert) options[key] = true;
    },
  };
}

function counterWords(name: string, counter: Counter | undefined): string[] {
  if (!counter) return [];
  const { comparison, value } = counter;
  return comparison === 'ne' ? ['!', `${name}-eq`, String(value)] : [`${name}-${comparison}`, String(value)];
}

function wordsOf(options: SetOptions, dashes: Dashes): string[] {
  const { match, returnNomatch, keepCounters, keepSubcounters, packets, bytes } = options;
  return [
    ...(match ? [...(match.invert ? ['!'] : []), `${dashes}match-set`, match.name, match.directions.join(',')] : []),
    ...(returnNomatch ? [`${dashes}return-nomatch`] : []),
    ...(keepCounters ? ['!', `${dashes}update-counters`] : []),
    ...(keepSubcounters ? ['!', `${dashes}update-subcounters`] : []),
    ...counterWords(`${dashes}packets`, packets),
    ...counterWords(`${dashes}bytes`, bytes),
  ];
}

/** What is asked of a set: dimensions, which of them are sources, flags. The offset of the set stands in front. */
export function askWords({ directions }: SetReference, flags: number): number[] {
  const sources = directions.reduce((bits, direction, i) => bits | (direction === 'src' ? 1 << (i + 1) : 0), 0);
  return [directions.length, sources, flags];
}

const COMPARISONS = { eq: COMPARE_EQ, ne: COMPARE_NE, lt: COMPARE_LT, gt: COMPARE_GT } as const;

function comparisonWords(counter: Counter | undefined): number[] {
  if (!counter) return [COMPARE_NONE, 0, 0];
  const { comparison, value } = counter;
  return [COMPARISONS[comparison], Number(value & 0xffff_ffffn), Number(value >> 32n)];
}

function lower({ match, ...options }: SetOptions, context: LowerContext): Test[] {
  if (!match) return [];
  const place = context.set(match.name);
  const flags =
    (options.returnNomatch ? ASK_RETURN_NOMATCH : 0) |
    (options.keepCounters ? ASK_SKIPS_COUNTERS : 0) |
    (options.keepSubcounters ? ASK_SKIPS_SUBCOUNTERS : 0) |
    (options.packets || options.bytes ? ASK_COMPARES : 0);
  const counters = [...comparisonWords(options.packets), ...comparisonWords(options.bytes)];
  const operands = [place?.offset ?? 0, ...askWords(match, flags), ...counters];
  return [{ kind: 'ask', opcode: TEST_SET, operands, negate: match.invert, effect: place?.hasEffect ?? false }];
}

/** Ref: net/netfilter/xt_set.c:set_match_v4() */
export const set: MatchExtension<SetOptions> = {
  kind: 'match',
  name: 'set',
  families: [4, 6],
  options: [
    {
      name: 'match-set',
      aliases: ['set'],
      argument: 2,
      invertible: true,
      mandatory: true,
      set(options, [name, list], context) {
        const reference = readSet(name!, list!, context);
        if (reference) options.match = { ...reference, invert: context.invert };
      },
    },
    {
      name: 'return-nomatch',
      argument: 'none',
      repeatable: true,
      set(options) {
        options.returnNomatch = true;
      },
    },
    updateOption('update-counters', 'keepCounters'),
    updateOption('update-subcounters', 'keepSubcounters'),
    ...(['packets', 'bytes'] as const).flatMap((field) =>
      (['eq', 'lt', 'gt'] as const).map((comparison) => counterOption(field, comparison)),
    ),
  ],
  create: () => ({}),
  sets: ({ match, packets, bytes }) =>
    match ? [{ name: match.name, changes: false, compares: (packets ?? bytes) !== undefined }] : [],
  lower,
  save: (options) => wordsOf(options, '--'),
  print: (options) => spaced(wordsOf(options, '')),
};
