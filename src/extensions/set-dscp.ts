// -j DSCP: sets the upper six bits of the type of service byte (IPv6: traffic class).

import { ACTION_TOS } from '../../assembly/abi/opcode.ts';
import { hexByte } from '../net/number.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
import { DSCP_MASK, DSCP_MAX, DSCP_SHIFT, readDscpClass } from './dscp-class.ts';
import { spaced } from './listing.ts';
import { numberOption, saveValue, valueOption } from './specs.ts';
import { atLeastOne, U8 } from './values.ts';

interface DscpOptions {
  dscp?: number;
}

/** Ref: net/netfilter/xt_DSCP.c:dscp_tg(), dscp_tg6() */
export const setDscp: TargetExtension<DscpOptions> = {
  kind: 'target',
  name: 'DSCP',
  families: [4, 6],
  tables: ['mangle'],
  changes: ['tos'],
  ...atLeastOne<DscpOptions>('DSCP', [
    numberOption('set-dscp', 'dscp', { max: DSCP_MAX, excludes: ['set-dscp-class'] }),
    valueOption('set-dscp-class', 'dscp', readDscpClass, { excludes: ['set-dscp'] }),
  ]),
  create: () => ({}),
  save: ({ dscp }) => saveValue('--set-dscp', dscp, hexByte),
  print: ({ dscp }) => spaced(saveValue('DSCP set', dscp, hexByte)),
  lower({ dscp = 0 }) {
    const operands = [~DSCP_MASK & U8, dscp << DSCP_SHIFT];
    return { kind: 'effect', opcode: ACTION_TOS, operands, name: 'DSCP', changes: ['tos'] };
  },
};
