// -m helper: the helper that the packet's connection, or the one that it is related to, has.

import { TEST_HELPER } from '../../assembly/abi/opcode.ts';
import { HELPERS } from '../net/helper.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listApart } from './listing.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, quoted, readText } from './values.ts';

interface HelperOptions {
  helper?: Asked<string>;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_helper.h */
const HELPER_BYTES = 29;

/** Bits 1 << number of the helpers that a name stands for: those whose own name it begins with; all for an empty one. */
function helperBits(name: string): number {
  return HELPERS.reduce((bits, one, place) => (name === '' || name.startsWith(one.name) ? bits | (1 << (place + 1)) : bits), 0);
}

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
  lower: ({ helper }) => [
    { kind: 'ask', opcode: TEST_HELPER, operands: [helperBits(helper!.value)], negate: helper!.invert, effect: false },
  ],
  print: ({ helper }) => (helper ? ` helper match ${listApart(helper, (name) => `"${name}"`)}` : ''),
};
