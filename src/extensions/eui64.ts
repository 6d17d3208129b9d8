// -m eui64: whether an IPv6 source address was made from the sender's hardware address.

import { TEST_EUI64 } from '../../assembly/abi/opcode.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { ask } from './asks.ts';

/** Ref: net/ipv6/netfilter/ip6t_eui64.c:eui64_mt6() */
export const eui64: MatchExtension<object> = {
  kind: 'match',
  name: 'eui64',
  families: [6],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  options: [],
  create: () => ({}),
  save: () => [],
  lower: () => [ask(TEST_EUI64, [])],
};
