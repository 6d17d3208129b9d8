// -m icmp6: type and code of ICMPv6.

import { PROTOCOL_ICMPV6 } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { formatType, ICMP_HEADER, type IcmpOptions, listType, typeOption, typeTests } from './icmp-type.ts';
import { option } from './values.ts';

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
  print: ({ type }, context) => ` ipv6-icmp${type ? listType(type, context) : ''}`,
  lower: ({ type }) => (type ? typeTests(type) : [ICMP_HEADER]),
};
