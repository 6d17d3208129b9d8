// The table is full: which entries go for a new one. Only while packets of all shards run in their order (CONNTRACK_ORDERED), which
// the engine sees to before the limit can be reached: then the shards' tables are looked at as one.
//
// The kernel frees expired entries when it comes across them, at the latest when its collector comes round, a minute at most later.
// Differs: here that is at the beginning of the next tick, a second later, so that what a packet meets is certain. Which buckets
// the kernel looks at is a matter of its secret hash; here of ours, in as many buckets as the kernel has.

import {
  CONNTRACK_BUCKET_COUNT,
  CONNTRACK_BUCKET_SHIFT,
  CONNTRACK_COLLECTED,
  CONNTRACK_KERNEL_BUCKETS,
  CONNTRACK_MAX,
  CONNTRACK_PRESSED,
  CONNTRACK_SHARDS,
  CONNTRACK_SWEPT,
  FLOW_DIRECTION_TUPLE,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_ASSURED,
  SCTP_CT_SHUTDOWN_ACK_SENT,
  SCTP_CT_SHUTDOWN_SENT,
  SCTP_STATE,
  SHARD_BUCKETS,
  SHARD_EARLY_DROP,
  SHARD_LIVE,
  TCP_CT_CLOSE,
  TCP_CT_FIN_WAIT,
  TCP_STATE,
  TUPLE_PROTO,
} from '../abi/flow.ts';
import { hasExpired, tickOf } from './expire.ts';
import { linkDirection, linkEntry, nextLink, reapBucket, removeEntry, shardBlock } from './table.ts';
import { hashTuple, IPPROTO_SCTP, IPPROTO_TCP } from './tuple.ts';

/** Buckets that early drop looks at. Ref: net/netfilter/nf_conntrack_core.c:NF_CT_EVICTION_RANGE */
const EVICTION_BUCKETS: u32 = 8;
/** Entries of which more are not collected at a time, at 250 ticks a second. Ref: net/netfilter/nf_conntrack_core.c:GC_SCAN_EXPIRED_MAX */
const COLLECTED_MAX: u32 = 256;

/**
 * Makes room for a connection that has `tuple` as its original one, where the table is full.
 *
 * Returns: false when there is none to be made: the packet is to be dropped.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_alloc()
 */
export function makeRoom(region: usize, block: usize, tuple: usize, now: u64): bool {
  if (!isFull(region)) return true;
  const most = load<u32>(region, CONNTRACK_MAX);
  const tick = tickOf(now);
  if (load<u64>(region, CONNTRACK_SWEPT) != tick) {
    sweep(region, now);
    store<u64>(region, tick, CONNTRACK_SWEPT);
    if (countEntries(region) < most) return true;
  }
  // From here on nothing depends on when entries that are due were reaped, which is another matter in each shard.
  const pressed = load<u64>(region, CONNTRACK_PRESSED);
  if (pressed != 0 && pressed != tick) {
    store<u64>(region, 0, CONNTRACK_PRESSED);
    collect(region, (most / 100) * 95, now);
    if (countEntries(region) < most) return true;
  }
  if (earlyDrop(region, block, hashTuple(tuple), now)) return true;
  store<u64>(region, tick, CONNTRACK_PRESSED);
  return false;
}

/** Whether there are as many entries as there may be. */
export function isFull(region: usize): bool {
  const most = load<u32>(region, CONNTRACK_MAX);
  return most != 0 && countEntries(region) >= most;
}

/** Whether so many packets more may make it full. */
export function mayFill(region: usize, packets: u32): bool {
  const most = load<u32>(region, CONNTRACK_MAX);
  return most != 0 && <u64>countEntries(region) + packets > most;
}

/** Entries of all shards. */
function countEntries(region: usize): u32 {
  let sum: u32 = 0;
  for (let shard: u32 = 0; shard < load<u32>(region, CONNTRACK_SHARDS); shard++) sum += load<u32>(shardBlock(region, shard), SHARD_LIVE);
  return sum;
}

/** Frees every entry that is due. */
function sweep(region: usize, now: u64): void {
  for (let shard: u32 = 0; shard < load<u32>(region, CONNTRACK_SHARDS); shard++) {
    const block = shardBlock(region, shard);
    for (let i: u32 = 0; i < load<u32>(region, CONNTRACK_BUCKET_COUNT); i++) reapBucket(region, block, i, now);
  }
}

/**
 * Removes entries that are not assured or are closing, bucket by bucket from where it left off, while the table is 95 percent full: done in
 * a tick behind one in which a packet was dropped.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:gc_worker()
 */
function collect(region: usize, enough: u32, now: u64): void {
  const buckets = kernelBuckets(region);
  let bucket = load<u32>(region, CONNTRACK_COLLECTED);
  let drops: u32 = 0;
  while (drops <= COLLECTED_MAX && countEntries(region) >= enough) {
    drops += dropBucket(region, bucket, buckets, now, true);
    if (++bucket == buckets) {
      bucket = 0;
      break;
    }
  }
  store<u32>(region, bucket, CONNTRACK_COLLECTED);
}

function kernelBuckets(region: usize): u32 {
  return max<u32>(load<u32>(region, CONNTRACK_KERNEL_BUCKETS), 1);
}

function isAssured(entry: usize): bool {
  return (load<u32>(entry, FLOW_STATUS) & IPS_ASSURED) != 0;
}

/** Whether the collector may take an assured entry. Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_can_early_drop(), nf_conntrack_proto_sctp.c:sctp_can_early_drop() */
function isClosing(entry: usize): bool {
  const proto = load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO);
  if (proto == IPPROTO_TCP) {
    const state = load<u8>(entry, FLOW_PROTO + TCP_STATE);
    return state >= TCP_CT_FIN_WAIT && state <= TCP_CT_CLOSE;
  }
  if (proto != IPPROTO_SCTP) return false;
  const state = load<u8>(entry, FLOW_PROTO + SCTP_STATE);
  return state >= SCTP_CT_SHUTDOWN_SENT && state <= SCTP_CT_SHUTDOWN_ACK_SENT;
}

/**
 * Removes the entries that are not assured in the first of a few buckets that has any.
 *
 * Returns: whether one was found.
 * Ref: net/netfilter/nf_conntrack_core.c:early_drop()
 */
function earlyDrop(region: usize, block: usize, hash: u32, now: u64): bool {
  const buckets = kernelBuckets(region);
  let bucket = <u32>((<u64>hash * buckets) >> 32);
  for (let i: u32 = 0; i < EVICTION_BUCKETS; i++) {
    const drops = dropBucket(region, bucket, buckets, now, false);
    if (drops != 0) {
      store<u32>(block, load<u32>(block, SHARD_EARLY_DROP) + drops, SHARD_EARLY_DROP);
      return true;
    }
    bucket = (bucket + 1) % buckets;
  }
  return false;
}

/**
 * Removes the entries of one of the kernel's buckets, which is a range of hashes, that are not assured; `closing`: or are closing.
 *
 * Returns: how many there were, without those that had expired.
 * Ref: net/netfilter/nf_conntrack_core.c:early_drop_list()
 */
function dropBucket(region: usize, bucket: u32, buckets: u32, now: u64, closing: bool): u32 {
  const first = firstHash(bucket, buckets);
  const last = firstHash(bucket + 1, buckets) - 1;
  const shift = load<u32>(region, CONNTRACK_BUCKET_SHIFT);
  let drops: u32 = 0;
  for (let shard: u32 = 0; shard < load<u32>(region, CONNTRACK_SHARDS); shard++) {
    const block = shardBlock(region, shard);
    for (let i = <u32>(first >> shift); i <= <u32>(last >> shift); i++) {
      drops += dropRange(region, block, i, <u32>first, <u32>last, now, closing);
    }
  }
  return drops;
}

/** The least hash that is in a bucket; 2^32 behind the last. */
function firstHash(bucket: u32, buckets: u32): u64 {
  return ((<u64>bucket << 32) + buckets - 1) / buckets;
}

/** Does so for the part of the range that is in a bucket of a shard. */
function dropRange(region: usize, block: usize, index: u32, first: u32, last: u32, now: u64, closing: bool): u32 {
  const bucket = <usize>load<u32>(block, SHARD_BUCKETS) + (<usize>index << 2);
  let drops: u32 = 0;
  let link = load<u32>(bucket);
  while (link != 0) {
    const entry = linkEntry(link);
    const hash = hashTuple(entry + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE);
    const isGone = hasExpired(entry, now);
    const stays = !isGone && isAssured(entry) && !(closing && isClosing(entry));
    if (hash < first || hash > last || stays) {
      link = nextLink(link);
      continue;
    }
    if (!isGone) drops++;
    removeEntry(region, block, entry);
    link = load<u32>(bucket);
  }
  return drops;
}
