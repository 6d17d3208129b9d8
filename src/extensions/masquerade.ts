// -j MASQUERADE: gives connections the address of the interface they leave by as their source.

import { ACTION_MASQUERADE } from '../../assembly/abi/opcode.ts';
import { lowerByHost } from './nat-lower.ts';
import { natTarget, RANDOM, RANDOM_FULLY, TO_PORTS, withoutBase } from './nat-range.ts';

/** Ref: net/netfilter/xt_MASQUERADE.c:masquerade_tg() */
export const masquerade = natTarget(
  'MASQUERADE',
  ['POSTROUTING'],
  'masq ports: ',
  [withoutBase(TO_PORTS), RANDOM, RANDOM_FULLY],
  lowerByHost('MASQUERADE', ACTION_MASQUERADE),
);
