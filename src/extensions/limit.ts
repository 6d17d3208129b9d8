// -m limit: so many packets in a time, over all that reach the rule.

import { TEST_LIMIT } from '../../assembly/abi/opcode.ts';
import { HZ, LIMIT_BYTES, LIMIT_CREDIT, LIMIT_CREDITS_PER_JIFFY } from '../../assembly/abi/rate.ts';
import type { Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { formatRate, type Rate, readRate } from './rate.ts';
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

/** In 32 bits, which may overflow. Ref: net/netfilter/xt_limit.c:user2credits() */
function credits(user: number): number {
  const perSecond = HZ * LIMIT_CREDITS_PER_JIFFY;
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

function lower({ rate, burst = BURST_DEFAULT }: LimitOptions, context: LowerContext): Test[] {
  const period = Number(rate?.period ?? PERIOD_DEFAULT);
  const most = credits(Math.imul(period, burst) >>> 0);
  const initial = new Uint8Array(LIMIT_BYTES);
  new DataView(initial.buffer).setUint32(LIMIT_CREDIT, most, true);
  const state = context.state({ bytes: LIMIT_BYTES, initial, spansFlows: true });
  return [{ kind: 'ask', opcode: TEST_LIMIT, operands: [state, credits(period), most], negate: false, effect: true }];
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
  lower,
};
