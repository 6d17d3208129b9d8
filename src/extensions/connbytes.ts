// -m connbytes: how much a connection has carried so far.

import { CONNBYTES_AVERAGE, CONNBYTES_BYTES, CONNBYTES_PACKETS, TEST_CONNBYTES } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { askedOption, valueOption } from './specs.ts';
import { type Asked, readNumber64, readWord, split, U64 } from './values.ts';

interface ConnbytesOptions {
  count?: Asked<readonly [bigint, bigint]>;
  mode?: 'packets' | 'bytes' | 'avgpkt';
  direction?: 'original' | 'reply' | 'both';
}

/** Reads `from`, `from:` or `from:to`. */
function readCount(argument: Argument, context: OptionContext): readonly [bigint, bigint] | undefined {
  const { diagnostics, invert } = context;
  const parts = split(argument, ':');
  if (parts.length > 2) {
    const message = `expected one number or two with ":" between, found "${argument.text}"`;
    diagnostics.error('bad-range', message, argument.span);
    return undefined;
  }
  const ends = parts.map((end, i) => (end.text === '' ? (i === 0 ? 0n : U64) : readNumber64(end, context)));
  const [from, to] = [ends[0], ends.length === 1 ? U64 : ends[1]];
  if (from === undefined || to === undefined) return undefined;
  if (from > to) {
    diagnostics.error('range-backwards', `range ${from}:${to} ends before it begins`, argument.span);
    return undefined;
  }
  if (from === to && invert) {
    diagnostics.warning('negation-lost', 'the kernel cannot tell this range from the same without "!"', argument.span);
  } else if (to === 0n) {
    diagnostics.warning('unreadable-print', 'iptables prints this as 0, which reads back as 0 and more', argument.span);
  }
  return [from, to];
}

/** Inverted, the kernel keeps the ends the wrong way round, and prints by that. Ref: iptables libxt_connbytes.c:print_from_to() */
function countWords({ value: [from, to], invert }: Asked<readonly [bigint, bigint]>, dashes: Dashes): string[] {
  const range = to !== 0n && to < U64 ? `${from}:${to}` : String(from);
  return [...(invert && from !== to ? ['!'] : []), `${dashes}connbytes`, range];
}

const MODES = { packets: CONNBYTES_PACKETS, bytes: CONNBYTES_BYTES, avgpkt: CONNBYTES_AVERAGE } as const;
/** Bits 1 << DIRECTION_*. */
const DIRECTIONS = { original: 1, reply: 2, both: 3 } as const;

/** A range of one number the kernel cannot invert: it knows inverted ranges by their ends standing the wrong way round. */
function lower({ count, mode, direction }: ConnbytesOptions): Test[] {
  const { value, invert } = count!;
  const [from, to] = value;
  const words = value.flatMap((end) => [Number(end & 0xffff_ffffn), Number(end >> 32n)]);
  const operands = [MODES[mode!], DIRECTIONS[direction!], ...words];
  return [{ kind: 'ask', opcode: TEST_CONNBYTES, operands, negate: invert && from !== to, effect: false }];
}

/** Loaded, it switches nf_conntrack_acct on. Ref: net/netfilter/xt_connbytes.c:connbytes_mt(), connbytes_mt_check() */
export const connbytes: MatchExtension<ConnbytesOptions> = {
  kind: 'match',
  name: 'connbytes',
  families: [4, 6],
  usesConntrack: true,
  countsConnections: true,
  options: [
    askedOption('connbytes', 'count', readCount, { mandatory: true }),
    valueOption(
      'connbytes-dir',
      'direction',
      (argument, context) => readWord(argument, context, ['original', 'reply', 'both'] as const),
      { mandatory: true },
    ),
    valueOption(
      'connbytes-mode',
      'mode',
      (argument, context) => readWord(argument, context, ['packets', 'bytes', 'avgpkt'] as const),
      { mandatory: true },
    ),
  ],
  create: () => ({}),
  save({ count, mode, direction }) {
    if (!count || !mode || !direction) return [];
    return [...countWords(count, '--'), '--connbytes-mode', mode, '--connbytes-dir', direction];
  },
  print({ count, mode, direction }) {
    return `${count ? spaced(countWords(count, '')) : ''} connbytes mode ${mode} connbytes direction ${direction}`;
  },
  lower,
};
