// -m ecn: the bits of explicit congestion notification, in the IP header and in that of TCP.

import { TEST_ECN_TCP } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { MatchExtension, RuleContext } from '../ruleset/extension.ts';
import { ask } from './asks.ts';
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
/** In byte 13 of the TCP header. */
const ECE = 0x40;
const CWR = 0x80;

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
    const tests: Test[] = ect ? masked('tos', ECT_MASK, ect.value, ect.invert) : [];
    const mask = (ece ? ECE : 0) | (cwr ? CWR : 0);
    const value = (ece && !ece.invert ? ECE : 0) | (cwr && !cwr.invert ? CWR : 0);
    return mask === 0 ? tests : [...tests, ask(TEST_ECN_TCP, [mask, value])];
  },
};
