// -m time: when the packet arrives.

import { TEST_TIME } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { scanUnsigned } from '../net/number.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { askedOption, flagOption, saveFlag, saveValue, valueOption } from './specs.ts';
import { type Asked, U8 } from './values.ts';

interface TimeOptions {
  /** Seconds since 1970. */
  datestart?: number;
  datestop?: number;
  /** Seconds since midnight. */
  timestart?: number;
  timestop?: number;
  /** A bit a day, from bit 1 on. */
  monthdays?: Asked<number>;
  weekdays?: Asked<number>;
  localtz?: boolean;
  utc?: boolean;
  kerneltz?: boolean;
  contiguous?: boolean;
}

/** Ref: include/uapi/linux/netfilter/xt_time.h */
const ALL_MONTHDAYS = 0xffff_fffe;
const ALL_WEEKDAYS = 0xfe;
const DAYTIME_MAX = 24 * 60 * 60 - 1;
/** A date that is not given is this one, and prints. */
const DATESTOP_DEFAULT = 0x7fff_ffff;

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A decimal number as strtoul() takes it: white space and a plus before it, or nothing at all, which is 0. */
const FIELD = '[ \\t\\n\\v\\f\\r]*\\+?([0-9]+)|';
const DATE = dateFormat(['', '-', '-', 'T', ':', ':']);
const CLOCK = new RegExp(`^(?:${FIELD}):(?:${FIELD})(?::(?:${FIELD}))?$`);

/** Fields with separators before them, of which the last ones may be left out. */
function dateFormat(separators: readonly string[]): RegExp {
  const nested = separators.reduceRight((inner, separator) => `(?:${separator}(?:${FIELD})${inner})?`, '');
  return new RegExp(`^${nested.slice(0, -1)}$`);
}

/** Reads YYYY[-MM[-DD[Thh[:mm[:ss]]]]]. Month and day may be 0: the one before. Ref: iptables libxt_time.c:time_parse_date() */
function readDate(argument: Argument, context: OptionContext): number | undefined {
  const fields = DATE.exec(argument.text)?.slice(1);
  const present = argument.text.split(/[-T:]/).length;
  const [year, month, day, hour, minute, second] = [0, 1, 1, 0, 0, 0].map((missing, i) =>
    i < present ? Number(fields?.[i] ?? 0) : missing,
  ) as [number, number, number, number, number, number];
  const inRange = year >= 1970 && year <= 2038 && month <= 12 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59;
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  if (fields && inRange && seconds >= 0) return seconds;
  const message = `expected a date from 1970 to 2038 such as 2025-12-31T23:59:59, found "${argument.text}"`;
  context.diagnostics.error('bad-date', message, argument.span);
  return undefined;
}

function readClock(argument: Argument, context: OptionContext): number | undefined {
  const fields = CLOCK.exec(argument.text)?.slice(1);
  const [hour, minute, second] = [0, 1, 2].map((i) => Number(fields?.[i] ?? 0)) as [number, number, number];
  if (fields && hour <= 23 && minute <= 59 && second <= 59) return 3600 * hour + 60 * minute + second;
  const message = `expected a time of day such as 17:30 or 17:30:59, found "${argument.text}"`;
  context.diagnostics.error('bad-time', message, argument.span);
  return undefined;
}

/** The pieces of a comma list; one is cut to some characters, and nothing behind a last comma is no piece. */
function pieces(text: string, characters: number): string[] {
  const list = text.split(',');
  if (list.at(-1) === '') list.pop();
  return list.map((piece) => piece.slice(0, characters));
}

/** Reads numbers from 0 to 31; 0 is no day. Ref: iptables libxt_time.c:time_parse_monthdays() */
function readMonthdays(argument: Argument, context: OptionContext): number | undefined {
  let days = 0;
  for (const piece of pieces(argument.text, 2)) {
    const scan = piece === '' ? { value: 0n, rest: '' } : scanUnsigned(piece);
    if (scan?.rest !== '' || scan.value > 31n) {
      context.diagnostics.error('bad-day', `expected days of the month from 1 to 31, found "${piece}"`, argument.span);
      return undefined;
    }
    days |= 1 << Number(scan.value);
  }
  if ((context.invert ? days ^ ALL_MONTHDAYS : days) >>> 1 === 0) {
    const message = 'no day is left, so this never matches, and iptables cannot read back what it prints';
    context.diagnostics.warning('unreadable-print', message, argument.span);
  } else if ((days & 1) !== 0) context.diagnostics.warning('odd-day', 'no month has a day 0', argument.span);
  return days >>> 0;
}

/** Reads names by their first two letters, or numbers from Monday = 1. Ref: iptables libxt_time.c:time_parse_weekdays() */
function readWeekdays(argument: Argument, context: OptionContext): number | undefined {
  let days = 0;
  for (const piece of pieces(argument.text, 3)) {
    const scan = scanUnsigned(piece);
    const named = WEEKDAYS.findIndex((name) => name.slice(0, 2) === piece.slice(0, 2)) + 1;
    const day = scan?.rest === '' ? Number(scan.value) : named;
    if (day === 0) {
      const message = `expected days of the week from Mon to Sun or 1 to 7, found "${piece}"`;
      context.diagnostics.error('bad-day', message, argument.span);
      return undefined;
    }
    if (day > 7) context.diagnostics.warning('odd-day', `no week has a day ${day}`, argument.span);
    days |= 1 << (day % 32);
  }
  if (((context.invert ? days ^ ALL_WEEKDAYS : days) & ALL_WEEKDAYS) === 0) {
    const message = 'no day is left, so this never matches, and iptables cannot read back what it prints';
    context.diagnostics.warning('unreadable-print', message, argument.span);
  }
  return days & U8;
}

/** Ref: iptables libxt_time.c:time_check(), net/netfilter/xt_time.c:time_mt_check() */
function finish({ contiguous, timestart = 0, timestop = DAYTIME_MAX }: TimeOptions, { diagnostics, span }: RuleContext): void {
  if (contiguous && timestart < timestop) {
    diagnostics.error('wrong-time', '--contiguous is for times that end before they begin: on the next day', span);
  }
}

function lower(options: TimeOptions, { kernel }: LowerContext): Test[] {
  const { datestart = 0, datestop = DATESTOP_DEFAULT, timestart = 0, timestop = DAYTIME_MAX } = options;
  const { monthdays, weekdays, localtz, kerneltz, contiguous } = options;
  // The order of the TIME_* word indexes.
  const operands = [
    datestart,
    datestop,
    timestart,
    timestop,
    monthdays ? daysOf(monthdays, ALL_MONTHDAYS) : ALL_MONTHDAYS,
    weekdays ? daysOf(weekdays, ALL_WEEKDAYS) : ALL_WEEKDAYS,
    localtz || kerneltz ? (60 * kernel.minutesWest) >>> 0 : 0,
    contiguous ? 1 : 0,
  ];
  return [{ kind: 'ask', opcode: TEST_TIME, operands, negate: false, effect: false }];
}

function formatClock(time: number): string {
  return [time / 3600, (time / 60) % 60, time % 60].map((part) => String(Math.trunc(part)).padStart(2, '0')).join(':');
}

function formatDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** The days asked for, as one bit each. */
function daysOf({ value, invert }: Asked<number>, all: number): number {
  return (invert ? value ^ all : value) >>> 0;
}

function dayWords(name: string, asked: Asked<number> | undefined, all: number, nameOf: (day: number) => string): string[] {
  const days = asked ? daysOf(asked, all) : all;
  if (days === all) return [];
  const list = Array.from({ length: 32 }, (_, day) => day).filter((day) => day > 0 && (days >>> day) & 1);
  return [name, list.map(nameOf).join(',')];
}

function weekdayName(day: number): string {
  return WEEKDAYS[day - 1]!;
}

/** `1st`, `22nd`, and so `11st` too. Ref: iptables libxt_time.c:time_print_monthdays() */
function ordinal(day: number): string {
  return `${day}${['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'}`;
}

/** A date with a blank between day and time; none at all for the first second there is. */
function listDate(seconds: number): string[] {
  return seconds === 0 ? [] : [formatDate(seconds).replace('T', ' ')];
}

/** Ref: net/netfilter/xt_time.c:time_mt() */
export const time: MatchExtension<TimeOptions> = {
  kind: 'match',
  name: 'time',
  families: [4, 6],
  options: [
    valueOption('datestart', 'datestart', readDate),
    valueOption('datestop', 'datestop', readDate),
    valueOption('timestart', 'timestart', readClock),
    valueOption('timestop', 'timestop', readClock),
    flagOption('contiguous', 'contiguous'),
    askedOption('weekdays', 'weekdays', readWeekdays),
    askedOption('monthdays', 'monthdays', readMonthdays),
    flagOption('localtz', 'localtz', { excludes: ['utc'] }),
    flagOption('utc', 'utc', { excludes: ['localtz', 'kerneltz'] }),
    flagOption('kerneltz', 'kerneltz', { excludes: ['utc'] }),
  ],
  create: () => ({}),
  finish,
  save(options) {
    const { timestart = 0, timestop = DAYTIME_MAX, datestart, datestop = DATESTOP_DEFAULT } = options;
    const isWholeDay = timestart === 0 && timestop === DAYTIME_MAX;
    return [
      ...(isWholeDay ? [] : ['--timestart', formatClock(timestart), '--timestop', formatClock(timestop)]),
      ...dayWords('--monthdays', options.monthdays, ALL_MONTHDAYS, String),
      ...dayWords('--weekdays', options.weekdays, ALL_WEEKDAYS, weekdayName),
      ...saveValue('--datestart', datestart || undefined, formatDate),
      ...saveValue('--datestop', datestop || undefined, formatDate),
      ...saveFlag('--kerneltz', options.localtz || options.kerneltz),
      ...saveFlag('--contiguous', options.contiguous),
    ];
  },
  print(options) {
    const { timestart = 0, timestop = DAYTIME_MAX, datestart = 0, datestop = DATESTOP_DEFAULT } = options;
    const isWholeDay = timestart === 0 && timestop === DAYTIME_MAX;
    return spaced([
      'TIME',
      ...(isWholeDay ? [] : ['from', formatClock(timestart), 'to', formatClock(timestop)]),
      ...dayWords('on', options.weekdays, ALL_WEEKDAYS, weekdayName),
      ...dayWords('on', options.monthdays, ALL_MONTHDAYS, ordinal),
      ...(datestart === 0 ? [] : ['starting from', ...listDate(datestart)]),
      ...(datestop === DATESTOP_DEFAULT ? [] : ['until date', ...listDate(datestop)]),
      ...(options.localtz || options.kerneltz ? [] : ['UTC']),
      ...saveFlag('contiguous', options.contiguous),
    ]);
  },
  lower,
};
