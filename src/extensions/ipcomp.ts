// -m ipcomp: the parameters index of compressed packets.

import { PROTOCOL_IPCOMP } from '../net/protocol.ts';
import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { listRange } from './listing.ts';
import { flagOption, rangeOption, saveFlag, saveRange } from './specs.ts';
import type { Asked, Range } from './values.ts';

interface IpcompOptions {
  spi?: Asked<Range>;
  reserved?: boolean;
}

/** iptables leaves the range at 0 where none is given, and not at everything as esp and ah do. */
function finish(options: IpcompOptions, { diagnostics, span }: RuleContext): void {
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
  print: ({ spi, reserved }) => ` comp ${listRange('spi', spi)}${reserved ? ' reserved' : ''}`,
};
