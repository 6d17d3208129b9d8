// -m ipcomp: the parameters index of compressed packets.

import { PROTOCOL_IPCOMP } from '../net/protocol.ts';
import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { transportRanges } from './asks.ts';
import { listRange } from './listing.ts';
import { flagOption, rangeOption, saveFlag, saveRange } from './specs.ts';
import { transport } from './transport.ts';
import { type Asked, type Range, U16 } from './values.ts';

interface IpcompOptions {
  spi?: Asked<Range>;
  reserved?: boolean;
}

const IPCOMP_HEADER_BYTES = 4;
/** Where the index lies in the header. */
const CPI = { offset: 0, mask: U16 };

/** iptables leaves the range at 0 where none is given, and not at everything as esp and ah do. */
function finish(options: IpcompOptions, { diagnostics, span }: RuleContext): void {
  if (options.reserved) diagnostics.warning('option-ignored', 'the kernel never looks at what --compres asks for', span);
  if (options.spi) {
    if (saveRange('', options.spi).length === 0) {
      diagnostics.warning('unreadable-print', 'iptables prints no index for every index, and reads that back as 0', span);
    }
    return;
  }
  options.spi = { value: [0, 0], invert: false };
  diagnostics.warning('spi-0', 'without --ipcompspi iptables asks for the index 0', span);
}

/** Ref: net/netfilter/xt_ipcomp.c:comp_mt() */
export const ipcomp: MatchExtension<IpcompOptions> = {
  kind: 'match',
  name: 'ipcomp',
  families: [4, 6],
  protocols: [PROTOCOL_IPCOMP],
  options: [rangeOption('ipcompspi', 'spi'), flagOption('compres', 'reserved')],
  create: () => ({}),
  finish,
  save: ({ spi, reserved }) => [...saveRange('--ipcompspi', spi), ...saveFlag('--compres', reserved)],
  lower: ({ spi }) => [transport(IPCOMP_HEADER_BYTES), ...(spi ? [transportRanges(CPI, [spi.value], spi.invert)] : [])],
  print: ({ spi, reserved }) => ` comp ${listRange('spi', spi)}${reserved ? ' reserved' : ''}`,
};
