// -m devgroup: the groups of the interfaces that the packet came in and goes out by.

import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { formatNamedMask, type NamedZero, readNamedMask, type ValueMask } from './named-mask.ts';
import { refuseHooks } from './place.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, atLeastOne } from './values.ts';

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
};
