// -m mac: the sender's hardware address.

import { TEST_MAC } from '../../assembly/abi/opcode.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { ask, wordsOf } from './asks.ts';
import { listApart } from './listing.ts';
import { askedOption, saveAsked } from './specs.ts';
import { type Asked, split } from './values.ts';

interface MacOptions {
  source?: Asked<Uint8Array>;
}

/** Reads six numbers of up to two characters; none at all is 0. Ref: iptables xtopt_parse_ethermac() */
function readMac(argument: Argument, context: OptionContext): Uint8Array | undefined {
  const parts = split(argument, ':').map(({ text }) => text);
  if (parts.length === 6 && parts.every((text) => /^([0-9a-f]{0,2}|[+\-\s][0-9a-f])$/i.test(text))) {
    return Uint8Array.from(parts, (text) => Number.parseInt(text.trim() || '0', 16));
  }
  const message = `expected a hardware address such as 00:16:3e:5a:01:ff, found "${argument.text}"`;
  context.diagnostics.error('bad-mac', message, argument.span);
  return undefined;
}

function formatMac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Ref: net/netfilter/xt_mac.c:mac_mt() */
export const mac: MatchExtension<MacOptions> = {
  kind: 'match',
  name: 'mac',
  families: [4, 6],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  options: [askedOption('mac-source', 'source', readMac, { mandatory: true })],
  create: () => ({}),
  save: ({ source }) => saveAsked('--mac-source', source, formatMac),
  print: ({ source }) => (source ? ` MAC ${listApart(source, formatMac)}` : ''),
  lower: ({ source }) => (source ? [ask(TEST_MAC, wordsOf(source.value), source.invert)] : []),
};
