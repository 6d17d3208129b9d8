// -j SNAT: gives connections another source address.

import { ACTION_SNAT } from '../../assembly/abi/opcode.ts';
import { lowerRange } from './nat-lower.ts';
import { natTarget, PERSISTENT, RANDOM, RANDOM_FULLY, toOption, withoutBase } from './nat-range.ts';

/** Ref: net/netfilter/xt_nat.c:xt_snat_target_v0(), xt_snat_target_v1() */
export const snat = natTarget(
  'SNAT',
  ['INPUT', 'POSTROUTING'],
  'to:',
  [withoutBase(toOption('to-source')), RANDOM, RANDOM_FULLY, PERSISTENT],
  lowerRange('SNAT', ACTION_SNAT),
);
