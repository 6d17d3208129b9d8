// -m devgroup: the groups of the interfaces that the packet came in and goes out by.

import type { Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { formatNamedMask, type NamedZero, readNamedMask, type ValueMask } from './named-mask.ts';
import { refuseHooks } from './place.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, atLeastOne, type Range } from './values.ts';

interface DevgroupOptions {
  source?: Asked<ValueMask>;
  destination?: Asked<ValueMask>;
}

/** Ref: iproute2 /etc/iproute2/group */
const GROUP: NamedZero = { what: 'group', name: 'default' };

const ANY = atLeastOne<DevgroupOptions>('devgroup', [
  askedOption('src-group', 'source', (argument, context) => readNamedMask(argument, context, GROUP)),
  askedOption('dst-group', 'destination', (argument, context) => readNamedMask(argument, context, GROUP)),
]);

/** Ref: net/netfilter/xt_devgroup.c:devgroup_mt_checkentry() */
function finish(options: DevgroupOptions, context: RuleContext): void {
  ANY.finish(options, context);
  if (options.source) refuseHooks('--src-group', ['OUTPUT', 'POSTROUTING'], context);
  if (options.destination) refuseHooks('--dst-group', ['PREROUTING', 'INPUT'], context);
}

function wordsOf({ source, destination }: DevgroupOptions, dashes: Dashes, format: (value: ValueMask) => string): string[] {
  return [...saveAsked(`${dashes}src-group`, source, format), ...saveAsked(`${dashes}dst-group`, destination, format)];
}

/** The interfaces of the groups asked for; one that the host was not told of is in group 0. */
function groupTests(field: 'in' | 'out', asked: Asked<ValueMask> | undefined, { interfaces, groups }: LowerContext): Test[] {
  if (!asked) return [];
  const { value, mask } = asked.value;
  const isIn = (name: string): boolean => (((groups.get(name) ?? 0) ^ value) & mask) === 0;
  const ranges = interfaces.names.flatMap((name, i): Range[] => (i > 0 && isIn(name) ? [[i, i]] : []));
  return [{ kind: 'ranges', field, ranges, negate: asked.invert }];
}

/** Ref: net/netfilter/xt_devgroup.c:devgroup_mt() */
export const devgroup: MatchExtension<DevgroupOptions> = {
  kind: 'match',
  name: 'devgroup',
  families: [4, 6],
  options: ANY.options,
  create: () => ({}),
  finish,
  save: (options) => wordsOf(options, '--', (value) => formatNamedMask(value, GROUP)),
  print: (options, { numeric }) => spaced(wordsOf(options, '', (value) => formatNamedMask(value, numeric ? undefined : GROUP))),
  lower({ source, destination }, context) {
    return [...groupTests('in', source, context), ...groupTests('out', destination, context)];
  },
};
