// -m physdev: the ports of a bridge that the packet came in and goes out by.

import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { readInterface } from './addresses.ts';
import { spaced } from './listing.ts';
import { refuseHooks } from './place.ts';
import { type AskedFlag, askedFlag, askedOption, saveAsked, saveFlag } from './specs.ts';
import { type Asked, atLeastOne } from './values.ts';

interface PhysdevOptions {
  in?: Asked<string>;
  out?: Asked<string>;
  isIn?: AskedFlag;
  isOut?: AskedFlag;
  isBridged?: AskedFlag;
}

const ANY = atLeastOne<PhysdevOptions>('physdev', [
  askedOption('physdev-in', 'in', readInterface),
  askedOption('physdev-out', 'out', readInterface),
  askedFlag('physdev-is-in', 'isIn'),
  askedFlag('physdev-is-out', 'isOut'),
  askedFlag('physdev-is-bridged', 'isBridged'),
]);

/** The port out is known only of packets that are bridged. Ref: net/netfilter/xt_physdev.c:physdev_mt_check() */
function finish(options: PhysdevOptions, context: RuleContext): void {
  ANY.finish(options, context);
  const { out, isOut, isBridged } = options;
  if ((out || isOut) && (!isBridged || isBridged.invert)) {
    refuseHooks('a port that the packet leaves by, without --physdev-is-bridged,', ['OUTPUT'], context);
  }
}

function save(options: PhysdevOptions): string[] {
  return [
    ...saveFlag('--physdev-is-in', options.isIn),
    ...saveAsked('--physdev-in', options.in),
    ...saveFlag('--physdev-is-out', options.isOut),
    ...saveAsked('--physdev-out', options.out),
    ...saveFlag('--physdev-is-bridged', options.isBridged),
  ];
}

/** Ref: net/netfilter/xt_physdev.c:physdev_mt() */
export const physdev: MatchExtension<PhysdevOptions> = {
  kind: 'match',
  name: 'physdev',
  families: [4, 6],
  options: ANY.options,
  create: () => ({}),
  finish,
  save,
  print: (options) => spaced(['PHYSDEV match', ...save(options)]),
};
