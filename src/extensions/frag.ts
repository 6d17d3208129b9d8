// -m frag: the fragment header of an IPv6 packet.

import { TEST_IPV6_FRAGMENT } from '../../assembly/abi/opcode.ts';
import { HEADER_INVERT_RANGE } from '../../assembly/abi/operand.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { askOrDrop, flagsOf } from './asks.ts';
import { listAsked, listRange, spaced } from './listing.ts';
import { askedNumber, flagOption, rangeOption, saveAsked, saveFlag, saveRange } from './specs.ts';
import { type Asked, type Range, U32 } from './values.ts';

interface FragOptions {
  id?: Asked<Range>;
  length?: Asked<number>;
  reserved?: boolean;
  first?: boolean;
  more?: boolean;
  last?: boolean;
}

/** Bits of the first word of a fragment header. */
const RESERVED_BITS = 0x00ff_0006;
const OFFSET_BITS = 0x0000_fff8;
const MORE_BIT = 0x0000_0001;

/** Ref: net/ipv6/netfilter/ip6t_frag.c:frag_mt6() */
export const frag: MatchExtension<FragOptions> = {
  kind: 'match',
  name: 'frag',
  families: [6],
  options: [
    rangeOption('fragid', 'id'),
    askedNumber('fraglen', 'length', { max: U32 }),
    flagOption('fragres', 'reserved'),
    flagOption('fragfirst', 'first'),
    flagOption('fragmore', 'more', { excludes: ['fraglast'] }),
    flagOption('fraglast', 'last', { excludes: ['fragmore'] }),
  ],
  create: () => ({}),
  save({ id, length, reserved, first, more, last }) {
    return [
      ...saveRange('--fragid', id),
      ...saveAsked('--fraglen', length),
      ...saveFlag('--fragres', reserved),
      ...saveFlag('--fragfirst', first),
      ...saveFlag('--fragmore', more),
      ...saveFlag('--fraglast', last),
    ];
  },
  // The length is asked by nobody: the kernel takes it and does not look at it.
  lower({ id, reserved, first, more, last }) {
    const mask = flagsOf([reserved, RESERVED_BITS], [first, OFFSET_BITS], [more || last, MORE_BIT]);
    const flags = flagsOf([id?.invert, HEADER_INVERT_RANGE]);
    return [askOrDrop(TEST_IPV6_FRAGMENT, [...(id?.value ?? [0, U32]), flags, mask, more ? MORE_BIT : 0])];
  },
  print({ id, length, reserved, first, more, last }) {
    const flags = [
      ...(length ? [`length:${listAsked(length)}`] : []),
      ...saveFlag('reserved', reserved),
      ...saveFlag('first', first),
      ...saveFlag('more', more),
      ...saveFlag('last', last),
    ];
    return ` frag ${listRange('id', id)}${spaced(flags)}`;
  },
};
