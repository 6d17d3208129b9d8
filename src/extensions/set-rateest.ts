// -j RATEEST: counts the packet in an estimator of rates, which -m rateest asks.

import { ACTION_RATEEST } from '../../assembly/abi/opcode.ts';
import { ESTIMATOR_BYTES, ESTIMATOR_EWMA, ESTIMATOR_INTERVAL } from '../../assembly/abi/rate.ts';
import type { Action } from '../ir/ir.ts';
import type { Argument, LowerContext, OptionContext, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { textOption, valueOption } from './specs.ts';

interface RateestOptions {
  name?: string;
  /** Microseconds, as they were given. */
  interval?: number;
  ewma?: number;
  /** What the kernel has of them: exponents. */
  exponents?: Exponents;
}

interface Exponents {
  readonly interval: number;
  readonly ewma: number;
}

/** Bytes of a name, less the final NUL. Ref: include/uapi/linux/if.h IFNAMSIZ */
const NAME_BYTES = 15;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['s', 1e6],
  ['sec', 1e6],
  ['secs', 1e6],
  ['ms', 1e3],
  ['msec', 1e3],
  ['msecs', 1e3],
  ['us', 1],
  ['usec', 1],
  ['usecs', 1],
]);

/** Reads a time with a unit, microseconds where none is said, into an unsigned word. */
function readTime({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const found = /^\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)([a-z]*)$/i.exec(text);
  const unit = found && UNITS.get(found[2]!.toLowerCase());
  const time = unit && Math.trunc(Number(found[1]) * unit);
  if (time === null || time === undefined || Math.abs(time) >= 2 ** 63) {
    diagnostics.error('bad-time', `expected a number with the unit s, ms or us, found "${text}"`, span);
    return undefined;
  }
  return Number(BigInt.asUintN(32, BigInt(time)));
}

const QUARTER_SECOND = 250_000;
const INTERVAL_MAX = 5;
const EWMA_MAX = 30;

/** Rounds both times to what the kernel can do. Ref: iptables 1.8.9, extensions/libxt_RATEEST.c:RATEEST_final_check() */
function round(options: RateestOptions, { diagnostics, span }: RuleContext): void {
  const { name, interval, ewma } = options;
  if (interval === undefined || ewma === undefined) return;
  const exponent = [...Array(INTERVAL_MAX + 1).keys()].find((n) => interval <= QUARTER_SECOND * 2 ** n);
  if (exponent === undefined) {
    diagnostics.error('number-out-of-range', 'the interval of RATEEST is longer than 8 seconds', span);
    return;
  }
  let log = 1;
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= ewma) log++;
  log--;
  if (log === 0 || log > EWMA_MAX) {
    const message = `the time constant of RATEEST is too ${log === 0 ? 'short' : 'long'} for its interval`;
    diagnostics.error('number-out-of-range', message, span);
  }
  if (name === '') diagnostics.warning('unreadable-print', 'iptables prints an empty name, and cannot read that back', span);
  options.exponents = { interval: exponent, ewma: log };
  if (timeConstant(options.exponents) >= WORD) {
    diagnostics.warning('unreadable-print', 'iptables prints this time constant cut to 32 bits, and reads back another', span);
  }
}

const WORD = 2 ** 32;

/** Microseconds. */
function timeConstant({ interval, ewma }: Exponents): number {
  return QUARTER_SECOND * 2 ** (interval + ewma);
}

function formatTime(time: number): string {
  if (time >= 1e6) return `${(time / 1e6).toFixed(1)}s`;
  return time >= 1e3 ? `${(time / 1e3).toFixed(1)}ms` : `${time}us`;
}

function wordsOf({ name = '', exponents }: RateestOptions, prefix: '--rateest-' | ''): string[] {
  if (!exponents) return [];
  const interval = QUARTER_SECOND * 2 ** exponents.interval;
  // Computed in an unsigned word, where it may wrap.
  const ewma = timeConstant(exponents) % WORD;
  return [`${prefix}name`, name, `${prefix}interval`, formatTime(interval), `${prefix}ewmalog`, formatTime(ewma)];
}

/** Key of an estimator's state; both families share them. */
export const ESTIMATOR_STATE = 'rateest ';

function lower({ name = '', exponents }: RateestOptions, context: LowerContext): Action {
  const { interval, ewma } = exponents!;
  const initial = new Uint8Array(ESTIMATOR_BYTES);
  const view = new DataView(initial.buffer);
  view.setUint32(ESTIMATOR_INTERVAL, interval, true);
  view.setUint32(ESTIMATOR_EWMA, ewma, true);
  const key = `${ESTIMATOR_STATE}${name}`;
  context.findState(key)?.initial?.set(initial);
  const state = context.state({ bytes: ESTIMATOR_BYTES, initial, key, spansFlows: true });
  return { kind: 'effect', opcode: ACTION_RATEEST, operands: [state], name: 'RATEEST', changes: [] };
}

/** Ref: net/netfilter/xt_RATEEST.c:xt_rateest_tg() */
export const setRateest: TargetExtension<RateestOptions> = {
  kind: 'target',
  name: 'RATEEST',
  families: [4, 6],
  options: [
    textOption('rateest-name', 'name', { bytes: NAME_BYTES, bare: true, mandatory: true }),
    valueOption('rateest-interval', 'interval', readTime, { mandatory: true }),
    valueOption('rateest-ewmalog', 'ewma', readTime, { mandatory: true }),
  ],
  create: () => ({}),
  finish: round,
  objects: (options) => [
    { kind: 'rate estimator', name: options.name ?? '', made: wordsOf(options, '--rateest-').slice(2).join(' ') },
  ],
  save: (options) => wordsOf(options, '--rateest-'),
  print: (options) => spaced(wordsOf(options, '')),
  lower,
};
