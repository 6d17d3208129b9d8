// -m udp: ports of UDP.

import { PROTOCOL_UDP } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listPorts } from './listing.ts';
import { type PortOptions, portOptions, portTests, transport } from './transport.ts';
import { portOption, readPortsAnyProtocol } from './values.ts';

/** Bytes of a UDP header. */
const UDP_HEADER_BYTES = 8;

/** Ref: net/netfilter/xt_tcpudp.c:udp_mt() */
export const udp: MatchExtension<PortOptions> = {
  kind: 'match',
  name: 'udp',
  families: [4, 6],
  protocols: [PROTOCOL_UDP],
  options: portOptions(readPortsAnyProtocol),
  create: () => ({}),
  save: ({ sport, dport }) => [...portOption('--sport', sport), ...portOption('--dport', dport)],
  print: (options, context) => ` udp${listPorts(options, 'udp', context)}`,
  lower: (options) => [transport(UDP_HEADER_BYTES), ...portTests(options)],
};
