// -m ipv6header: which extension headers an IPv6 packet has.

import { TEST_IPV6_HEADERS } from '../../assembly/abi/opcode.ts';
import {
  HEADER_INVERT,
  HEADER_LOOSE,
  HEADERS_AH,
  HEADERS_DESTINATION,
  HEADERS_ESP,
  HEADERS_FRAGMENT,
  HEADERS_HOP_BY_HOP,
  HEADERS_NONE,
  HEADERS_PROTOCOL,
  HEADERS_ROUTING,
} from '../../assembly/abi/operand.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { ask, flagsOf } from './asks.ts';
import { listAsked, spaced } from './listing.ts';
import { askedOption, flagOption, saveAsked, saveFlag } from './specs.ts';
import { type Asked, namesOf, split } from './values.ts';

interface Ipv6headerOptions {
  headers?: Asked<number>;
  /** Others may be there too. */
  soft?: boolean;
}

/**
 * Bits of the headers, with the name each is printed by and the others that are taken for it: iptables' own, and those that a Debian
 * system has in /etc/protocols.
 */
const HEADERS: readonly { readonly bit: number; readonly name: string; readonly others: readonly string[] }[] = [
  { bit: HEADERS_HOP_BY_HOP, name: 'hop-by-hop', others: ['hop', '0', 'ip', 'IP', 'hopopt', 'HOPOPT'] },
  { bit: HEADERS_DESTINATION, name: 'ipv6-opts', others: ['dst', '60', 'IPv6-Opts'] },
  { bit: HEADERS_ROUTING, name: 'ipv6-route', others: ['route', '43', 'IPv6-Route'] },
  { bit: HEADERS_FRAGMENT, name: 'ipv6-frag', others: ['frag', '44', 'IPv6-Frag'] },
  { bit: HEADERS_AH, name: 'ah', others: ['auth', '51', 'IPSEC-AH'] },
  { bit: HEADERS_ESP, name: 'esp', others: ['50', 'IPSEC-ESP'] },
  { bit: HEADERS_NONE, name: 'ipv6-nonxt', others: ['none', '59', 'IPv6-NoNxt'] },
  { bit: HEADERS_PROTOCOL, name: 'protocol', others: ['prot', '255'] },
];
const NAMES = HEADERS.map(({ name, bit }) => [name, bit] as const);

function readHeaders(argument: Argument, { diagnostics }: OptionContext): number | undefined {
  let bits = 0;
  for (const part of split(argument, ',')) {
    if (part.text === '') continue;
    const header = HEADERS.find(({ name, others }) => name === part.text || others.includes(part.text));
    if (!header) {
      const names = HEADERS.map(({ name }) => name).join(', ');
      diagnostics.error('unknown-header', `"${part.text}" is not one of ${names}`, part.span);
      return undefined;
    }
    bits |= header.bit;
  }
  if (bits !== 0) return bits;
  diagnostics.error('unknown-header', 'no header is named', argument.span);
  return undefined;
}

/** Ref: net/ipv6/netfilter/ip6t_ipv6header.c:ipv6header_mt6() */
export const ipv6header: MatchExtension<Ipv6headerOptions> = {
  kind: 'match',
  name: 'ipv6header',
  families: [6],
  options: [askedOption('header', 'headers', readHeaders, { mandatory: true }), flagOption('soft', 'soft')],
  create: () => ({}),
  save({ headers, soft }) {
    return [...saveAsked('--header', headers, (bits) => namesOf(bits, NAMES)), ...saveFlag('--soft', soft)];
  },
  print({ headers, soft }, { numeric }) {
    const list = (bits: number): string =>
      numeric ? `0x${bits.toString(16).toUpperCase().padStart(2, '0')}` : namesOf(bits, NAMES);
    return spaced(['ipv6header', ...(headers ? [`flags:${listAsked(headers, list)}`] : []), ...saveFlag('soft', soft)]);
  },
  lower({ headers, soft }) {
    if (!headers) return [];
    return [ask(TEST_IPV6_HEADERS, [headers.value, flagsOf([soft, HEADER_LOOSE], [headers.invert, HEADER_INVERT])])];
  },
};
