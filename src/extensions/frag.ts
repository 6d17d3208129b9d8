// -m frag: the fragment header of an IPv6 packet.

import type { MatchExtension } from '../ruleset/extension.ts';
import { listAsked, listRange, spaced } from './listing.ts';
import { askedNumber, flagOption, rangeOption, saveAsked, saveFlag, saveRange } from './specs.ts';
import { type Asked, type Range, U32 } from './values.ts';

interface FragOptions {
  id?: Asked<Range>;
  length?: Asked<number>;
  reserved?: boolean;
  first?: boolean;
  more?: boolean;
  last?: boolean;
}

/** Ref: net/ipv6/netfilter/ip6t_frag.c:frag_mt6() */
export const frag: MatchExtension<FragOptions> = {
  kind: 'match',
  name: 'frag',
  families: [6],
  options: [
    rangeOption('fragid', 'id'),
    askedNumber('fraglen', 'length', { max: U32 }),
    flagOption('fragres', 'reserved'),
    flagOption('fragfirst', 'first'),
    flagOption('fragmore', 'more', { excludes: ['fraglast'] }),
    flagOption('fraglast', 'last', { excludes: ['fragmore'] }),
  ],
  create: () => ({}),
  save({ id, length, reserved, first, more, last }) {
    return [
      ...saveRange('--fragid', id),
      ...saveAsked('--fraglen', length),
      ...saveFlag('--fragres', reserved),
      ...saveFlag('--fragfirst', first),
      ...saveFlag('--fragmore', more),
      ...saveFlag('--fraglast', last),
    ];
  },
  print({ id, length, reserved, first, more, last }) {
    const flags = [
      ...(length ? [`length:${listAsked(length)}`] : []),
      ...saveFlag('reserved', reserved),
      ...saveFlag('first', first),
      ...saveFlag('more', more),
      ...saveFlag('last', last),
    ];
    return ` frag ${listRange('id', id)}${spaced(flags)}`;
  },
};
