// -m icmp and -m icmp6: types and codes of ICMP and ICMPv6.

import type { Test } from '../ir/ir.ts';
import { ICMP_ANY, type IcmpType, parseIcmpType } from '../net/icmp.ts';
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../net/protocol.ts';
import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { transport } from './transport.ts';
import { type Asked, inRange, never, option, U16 } from './values.ts';

interface IcmpOptions {
  type?: Asked<IcmpType>;
}

/** Bytes of an ICMP or ICMPv6 header. */
const ICMP_HEADER_BYTES = 8;

function typeOption(name: string, family: 4 | 6): OptionSpec<IcmpOptions> {
  const title = family === 4 ? 'ICMP' : 'ICMPv6';
  return {
    name,
    argument: 'required',
    invertible: true,
    mandatory: true,
    set(options, [argument], context) {
      const { text, span } = argument!;
      const type = parseIcmpType(text, family);
      if (type === undefined) {
        context.diagnostics.error('unknown-icmp-type', `"${text}" is no ${title} type (a name, type, or type/code)`, span);
      } else if ('ambiguous' in type) {
        const names = type.ambiguous.slice(0, 4).join(', ');
        context.diagnostics.error(
          'ambiguous-icmp-type',
          `"${text}" may be ${names}${type.ambiguous.length > 4 ? ' …' : ''}`,
          span,
        );
      } else options.type = { value: type, invert: context.invert };
    },
  };
}

/** iptables prints only the first code of a range. */
function formatType({ type, codes }: IcmpType): string {
  return codes[0] === 0 && codes[1] === 255 ? String(type) : `${type}/${codes[0]}`;
}

function typeTests({ value: { type, codes }, invert }: Asked<IcmpType>): Test[] {
  return inRange('icmp', codes[0] > codes[1] ? [1, 0] : [(type << 8) | codes[0], (type << 8) | codes[1]], U16, invert);
}

/** Ref: net/ipv4/netfilter/ip_tables.c:icmp_match() */
export const icmp: MatchExtension<IcmpOptions> = {
  kind: 'match',
  name: 'icmp',
  families: [4],
  protocols: [PROTOCOL_ICMP],
  options: [typeOption('icmp-type', 4)],
  create: () => ({}),
  save({ type }) {
    if (!type) return [];
    return option('--icmp-type', type.value.type === ICMP_ANY ? 'any' : formatType(type.value), type.invert);
  },
  lower({ type }) {
    const header = transport(ICMP_HEADER_BYTES);
    if (type?.value.type === ICMP_ANY) return type.invert ? [header, never('icmp')] : [header];
    return type ? [header, ...typeTests(type)] : [header];
  },
};

/** Ref: net/ipv6/netfilter/ip6_tables.c:icmp6_match() */
export const icmp6: MatchExtension<IcmpOptions> = {
  kind: 'match',
  name: 'icmp6',
  aliases: ['icmpv6', 'ipv6-icmp'],
  families: [6],
  protocols: [PROTOCOL_ICMPV6],
  options: [typeOption('icmpv6-type', 6)],
  create: () => ({}),
  save: ({ type }) => (type ? option('--icmpv6-type', formatType(type.value), type.invert) : []),
  lower: ({ type }) => [transport(ICMP_HEADER_BYTES), ...(type ? typeTests(type) : [])],
};
