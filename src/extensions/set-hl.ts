// -j HL: changes the hop limit of IPv6.

import { setTtlTarget } from './set-ttl.ts';

/** Ref: net/netfilter/xt_HL.c:hl_tg6() */
export const setHl = setTtlTarget('HL', [6]);
