// Rates as limit and hashlimit read and print them: `5/min`. They keep the time between two packets, in parts of a second, and
// from that print what comes closest.

import { scanDecimal } from '../net/number.ts';
import type { Argument, OptionContext } from '../ruleset/extension.ts';

const UNITS: readonly (readonly [string, bigint])[] = [
  ['second', 1n],
  ['minute', 60n],
  ['hour', 3600n],
  ['day', 86400n],
];
/** What prints, the largest first. */
const PRINTED: readonly (readonly [string, bigint])[] = [
  ['day', 86400n],
  ['hour', 3600n],
  ['min', 60n],
  ['sec', 1n],
];

export interface Rate {
  /** Parts of a second between two packets. */
  readonly period: bigint;
  /** Seconds of the unit it was written with. */
  readonly unit: bigint;
}

/**
 * Reads `count/unit`, where the unit may be cut short. `scale`: parts of a second; `bits` of the count that iptables keeps.
 * Ref: iptables libxt_limit.c and libxt_hashlimit.c parse_rate()
 */
export function readRate(argument: Argument, context: OptionContext, scale: bigint, bits: 32 | 64): Rate | undefined {
  const { text, span } = argument;
  const slash = text.indexOf('/');
  const written = slash < 0 ? undefined : text.slice(slash + 1).toLowerCase();
  const unit = written === undefined ? 1n : UNITS.find(([name]) => written !== '' && name.startsWith(written))?.[1];
  const { value, rest } = scanDecimal(text, bits);
  if (unit === undefined || value === 0n) {
    const message = `expected a rate such as 5/min (second, minute, hour, day), found "${text}"`;
    context.diagnostics.error('bad-rate', message, span);
    return undefined;
  }
  const period = (scale * unit) / BigInt.asUintN(bits, value);
  if (period === 0n) {
    const most = `${scale * unit}${slash < 0 ? '' : text.slice(slash)}`;
    context.diagnostics.error('rate-too-fast', `${text} is too fast, ${most} is the most that can be limited`, span);
    return undefined;
  }
  if (rest !== '' && !rest.startsWith('/')) {
    context.diagnostics.warning('number-cut', `iptables reads ${value} here, and not "${rest.split('/')[0]}" behind it`, span);
  }
  return { period, unit };
}

/** Prints a rate, with the seconds of the unit it is printed with. Ref: iptables libxt_limit.c and libxt_hashlimit.c print_rate() */
export function formatRate(period: bigint, scale: bigint): { text: string; unit: bigint } {
  const exact = PRINTED.findIndex(([, unit], i) => {
    const mult = unit * scale;
    return i > 0 && (period > mult || mult / period < mult % period);
  });
  const [name, unit] = PRINTED[(exact < 0 ? PRINTED.length : exact) - 1]!;
  return { text: `${(unit * scale) / period}/${name}`, unit };
}
