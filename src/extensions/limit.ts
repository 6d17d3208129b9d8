// -m limit: so many packets in a time, over all that reach the rule.

import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { formatRate, HZ, type Rate, readRate } from './rate.ts';
import { numberOption, saveValue, valueOption } from './specs.ts';
import { U32 } from './values.ts';

interface LimitOptions {
  rate?: Rate;
  burst?: number;
}

/** Ref: include/uapi/linux/netfilter/xt_limit.h XT_LIMIT_SCALE */
const LIMIT_SCALE = 10_000n;
const BURST_DEFAULT = 5;
const BURST_MAX = 10_000;
/** 3/hour. */
const PERIOD_DEFAULT = 12_000_000n;
/** Ref: net/netfilter/xt_limit.c CREDITS_PER_JIFFY */
const CREDITS_PER_JIFFY = 2 ** Math.floor(Math.log2(Math.floor(U32 / (HZ * 60 * 60 * 24))));

/** In 32 bits, which may overflow. Ref: net/netfilter/xt_limit.c:user2credits() */
function credits(user: number): number {
  const perSecond = HZ * CREDITS_PER_JIFFY;
  const scale = Number(LIMIT_SCALE);
  if (user > Math.floor(U32 / perSecond)) return Math.imul(Math.floor(user / scale), perSecond) >>> 0;
  return Math.floor((user * perSecond) / scale);
}

/** Ref: net/netfilter/xt_limit.c:limit_mt_check() */
function finish({ rate, burst = BURST_DEFAULT }: LimitOptions, { diagnostics, span }: RuleContext): void {
  const period = Number(rate?.period ?? PERIOD_DEFAULT);
  if (burst === 0) diagnostics.error('bad-burst', 'a burst of 0 lets nothing through, and the kernel refuses it', span);
  else if (credits(Math.imul(period, burst) >>> 0) < credits(period)) {
    const { text } = formatRate(BigInt(period), LIMIT_SCALE);
    diagnostics.error('rate-overflow', `the kernel cannot count a burst of ${burst} at ${text}: take a lower burst`, span);
  }
}

/** Ref: net/netfilter/xt_limit.c:limit_mt() */
export const limit: MatchExtension<LimitOptions> = {
  kind: 'match',
  name: 'limit',
  families: [4, 6],
  options: [
    valueOption('limit', 'rate', (argument, context) => readRate(argument, context, LIMIT_SCALE, 32)),
    numberOption('limit-burst', 'burst', { max: BURST_MAX }),
  ],
  create: () => ({}),
  finish,
  save({ rate, burst }) {
    return [
      '--limit',
      formatRate(rate?.period ?? PERIOD_DEFAULT, LIMIT_SCALE).text,
      ...saveValue('--limit-burst', burst === BURST_DEFAULT ? undefined : burst),
    ];
  },
  print: ({ rate, burst = BURST_DEFAULT }) =>
    ` limit: avg ${formatRate(rate?.period ?? PERIOD_DEFAULT, LIMIT_SCALE).text} burst ${burst}`,
};
