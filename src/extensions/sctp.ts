// -m sctp: ports and chunk types of SCTP.

import { TEST_SCTP_CHUNKS } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_SCTP } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { askOrDrop } from './asks.ts';
import { listPorts, spaced } from './listing.ts';
import { type Chunks, chunkOperands, formatChunks, readChunks } from './sctp-chunks.ts';
import { saveAsked } from './specs.ts';
import { type PortOptions, portOptions, portTests, transport } from './transport.ts';
import { type Asked, readPorts } from './values.ts';

interface SctpOptions extends PortOptions {
  chunks?: Asked<Chunks>;
}

/** Bytes of an SCTP common header. */
const SCTP_HEADER_BYTES = 12;

/** Ref: net/netfilter/xt_sctp.c:sctp_mt() */
export const sctp: MatchExtension<SctpOptions> = {
  kind: 'match',
  name: 'sctp',
  families: [4, 6],
  protocols: [PROTOCOL_SCTP],
  options: [
    ...portOptions<SctpOptions>((argument, context) => readPorts(argument, 'sctp', context)),
    {
      name: 'chunk-types',
      argument: 2,
      invertible: true,
      set(options, [kind, list], context) {
        const value = readChunks(kind!, list!, context);
        if (value) options.chunks = { value, invert: context.invert };
      },
    },
  ],
  create: () => ({}),
  save({ sport, dport, chunks }) {
    // Unlike tcp and udp, an option that was given is printed even when it holds every port.
    return [
      ...saveAsked('--sport', sport, (range) => formatPorts(...range)),
      ...saveAsked('--dport', dport, (range) => formatPorts(...range)),
      ...(chunks ? [...(chunks.invert ? ['!'] : []), '--chunk-types', ...formatChunks(chunks.value, { numeric: false })] : []),
    ];
  },
  print({ chunks, ...ports }, context) {
    const list = chunks ? [...(chunks.invert ? ['!'] : []), ...formatChunks(chunks.value, context)] : [];
    return spaced([`sctp${listPorts(ports, 'sctp', context)}`, ...list]);
  },
  lower({ chunks, ...ports }) {
    const tests = [transport(SCTP_HEADER_BYTES), ...portTests(ports)];
    return chunks ? [...tests, askOrDrop(TEST_SCTP_CHUNKS, chunkOperands(chunks.value), chunks.invert)] : tests;
  },
};
