// -m rpfilter: whether an answer to the packet would leave by the interface it came in.

import type { MatchExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { flagOption, saveFlag } from './specs.ts';

const FLAGS = ['loose', 'validmark', 'accept-local', 'invert'] as const;

type RpfilterOptions = { [Flag in (typeof FLAGS)[number]]?: boolean };

/** Ref: net/ipv4/netfilter/ipt_rpfilter.c:rpfilter_mt(), net/ipv6/netfilter/ip6t_rpfilter.c */
export const rpfilter: MatchExtension<RpfilterOptions> = {
  kind: 'match',
  name: 'rpfilter',
  families: [4, 6],
  tables: ['raw', 'mangle'],
  hooks: ['PREROUTING'],
  options: FLAGS.map((flag) => flagOption(flag, flag)),
  create: () => ({}),
  save: (options) => FLAGS.flatMap((flag) => saveFlag(`--${flag}`, options[flag])),
  print: (options) => spaced(['rpfilter', ...FLAGS.filter((flag) => options[flag])]),
};
