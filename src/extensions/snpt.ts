// -j SNPT: gives the source of IPv6 packets another prefix.

import { nptTarget } from './npt.ts';

/** Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_snpt_tg() */
export const snpt = nptTarget('SNPT', ['INPUT', 'POSTROUTING']);
