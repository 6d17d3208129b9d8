// -m pkttype: how the frame was addressed on the link.

import {
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_LOOPBACK,
  PKTTYPE_MULTICAST,
  PKTTYPE_OTHERHOST,
} from '../../assembly/abi/packet.ts';
import type { Family, Test } from '../ir/ir.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { bang } from './listing.ts';
import { type Asked, option } from './values.ts';

interface PkttypeOptions {
  type?: Asked<number>;
}

/** The first name of a type is the one iptables prints. */
const TYPES: readonly (readonly [string, number])[] = [
  ['unicast', PKTTYPE_HOST],
  ['broadcast', PKTTYPE_BROADCAST],
  ['multicast', PKTTYPE_MULTICAST],
  ['otherhost', PKTTYPE_OTHERHOST],
  ['bcast', PKTTYPE_BROADCAST],
  ['mcast', PKTTYPE_MULTICAST],
  ['host', PKTTYPE_HOST],
];

function is(type: number): Test {
  return { kind: 'range', field: 'pkttype', low: type, high: type, negate: false };
}

/** What a packet that the host loops back to itself counts as: multicast when its address says so, else broadcast. */
function loopedBack(type: number, family: Family): Test[] | undefined {
  if (type !== PKTTYPE_MULTICAST && type !== PKTTYPE_BROADCAST) return undefined;
  if (family === 6) return type === PKTTYPE_MULTICAST ? [is(PKTTYPE_LOOPBACK)] : undefined;
  const negate = type === PKTTYPE_BROADCAST;
  return [is(PKTTYPE_LOOPBACK), { kind: 'mask', field: 'dst0', mask: 0xf0000000, value: 0xe0000000, negate }];
}

function nameOf(type: number): string {
  return TYPES.find(([, value]) => value === type)![0];
}

/** Ref: net/netfilter/xt_pkttype.c:pkttype_mt() */
export const pkttype: MatchExtension<PkttypeOptions> = {
  kind: 'match',
  name: 'pkttype',
  families: [4, 6],
  options: [
    {
      name: 'pkt-type',
      argument: 'required',
      invertible: true,
      mandatory: true,
      set(options, [argument], context) {
        const { text, span } = argument!;
        const found = TYPES.find(([name]) => name === text.toLowerCase());
        const names = TYPES.map(([name]) => name).join(', ');
        if (found) options.type = { value: found[1], invert: context.invert };
        else context.diagnostics.error('unknown-packet-type', `"${text}" is not one of ${names}`, span);
      },
    },
  ],
  create: () => ({}),
  save: ({ type }) => (type ? option('--pkt-type', nameOf(type.value), type.invert) : []),
  print: ({ type }) => (type ? ` PKTTYPE ${bang(type)}= ${nameOf(type.value)}` : ''),
  lower({ type }, { family }) {
    if (!type) return [];
    const looped = loopedBack(type.value, family);
    const neither: Test[] = [
      { ...is(type.value), negate: true } as Test,
      ...(looped ? [{ kind: 'not', tests: looped } as const] : []),
    ];
    if (type.invert) return neither;
    return looped ? [{ kind: 'not', tests: neither }] : [is(type.value)];
  },
};
