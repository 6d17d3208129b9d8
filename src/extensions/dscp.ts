// -m dscp: the upper six bits of the type of service byte (IPv6: traffic class), by number or by class.

import { hexByte } from '../net/number.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { DSCP_MASK, DSCP_MAX, DSCP_SHIFT, readDscpClass } from './dscp-class.ts';
import { listAsked } from './listing.ts';
import { type Asked, atLeastOne, masked, option, readNumber } from './values.ts';

interface DscpOptions {
  dscp?: Asked<number>;
}

/** Ref: net/netfilter/xt_dscp.c:dscp_mt(), dscp_mt6() */
export const dscp: MatchExtension<DscpOptions> = {
  kind: 'match',
  name: 'dscp',
  families: [4, 6],
  ...atLeastOne<DscpOptions>('dscp', [
    {
      name: 'dscp',
      argument: 'required',
      invertible: true,
      excludes: ['dscp-class'],
      set(options, [argument], context) {
        const value = readNumber(argument!, context, DSCP_MAX);
        if (value !== undefined) options.dscp = { value, invert: context.invert };
      },
    },
    {
      name: 'dscp-class',
      argument: 'required',
      invertible: true,
      excludes: ['dscp'],
      set(options, [argument], context) {
        const value = readDscpClass(argument!, context);
        if (value !== undefined) options.dscp = { value, invert: context.invert };
      },
    },
  ]),
  create: () => ({}),
  save: ({ dscp }) => (dscp ? option('--dscp', hexByte(dscp.value), dscp.invert) : []),
  print: ({ dscp }) => (dscp ? ` DSCP match ${listAsked(dscp, hexByte)}` : ''),
  lower: ({ dscp }) => (dscp ? masked('tos', DSCP_MASK, dscp.value << DSCP_SHIFT, dscp.invert) : []),
};
