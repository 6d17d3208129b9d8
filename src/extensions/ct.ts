// -j CT: sets how conntrack looks at the packet. With --notrack it does not, nor does the rule make the kernel track connections.

import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { UNTRACK } from './notrack.ts';

interface CtOptions {
  notrack: boolean;
  /** Some other option was given, and reported. */
  reported: boolean;
}

function notYet(name: string): OptionSpec<CtOptions> {
  return {
    name,
    argument: 'required',
    set(options, _values, { diagnostics, option }) {
      options.reported = true;
      diagnostics.error('not-supported-yet', `CT --${name} is not supported yet (only --notrack is)`, option.span);
    },
  };
}

/** Ref: net/netfilter/xt_CT.c:xt_ct_tg_check() */
export const ct: TargetExtension<CtOptions> = {
  kind: 'target',
  name: 'CT',
  families: [4, 6],
  tables: ['raw'],
  changes: ['ctstate'],
  options: [
    {
      name: 'notrack',
      argument: 'none',
      set(options) {
        options.notrack = true;
      },
    },
    ...['helper', 'timeout', 'ctevents', 'expevents', 'zone', 'zone-orig', 'zone-reply'].map(notYet),
  ],
  create: () => ({ notrack: false, reported: false }),
  finish({ notrack, reported }, { diagnostics, span }) {
    if (!notrack && !reported) diagnostics.error('not-supported-yet', 'CT without --notrack is not supported yet', span);
  },
  save: ({ notrack }) => (notrack ? ['--notrack'] : []),
  lower: () => UNTRACK,
};
