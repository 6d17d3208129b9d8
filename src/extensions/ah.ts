// -m ah: the authentication header of IPsec. The one for IPv6 asks for more.

import { PROTOCOL_AH } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listAsked, listRange } from './listing.ts';
import { askedNumber, flagOption, rangeOption, saveAsked, saveFlag, saveRange } from './specs.ts';
import { type Asked, type Range, U32 } from './values.ts';

interface AhOptions {
  spi?: Asked<Range>;
}

interface Ah6Options extends AhOptions {
  length?: Asked<number>;
  reserved?: boolean;
}

/** Ref: net/ipv4/netfilter/ipt_ah.c:ah_mt() */
export const ah: MatchExtension<AhOptions> = {
  kind: 'match',
  name: 'ah',
  families: [4],
  protocols: [PROTOCOL_AH],
  options: [rangeOption('ahspi', 'spi')],
  create: () => ({}),
  save: ({ spi }) => saveRange('--ahspi', spi),
  print: ({ spi }) => ` ah ${listRange('spi', spi)}`,
};

/** A length of 0 is not asked for. */
function isAskedFor(length: Asked<number> | undefined): length is Asked<number> {
  return length !== undefined && (length.value !== 0 || length.invert);
}

/** Ref: net/ipv6/netfilter/ip6t_ah.c:ah_mt6() */
export const ah6: MatchExtension<Ah6Options> = {
  kind: 'match',
  name: 'ah',
  families: [6],
  options: [rangeOption('ahspi', 'spi'), askedNumber('ahlen', 'length', { max: U32 }), flagOption('ahres', 'reserved')],
  create: () => ({}),
  save({ spi, length, reserved }) {
    return [
      ...saveRange('--ahspi', spi),
      ...saveAsked('--ahlen', isAskedFor(length) ? length : undefined),
      ...saveFlag('--ahres', reserved),
    ];
  },
  print({ spi, length, reserved }) {
    const asked = isAskedFor(length) ? `length:${listAsked(length)}` : '';
    return ` ah ${listRange('spi', spi)}${asked}${reserved ? ' reserved' : ''}`;
  },
};
