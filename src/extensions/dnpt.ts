// -j DNPT: gives the destination of IPv6 packets another prefix.

import { nptTarget } from './npt.ts';

/** Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_dnpt_tg() */
export const dnpt = nptTarget('DNPT', ['PREROUTING', 'OUTPUT']);
