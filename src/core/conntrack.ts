// The conntrack region: how large it is, and how it is made ready. Its layout is abi/flow.ts; what the entries mean for people
// is src/report/conntrack.ts.

import {
  CONNTRACK_ACCT,
  CONNTRACK_ALIGN,
  CONNTRACK_BUCKET_COUNT,
  CONNTRACK_BUCKET_SHIFT,
  CONNTRACK_CHECKSUM,
  CONNTRACK_CHUNK,
  CONNTRACK_COLD,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_GENERIC_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT_STREAM,
  CONNTRACK_HEADER_BYTES,
  CONNTRACK_ICMP_TIMEOUT,
  CONNTRACK_ICMPV6_TIMEOUT,
  CONNTRACK_IDLE,
  CONNTRACK_POOL,
  CONNTRACK_POOL_END,
  CONNTRACK_POOL_NEXT,
  CONNTRACK_SCTP_TIMEOUTS,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  CONNTRACK_SHARDS,
  CONNTRACK_SLOT_BYTES,
  CONNTRACK_TCP_BE_LIBERAL,
  CONNTRACK_TCP_IGNORE_INVALID_RST,
  CONNTRACK_TCP_LOOSE,
  CONNTRACK_TCP_MAX_RETRANS,
  CONNTRACK_TCP_TIMEOUTS,
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
  SHARD_BUCKETS,
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

/** Most memory that slots take: beside it there is room for everything else in the 4 GiB that the core can address. */
const SLOTS_MAX_BYTES = 2.625 * 2 ** 30;
/** Buckets of a shard at the least, a power of two. */
const BUCKETS_MIN = 64;
const SLOT_BYTES = CONNTRACK_SLOT_BYTES + CONNTRACK_COLD_BYTES;

/** How large the table shall be. */
export interface ConntrackSize {
  readonly shards: number;
  /** Entries at one time that there is room for, in whatever shards. Extensions and expectations take of the same room. */
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
  /** Of one shard, a power of two. */
  readonly bucketCount: number;
  readonly buckets: number;
  readonly cold: number;
  readonly pool: number;
  readonly slots: number;
  readonly bytes: number;
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}

/** Lays the region out: offsets from a base that stands on a cache line. */
function planRegion({ shards, capacity }: ConntrackSize): RegionPlan {
  const shardBlocks = align(CONNTRACK_HEADER_BYTES, CONNTRACK_ALIGN);
  const buckets = align(shardBlocks + shards * CONNTRACK_SHARD_BYTES, CONNTRACK_ALIGN);
  // Two to four an entry, which has two tuples: at most 16 bytes, so that an entry takes 256 at most, all in.
  const bucketCount = Math.max(BUCKETS_MIN, 2 ** Math.floor(Math.log2((capacity * 4) / shards)));
  const cold = buckets + shards * bucketCount * 4;
  const slots = slotCount(capacity) + shards * CONNTRACK_IDLE + CONNTRACK_CHUNK;
  const pool = align(cold + slots * CONNTRACK_COLD_BYTES, CONNTRACK_ALIGN);
  return { shardBlocks, bucketCount, buckets, cold, pool, slots, bytes: pool + slots * CONNTRACK_SLOT_BYTES };
}

/** One for each entry, and one for an extension of each, as far as memory goes: only addresses are spent on it. */
function slotCount(capacity: number): number {
  return Math.max(capacity, Math.min(capacity * 2, Math.floor(SLOTS_MAX_BYTES / SLOT_BYTES)));
}

/** Bytes that a region of that size takes. Pages that hold no entry are never touched, and cost nothing. */
export function conntrackRegionBytes(size: ConntrackSize): number {
  return planRegion(size).bytes;
}

/** Bytes that each entry takes when the table is full, its part of the buckets included; an extension takes another slot. */
export function conntrackEntryBytes(size: ConntrackSize): number {
  return SLOT_BYTES + (size.shards * planRegion(size).bucketCount * 4) / size.capacity;
}

/** Makes a region ready: settings, empty buckets, untouched pool. The memory from `base` on must be zero. */
export function initConntrack(view: DataView, base: number, options: ConntrackOptions): void {
  const plan = planRegion(options);
  const set = (offset: number, value: number): void => view.setUint32(base + offset, value, true);
  set(CONNTRACK_SHARDS, options.shards);
  set(CONNTRACK_BUCKET_COUNT, plan.bucketCount);
  set(CONNTRACK_BUCKET_SHIFT, 32 - Math.log2(plan.bucketCount));
  set(CONNTRACK_SHARD_BLOCKS, base + plan.shardBlocks);
  set(CONNTRACK_COLD, base + plan.cold);
  set(CONNTRACK_POOL, base + plan.pool);
  set(CONNTRACK_POOL_NEXT, base + plan.pool);
  set(CONNTRACK_POOL_END, base + plan.bytes);
  for (let shard = 0; shard < options.shards; shard++) {
    const block = plan.shardBlocks + shard * CONNTRACK_SHARD_BYTES;
    set(block + SHARD_BUCKETS, base + plan.buckets + shard * plan.bucketCount * 4);
  }
  for (const { name, kind, offset, initial } of [...SETTINGS, ...FIXED]) {
    const value = Number(options.sysctl?.[`net.netfilter.${name}`] ?? initial);
    if (!Number.isInteger(value) || value < 0)
      throw new RangeError(`net.netfilter.${name} is ${value}, expected a whole number from 0 on`);
    if (kind === 'seconds') view.setBigUint64(base + offset, BigInt(value) * 1_000_000_000n, true);
    else set(offset, value);
  }
}
