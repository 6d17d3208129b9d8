// -m tcpmss: the largest segment that the sender of a TCP handshake takes.

import { TEST_TCPMSS } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { askOrDrop } from './asks.ts';
import { listBounds } from './listing.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, type Range, readOrderedRange, U16 } from './values.ts';

interface TcpmssOptions {
  mss?: Asked<Range>;
}

/** Ref: net/netfilter/xt_tcpmss.c:tcpmss_mt() */
export const tcpmss: MatchExtension<TcpmssOptions> = {
  kind: 'match',
  name: 'tcpmss',
  families: [4, 6],
  protocols: [PROTOCOL_TCP],
  options: [askedOption('mss', 'mss', (argument, context) => readOrderedRange(argument, context, U16), { mandatory: true })],
  create: () => ({}),
  save: ({ mss }) => saveAsked('--mss', mss, (range) => formatPorts(...range)),
  lower: ({ mss }) => (mss ? [askOrDrop(TEST_TCPMSS, mss.value, mss.invert)] : []),
  print: ({ mss }) => (mss ? ` tcpmss match ${listBounds(mss)}` : ''),
};
