// -m set: whether an IP set has what of the packet it asks for.

import {
  type Argument,
  IP_SET,
  type MatchExtension,
  type OptionContext,
  type OptionSpec,
  type SharedObject,
} from '../ruleset/extension.ts';
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

/** The sets of rules, as things that rules share. */
export function setObjects(references: readonly (SetReference | undefined)[]): SharedObject[] {
  return references.flatMap((reference) => (reference ? [{ kind: IP_SET, name: reference.name, isOutside: true }] : []));
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
  objects: ({ match }) => setObjects([match]),
  save: (options) => wordsOf(options, '--'),
  print: (options) => spaced(wordsOf(options, '')),
};
