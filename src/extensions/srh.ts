// -m srh: the segment routing header of an IPv6 packet.

import { TEST_IPV6_SEGMENTS } from '../../assembly/abi/opcode.ts';
import {
  CHECK_16_BITS,
  CHECK_GREATER,
  CHECK_INVERT,
  CHECK_LESS,
  CHECK_VALUE_SHIFT,
  SEGMENT_INVERT,
  SEGMENT_LAST,
  SEGMENT_NEXT,
  SEGMENT_PREVIOUS,
} from '../../assembly/abi/operand.ts';
import type { Test } from '../ir/ir.ts';
import { formatAddress, maskPrefix } from '../net/address.ts';
import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { type Network, readNetwork } from './addresses.ts';
import { ask, flagsOf, wordsOf } from './asks.ts';
import { bang, listAsked, spaced } from './listing.ts';
import { askedNumber, saveAsked } from './specs.ts';
import { type Asked, readNumber, U8, U16 } from './values.ts';

const COUNTS = ['hdr-len', 'segs-left', 'last-entry'] as const;
const COMPARISONS = ['eq', 'gt', 'lt'] as const;
/** Previous, next and last segment. */
const SEGMENTS = ['psid', 'nsid', 'lsid'] as const;

interface Count {
  value: number;
  /** What the value is asked for, and whether with `!` before it. */
  readonly comparisons: Map<(typeof COMPARISONS)[number], boolean>;
}

interface SrhOptions {
  nextHeader?: Asked<number>;
  tag?: Asked<number>;
  readonly counts: Partial<Record<(typeof COUNTS)[number], Count>>;
  readonly segments: Partial<Record<(typeof SEGMENTS)[number], Asked<Network>>>;
}

/** All comparisons of one count share one value: the last one given. */
function countOption(name: (typeof COUNTS)[number], comparison: (typeof COMPARISONS)[number]): OptionSpec<SrhOptions> {
  return {
    name: `srh-${name}-${comparison}`,
    argument: 'required',
    invertible: true,
    set({ counts }, [argument], context) {
      const value = readNumber(argument!, context, U8);
      if (value === undefined) return;
      const count = counts[name] ?? { value, comparisons: new Map() };
      if (count.value !== value) {
        const message = `the kernel keeps one value for all comparisons with ${name}: this one, not ${count.value}`;
        context.diagnostics.warning('value-shared', message, argument!.span);
      }
      count.value = value;
      count.comparisons.set(comparison, context.invert);
      counts[name] = count;
    },
  };
}

function segmentOption(name: (typeof SEGMENTS)[number]): OptionSpec<SrhOptions> {
  return {
    name: `srh-${name}`,
    argument: 'required',
    invertible: true,
    set({ segments }, [argument], context) {
      const value = readNetwork(argument!, context);
      if (value) segments[name] = { value, invert: context.invert };
    },
  };
}

/** The comparisons with a count, by the names of their options. */
function comparisonsOf({ counts }: SrhOptions): (readonly [string, Asked<number>])[] {
  return COUNTS.flatMap((name) =>
    COMPARISONS.flatMap((comparison) => {
      const { value, comparisons } = counts[name] ?? { value: 0 };
      const invert = comparisons?.get(comparison);
      return invert === undefined ? [] : [[`${name}-${comparison}`, { value, invert }] as const];
    }),
  );
}

/** The length of the prefix is always printed. */
function formatSegment({ address, mask }: Network): string {
  return `${formatAddress(address)}/${maskPrefix(mask)}`;
}

/** Where the fields lie in the header. */
const OFFSETS = { nextHeader: 0, 'hdr-len': 1, 'segs-left': 3, 'last-entry': 4, tag: 6 } as const;
const COMPARISON_BITS = { eq: 0, gt: CHECK_GREATER, lt: CHECK_LESS } as const;
const SEGMENT_CODES = { psid: SEGMENT_PREVIOUS, nsid: SEGMENT_NEXT, lsid: SEGMENT_LAST } as const;

function check(field: keyof typeof OFFSETS, value: number, invert: boolean, more = 0): number {
  return ((value << CHECK_VALUE_SHIFT) | OFFSETS[field] | flagsOf([invert, CHECK_INVERT]) | more) >>> 0;
}

function lower({ nextHeader, counts, tag, segments }: SrhOptions): Test[] {
  const checks = COUNTS.flatMap((name) => {
    const { value, comparisons } = counts[name] ?? { value: 0, comparisons: [] };
    return [...comparisons].map(([comparison, invert]) => check(name, value, invert, COMPARISON_BITS[comparison]));
  });
  if (nextHeader) checks.push(check('nextHeader', nextHeader.value, nextHeader.invert));
  // iptables leaves the bytes of the tag as they lie in its memory: on a machine that has the lower one first, the wrong way round.
  if (tag) checks.push(check('tag', tag.value, tag.invert, CHECK_16_BITS));
  const asked = SEGMENTS.flatMap((name) => {
    const segment = segments[name];
    if (!segment) return [];
    const { address, mask } = segment.value;
    return [[SEGMENT_CODES[name] | flagsOf([segment.invert, SEGMENT_INVERT]), ...wordsOf(mask), ...wordsOf(address)]];
  });
  return [ask(TEST_IPV6_SEGMENTS, [checks.length, ...checks, asked.length, ...asked.flat()])];
}

/** Ref: net/ipv6/netfilter/ip6t_srh.c:srh1_mt6() */
export const srh: MatchExtension<SrhOptions> = {
  kind: 'match',
  name: 'srh',
  families: [6],
  options: [
    askedNumber('srh-next-hdr', 'nextHeader', { max: U8 }),
    ...COUNTS.flatMap((name) => COMPARISONS.map((comparison) => countOption(name, comparison))),
    askedNumber('srh-tag', 'tag', { max: U16 }),
    ...SEGMENTS.map(segmentOption),
  ],
  create: () => ({ counts: {}, segments: {} }),
  save(options) {
    const { nextHeader, tag, segments } = options;
    return [
      ...saveAsked('--srh-next-hdr', nextHeader),
      ...comparisonsOf(options).flatMap(([name, asked]) => saveAsked(`--srh-${name}`, asked)),
      ...saveAsked('--srh-tag', tag),
      ...SEGMENTS.flatMap((name) => saveAsked(`--srh-${name}`, segments[name], formatSegment)),
    ];
  },
  print(options) {
    const { nextHeader, tag, segments } = options;
    const numbers = [['next-hdr', nextHeader] as const, ...comparisonsOf(options), ['tag', tag] as const];
    return spaced([
      'srh',
      ...numbers.flatMap(([name, asked]) => (asked ? [`${name}:${listAsked(asked)}`] : [])),
      ...SEGMENTS.flatMap((name) => (segments[name] ? [name, bang(segments[name]), formatSegment(segments[name].value)] : [])),
    ]);
  },
  lower,
};
