// -m string: whether the packet holds a run of bytes.

import { TEST_STRING } from '../../assembly/abi/opcode.ts';
import type { Argument, MatchExtension, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { encodeText } from '../text/source.ts';
import { ask } from './asks.ts';
import { bang, spaced } from './listing.ts';
import { askedOption, flagOption, numberOption, saveAsked, saveFlag, saveValue, valueOption } from './specs.ts';
import { searchOperands } from './string-tables.ts';
import { type Asked, atLeastOne, readText, U16 } from './values.ts';

export interface StringOptions {
  algorithm?: string;
  pattern?: Asked<Uint8Array>;
  from?: number;
  to?: number;
  icase?: boolean;
}

/** Ref: include/uapi/linux/netfilter/xt_string.h XT_STRING_MAX_PATTERN_SIZE */
const PATTERN_BYTES_MAX = 128;
/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_string.h XT_STRING_MAX_ALGO_NAME_SIZE */
const ALGORITHM_BYTES = 15;
/** The kernel has a third, fsm, whose patterns no command line can say. Ref: lib/textsearch.c */
const ALGORITHMS: readonly string[] = ['bm', 'kmp'];

const [BLANK, BACKSLASH, BAR] = [0x20, 0x5c, 0x7c];

function readPattern(argument: Argument, context: OptionContext): Uint8Array | undefined {
  return checkPattern(encodeText(argument.text), argument, context);
}

function checkPattern(bytes: Uint8Array, { span }: Argument, { diagnostics }: OptionContext): Uint8Array | undefined {
  if (bytes.length > 0 && bytes.length <= PATTERN_BYTES_MAX) return bytes;
  const found = bytes.length === 0 ? 'none' : `${bytes.length}`;
  diagnostics.error('bad-pattern', `expected 1 to ${PATTERN_BYTES_MAX} bytes to look for, found ${found}`, span);
  return undefined;
}

/**
 * Reads text with bytes in hexadecimal between bars: `GET |0d 0a|`. A backslash takes the next byte as it is; the byte right behind
 * a closing bar is always taken as it is. Ref: iptables libxt_string.c:parse_hex_string()
 */
function readHexPattern(argument: Argument, context: OptionContext): Uint8Array | undefined {
  const text = encodeText(argument.text);
  const bytes: number[] = [];
  const fail = (message: string): undefined => {
    context.diagnostics.error('bad-pattern', message, argument.span);
  };
  let isHex = false;
  for (let i = 0; i < text.length; ) {
    if (text[i] === BACKSLASH && !isHex) {
      if (i + 1 >= text.length) return fail('a backslash takes the next character as it is, and there is none');
      bytes.push(text[i + 1]!);
      i += 2;
      continue;
    }
    if (text[i] === BAR) {
      isHex = !isHex;
      if (isHex) while (text[i + 1] === BLANK) i++;
      if (++i >= text.length) break;
    }
    if (!isHex) {
      bytes.push(text[i++]!);
      continue;
    }
    const pair = String.fromCharCode(text[i]!, text[i + 1] ?? 0);
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) return fail('expected two hexadecimal digits a byte between the bars');
    if (i + 2 >= text.length) return fail('the bytes in hexadecimal must end with a bar');
    bytes.push(Number.parseInt(pair, 16));
    i += text[i + 2] === BLANK ? 3 : 2;
  }
  return checkPattern(Uint8Array.from(bytes), argument, context);
}

function readAlgorithm(argument: Argument, context: OptionContext): string | undefined {
  const name = readText(argument, context, ALGORITHM_BYTES);
  if (ALGORITHMS.includes(name)) return name;
  context.diagnostics.error('unknown-algorithm', `"${argument.text}" is not one of ${ALGORITHMS.join(', ')}`, argument.span);
  return undefined;
}

/** Only hexadecimal can show a byte that is no printable character, and a backslash at the end. */
function isHexadecimal(pattern: Uint8Array): boolean {
  return pattern.some((byte) => byte < 0x20 || byte > 0x7e) || pattern.at(-1) === BACKSLASH;
}

function formatPattern(pattern: Uint8Array): string {
  if (!isHexadecimal(pattern)) return `"${String.fromCharCode(...pattern).replace(/["\\]/g, '\\$&')}"`;
  return `"|${[...pattern].map((byte) => byte.toString(16).padStart(2, '0')).join('')}|"`;
}

const PATTERN = atLeastOne<StringOptions>(
  'string',
  [
    numberOption('from', 'from', { max: U16 }),
    numberOption('to', 'to', { max: U16 }),
    valueOption('algo', 'algorithm', readAlgorithm, { mandatory: true }),
    askedOption('string', 'pattern', readPattern, { excludes: ['hex-string'] }),
    askedOption('hex-string', 'pattern', readHexPattern, { excludes: ['string'] }),
    flagOption('icase', 'icase'),
  ],
  ['string', 'hex-string'],
);

/** Ref: net/netfilter/xt_string.c:string_mt_check() */
function finish(options: StringOptions, context: RuleContext): void {
  PATTERN.finish(options, context);
  const { from = 0, to = U16 } = options;
  if (from > to) context.diagnostics.error('range-backwards', `--from ${from} is behind --to ${to}`, context.span);
}

/** Ref: net/netfilter/xt_string.c:string_mt() */
export const string: MatchExtension<StringOptions> = {
  kind: 'match',
  name: 'string',
  families: [4, 6],
  options: PATTERN.options,
  create: () => ({}),
  finish,
  save({ pattern, algorithm, from, to, icase }) {
    return [
      ...(pattern ? saveAsked(isHexadecimal(pattern.value) ? '--hex-string' : '--string', pattern, formatPattern) : []),
      ...saveValue('--algo', algorithm),
      ...saveValue('--from', from || undefined),
      ...saveValue('--to', to === U16 ? undefined : to),
      ...saveFlag('--icase', icase),
    ];
  },
  print({ pattern, algorithm, from, to, icase }) {
    return spaced([
      'STRING match',
      ...(pattern ? [bang(pattern), formatPattern(pattern.value)] : []),
      ...saveValue('ALGO name', algorithm),
      ...saveValue('FROM', from || undefined),
      ...saveValue('TO', to === U16 ? undefined : to),
      ...saveFlag('ICASE', icase),
    ]);
  },
  lower({ pattern, algorithm = '', from = 0, to = U16, icase = false }) {
    if (!pattern) return [];
    const search = searchOperands({ pattern: pattern.value, anyCase: icase, algorithm });
    return [ask(TEST_STRING, [from, to, ...search], pattern.invert)];
  },
};
