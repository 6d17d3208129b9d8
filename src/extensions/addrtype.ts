// -m addrtype: what kind of address (unicast, local, broadcast …) the source and the destination are to this host.

import {
  ADDRTYPE_INVERT_DESTINATION,
  ADDRTYPE_INVERT_SOURCE,
  ADDRTYPE_LIMIT_IN,
  ADDRTYPE_LIMIT_OUT,
  TEST_ADDRTYPE,
} from '../../assembly/abi/opcode.ts';
import {
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
} from '../../assembly/abi/packet.ts';
import type { Family, HookName, Test } from '../ir/ir.ts';
import type { MatchExtension, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { listAsked, spaced } from './listing.ts';
import { type Asked, atLeastOne, masked, namesOf, option, readNames } from './values.ts';

interface AddrtypeOptions {
  src?: Asked<number>;
  dst?: Asked<number>;
  limit?: 'in' | 'out';
}

const TYPES: readonly (readonly [string, number])[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
].map((name, bit) => [name, 1 << bit]);

/** Types that the kernel refuses in IPv6 rules. */
const NOT_IN_IPV6 = (1 << RTN_BROADCAST) | (1 << RTN_BLACKHOLE) | ~((1 << RTN_PROHIBIT) - 1);
/** Types of IPv6 that are properties of the address, asked one by one; the others are looked up, and one of them is enough. */
const EACH_IN_IPV6 = [RTN_MULTICAST, RTN_UNICAST, RTN_UNSPEC].map((type) => 1 << type);
const ANY_IN_IPV6 = (1 << RTN_LOCAL) | (1 << RTN_ANYCAST) | (1 << RTN_UNREACHABLE);

function typeOption(name: string, field: 'src' | 'dst'): OptionSpec<AddrtypeOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readNames(argument!, context, 'address-type', TYPES);
      if (value === undefined) return;
      if (context.family === 6 && (value & NOT_IN_IPV6) !== 0) {
        const message = `the kernel does not match ${namesOf(value & NOT_IN_IPV6, TYPES)} for IPv6`;
        context.diagnostics.error('not-for-ipv6', message, argument!.span);
        return;
      }
      options[field] = { value, invert: context.invert };
    },
  };
}

function limitOption(limit: 'in' | 'out'): OptionSpec<AddrtypeOptions> {
  return {
    name: `limit-iface-${limit}`,
    argument: 'none',
    excludes: [`limit-iface-${limit === 'in' ? 'out' : 'in'}`],
    set(options) {
      options.limit = limit;
    },
  };
}

/** An interface that is not there yet, or not any more, cannot limit. Ref: net/netfilter/xt_addrtype.c:addrtype_mt_checkentry_v1() */
function checkHooks({ limit }: AddrtypeOptions, context: RuleContext): void {
  if (!limit) return;
  const without: readonly HookName[] = limit === 'in' ? ['OUTPUT', 'POSTROUTING'] : ['PREROUTING', 'INPUT'];
  const found = without.filter((hook) => context.hooks.has(hook));
  if (found.length > 0) {
    const message = `--limit-iface-${limit} cannot be asked in ${found.join(' and ')}, which has no such interface`;
    context.diagnostics.error('wrong-hook', message, context.span);
  }
}

function typeTests(field: 'srcType' | 'dstType', { value, invert }: Asked<number>, family: Family): Test[] {
  if (family === 4) return masked(field, value, 0, !invert);
  const tests = EACH_IN_IPV6.flatMap((bit) => ((value & bit) !== 0 ? masked(field, bit, bit, false) : []));
  if ((value & ANY_IN_IPV6) !== 0) tests.push(...masked(field, value & ANY_IN_IPV6, 0, true));
  return invert ? [{ kind: 'not', tests }] : tests;
}

const OPTIONS = atLeastOne<AddrtypeOptions>(
  'addrtype',
  [typeOption('src-type', 'src'), typeOption('dst-type', 'dst'), limitOption('in'), limitOption('out')],
  ['src-type', 'dst-type'],
);

/** Ref: net/netfilter/xt_addrtype.c:addrtype_mt_v1() */
export const addrtype: MatchExtension<AddrtypeOptions> = {
  kind: 'match',
  name: 'addrtype',
  families: [4, 6],
  options: OPTIONS.options,
  create: () => ({}),
  finish(options, context) {
    OPTIONS.finish(options, context);
    checkHooks(options, context);
  },
  save({ src, dst, limit }) {
    return [
      ...(src ? option('--src-type', namesOf(src.value, TYPES), src.invert) : []),
      ...(dst ? option('--dst-type', namesOf(dst.value, TYPES), dst.invert) : []),
      ...(limit ? [`--limit-iface-${limit}`] : []),
    ];
  },
  print: ({ src, dst, limit }) =>
    spaced([
      'ADDRTYPE match',
      ...(src ? [`src-type ${listAsked(src, (bits) => namesOf(bits, TYPES))}`] : []),
      ...(dst ? [`dst-type ${listAsked(dst, (bits) => namesOf(bits, TYPES))}`] : []),
      ...(limit ? [`limit-${limit}`] : []),
    ]),
  lower({ src, dst, limit }, { family }) {
    if (limit) {
      const flags =
        (limit === 'in' ? ADDRTYPE_LIMIT_IN : ADDRTYPE_LIMIT_OUT) |
        (src?.invert ? ADDRTYPE_INVERT_SOURCE : 0) |
        (dst?.invert ? ADDRTYPE_INVERT_DESTINATION : 0);
      const operands = [src?.value ?? 0, dst?.value ?? 0, flags];
      return [{ kind: 'ask', opcode: TEST_ADDRTYPE, operands, negate: false, effect: false }];
    }
    return [...(src ? typeTests('srcType', src, family) : []), ...(dst ? typeTests('dstType', dst, family) : [])];
  },
};
