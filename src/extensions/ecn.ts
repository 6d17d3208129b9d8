// -m ecn: the bits of explicit congestion notification, in the IP header and in that of TCP.

import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { bang, spaced } from './listing.ts';
import { type AskedFlag, askedFlag, askedNumber, saveAsked, saveFlag } from './specs.ts';
import { type Asked, atLeastOne, masked } from './values.ts';

interface EcnOptions {
  ece?: AskedFlag;
  cwr?: AskedFlag;
  ect?: Asked<number>;
}

/** The two bits of the type of service byte. */
const ECT_MASK = 3;

const ANY = atLeastOne<EcnOptions>('ecn', [
  askedFlag('ecn-tcp-cwr', 'cwr'),
  askedFlag('ecn-tcp-ece', 'ece'),
  askedNumber('ecn-ip-ect', 'ect', { max: ECT_MASK }),
]);

/** Ref: net/netfilter/xt_ecn.c:ecn_mt_check4() */
function finish(options: EcnOptions, context: RuleContext): void {
  ANY.finish(options, context);
  const { protocol, diagnostics, span } = context;
  const isTcp = protocol?.value === PROTOCOL_TCP && !protocol.invert;
  if ((options.cwr || options.ece) && !isTcp) {
    diagnostics.error('wrong-protocol', '--ecn-tcp-cwr and --ecn-tcp-ece need -p tcp', span);
  }
}

/** Ref: net/netfilter/xt_ecn.c:ecn_mt4(), ecn_mt6() */
export const ecn: MatchExtension<EcnOptions> = {
  kind: 'match',
  name: 'ecn',
  families: [4, 6],
  options: ANY.options,
  create: () => ({}),
  finish,
  save({ ece, cwr, ect }) {
    return [...saveFlag('--ecn-tcp-ece', ece), ...saveFlag('--ecn-tcp-cwr', cwr), ...saveAsked('--ecn-ip-ect', ect)];
  },
  print({ ece, cwr, ect }) {
    return spaced([
      'ECN match',
      ...(ece ? [`${bang(ece)}ECE`] : []),
      ...(cwr ? [`${bang(cwr)}CWR`] : []),
      ...(ect ? [`${bang(ect)}ECT=${ect.value}`] : []),
    ]);
  },
  lower({ ece, cwr, ect }) {
    return ece || cwr || !ect ? undefined : masked('tos', ECT_MASK, ect.value, ect.invert);
  },
};
