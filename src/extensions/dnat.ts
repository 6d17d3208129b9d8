// -j DNAT: gives connections another destination.

import { ACTION_DNAT } from '../../assembly/abi/opcode.ts';
import { lowerRange } from './nat-lower.ts';
import { natTarget, PERSISTENT, RANDOM, toOption } from './nat-range.ts';

/** Ref: net/netfilter/xt_nat.c:xt_dnat_target_v2() */
export const dnat = natTarget(
  'DNAT',
  ['PREROUTING', 'OUTPUT'],
  'to:',
  [toOption('to-destination'), RANDOM, PERSISTENT],
  lowerRange('DNAT', ACTION_DNAT),
);
