// -m hl: hop limit of IPv6.

import { ttlExtension } from './ttl.ts';

/** Ref: net/netfilter/xt_hl.c:hl_mt6() */
export const hl = ttlExtension('hl', [6]);
