// -j SYNPROXY: answers connection attempts itself, and passes on those that are meant.

import { ACTION_SYNPROXY } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { Argument, OptionContext, TargetExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { flagOption, saveFlag, saveValue, valueOption } from './specs.ts';
import { readNumber, U8, U16, U32 } from './values.ts';

interface SynproxyOptions {
  sackPerm?: boolean;
  timestamp?: boolean;
  wscale?: number;
  mss?: number;
  ecn?: boolean;
}

/** Reads a number of 32 bits, of which iptables keeps the lower ones under a mask. */
function readCut(mask: number): (argument: Argument, context: OptionContext) => number | undefined {
  return (argument, context) => {
    const value = readNumber(argument, context, U32);
    const kept = value === undefined ? undefined : (value & mask) >>> 0;
    if (kept !== value) {
      const message = `${argument.text} is out of range (0 to ${mask}); iptables takes it as ${kept}`;
      context.diagnostics.warning('number-out-of-range', message, argument.span);
    }
    return kept;
  };
}

/** Ref: net/ipv4/netfilter/ipt_SYNPROXY.c:synproxy_tg4_check() */
export const synproxy: TargetExtension<SynproxyOptions> = {
  kind: 'target',
  name: 'SYNPROXY',
  families: [4, 6],
  hooks: ['INPUT', 'FORWARD'],
  protocols: [PROTOCOL_TCP],
  usesConntrack: true,
  options: [
    flagOption('sack-perm', 'sackPerm'),
    flagOption('timestamp', 'timestamp'),
    valueOption('wscale', 'wscale', readCut(U8)),
    valueOption('mss', 'mss', readCut(U16)),
    flagOption('ecn', 'ecn'),
  ],
  create: () => ({}),
  save: ({ sackPerm, timestamp, wscale, mss, ecn }) => [
    ...(sackPerm ? ['--sack-perm'] : []),
    ...(timestamp ? ['--timestamp'] : []),
    ...saveValue('--wscale', wscale),
    ...saveValue('--mss', mss),
    ...(ecn ? ['--ecn'] : []),
  ],
  print: ({ sackPerm, timestamp, wscale, mss, ecn }) =>
    spaced([
      'SYNPROXY',
      ...saveFlag('sack-perm', sackPerm),
      ...saveFlag('timestamp', timestamp),
      ...saveValue('wscale', wscale),
      ...saveValue('mss', mss),
      ...saveFlag('ecn', ecn),
      '',
    ]),
  lower(_options, context) {
    context.warn('SYNPROXY takes packets in here, but answers none: the connections that it completes do not come about');
    return { kind: 'effect', opcode: ACTION_SYNPROXY, operands: [], name: 'SYNPROXY', changes: [] };
  },
};
