// -m length: length of the packet from its IP header on.

import { formatPorts } from '../net/service.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listBounds } from './listing.ts';
import { type Asked, inRange, option, type Range, readRange, U16, U32 } from './values.ts';

interface LengthOptions {
  length?: Asked<Range>;
}

/** Ref: net/netfilter/xt_length.c:length_mt(), length_mt6() */
export const length: MatchExtension<LengthOptions> = {
  kind: 'match',
  name: 'length',
  families: [4, 6],
  options: [
    {
      name: 'length',
      argument: 'required',
      invertible: true,
      mandatory: true,
      set(options, [argument], context) {
        const value = readRange(argument!, context, U16);
        if (value) options.length = { value, invert: context.invert };
      },
    },
  ],
  create: () => ({}),
  save: ({ length }) => (length ? option('--length', formatPorts(...length.value), length.invert) : []),
  print: ({ length }) => (length ? ` length ${listBounds(length)}` : ''),
  // An IPv6 packet may be longer than 65535 bytes (a jumbogram, or 65535 bytes behind its header), so the whole range is asked too.
  lower: ({ length }) => (length ? inRange('length', length.value, U32, length.invert) : []),
};
