// -m quota: matches until so many bytes have come by.

import type { MatchExtension } from '../ruleset/extension.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, readNumber64 } from './values.ts';

interface QuotaOptions {
  quota?: Asked<bigint>;
}

/** Ref: net/netfilter/xt_quota.c:quota_mt() */
export const quota: MatchExtension<QuotaOptions> = {
  kind: 'match',
  name: 'quota',
  families: [4, 6],
  options: [askedOption('quota', 'quota', (argument, context) => readNumber64(argument, context), { mandatory: true })],
  create: () => ({}),
  save: ({ quota }) => saveAsked('--quota', quota),
  // Whether it is inverted is not listed.
  print: ({ quota }) => ` quota: ${quota?.value} bytes`,
};
