// -m sctp: ports of SCTP.

import { PROTOCOL_SCTP } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { type PortOptions, portOptions, portTests, transport } from './transport.ts';
import { option, readPorts } from './values.ts';

/** Bytes of an SCTP common header. */
const SCTP_HEADER_BYTES = 12;

/** Ref: net/netfilter/xt_sctp.c:sctp_mt() */
export const sctp: MatchExtension<PortOptions> = {
  kind: 'match',
  name: 'sctp',
  families: [4, 6],
  protocols: [PROTOCOL_SCTP],
  options: [
    ...portOptions<PortOptions>((argument, context) => readPorts(argument, 'sctp', context)),
    {
      name: 'chunk-types',
      argument: 2,
      invertible: true,
      set(_options, _values, context) {
        context.diagnostics.error('not-supported-yet', 'sctp --chunk-types is not supported yet', context.option.span);
      },
    },
  ],
  create: () => ({}),
  save({ sport, dport }) {
    // Unlike tcp and udp, an option that was given is printed even when it holds every port.
    return [
      ...(sport ? option('--sport', formatPorts(...sport.value), sport.invert) : []),
      ...(dport ? option('--dport', formatPorts(...dport.value), dport.invert) : []),
    ];
  },
  lower: (options) => [transport(SCTP_HEADER_BYTES), ...portTests(options)],
};
