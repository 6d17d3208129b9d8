// -m ah: the authentication header of IPsec. The one for IPv6 asks for more.

import { TEST_IPV6_AH } from '../../assembly/abi/opcode.ts';
import { HEADER_ASK_LENGTH, HEADER_INVERT_LENGTH, HEADER_INVERT_RANGE, HEADER_RESERVED } from '../../assembly/abi/operand.ts';
import { PROTOCOL_AH } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { askOrDrop, flagsOf, transportRanges } from './asks.ts';
import { listAsked, listRange } from './listing.ts';
import { askedNumber, flagOption, rangeOption, saveAsked, saveFlag, saveRange } from './specs.ts';
import { transport } from './transport.ts';
import { type Asked, type Range, U32 } from './values.ts';

interface AhOptions {
  spi?: Asked<Range>;
}

interface Ah6Options extends AhOptions {
  length?: Asked<number>;
  reserved?: boolean;
}

/** Bytes of the header without its authentication data, and where the index lies in it. */
const AH_HEADER_BYTES = 12;
const SPI = { offset: 4 };

/** Ref: net/ipv4/netfilter/ipt_ah.c:ah_mt() */
export const ah: MatchExtension<AhOptions> = {
  kind: 'match',
  name: 'ah',
  families: [4],
  protocols: [PROTOCOL_AH],
  options: [rangeOption('ahspi', 'spi')],
  create: () => ({}),
  save: ({ spi }) => saveRange('--ahspi', spi),
  lower: ({ spi }) => [transport(AH_HEADER_BYTES), ...(spi ? [transportRanges(SPI, [spi.value], spi.invert)] : [])],
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
  lower({ spi, length, reserved }) {
    const flags = flagsOf(
      [spi?.invert, HEADER_INVERT_RANGE],
      [length && length.value !== 0, HEADER_ASK_LENGTH],
      [length?.invert, HEADER_INVERT_LENGTH],
      [reserved, HEADER_RESERVED],
    );
    return [askOrDrop(TEST_IPV6_AH, [...(spi?.value ?? [0, U32]), length?.value ?? 0, flags])];
  },
  print({ spi, length, reserved }) {
    const asked = isAskedFor(length) ? `length:${listAsked(length)}` : '';
    return ` ah ${listRange('spi', spi)}${asked}${reserved ? ' reserved' : ''}`;
  },
};
