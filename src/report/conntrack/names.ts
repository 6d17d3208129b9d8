// Names that conntrack-tools and the kernel give protocols, states and status bits.

import {
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_HELPER,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
  IPS_SEQ_ADJUST,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
} from '../../../assembly/abi/flow.ts';

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const DCCP = 33;
export const GRE = 47;
export const ICMPV6 = 58;
export const SCTP = 132;
export const UDPLITE = 136;

/** Protocols that conntrack-tools knows by name; others are `unknown`. */
const TOOL_NAMES: Readonly<Record<number, string>> = {
  [ICMP]: 'icmp',
  [TCP]: 'tcp',
  [UDP]: 'udp',
  [DCCP]: 'dccp',
  [GRE]: 'gre',
  [ICMPV6]: 'icmpv6',
  [SCTP]: 'sctp',
  [UDPLITE]: 'udplite',
};

/** The name that conntrack-tools has for a protocol; undefined = it has none. */
export function toolName(protocol: number): string | undefined {
  return TOOL_NAMES[protocol];
}

/** The name that the kernel has: it follows no DCCP. Ref: net/netfilter/nf_conntrack_standalone.c:l4proto_name() */
export function kernelName(protocol: number): string {
  return (protocol === DCCP ? undefined : TOOL_NAMES[protocol]) ?? 'unknown';
}

/** Names of TCP_CT_* by number. */
export const TCP_STATES: readonly string[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
];

/** Names of SCTP_CT_* by number. */
export const SCTP_STATES: readonly string[] = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
];

/** The state of a connection; undefined for protocols without. */
export function stateName(protocol: number, state: number): string | undefined {
  if (protocol === TCP) return TCP_STATES[state];
  return protocol === SCTP ? SCTP_STATES[state] : undefined;
}

/** Names of the status bits, lowest first. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h:enum ip_conntrack_status */
export const STATUS_NAMES: readonly (readonly [number, string])[] = [
  [IPS_EXPECTED, 'EXPECTED'],
  [IPS_SEEN_REPLY, 'SEEN_REPLY'],
  [IPS_ASSURED, 'ASSURED'],
  [IPS_CONFIRMED, 'CONFIRMED'],
  [IPS_SRC_NAT, 'SRC_NAT'],
  [IPS_DST_NAT, 'DST_NAT'],
  [IPS_SEQ_ADJUST, 'SEQ_ADJUST'],
  [IPS_SRC_NAT_DONE, 'SRC_NAT_DONE'],
  [IPS_DST_NAT_DONE, 'DST_NAT_DONE'],
  [IPS_DYING, 'DYING'],
  [IPS_FIXED_TIMEOUT, 'FIXED_TIMEOUT'],
  [IPS_NAT_CLASH, 'NAT_CLASH'],
  [IPS_HELPER, 'HELPER'],
];
