// -m hashlimit: so many packets or bytes in a time, for each address, port or pair of them.

import type { Family } from '../ir/ir.ts';
import { scanDecimal, scanUnsigned } from '../net/number.ts';
import type { Argument, MatchExtension, OptionContext, OptionSpec, PrintContext, RuleContext } from '../ruleset/extension.ts';
import { addressBits, readPrefixLength } from './addresses.ts';
import { defaultExpire, type Printed, rateWords, readHashlimitRate, reportOverflow } from './hashlimit-rate.ts';
import { GC_INTERVAL_DEFAULT, type HashlimitOptions, lowerHashlimit } from './hashlimit-table.ts';
import { spaced } from './listing.ts';
import { flagOption, numberOption, saveFlag, saveValue, valueOption } from './specs.ts';
import { atLeastOne, readFileName, readNumber, U32 } from './values.ts';

/** In the order they are printed. */
const MODES = ['srcip', 'srcport', 'dstip', 'dstport'] as const;

/** Bytes of a table's name, less the final NUL. Ref: include/uapi/linux/netfilter/xt_hashlimit.h struct xt_hashlimit_mtinfo3 */
const NAME_BYTES = 254;
/** Bursts of packets; one of bytes may be greater. */
const BURST_MAX = 1_000_000n;
/** Ref: net/netfilter/xt_hashlimit.c HASHLIMIT_MAX_SIZE */
const TABLE_SIZE_MAX = 1_048_576;

function rateOption(name: string, aliases: string[], isAbove: boolean, other: string): OptionSpec<HashlimitOptions> {
  return {
    name,
    aliases,
    argument: 'required',
    invertible: true,
    excludes: [other],
    set(options, [argument], context) {
      const rate = readHashlimitRate(argument!, context);
      if (rate) Object.assign(options, { rate, above: isAbove !== context.invert });
    },
  };
}

/** Reads packets or bytes, the latter with k or m. Ref: iptables libxt_hashlimit.c:parse_burst() */
function readBurst({ text, span }: Argument, { diagnostics }: OptionContext): bigint | undefined {
  const scan = scanUnsigned(text);
  if (!scan || scan.value === 0n || (scan.rest === '' && scan.value > BURST_MAX)) {
    diagnostics.error('bad-burst', `expected 1 to ${BURST_MAX} packets, or bytes such as 512kb, found "${text}"`, span);
    return undefined;
  }
  if (!/^([km]?b)?$/.test(scan.rest)) {
    diagnostics.warning('number-cut', `iptables does not mind "${scan.rest}" behind this number`, span);
  }
  const factor = scan.rest.startsWith('m') ? 1n << 20n : scan.rest.startsWith('k') ? 1n << 10n : 1n;
  return BigInt.asUintN(64, scan.value * factor);
}

function readModes(argument: Argument, context: OptionContext): ReadonlySet<string> | undefined {
  const words = argument.text.split(/[,|]/).filter((word) => word !== '');
  const unknown = words.find((word) => !MODES.some((mode) => mode === word));
  if (unknown === undefined) return new Set(words);
  context.diagnostics.error('unknown-mode', `"${unknown}" is not one of ${MODES.join(', ')}`, argument.span);
  return undefined;
}

function readMask(argument: Argument, context: OptionContext): number | undefined {
  const length = readPrefixLength(argument, context);
  if (length !== 'none') return length;
  context.diagnostics.error('bad-mask', `mask ${argument.text} is no prefix`, argument.span);
  return undefined;
}

/** Reads a size of the kernel's table, which the kernel holds down. */
function readSize(argument: Argument, context: OptionContext): number | undefined {
  const size = readNumber(argument, context, U32);
  if (size === undefined || size <= TABLE_SIZE_MAX) return size;
  context.diagnostics.warning('number-cut', `the kernel takes ${TABLE_SIZE_MAX} for this`, argument.span);
  return TABLE_SIZE_MAX;
}

/** Reads seconds: what follows the digits does not matter. Ref: iptables libxt_hashlimit.c:parse_interval() */
function readInterval({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const { value, rest } = scanDecimal(text, 32);
  if (value <= 0n) {
    diagnostics.error('bad-number', `expected seconds, found "${text}"`, span);
    return undefined;
  }
  if (rest !== '') diagnostics.warning('number-cut', `iptables does not mind "${rest}" behind this number`, span);
  return Number(value);
}

const OPTIONS: OptionSpec<HashlimitOptions>[] = [
  rateOption('hashlimit-upto', ['hashlimit'], false, 'hashlimit-above'),
  rateOption('hashlimit-above', [], true, 'hashlimit-upto'),
  valueOption('hashlimit-srcmask', 'srcmask', readMask),
  valueOption('hashlimit-dstmask', 'dstmask', readMask),
  valueOption('hashlimit-burst', 'burst', readBurst),
  valueOption('hashlimit-htable-size', 'htableSize', readSize),
  valueOption('hashlimit-htable-max', 'htableMax', readSize),
  numberOption('hashlimit-htable-gcinterval', 'gcInterval', { max: U32, min: 1 }),
  numberOption('hashlimit-htable-expire', 'expire', { max: U32, min: 1 }),
  valueOption('hashlimit-mode', 'modes', readModes),
  valueOption('hashlimit-name', 'name', (argument, context) => readFileName(argument, context, NAME_BYTES), { mandatory: true }),
  flagOption('hashlimit-rate-match', 'rateMatch'),
  valueOption('hashlimit-rate-interval', 'rateInterval', readInterval),
];

const RATE = atLeastOne('hashlimit', OPTIONS, ['hashlimit-upto', 'hashlimit-above']);

function finish(options: HashlimitOptions, context: RuleContext): void {
  RATE.finish(options, context);
  const { rate, burst, rateMatch } = options;
  if (rate) reportOverflow(rate, burst, rateMatch === true, context);
}

/** Seconds that the rate counts over; 0 where none were set. */
function intervalOf({ rate, rateMatch, rateInterval }: HashlimitOptions): number {
  if (rateInterval !== undefined || !rateMatch) return rateInterval ?? 0;
  return rate?.kind === 'packets' ? Number(rate.unit) : 1;
}

/** What stands behind the rate and its burst, up to the name of the table. */
function modeWords({ modes }: HashlimitOptions, prefix: string, separator: string): string[] {
  return saveValue(`${prefix}mode`, MODES.filter((mode) => modes?.has(mode)).join(separator) || undefined);
}

/** What stands behind the name of the table. */
function tableWords(options: HashlimitOptions, family: Family, printed: Printed, prefix: string): string[] {
  const bits = addressBits(family);
  const { rate, burst, gcInterval, expire = defaultExpire(rate!, burst), srcmask, dstmask, rateMatch } = options;
  const interval = intervalOf(options);
  return [
    ...saveValue(`${prefix}htable-size`, options.htableSize || undefined),
    ...saveValue(`${prefix}htable-max`, options.htableMax || undefined),
    ...saveValue(`${prefix}htable-gcinterval`, gcInterval === GC_INTERVAL_DEFAULT ? undefined : gcInterval),
    ...saveValue(`${prefix}htable-expire`, expire === printed.expirePrinted ? undefined : expire),
    ...saveValue(`${prefix}srcmask`, srcmask === bits ? undefined : srcmask),
    ...saveValue(`${prefix}dstmask`, dstmask === bits ? undefined : dstmask),
    ...saveFlag(`${prefix}rate-match`, rateMatch),
    ...saveValue(`${prefix}rate-interval`, rateMatch && interval !== 1 ? interval : undefined),
  ];
}

function save(options: HashlimitOptions, { family }: PrintContext): string[] {
  const { rate, above, burst, name, rateMatch } = options;
  if (!rate) return [];
  const prefix = '--hashlimit-';
  const printed = rateWords(rate, burst, { isRateMatch: rateMatch === true, times: 1n, prefix });
  return [
    above ? '--hashlimit-above' : '--hashlimit-upto',
    ...printed.words,
    ...modeWords(options, prefix, ','),
    ...saveValue('--hashlimit-name', name),
    ...tableWords(options, family, printed, prefix),
  ];
}

/** A listing shows the rate of the whole interval. Ref: iptables libxt_hashlimit.c:hashlimit_mt_print() */
function print(options: HashlimitOptions, { family }: PrintContext): string {
  const { rate, above, burst, rateMatch } = options;
  if (!rate) return '';
  const times = BigInt(intervalOf(options) || 1);
  const printed = rateWords(rate, burst, { isRateMatch: rateMatch === true, times, prefix: '' });
  const title = `limit: ${above ? 'above' : 'up to'}`;
  return spaced([title, ...printed.words, ...modeWords(options, '', '-'), ...tableWords(options, family, printed, '')]);
}

/** Ref: net/netfilter/xt_hashlimit.c:hashlimit_mt() */
export const hashlimit: MatchExtension<HashlimitOptions> = {
  kind: 'match',
  name: 'hashlimit',
  families: [4, 6],
  options: RATE.options,
  create: () => ({}),
  finish,
  save,
  print,
  lower: (options, context) => lowerHashlimit({ ...options, rateInterval: intervalOf(options) }, context),
};
