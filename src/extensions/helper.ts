// -m helper: the helper that the packet's connection, or the one that it is related to, has.

import type { MatchExtension } from '../ruleset/extension.ts';
import { listApart } from './listing.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, quoted, readText } from './values.ts';

interface HelperOptions {
  helper?: Asked<string>;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_helper.h */
const HELPER_BYTES = 29;

/** Ref: net/netfilter/xt_helper.c:helper_mt() */
export const helper: MatchExtension<HelperOptions> = {
  kind: 'match',
  name: 'helper',
  families: [4, 6],
  usesConntrack: true,
  options: [
    askedOption('helper', 'helper', (argument, context) => readText(argument, context, HELPER_BYTES), { mandatory: true }),
  ],
  create: () => ({}),
  save: ({ helper }) => saveAsked('--helper', helper, quoted),
  // Only a connection that a helper expected has one to ask, and none is expected yet.
  lower: ({ helper }) => [{ kind: 'mask', field: 'flags', mask: 0, value: 1, negate: helper!.invert }],
  print: ({ helper }) => (helper ? ` helper match ${listApart(helper, (name) => `"${name}"`)}` : ''),
};
