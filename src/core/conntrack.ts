// The conntrack region: how large it is, and how it is made ready. Its layout is abi/flow.ts; what the entries mean for people
// is src/report/conntrack.ts.

import {
  CONNTRACK_ACCT,
  CONNTRACK_ALIGN,
  CONNTRACK_BUCKET_MASK,
  CONNTRACK_BUCKETS,
  CONNTRACK_CHECKSUM,
  CONNTRACK_GENERIC_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT_STREAM,
  CONNTRACK_HEADER_BYTES,
  CONNTRACK_ICMP_TIMEOUT,
  CONNTRACK_ICMPV6_TIMEOUT,
  CONNTRACK_POOL,
  CONNTRACK_POOL_SHARE,
  CONNTRACK_SCTP_TIMEOUTS,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  CONNTRACK_SHARDS,
  CONNTRACK_TCP_BE_LIBERAL,
  CONNTRACK_TCP_IGNORE_INVALID_RST,
  CONNTRACK_TCP_LOOSE,
  CONNTRACK_TCP_MAX_RETRANS,
  CONNTRACK_TCP_TIMEOUTS,
  CONNTRACK_UDP_TIMEOUT,
  CONNTRACK_UDP_TIMEOUT_STREAM,
  FLOW_BYTES,
  SCTP_CT_CLOSED,
  SCTP_CT_COOKIE_ECHOED,
  SCTP_CT_COOKIE_WAIT,
  SCTP_CT_ESTABLISHED,
  SCTP_CT_HEARTBEAT_SENT,
  SCTP_CT_NONE,
  SCTP_CT_SHUTDOWN_ACK_SENT,
  SCTP_CT_SHUTDOWN_RECD,
  SCTP_CT_SHUTDOWN_SENT,
  SHARD_BUCKETS,
  SHARD_UNUSED,
  SHARD_UNUSED_END,
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

/** Entries that the table can hold when nothing else is said: net.netfilter.nf_conntrack_max of a kernel with memory enough. */
export const CONNTRACK_CAPACITY = 262144;

/**
 * A shard may hold so many times its even part of the capacity: flows of one host pair are all in one shard. Only addresses are
 * spent on it; pages that hold no entry are never touched.
 */
const SHARE_FACTOR = 4;

/** How large the table shall be. */
export interface ConntrackSize {
  readonly shards: number;
  /** Entries at one time that there is room for, as long as no shard has more than SHARE_FACTOR times its even part of them. */
  readonly capacity: number;
}

/** Values of sysctls by full name (`net.netfilter.nf_conntrack_udp_timeout`), as the kernel shows them: seconds and numbers. */
export type SysctlValues = Readonly<Record<string, number | string>>;

export interface ConntrackOptions extends ConntrackSize {
  readonly sysctl?: SysctlValues;
}

interface Setting {
  readonly name: string;
  readonly kind: 'seconds' | 'number';
  readonly offset: number;
  readonly initial: number;
}

const seconds = (name: string, offset: number, initial: number): Setting => ({ name, kind: 'seconds', offset, initial });
const number = (name: string, offset: number, initial: number): Setting => ({ name, kind: 'number', offset, initial });
const tcp = (name: string, state: number, initial: number): Setting =>
  seconds(`nf_conntrack_tcp_timeout_${name}`, CONNTRACK_TCP_TIMEOUTS + state * 8, initial);
const sctp = (name: string, state: number, initial: number): Setting =>
  seconds(`nf_conntrack_sctp_timeout_${name}`, CONNTRACK_SCTP_TIMEOUTS + state * 8, initial);

/** Every setting that the tracker reads, with the kernel's own default. */
const SETTINGS: readonly Setting[] = [
  number('nf_conntrack_checksum', CONNTRACK_CHECKSUM, 1),
  number('nf_conntrack_acct', CONNTRACK_ACCT, 0),
  number('nf_conntrack_tcp_loose', CONNTRACK_TCP_LOOSE, 1),
  number('nf_conntrack_tcp_be_liberal', CONNTRACK_TCP_BE_LIBERAL, 0),
  number('nf_conntrack_tcp_max_retrans', CONNTRACK_TCP_MAX_RETRANS, 3),
  number('nf_conntrack_tcp_ignore_invalid_rst', CONNTRACK_TCP_IGNORE_INVALID_RST, 0),
  tcp('syn_sent', TCP_CT_SYN_SENT, 120),
  tcp('syn_recv', TCP_CT_SYN_RECV, 60),
  tcp('established', TCP_CT_ESTABLISHED, 432000),
  tcp('fin_wait', TCP_CT_FIN_WAIT, 120),
  tcp('close_wait', TCP_CT_CLOSE_WAIT, 60),
  tcp('last_ack', TCP_CT_LAST_ACK, 30),
  tcp('time_wait', TCP_CT_TIME_WAIT, 120),
  tcp('close', TCP_CT_CLOSE, 10),
  tcp('max_retrans', TCP_CT_RETRANS, 300),
  tcp('unacknowledged', TCP_CT_UNACK, 300),
  sctp('closed', SCTP_CT_CLOSED, 10),
  sctp('cookie_wait', SCTP_CT_COOKIE_WAIT, 3),
  sctp('cookie_echoed', SCTP_CT_COOKIE_ECHOED, 3),
  sctp('established', SCTP_CT_ESTABLISHED, 210),
  sctp('shutdown_sent', SCTP_CT_SHUTDOWN_SENT, 3),
  sctp('shutdown_recd', SCTP_CT_SHUTDOWN_RECD, 3),
  sctp('shutdown_ack_sent', SCTP_CT_SHUTDOWN_ACK_SENT, 3),
  sctp('heartbeat_sent', SCTP_CT_HEARTBEAT_SENT, 30),
  seconds('nf_conntrack_udp_timeout', CONNTRACK_UDP_TIMEOUT, 30),
  seconds('nf_conntrack_udp_timeout_stream', CONNTRACK_UDP_TIMEOUT_STREAM, 120),
  seconds('nf_conntrack_icmp_timeout', CONNTRACK_ICMP_TIMEOUT, 30),
  seconds('nf_conntrack_icmpv6_timeout', CONNTRACK_ICMPV6_TIMEOUT, 30),
  seconds('nf_conntrack_gre_timeout', CONNTRACK_GRE_TIMEOUT, 30),
  seconds('nf_conntrack_gre_timeout_stream', CONNTRACK_GRE_TIMEOUT_STREAM, 180),
  seconds('nf_conntrack_generic_timeout', CONNTRACK_GENERIC_TIMEOUT, 600),
];

/** Timeouts that no sysctl sets. Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_timeouts, nf_conntrack_tcp_init_net() */
const FIXED: readonly Setting[] = [
  seconds('', CONNTRACK_TCP_TIMEOUTS + TCP_CT_NONE * 8, 120),
  seconds('', CONNTRACK_TCP_TIMEOUTS + TCP_CT_SYN_SENT2 * 8, 120),
  seconds('', CONNTRACK_SCTP_TIMEOUTS + SCTP_CT_NONE * 8, 10),
];

/** Full names of the sysctls that the tracker reads. */
export const conntrackSysctls: readonly string[] = SETTINGS.map((setting) => `net.netfilter.${setting.name}`);

interface RegionPlan {
  readonly shardBlocks: number;
  readonly bucketsPerShard: number;
  readonly buckets: number;
  readonly pool: number;
  /** Entries of one shard. */
  readonly share: number;
  readonly bytes: number;
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}

/** Lays the region out: offsets from a base that stands on a cache line. The entries are aligned when the base is known. */
function planRegion({ shards, capacity }: ConntrackSize): RegionPlan {
  const shardBlocks = align(CONNTRACK_HEADER_BYTES, CONNTRACK_ALIGN);
  const buckets = align(shardBlocks + shards * CONNTRACK_SHARD_BYTES, CONNTRACK_ALIGN);
  // Two tuples an entry, and room for shards that get more than their share: flows of one host pair are all in one.
  const wanted = Math.min(capacity * 2, Math.max(1024, (capacity * 8) / shards));
  const bucketsPerShard = 2 ** Math.ceil(Math.log2(wanted));
  const pool = align(buckets + shards * bucketsPerShard * 4, CONNTRACK_ALIGN);
  const share = Math.min(capacity, Math.ceil((capacity * SHARE_FACTOR) / shards));
  return { shardBlocks, bucketsPerShard, buckets, pool, share, bytes: pool + (shards * share + 1) * FLOW_BYTES };
}

/** Bytes that a region of that size takes. */
export function conntrackRegionBytes(size: ConntrackSize): number {
  return planRegion(size).bytes;
}

/**
 * Makes a region ready: settings, empty buckets, untouched pool. The memory from `base` on must be zero, or an earlier region of
 * the same size.
 */
export function initConntrack(view: DataView, base: number, options: ConntrackOptions): void {
  const plan = planRegion(options);
  const set = (offset: number, value: number): void => view.setUint32(base + offset, value, true);
  const buckets = base + plan.buckets;
  new Uint8Array(view.buffer, view.byteOffset + base, plan.pool).fill(0);
  set(CONNTRACK_SHARDS, options.shards);
  set(CONNTRACK_BUCKET_MASK, plan.bucketsPerShard - 1);
  set(CONNTRACK_BUCKETS, buckets);
  set(CONNTRACK_SHARD_BLOCKS, base + plan.shardBlocks);
  const pool = align(base + plan.pool, FLOW_BYTES); // links keep a direction in the low bits of an address
  set(CONNTRACK_POOL, pool);
  set(CONNTRACK_POOL_SHARE, plan.share);
  for (let shard = 0; shard < options.shards; shard++) {
    const block = plan.shardBlocks + shard * CONNTRACK_SHARD_BYTES;
    set(block + SHARD_BUCKETS, buckets + shard * plan.bucketsPerShard * 4);
    set(block + SHARD_UNUSED, pool + shard * plan.share * FLOW_BYTES);
    set(block + SHARD_UNUSED_END, pool + (shard + 1) * plan.share * FLOW_BYTES);
  }
  for (const { name, kind, offset, initial } of [...SETTINGS, ...FIXED]) {
    const value = Number(options.sysctl?.[`net.netfilter.${name}`] ?? initial);
    if (!Number.isInteger(value) || value < 0)
      throw new RangeError(`net.netfilter.${name} is ${value}, expected a whole number from 0 on`);
    if (kind === 'seconds') view.setBigUint64(base + offset, BigInt(value) * 1_000_000_000n, true);
    else set(offset, value);
  }
}
