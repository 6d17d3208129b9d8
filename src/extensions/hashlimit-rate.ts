// Rates and bursts of hashlimit: packets in a time, or bytes a second, as the kernel keeps them and iptables prints them.

import {
  HASHLIMIT_BYTE_CREDITS_PER_JIFFY,
  HASHLIMIT_BYTE_SHIFT,
  HASHLIMIT_CREDITS_PER_JIFFY_LOG,
  HZ,
} from '../../assembly/abi/rate.ts';
import { scanDecimal } from '../net/number.ts';
import type { Argument, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { formatRate, readRate } from './rate.ts';
import { U32 } from './values.ts';

export type HashlimitRate =
  | { readonly kind: 'packets'; readonly period: bigint; readonly unit: bigint }
  /** `cost`: what the kernel keeps in place of bytes a second. */
  | { readonly kind: 'bytes'; readonly cost: bigint };

/** Ref: include/uapi/linux/netfilter/xt_hashlimit.h XT_HASHLIMIT_SCALE_v2 */
const SCALE = 1_000_000n;
const BYTE_SHIFT = BigInt(HASHLIMIT_BYTE_SHIFT);
/** Milliseconds after which an entry goes, unless said. */
const BYTE_EXPIRE = 15_000;
const BYTE_EXPIRE_BURST = 60_000;
const BURST_DEFAULT = 5n;
const BURST_MAX = 1_000_000n;
const WORD = BigInt(U32);

const BYTE_UNITS: readonly (readonly [string, bigint])[] = [
  ['m', 1n << 20n],
  ['k', 1n << 10n],
  ['', 1n],
];

function costOf(bytes: bigint): bigint {
  return WORD / (BigInt.asUintN(32, bytes >> BYTE_SHIFT) + 1n);
}

function bytesOf(cost: bigint): bigint {
  return BigInt.asUintN(64, (WORD / cost - 1n) << BYTE_SHIFT);
}

/** Reads `512kb/s`, or else `10/min`. Ref: iptables libxt_hashlimit.c:parse_bytes(), parse_rate() */
export function readHashlimitRate(argument: Argument, context: OptionContext): HashlimitRate | undefined {
  const { text, span } = argument;
  const at = text.indexOf('b/s');
  const { value } = scanDecimal(text, 64);
  if (at < 1 || value === 0n) {
    const rate = readRate(argument, context, SCALE, 64);
    return rate && { kind: 'packets', ...rate };
  }
  const factor = BYTE_UNITS.find(([unit]) => text[at - 1] === unit || unit === '')![1];
  const bytes = BigInt.asUintN(64, value * factor);
  if (bytes >> (32n + BYTE_SHIFT) !== 0n || costOf(bytes) < 2n) {
    context.diagnostics.error('rate-too-fast', `${text} is too fast: the kernel limits to less than 32768mb/s`, span);
    return undefined;
  }
  const rate = { kind: 'bytes', cost: costOf(bytes) } as const;
  const [count, [unit, size]] = inByteUnits(rate.cost);
  if (count === 0n) {
    context.diagnostics.warning('unreadable-print', 'iptables prints this as 0b/s, and cannot read that back', span);
  } else if (count * size !== bytes) {
    context.diagnostics.warning('rate-rounded', `the kernel keeps ${count}${unit}b/s for ${text}`, span);
  }
  return rate;
}

/** What a rate prints as, with its burst. */
export interface Printed {
  readonly words: readonly string[];
  /** Milliseconds that go with what is printed. */
  readonly expirePrinted: number;
}

/** How often the rate goes into the burst, rounded up; 0 when there is none. Ref: iptables libxt_hashlimit.c:hashlimit_mt_check() */
function burstInRates(bytes: bigint, burst: bigint | undefined): bigint {
  if (burst === undefined) return 0n;
  return BigInt.asUintN(32, BigInt.asUintN(32, burst) / bytes + (burst % bytes === 0n ? 0n : 1n));
}

/** Bytes a second in the largest unit that comes to the same in the kernel. Ref: iptables libxt_hashlimit.c:print_bytes() */
function inByteUnits(cost: bigint): readonly [bigint, (typeof BYTE_UNITS)[number]] {
  const bytes = bytesOf(cost);
  const unit = BYTE_UNITS.find(([, size]) => size === 1n || (bytes >= size && costOf(bytes & ~(size - 1n)) === cost))!;
  return [bytes / unit[1], unit];
}

function printBytes(cost: bigint, burst: bigint | undefined, prefix: string): Printed {
  const bytes = bytesOf(cost);
  const [count, [unit]] = inByteUnits(cost);
  const words = [`${count}${unit}b/s`];
  const rates = bytes === 0n ? 0n : burstInRates(bytes, burst);
  if (rates === 0n) return { words, expirePrinted: BYTE_EXPIRE };
  const whole = BigInt.asUintN(64, bytes * rates);
  const [burstUnit, burstSize] = BYTE_UNITS.find(([, n]) => n === 1n || whole >= n)!;
  words.push(`${prefix}burst`, `${whole / burstSize}${burstUnit}b`);
  return { words, expirePrinted: BYTE_EXPIRE_BURST };
}

export interface PrintedAs {
  /** The rate counts over an interval, and is a second's in the kernel. */
  readonly isRateMatch: boolean;
  /** How many of the times between two packets are printed as one. */
  readonly times: bigint;
  /** What stands before the name of the burst. */
  readonly prefix: string;
}

/** Milliseconds that an entry stays when the rule says none. Ref: iptables libxt_hashlimit.c:hashlimit_mt_check() */
export function defaultExpire(rate: HashlimitRate, burst: bigint | undefined): number {
  if (rate.kind === 'packets') return Number(rate.unit) * 1000;
  return burst === undefined ? BYTE_EXPIRE : BYTE_EXPIRE_BURST;
}

/** Prints a rate and its burst. */
export function rateWords(rate: HashlimitRate, burst: bigint | undefined, { isRateMatch, times, prefix }: PrintedAs): Printed {
  if (rate.kind === 'bytes') return printBytes(rate.cost, burst, prefix);
  const { text, unit } = formatRate((isRateMatch ? rate.period / rate.unit : rate.period) * times, SCALE);
  return {
    words: [text, `${prefix}burst`, String(burst ?? BURST_DEFAULT)],
    expirePrinted: Number(unit) * 1000,
  };
}

/** Ref: net/netfilter/xt_hashlimit.c:user2credits() */
function credits(user: bigint): bigint {
  return BigInt.asUintN(64, user * ((BigInt(HZ) << BigInt(HASHLIMIT_CREDITS_PER_JIFFY_LOG)) / SCALE));
}

/** What the kernel makes of a rate and its burst for each new entry of a table. */
export interface EntryRates {
  readonly credit: bigint;
  readonly cap: bigint;
  readonly cost: bigint;
  /** Where the rate counts over an interval: in a second, and at most. */
  readonly rate: bigint;
  readonly burst: bigint;
}

/** Ref: net/netfilter/xt_hashlimit.c:rateinfo_init(), user2credits_byte(), user2rate(), user2rate_bytes() */
export function entryRates(rate: HashlimitRate, burst: bigint | undefined, isRateMatch: boolean): EntryRates {
  const none: EntryRates = { credit: 0n, cap: 0n, cost: 0n, rate: 0n, burst: 0n };
  if (rate.kind === 'bytes') {
    const bytes = bytesOf(rate.cost);
    const rates = bytes === 0n ? 0n : burstInRates(bytes, burst);
    if (isRateMatch) return { ...none, rate: bytes, burst: BigInt.asUintN(64, bytes * (rates || 1n)) };
    const second = BigInt(HASHLIMIT_BYTE_CREDITS_PER_JIFFY) * BigInt(HZ);
    return { ...none, credit: second, cap: rates, cost: (rate.cost * second) >> 32n };
  }
  const packets = burst ?? BURST_DEFAULT;
  if (isRateMatch) {
    const perSecond = SCALE / (rate.period / rate.unit);
    return { ...none, rate: perSecond, burst: packets + perSecond };
  }
  const credit = credits(BigInt.asUintN(64, rate.period * packets));
  return { ...none, credit, cap: credit, cost: credits(rate.period) };
}

/** Reports rates and bursts that the kernel, or iptables, cannot count. Ref: net/netfilter/xt_hashlimit.c:hashlimit_mt_check_common() */
export function reportOverflow(
  rate: HashlimitRate,
  burst: bigint | undefined,
  isRateMatch: boolean,
  { diagnostics, span }: RuleContext,
): void {
  if (rate.kind === 'bytes') {
    const bytes = bytesOf(rate.cost);
    if (burst !== undefined && (bytes === 0n || burst < bytes)) {
      diagnostics.error('bad-burst', `the burst must be at least the rate, ${bytes || 16n} bytes`, span);
    }
    return;
  }
  const packets = burst ?? BURST_DEFAULT;
  if (packets > BURST_MAX) {
    diagnostics.error('bad-burst', `a burst of packets is at most ${BURST_MAX}`, span);
  } else if (isRateMatch) {
    const period = rate.period / rate.unit;
    if (period === 0n || period > WORD) diagnostics.error('rate-too-fast', 'the kernel cannot match this rate', span);
  } else if (credits(rate.period * packets) < credits(rate.period)) {
    const { text } = formatRate(rate.period, SCALE);
    diagnostics.error('rate-overflow', `the kernel cannot count a burst of ${packets} at ${text}: take a lower burst`, span);
  }
}
