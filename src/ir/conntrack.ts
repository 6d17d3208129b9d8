// The settings of connection tracking: sysctls, and timeout policies that give the connections of a rule times of their own.

import {
  CONNTRACK_ACCT,
  CONNTRACK_CHECKSUM,
  CONNTRACK_EXPECT_MAX,
  CONNTRACK_GENERIC_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT_STREAM,
  CONNTRACK_HELPERS_BY_PORT,
  CONNTRACK_ICMP_TIMEOUT,
  CONNTRACK_ICMPV6_TIMEOUT,
  CONNTRACK_KERNEL_BUCKETS,
  CONNTRACK_MAX,
  CONNTRACK_SCTP_TIMEOUTS,
  CONNTRACK_TCP_BE_LIBERAL,
  CONNTRACK_TCP_IGNORE_INVALID_RST,
  CONNTRACK_TCP_LOOSE,
  CONNTRACK_TCP_MAX_RETRANS,
  CONNTRACK_TCP_TIMEOUTS,
  CONNTRACK_TIMESTAMP,
  CONNTRACK_UDP_TIMEOUT,
  CONNTRACK_UDP_TIMEOUT_STREAM,
  SCTP_CT_CLOSED,
  SCTP_CT_COOKIE_ECHOED,
  SCTP_CT_COOKIE_WAIT,
  SCTP_CT_ESTABLISHED,
  SCTP_CT_HEARTBEAT_SENT,
  SCTP_CT_NONE,
  SCTP_CT_SHUTDOWN_ACK_SENT,
  SCTP_CT_SHUTDOWN_RECD,
  SCTP_CT_SHUTDOWN_SENT,
  TCP_CT_CLOSE,
  TCP_CT_CLOSE_WAIT,
  TCP_CT_ESTABLISHED,
  TCP_CT_FIN_WAIT,
  TCP_CT_LAST_ACK,
  TCP_CT_NONE,
  TCP_CT_RETRANS,
  TCP_CT_SYN_RECV,
  TCP_CT_SYN_SENT,
  TCP_CT_SYN_SENT2,
  TCP_CT_TIME_WAIT,
  TCP_CT_UNACK,
} from '../../assembly/abi/flow.ts';
import type { Family } from './ir.ts';

/** A setting that is one number. */
export interface NumberSetting {
  /** Of the sysctl, behind `net.netfilter.`. */
  readonly name: string;
  /** Where the core has it: CONNTRACK_*. */
  readonly offset: number;
  /** The kernel's own default. */
  readonly initial: number;
}

/** A timeout. Units: seconds; nanoseconds in the core. */
export interface TimeoutSetting extends NumberSetting {
  /** Empty where no sysctl sets it. */
  readonly name: string;
  /** As nfct(8) calls it, in small letters; absent where no policy sets it. */
  readonly state?: string;
}

/** The numbers that the tracker reads. */
export const NUMBER_SETTINGS: readonly NumberSetting[] = [
  { name: 'nf_conntrack_max', offset: CONNTRACK_MAX, initial: 262144 },
  { name: 'nf_conntrack_buckets', offset: CONNTRACK_KERNEL_BUCKETS, initial: 262144 },
  { name: 'nf_conntrack_checksum', offset: CONNTRACK_CHECKSUM, initial: 1 },
  { name: 'nf_conntrack_helper', offset: CONNTRACK_HELPERS_BY_PORT, initial: 0 },
  { name: 'nf_conntrack_expect_max', offset: CONNTRACK_EXPECT_MAX, initial: 4096 },
  { name: 'nf_conntrack_acct', offset: CONNTRACK_ACCT, initial: 0 },
  { name: 'nf_conntrack_timestamp', offset: CONNTRACK_TIMESTAMP, initial: 0 },
  { name: 'nf_conntrack_tcp_loose', offset: CONNTRACK_TCP_LOOSE, initial: 1 },
  { name: 'nf_conntrack_tcp_be_liberal', offset: CONNTRACK_TCP_BE_LIBERAL, initial: 0 },
  { name: 'nf_conntrack_tcp_max_retrans', offset: CONNTRACK_TCP_MAX_RETRANS, initial: 3 },
  { name: 'nf_conntrack_tcp_ignore_invalid_rst', offset: CONNTRACK_TCP_IGNORE_INVALID_RST, initial: 0 },
];

function timeout(name: string, offset: number, initial: number, state: string): TimeoutSetting {
  return { name: `nf_conntrack_${name}`, offset, initial, state };
}

function tcp(state: string, index: number, initial: number, name: string = state): TimeoutSetting {
  return timeout(`tcp_timeout_${name}`, CONNTRACK_TCP_TIMEOUTS + index * 8, initial, state);
}

function sctp(state: string, index: number, initial: number): TimeoutSetting {
  return timeout(`sctp_timeout_${state}`, CONNTRACK_SCTP_TIMEOUTS + index * 8, initial, state);
}

const TCP_TIMEOUTS: readonly TimeoutSetting[] = [
  // Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_conntrack_tcp_init_net()
  { name: '', offset: CONNTRACK_TCP_TIMEOUTS + TCP_CT_NONE * 8, initial: 120 },
  tcp('syn_sent', TCP_CT_SYN_SENT, 120),
  tcp('syn_recv', TCP_CT_SYN_RECV, 60),
  tcp('established', TCP_CT_ESTABLISHED, 432000),
  tcp('fin_wait', TCP_CT_FIN_WAIT, 120),
  tcp('close_wait', TCP_CT_CLOSE_WAIT, 60),
  tcp('last_ack', TCP_CT_LAST_ACK, 30),
  tcp('time_wait', TCP_CT_TIME_WAIT, 120),
  tcp('close', TCP_CT_CLOSE, 10),
  { name: '', offset: CONNTRACK_TCP_TIMEOUTS + TCP_CT_SYN_SENT2 * 8, initial: 120, state: 'syn_sent2' },
  tcp('retrans', TCP_CT_RETRANS, 300, 'max_retrans'),
  tcp('unacknowledged', TCP_CT_UNACK, 300),
];

const SCTP_TIMEOUTS: readonly TimeoutSetting[] = [
  { name: '', offset: CONNTRACK_SCTP_TIMEOUTS + SCTP_CT_NONE * 8, initial: 10 },
  sctp('closed', SCTP_CT_CLOSED, 10),
  sctp('cookie_wait', SCTP_CT_COOKIE_WAIT, 3),
  sctp('cookie_echoed', SCTP_CT_COOKIE_ECHOED, 3),
  sctp('established', SCTP_CT_ESTABLISHED, 210),
  sctp('shutdown_sent', SCTP_CT_SHUTDOWN_SENT, 3),
  sctp('shutdown_recd', SCTP_CT_SHUTDOWN_RECD, 3),
  sctp('shutdown_ack_sent', SCTP_CT_SHUTDOWN_ACK_SENT, 3),
  // nfct(8) of conntrack-tools 1.4.7 does not know it: a policy takes the sysctl's.
  { name: 'nf_conntrack_sctp_timeout_heartbeat_sent', offset: CONNTRACK_SCTP_TIMEOUTS + SCTP_CT_HEARTBEAT_SENT * 8, initial: 30 },
];

const UDP_TIMEOUTS: readonly TimeoutSetting[] = [
  timeout('udp_timeout', CONNTRACK_UDP_TIMEOUT, 30, 'unreplied'),
  timeout('udp_timeout_stream', CONNTRACK_UDP_TIMEOUT_STREAM, 120, 'replied'),
];

const GRE_TIMEOUTS: readonly TimeoutSetting[] = [
  timeout('gre_timeout', CONNTRACK_GRE_TIMEOUT, 30, 'unreplied'),
  timeout('gre_timeout_stream', CONNTRACK_GRE_TIMEOUT_STREAM, 180, 'replied'),
];

const ICMP_TIMEOUTS: readonly TimeoutSetting[] = [timeout('icmp_timeout', CONNTRACK_ICMP_TIMEOUT, 30, 'timeout')];
const ICMPV6_TIMEOUTS: readonly TimeoutSetting[] = [timeout('icmpv6_timeout', CONNTRACK_ICMPV6_TIMEOUT, 30, 'timeout')];
const GENERIC_TIMEOUTS: readonly TimeoutSetting[] = [timeout('generic_timeout', CONNTRACK_GENERIC_TIMEOUT, 600, 'timeout')];

/** A protocol that has a tracker of its own, or `generic` for all others. */
export interface TrackedProtocol {
  readonly name: string;
  readonly number: number;
  readonly timeouts: readonly TimeoutSetting[];
}

/** The number that stands for protocols without a tracker of their own. Ref: net/netfilter/nf_conntrack_proto_generic.c */
export const GENERIC_PROTOCOL = 255;

/** As the kernel has them that this program is held against: it has no tracker for DCCP. */
export const TRACKED_PROTOCOLS: readonly TrackedProtocol[] = [
  { name: 'tcp', number: 6, timeouts: TCP_TIMEOUTS },
  { name: 'udp', number: 17, timeouts: UDP_TIMEOUTS },
  { name: 'udplite', number: 136, timeouts: UDP_TIMEOUTS },
  { name: 'icmp', number: 1, timeouts: ICMP_TIMEOUTS },
  { name: 'icmpv6', number: 58, timeouts: ICMPV6_TIMEOUTS },
  { name: 'sctp', number: 132, timeouts: SCTP_TIMEOUTS },
  { name: 'gre', number: 47, timeouts: GRE_TIMEOUTS },
  { name: 'generic', number: GENERIC_PROTOCOL, timeouts: GENERIC_TIMEOUTS },
];

/** Every timeout, once. */
export const TIMEOUT_SETTINGS: readonly TimeoutSetting[] = [...new Set(TRACKED_PROTOCOLS.flatMap(({ timeouts }) => timeouts))];

/** The protocol by whose timeouts connections of a transport protocol live. Ref: net/netfilter/nf_conntrack_proto.c:nf_ct_l4proto_find() */
export function trackedProtocol(number: number): TrackedProtocol {
  return TRACKED_PROTOCOLS.find((one) => one.number === number) ?? TRACKED_PROTOCOLS.at(-1)!;
}

/** A timeout policy: what `CT --timeout` names. Ref: net/netfilter/nfnetlink_cttimeout.c */
export interface TimeoutPolicy {
  readonly family: Family;
  readonly protocol: TrackedProtocol;
  /** Seconds of each of the protocol's timeouts, in their order. */
  readonly seconds: readonly number[];
}

const JIFFIES_A_SECOND = 250;

/**
 * What a number of seconds in a policy comes to, in nanoseconds: the kernel counts in 32 bits of jiffies, the upper half of which are in the
 * past, so that an entry is gone at once.
 *
 * Ref: include/net/netfilter/nf_conntrack.h:nf_ct_is_expired()
 */
export function policySpan(seconds: number): bigint {
  const jiffies = BigInt.asUintN(32, BigInt(seconds) * BigInt(JIFFIES_A_SECOND));
  return jiffies < 0x8000_0000n ? (jiffies * 1_000_000_000n) / BigInt(JIFFIES_A_SECOND) : 0n;
}
