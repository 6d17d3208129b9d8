// -m rpfilter: whether an answer to the packet would leave by the interface it came in.

import { RPFILTER_ACCEPT_LOCAL, RPFILTER_LOOSE, RPFILTER_VALID_MARK, TEST_RPFILTER } from '../../assembly/abi/opcode.ts';
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
  lower({ loose, validmark, 'accept-local': acceptsLocal, invert }, { assume }) {
    assume.noteRoutes();
    const flags =
      (loose ? RPFILTER_LOOSE : 0) | (acceptsLocal ? RPFILTER_ACCEPT_LOCAL : 0) | (validmark ? RPFILTER_VALID_MARK : 0);
    return [{ kind: 'ask', opcode: TEST_RPFILTER, operands: [flags], negate: invert === true, effect: false }];
  },
};
