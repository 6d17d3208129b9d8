// -m icmp: type and code of ICMP.

import { ICMP_ANY } from '../net/icmp.ts';
import { PROTOCOL_ICMP } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { formatType, ICMP_HEADER, type IcmpOptions, listType, typeOption, typeTests } from './icmp-type.ts';
import { never, option } from './values.ts';

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
  print: ({ type }, context) => ` icmp${type ? listType(type, context) : ''}`,
  lower({ type }) {
    if (type?.value.type === ICMP_ANY) return type.invert ? [ICMP_HEADER, never('icmp')] : [ICMP_HEADER];
    return type ? typeTests(type) : [ICMP_HEADER];
  },
};
