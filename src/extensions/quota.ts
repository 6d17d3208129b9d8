// -m quota: matches until so many bytes have come by.

import { TEST_QUOTA } from '../../assembly/abi/opcode.ts';
import { QUOTA_BYTES, QUOTA_LEFT } from '../../assembly/abi/rate.ts';
import type { Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension } from '../ruleset/extension.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, readNumber64 } from './values.ts';

interface QuotaOptions {
  quota?: Asked<bigint>;
}

function lower({ quota }: QuotaOptions, context: LowerContext): Test[] {
  const { value, invert } = quota!;
  const initial = new Uint8Array(QUOTA_BYTES);
  new DataView(initial.buffer).setBigUint64(QUOTA_LEFT, value, true);
  const state = context.state({ bytes: QUOTA_BYTES, initial, spansFlows: true });
  return [{ kind: 'ask', opcode: TEST_QUOTA, operands: [state], negate: invert, effect: true }];
}

/** Prints the whole quota also when some of it is used up, as the kernel hands it out. Ref: net/netfilter/xt_quota.c:quota_mt() */
export const quota: MatchExtension<QuotaOptions> = {
  kind: 'match',
  name: 'quota',
  families: [4, 6],
  options: [askedOption('quota', 'quota', (argument, context) => readNumber64(argument, context), { mandatory: true })],
  create: () => ({}),
  save: ({ quota }) => saveAsked('--quota', quota),
  // Whether it is inverted is not listed.
  print: ({ quota }) => ` quota: ${quota?.value} bytes`,
  lower,
};
