// TEST_TIME: dates, times of day, days of the month and of the week.

import {
  TIME_CONTIGUOUS,
  TIME_DATE_START,
  TIME_DATE_STOP,
  TIME_DAY_START,
  TIME_DAY_STOP,
  TIME_MONTHDAYS,
  TIME_WEEKDAYS,
  TIME_WEST,
} from '../abi/opcode.ts';
import { PACKET_TIME } from '../abi/packet.ts';

const SECOND_NS: u64 = 1_000_000_000;
const DAY: u32 = 86400;
/** Bits of all days of the month; where all are asked for, nobody looks. Ref: include/uapi/linux/netfilter/xt_time.h XT_TIME_ALL_MONTHDAYS */
const ALL_MONTHDAYS: u32 = 0xfffffffe;
/** The years that the kernel has a table of. */
const YEAR_FIRST: u32 = 1970;
const YEAR_LAST: u32 = 2039;

// biome-ignore format: a calendar
const DAYS_BEFORE_MONTH: StaticArray<u32> = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const MONTHS: i32 = 12;
const FEBRUARY: i32 = 1;

/** The operands of TEST_TIME. Ref: net/netfilter/xt_time.c:time_mt() */
export function isInTime(packet: usize, operands: usize): bool {
  let seconds = <i64>(load<u64>(packet, PACKET_TIME) / SECOND_NS) - word(operands, TIME_WEST) as i32;
  if (seconds < <i64>word(operands, TIME_DATE_START) || seconds > <i64>word(operands, TIME_DATE_STOP)) return false;
  const start = word(operands, TIME_DAY_START);
  const stop = word(operands, TIME_DAY_STOP);
  const daytime = <u32>(<u64>seconds % DAY);
  if (start < stop) {
    if (daytime < start || daytime > stop) return false;
  } else {
    if (daytime < start && daytime > stop) return false;
    if (word(operands, TIME_CONTIGUOUS) != 0 && daytime <= stop) seconds -= DAY;
  }
  const days = <u32>(<u64>seconds / DAY);
  if ((word(operands, TIME_WEEKDAYS) & (<u32>1 << weekday(days))) == 0) return false;
  const monthdays = word(operands, TIME_MONTHDAYS);
  return monthdays == ALL_MONTHDAYS || (monthdays & (<u32>1 << monthday(days))) != 0;
}

function word(operands: usize, index: u32): u32 {
  return load<u32>(operands + (<usize>index << 2));
}

/** Monday 1 to Sunday 7. The first of January 1970 was a Thursday. */
function weekday(days: u32): u32 {
  return ((4 + days - 1) % 7) + 1;
}

/** 1 to 31; in a byte, for days that no year of the kernel's table has. Ref: net/netfilter/xt_time.c:localtime_3() */
function monthday(days: u32): u32 {
  let year = min(YEAR_FIRST + days / 365, YEAR_LAST);
  while (daysBeforeYear(year) > days) year--;
  const yearday = days - daysBeforeYear(year);
  const leap = isLeap(year);
  let month = MONTHS - 1;
  while (month > 0 && daysBeforeMonth(month, leap) > yearday) month--;
  return (yearday - daysBeforeMonth(month, leap) + 1) & 0xff;
}

function daysBeforeYear(year: u32): u32 {
  // Of the years up to 2039 every fourth is a leap year.
  return (year - YEAR_FIRST) * 365 + (year - YEAR_FIRST + 1) / 4;
}

function isLeap(year: u32): bool {
  return year % 4 == 0;
}

function daysBeforeMonth(month: i32, leap: bool): u32 {
  return DAYS_BEFORE_MONTH[month] + u32(leap && month > FEBRUARY);
}
