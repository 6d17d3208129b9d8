// -m rt: the routing header of an IPv6 packet.

import { TEST_IPV6_ROUTING } from '../../assembly/abi/opcode.ts';
import {
  HEADER_ASK_LENGTH,
  HEADER_ASK_LIST,
  HEADER_ASK_TYPE,
  HEADER_INVERT_LENGTH,
  HEADER_INVERT_RANGE,
  HEADER_INVERT_TYPE,
  HEADER_LOOSE,
  HEADER_RESERVED,
} from '../../assembly/abi/operand.ts';
import type { Test } from '../ir/ir.ts';
import { formatAddress, parseIpv6 } from '../net/address.ts';
import type { Argument, MatchExtension, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { askOrDrop, flagsOf, wordsOf } from './asks.ts';
import { listAsked, listRange, spaced } from './listing.ts';
import { askedNumber, rangeOption, saveAsked, saveFlag, saveRange } from './specs.ts';
import { type Asked, type Range, split, U32 } from './values.ts';

interface RtOptions {
  type?: Asked<number>;
  segsleft?: Asked<Range>;
  length?: Asked<number>;
  reserved?: boolean;
  addresses?: readonly Uint8Array[];
  notStrict?: boolean;
}

/** Ref: include/uapi/linux/netfilter_ipv6/ip6t_rt.h IP6T_RT_HOPS */
const ADDRESSES_MAX = 16;

function readAddresses(argument: Argument, { diagnostics }: OptionContext): readonly Uint8Array[] | undefined {
  const parts = split(argument, ',');
  const tooMany = parts[ADDRESSES_MAX];
  if (tooMany) {
    diagnostics.error('too-many-addresses', `more than ${ADDRESSES_MAX} addresses`, tooMany.span);
    return undefined;
  }
  const addresses: Uint8Array[] = [];
  for (const part of parts) {
    const address = parseIpv6(part.text);
    if (!address) {
      diagnostics.error('bad-address', `"${part.text}" is no IPv6 address`, part.span);
      return undefined;
    }
    addresses.push(address);
  }
  return addresses;
}

/** Reports an option that only routing headers of type 0 have, where that was not asked before it. */
function needsType0({ type }: RtOptions, { diagnostics, option }: OptionContext): boolean {
  if (type && type.value === 0 && !type.invert) return true;
  diagnostics.error('missing-option', `${option.text} needs --rt-type 0 before it`, option.span);
  return false;
}

const TYPE0_OPTIONS: OptionSpec<RtOptions>[] = [
  {
    name: 'rt-0-res',
    argument: 'none',
    set(options, _values, context) {
      if (needsType0(options, context)) options.reserved = true;
    },
  },
  {
    name: 'rt-0-addrs',
    argument: 'required',
    set(options, [argument], context) {
      const addresses = needsType0(options, context) ? readAddresses(argument!, context) : undefined;
      if (addresses) options.addresses = addresses;
    },
  },
  {
    name: 'rt-0-not-strict',
    argument: 'none',
    set(options, _values, { diagnostics, option }) {
      if (options.addresses) options.notStrict = true;
      else diagnostics.error('missing-option', '--rt-0-not-strict needs --rt-0-addrs before it', option.span);
    },
  },
];

function lower({ type, segsleft, length, reserved, addresses, notStrict }: RtOptions): Test[] {
  const flags = flagsOf(
    [segsleft?.invert, HEADER_INVERT_RANGE],
    [type !== undefined, HEADER_ASK_TYPE],
    [type?.invert, HEADER_INVERT_TYPE],
    [length !== undefined, HEADER_ASK_LENGTH],
    [length?.invert, HEADER_INVERT_LENGTH],
    [reserved, HEADER_RESERVED],
    [addresses !== undefined, HEADER_ASK_LIST],
    [notStrict, HEADER_LOOSE],
  );
  const list = addresses ?? [];
  const asked = [...(segsleft?.value ?? [0, U32]), type?.value ?? 0, length?.value ?? 0, flags];
  return [askOrDrop(TEST_IPV6_ROUTING, [...asked, list.length, ...list.flatMap(wordsOf)])];
}

/** Ref: net/ipv6/netfilter/ip6t_rt.c:rt_mt6() */
export const rt: MatchExtension<RtOptions> = {
  kind: 'match',
  name: 'rt',
  families: [6],
  options: [
    askedNumber('rt-type', 'type', { max: U32 }),
    rangeOption('rt-segsleft', 'segsleft'),
    askedNumber('rt-len', 'length', { max: U32 }),
    ...TYPE0_OPTIONS,
  ],
  create: () => ({}),
  save({ type, segsleft, length, reserved, addresses, notStrict }) {
    return [
      ...saveAsked('--rt-type', type),
      ...saveRange('--rt-segsleft', segsleft),
      ...saveAsked('--rt-len', length),
      ...saveFlag('--rt-0-res', reserved),
      ...(addresses ? ['--rt-0-addrs', addresses.map(formatAddress).join(',')] : []),
      ...saveFlag('--rt-0-not-strict', notStrict),
    ];
  },
  lower,
  print({ type, segsleft, length, reserved, addresses, notStrict }) {
    const segments = listRange('segsleft', segsleft);
    return spaced([
      'rt',
      ...(type ? [`type:${listAsked(type)}`] : []),
      ...(segments ? [segments] : []),
      ...(length ? [`length:${listAsked(length)}`] : []),
      ...saveFlag('reserved', reserved),
      ...(addresses ? ['0-addrs', addresses.map(formatAddress).join(',')] : []),
      ...saveFlag('0-not-strict', notStrict),
    ]);
  },
};
