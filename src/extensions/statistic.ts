// -m statistic: every so many packets, or by chance.

import { STATISTIC_BYTES, STATISTIC_COUNT, TEST_STATISTIC_NTH, TEST_STATISTIC_RANDOM } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { scanDouble } from '../net/number.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { askedNumber, askedOption, numberOption, saveAsked, saveValue, valueOption } from './specs.ts';
import { type Asked, readWord, U32 } from './values.ts';

interface StatisticOptions {
  mode?: 'random' | 'nth';
  /** In parts of 2^31. */
  probability?: Asked<number>;
  every?: Asked<number>;
  packet?: number;
}

function readProbability(argument: Argument, context: OptionContext): number | undefined {
  const scan = scanDouble(argument.text);
  if (scan?.rest === '' && scan.value >= 0 && scan.value <= 1) return Math.round(scan.value * 0x8000_0000);
  context.diagnostics.error('bad-probability', `expected a number from 0 to 1, found "${argument.text}"`, argument.span);
  return undefined;
}

/** Prints parts of 2^31 with 11 digits, a half to the even one, as printf() does. */
function formatProbability(parts: number): string {
  // n / 2^31 = n * 5^11 / 2^20 units of 10^-11.
  const scaled = BigInt(parts) * 5n ** 11n;
  const [whole, rest, half] = [scaled >> 20n, scaled & 0xfffffn, 0x80000n];
  const rounded = whole + (rest > half || (rest === half && (whole & 1n) === 1n) ? 1n : 0n);
  const digits = rounded.toString().padStart(12, '0');
  return `${digits.slice(0, -11)}.${digits.slice(-11)}`;
}

function finish({ mode, probability, every, packet }: StatisticOptions, { diagnostics, span }: RuleContext): void {
  if (mode === 'random' && !probability) diagnostics.error('missing-option', '--mode random needs --probability', span);
  if (mode === 'nth' && !every) diagnostics.error('missing-option', '--mode nth needs --every and --packet', span);
  if (every && packet !== undefined && packet >= every.value) {
    const message = `--packet ${packet} never comes with --every ${every.value}: the packets are counted from 0`;
    diagnostics.error('number-out-of-range', message, span);
  }
}

function lower({ probability, every, packet = 0 }: StatisticOptions, context: LowerContext): Test[] {
  if (probability) {
    const { value, invert } = probability;
    return [{ kind: 'ask', opcode: TEST_STATISTIC_RANDOM, operands: [value], negate: invert, effect: true }];
  }
  const last = every!.value - 1;
  const initial = new Uint8Array(STATISTIC_BYTES);
  new DataView(initial.buffer).setUint32(STATISTIC_COUNT, last - packet, true);
  const state = context.state({ bytes: STATISTIC_BYTES, initial, spansFlows: true });
  return [{ kind: 'ask', opcode: TEST_STATISTIC_NTH, operands: [state, last], negate: every!.invert, effect: true }];
}

function wordsOf({ mode, probability, every, packet }: StatisticOptions, dashes: Dashes): string[] {
  const words = saveValue(`${dashes}mode`, mode);
  if (mode === 'random') return [...words, ...saveAsked(`${dashes}probability`, probability, formatProbability)];
  return [...words, ...saveAsked(`${dashes}every`, every), ...saveValue(`${dashes}packet`, packet)];
}

/** Ref: net/netfilter/xt_statistic.c:statistic_mt() */
export const statistic: MatchExtension<StatisticOptions> = {
  kind: 'match',
  name: 'statistic',
  families: [4, 6],
  options: [
    valueOption('mode', 'mode', (argument, context) => readWord(argument, context, ['random', 'nth'] as const), {
      mandatory: true,
    }),
    askedOption('probability', 'probability', readProbability, { excludes: ['every', 'packet'] }),
    askedNumber('every', 'every', { max: U32, min: 1, excludes: ['probability'], needs: ['packet'] }),
    numberOption('packet', 'packet', { max: U32, excludes: ['probability'], needs: ['every'] }),
  ],
  create: () => ({}),
  finish,
  save: (options) => wordsOf(options, '--'),
  // The first packet of a round is not listed.
  print: ({ packet, ...others }) => spaced(['statistic', ...wordsOf(packet ? { packet, ...others } : others, '')]),
  lower,
};
