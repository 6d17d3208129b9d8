// -m rateest: a rate that the target RATEEST estimates, against a number or another estimate.

import {
  RATEEST_BPS,
  RATEEST_DELTA,
  RATEEST_GT,
  RATEEST_LT,
  RATEEST_PPS,
  RATEEST_RELATIVE,
  TEST_RATEEST,
} from '../../assembly/abi/opcode.ts';
import { ESTIMATOR_BYTES } from '../../assembly/abi/rate.ts';
import type { Test } from '../ir/ir.ts';
import { parseUnsigned, scanDouble } from '../net/number.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { ESTIMATOR_STATE } from './set-rateest.ts';
import { flagOption, saveFlag, textOption } from './specs.ts';
import { U32 } from './values.ts';

type Unit = 'bps' | 'pps';

interface RateestOptions {
  name1?: string;
  /** Another estimate to compare with. */
  name2?: string;
  /** Units that are asked for, with the numbers for the first and the second estimate: bytes or packets a second. */
  readonly units: Partial<Record<Unit, { first: number; second: number }>>;
  /** The numbers are differences to what is estimated. */
  delta?: boolean;
  mode?: 'lt' | 'gt' | 'eq';
  invert: boolean;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_rateest.h */
const NAME_BYTES = 15;

/** Bits in one of each unit, in small letters; the first of a name counts. */
const RATE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['bit', 1],
  ...['k', 'm', 'g', 't'].flatMap((prefix, i): [string, number][] => [
    [`${prefix}ibit`, 1024 ** (i + 1)],
    [`${prefix}bit`, 1000 ** (i + 1)],
    [`${prefix}ibps`, 8 * 1024 ** (i + 1)],
    [`${prefix}bps`, 8 * 1000 ** (i + 1)],
  ]),
  ['bps', 8],
]);

/** Reads bits or bytes a second, into bytes. Ref: iptables libxt_rateest.c:rateest_get_rate() */
function readBytesPerSecond({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const scan = scanDouble(text);
  const bits = scan && RATE_UNITS.get(scan.rest.toLowerCase());
  if (!scan || bits === undefined) {
    diagnostics.error('bad-rate', `expected a rate such as 100kbit or 2MBps, found "${text}"`, span);
    return undefined;
  }
  const bytes = (scan.value * bits) / 8;
  const kept = Number(BigInt.asUintN(32, BigInt(Math.trunc(bytes))));
  if (kept !== bytes) diagnostics.warning('rate-rounded', `iptables keeps ${kept} bytes a second for ${text}`, span);
  return kept;
}

function readPackets({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const value = parseUnsigned(text, U32);
  if (value === undefined) diagnostics.error('bad-number', `expected packets a second, found "${text}"`, span);
  return value;
}

function unitOption(unit: Unit, which: 'first' | 'second'): OptionSpec<RateestOptions> {
  const read = unit === 'bps' ? readBytesPerSecond : readPackets;
  return {
    name: `rateest-${unit}${which === 'first' ? 1 : 2}`,
    ...(which === 'second' ? { aliases: [`rateest-${unit}`] } : {}),
    argument: 'optional',
    set({ units }, [argument], context) {
      const value = argument ? read(argument, context) : 0;
      units[unit] = { ...(units[unit] ?? { first: 0, second: 0 }), [which]: value };
    },
  };
}

/** The last one given counts, and a `!` before any of them. */
function modeOption(mode: 'lt' | 'gt' | 'eq'): OptionSpec<RateestOptions> {
  return {
    name: `rateest-${mode}`,
    argument: 'none',
    invertible: true,
    set(options, _values, { invert }) {
      options.mode = mode;
      options.invert ||= invert;
    },
  };
}

/** Ref: net/netfilter/xt_rateest.c:xt_rateest_mt_checkentry() */
function finish({ units, mode }: RateestOptions, { diagnostics, span }: RuleContext): void {
  if (!mode) {
    diagnostics.error('missing-option', 'rateest needs one of --rateest-lt, --rateest-gt, --rateest-eq', span);
  }
  if (!units.bps && !units.pps) {
    const message = 'rateest needs one of --rateest-bps, --rateest-pps, --rateest-bps1, --rateest-pps1';
    diagnostics.error('missing-option', message, span);
  }
  if (units.bps && units.pps) {
    const message = 'iptables prints the comparison once for each unit, and cannot read that back';
    diagnostics.warning('unreadable-print', message, span);
  }
}

/** Whole units, a half to the even one, as printf() does. */
function rounded(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function formatRate(unit: Unit, rate: number): string {
  if (unit === 'pps') return String(rate);
  const bits = rate * 8;
  if (bits >= 1e9) return `${rounded(bits / 1e6)}Mbit`;
  return bits >= 1e6 ? `${rounded(bits / 1e3)}Kbit` : `${bits}bit`;
}

/** Ref: iptables libxt_rateest.c:__rateest_save_rate() */
function saveUnit(unit: Unit, { units, delta, name2, mode, invert }: RateestOptions): string[] {
  const rates = units[unit];
  if (!rates) return [];
  const comparison = [...(invert ? ['!'] : []), `--rateest-${mode}`];
  const second = delta || name2 === undefined ? [formatRate(unit, rates.second)] : [];
  if (!delta) return [...comparison, `--rateest-${unit}`, ...second];
  return [`--rateest-${unit}1`, formatRate(unit, rates.first), ...comparison, `--rateest-${unit}2`, ...second];
}

/**
 * Lists what is asked: for each unit its numbers, and the comparison behind that of bytes but before that of packets; with another
 * estimate, first what is taken from this one, then the comparison, the other one, and what is taken from that.
 * Ref: iptables libxt_rateest.c:rateest_print()
 */
function listRates({ units, delta, name2, mode, invert }: RateestOptions, numeric: boolean): string[] {
  const { bps, pps } = units;
  const comparison = [...(invert ? ['!'] : []), mode ?? ''];
  const bytes = (rate: number): string => (numeric ? String(rate) : formatRate('bps', rate));
  const isAlone = name2 === undefined;
  const words: string[] = [];
  if (bps) words.push('bps', ...(delta ? [bytes(bps.first)] : []), ...(isAlone ? [bytes(bps.second), ...comparison] : []));
  if (pps) words.push('pps', ...(delta ? [String(pps.first)] : []), ...(isAlone ? [...comparison, String(pps.second)] : []));
  if (isAlone) return words;
  words.push(...comparison, name2);
  if (bps) words.push('bps', ...(delta ? [bytes(bps.second)] : []));
  if (pps) words.push('pps', ...(delta ? [String(pps.second)] : []));
  return words;
}

/** The state of an estimator. A rule before has made it; one that is gone again may have, whose estimate stays 0. */
function estimator(name: string, context: LowerContext): number {
  const initial = new Uint8Array(ESTIMATOR_BYTES);
  return context.state({ bytes: ESTIMATOR_BYTES, initial, key: `${ESTIMATOR_STATE}${name}`, spansFlows: true });
}

function lower(options: RateestOptions, context: LowerContext): Test[] {
  const { name1 = '', name2, units, delta, mode, invert } = options;
  const { bps, pps } = units;
  const flags =
    (mode === 'lt' ? RATEEST_LT : mode === 'gt' ? RATEEST_GT : 0) |
    (name2 === undefined ? 0 : RATEEST_RELATIVE) |
    (delta ? RATEEST_DELTA : 0) |
    (bps ? RATEEST_BPS : 0) |
    (pps ? RATEEST_PPS : 0);
  // The order of the RATEEST_* word indexes.
  const operands = [
    flags,
    estimator(name1, context),
    name2 === undefined ? 0 : estimator(name2, context),
    bps?.first ?? 0,
    pps?.first ?? 0,
    bps?.second ?? 0,
    pps?.second ?? 0,
  ];
  return [{ kind: 'ask', opcode: TEST_RATEEST, operands, negate: invert, effect: true }];
}

/** Ref: net/netfilter/xt_rateest.c:xt_rateest_mt() */
export const rateest: MatchExtension<RateestOptions> = {
  kind: 'match',
  name: 'rateest',
  families: [4, 6],
  options: [
    textOption('rateest1', 'name1', { bytes: NAME_BYTES, bare: true, mandatory: true, aliases: ['rateest'] }),
    textOption('rateest2', 'name2', { bytes: NAME_BYTES, bare: true }),
    unitOption('bps', 'first'),
    unitOption('pps', 'first'),
    unitOption('bps', 'second'),
    unitOption('pps', 'second'),
    flagOption('rateest-delta', 'delta'),
    modeOption('lt'),
    modeOption('gt'),
    modeOption('eq'),
  ],
  create: () => ({ units: {}, invert: false }),
  finish,
  objects: ({ name1, name2 }) =>
    [name1, name2].filter((name) => name !== undefined).map((name) => ({ kind: 'rate estimator', name })),
  save(options) {
    const { name1 = '', name2, delta } = options;
    const isRelative = name2 !== undefined;
    return [
      ...saveFlag('--rateest-delta', delta),
      isRelative ? '--rateest1' : '--rateest',
      name1,
      ...saveUnit('bps', options),
      ...saveUnit('pps', options),
      ...(isRelative ? ['--rateest2', name2] : []),
    ];
  },
  print: (options, { numeric }) =>
    spaced([`rateest match ${options.name1}`, ...saveFlag('delta', options.delta), ...listRates(options, numeric)]),
  lower,
};
