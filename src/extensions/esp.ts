// -m esp: the security parameters index of encrypted IPsec packets.

import { PROTOCOL_ESP } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { transportRanges } from './asks.ts';
import { listRange, spaced } from './listing.ts';
import { rangeOption, saveRange } from './specs.ts';
import { transport } from './transport.ts';
import type { Asked, Range } from './values.ts';

interface EspOptions {
  spi?: Asked<Range>;
}

/** Bytes ahead of what is encrypted, and where the index lies in them. */
const ESP_HEADER_BYTES = 8;
const SPI = { offset: 0 };

/** Ref: net/netfilter/xt_esp.c:esp_mt() */
export const esp: MatchExtension<EspOptions> = {
  kind: 'match',
  name: 'esp',
  families: [4, 6],
  protocols: [PROTOCOL_ESP],
  options: [rangeOption('espspi', 'spi')],
  create: () => ({}),
  save: ({ spi }) => saveRange('--espspi', spi),
  lower: ({ spi }) => [transport(ESP_HEADER_BYTES), ...(spi ? [transportRanges(SPI, [spi.value], spi.invert)] : [])],
  print: ({ spi }) => spaced(['esp', listRange('spi', spi)].filter((text) => text !== '')),
};
