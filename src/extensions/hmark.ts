// -j HMARK: sets the packet's mark to a hash of what it is, so that packets of one flow get one mark.

import { ACTION_HMARK } from '../../assembly/abi/opcode.ts';
import type { Action } from '../ir/ir.ts';
import { addressWords, formatMask } from '../net/address.ts';
import { hex } from '../net/number.ts';
import type { Argument, OptionContext, OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { readMask } from './addresses.ts';
import { spaced } from './listing.ts';
import { saveValue } from './specs.ts';
import { readNames, readNumber, U16, U32 } from './values.ts';

/** Numbers by the option that sets them: bits of digits they print with. */
const NUMBERS = {
  'sport-mask': { max: U16, digits: 4 },
  'dport-mask': { max: U16, digits: 4 },
  'spi-mask': { max: U32, digits: 8 },
  sport: { max: U16, digits: 4 },
  dport: { max: U16, digits: 4 },
  spi: { max: U32, digits: 8 },
  'proto-mask': { max: U16, digits: 2 },
  rnd: { max: U32, digits: 8 },
} as const;
type NumberName = keyof typeof NUMBERS;
const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];

interface HmarkOptions {
  readonly prefixes: Partial<Record<'src' | 'dst', Uint8Array>>;
  readonly numbers: Partial<Record<NumberName, number>>;
  modulus?: number;
  offset?: number;
  /** Hash the addresses and ports of the connection, not of the packet. */
  ct?: boolean;
  /** What --hmark-tuple has set: those options may not follow it. */
  readonly fromTuple: Set<string>;
}

/** In the order in which a beginning of a name is looked up. */
const TUPLE: readonly (readonly [string, number])[] = ['CT', 'SRC', 'DST', 'SPORT', 'DPORT', 'PROTO', 'SPI'].map((name, i) => [
  name,
  1 << i,
]);

function setTuple(options: HmarkOptions, argument: Argument, context: OptionContext): void {
  const bits = readNames(argument, context, 'tuple', TUPLE);
  if (bits === undefined) return;
  const whole = new Uint8Array(context.family === 4 ? 4 : 16).fill(0xff);
  for (const [name] of TUPLE.filter(([, bit]) => (bits & bit) !== 0)) {
    const field = name.toLowerCase();
    if (field === 'ct') options.ct = true;
    else if (field === 'src' || field === 'dst') {
      options.prefixes[field] = whole;
      options.fromTuple.add(`hmark-${field}-prefix`);
    } else {
      options.numbers[`${field}-mask` as NumberName] = field === 'spi' ? U32 : U16;
      options.fromTuple.add(`hmark-${field}-mask`);
    }
  }
}

/** The option, unless --hmark-tuple stands before it and sets the same. */
function detail(
  name: string,
  store: (options: HmarkOptions, argument: Argument, context: OptionContext) => void,
): OptionSpec<HmarkOptions> {
  return {
    name: `hmark-${name}`,
    argument: 'required',
    set(options, [argument], context) {
      if (!options.fromTuple.has(`hmark-${name}`)) return store(options, argument!, context);
      const message = `--hmark-${name} cannot stand behind an --hmark-tuple that sets the same`;
      context.diagnostics.error('duplicate-option', message, context.option.span);
    },
  };
}

const OPTIONS: readonly OptionSpec<HmarkOptions>[] = [
  { name: 'hmark-tuple', argument: 'required', set: (options, [argument], context) => setTuple(options, argument!, context) },
  ...(['src', 'dst'] as const).map((side) =>
    detail(`${side}-prefix`, (options, argument, context) => {
      const mask = readMask(argument, context);
      if (mask) options.prefixes[side] = mask;
    }),
  ),
  ...NUMBER_NAMES.map((name) => ({
    ...detail(name, (options, argument, context) => {
      const value = readNumber(argument, context, NUMBERS[name].max);
      if (value !== undefined) options.numbers[name] = value;
    }),
    mandatory: name === 'rnd',
  })),
  {
    ...detail('mod', (options, argument, context) => {
      const value = readNumber(argument, context, U32, 1);
      if (value !== undefined) options.modulus = value;
    }),
    mandatory: true,
  },
  detail('offset', (options, argument, context) => {
    const value = readNumber(argument, context, U32);
    if (value !== undefined) options.offset = value;
  }),
];

/** Ref: net/netfilter/xt_HMARK.c:hmark_tg_check(); iptables 1.8.9, extensions/libxt_HMARK.c:HMARK_check() */
function check({ prefixes, numbers, ct }: HmarkOptions, { diagnostics, span }: RuleContext): void {
  const has = (...names: NumberName[]): boolean => names.some((name) => numbers[name] !== undefined);
  const isEmpty = !prefixes.src && !prefixes.dst && !NUMBER_NAMES.some((name) => name !== 'rnd' && has(name));
  if (isEmpty && !ct) {
    diagnostics.error('missing-option', 'HMARK needs --hmark-tuple, or other options that say what to hash', span);
  } else if (has('spi-mask') && has('sport-mask', 'dport-mask')) {
    diagnostics.error('exclusive-options', 'HMARK can hash ports or SPIs, not both', span);
  } else if (has('spi') && has('sport', 'dport')) {
    diagnostics.error('exclusive-options', 'HMARK --hmark-spi cannot stand with --hmark-sport or --hmark-dport', span);
  }
}

function hexDigits(digits: number): (value: number) => string {
  return (value) => `0x${value.toString(16).padStart(digits, '0')}`;
}

/** Of an IPv6 mask the slash is cut off, and from one of all ones nothing stands behind it. Ref: iptables libxt_HMARK.c:HMARK_ip6_print() */
function listMask(mask: Uint8Array): string {
  return mask.length === 16 && mask.every((byte) => byte === 0xff) ? '' : formatMask(mask);
}

/** A number of 16 bits for each port, or one of 32 for the SPI, which has the place of both. */
function portWord(source: number | undefined, destination: number | undefined, spi: number | undefined): number {
  return spi ?? (((source ?? 0) << 16) | (destination ?? 0)) >>> 0;
}

function lower({ prefixes, numbers, modulus, offset, ct }: HmarkOptions): Action {
  const masks = [prefixes.src, prefixes.dst].flatMap((mask) =>
    [0, 1, 2, 3].map((i) => addressWords(mask ?? new Uint8Array())[i] ?? 0),
  );
  const operands = [
    ct ? 1 : 0,
    ...masks,
    portWord(numbers['sport-mask'], numbers['dport-mask'], numbers['spi-mask']),
    portWord(numbers.sport, numbers.dport, numbers.spi),
    numbers['proto-mask'] ?? 0,
    numbers.rnd ?? 0,
    modulus!,
    offset ?? 0,
  ];
  return { kind: 'effect', opcode: ACTION_HMARK, operands, name: 'HMARK', changes: ['mark'] };
}

/** Ref: net/netfilter/xt_HMARK.c:hmark_tg_v4(), hmark_tg_v6() */
export const hmark: TargetExtension<HmarkOptions> = {
  kind: 'target',
  name: 'HMARK',
  families: [4, 6],
  changes: ['mark'],
  options: OPTIONS,
  create: () => ({ prefixes: {}, numbers: {}, fromTuple: new Set() }),
  finish: check,
  save({ prefixes, numbers, modulus, offset, ct }) {
    return [
      ...saveValue('--hmark-src-prefix', prefixes.src, formatMask),
      ...saveValue('--hmark-dst-prefix', prefixes.dst, formatMask),
      ...NUMBER_NAMES.flatMap((name) => saveValue(`--hmark-${name}`, numbers[name], hexDigits(NUMBERS[name].digits))),
      ...saveValue('--hmark-mod', modulus),
      ...saveValue('--hmark-offset', offset),
      ...(ct ? ['--hmark-tuple', 'ct'] : []),
    ];
  },
  print({ prefixes, numbers, modulus, offset, ct }) {
    return spaced([
      'HMARK',
      ...saveValue('mod', modulus),
      ...saveValue('+', offset, hex),
      ...(ct ? ['ct,'] : []),
      ...saveValue('src-prefix', prefixes.src, listMask),
      ...saveValue('dst-prefix', prefixes.dst, listMask),
      ...NUMBER_NAMES.flatMap((name) => saveValue(name, numbers[name], hex)),
      '',
    ]);
  },
  lower,
};
