// Names of every match and target that iptables 1.8.9 has, so that one which is not here yet can be told from one that does not exist.

import type { Family } from '../ir/ir.ts';

const MATCHES = `addrtype bpf cgroup cluster comment connbytes connlabel connlimit connmark conntrack cpu dccp devgroup dscp ecn esp
  hashlimit helper ipcomp iprange ipvs length limit mac mark multiport nfacct owner physdev pkttype policy quota rateest recent
  rpfilter sctp set socket state statistic string tcp tcpmss time tos u32 udp ah`;
const MATCHES4 = 'icmp osf realm ttl';
const MATCHES6 = 'dst eui64 frag hbh hl icmp6 icmpv6 ipv6-icmp ipv6header mh rt srh';
const TARGETS = `AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DNAT DSCP HMARK IDLETIMER LED LOG MARK MASQUERADE NETMAP NFLOG NFQUEUE
  NOTRACK RATEEST REDIRECT REJECT SECMARK SET SNAT SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE`;
const TARGETS4 = 'CLUSTERIP ECN TTL ULOG';
const TARGETS6 = 'DNPT HL SNPT';

function setOf(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.join(' ').split(/\s+/));
}

const KNOWN = {
  match: { 4: setOf(MATCHES, MATCHES4), 6: setOf(MATCHES, MATCHES6) },
  target: { 4: setOf(TARGETS, TARGETS4), 6: setOf(TARGETS, TARGETS6) },
} as const;

/** Whether iptables (family 4) or ip6tables (family 6) has an extension of that name. */
export function isKnown(kind: 'match' | 'target', name: string, family: Family): boolean {
  return KNOWN[kind][family].has(name);
}
