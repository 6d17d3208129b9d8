// Entries whose source is settled, by the source that they came with: a host that has been given a source once is given the same again.
//
// Each shard has its own buckets. What is kept of an entry lies beside the pool, in a link at the same place, since most tables have no
// translation at all.

import {
  CONNTRACK_SLOT_BYTES,
  FLOW_ORIGINAL,
  SHARD_SOURCE_BUCKETS,
  SHARD_SOURCES,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  LINK_BYTES,
  LINK_HELD,
  LINK_MASQUERADE,
  LINK_NEXT,
  SOURCES_BUCKET_MASK,
  SOURCES_LINKS,
  SOURCES_POOL,
} from '../abi/nat.ts';

/** What is kept of an entry. */
function linkOf(sources: usize, entry: usize): usize {
  return <usize>load<u32>(sources, SOURCES_LINKS) + ((entry - <usize>load<u32>(sources, SOURCES_POOL)) / CONNTRACK_SLOT_BYTES) * LINK_BYTES;
}

/** Hash of a source: address, port and protocol of a tuple. Ref: net/netfilter/nf_nat_core.c:hash_by_src() */
export function sourceHash(tuple: usize): u64 {
  return mixWords(load<u64>(tuple, TUPLE_SRC), load<u64>(tuple, TUPLE_SRC + 8), load<u16>(tuple, TUPLE_SPORT), load<u8>(tuple, TUPLE_PROTO));
}

// @ts-ignore: decorator
@inline
function mixWords(high: u64, low: u64, sport: u32, proto: u32): u64 {
  let h = high * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 32) ^ low) * 0xbf58476d1ce4e5b9;
  return (h ^ (h >> 32) ^ (<u64>sport << 8) ^ <u64>proto) * 0x94d049bb133111eb;
}

/** The bucket of a hash. */
// @ts-ignore: decorator
@inline
function bucketAt(block: usize, sources: usize, hash: u64): usize {
  const index = <u32>(hash >> 32) & load<u32>(sources, SOURCES_BUCKET_MASK);
  return <usize>load<u32>(block, SHARD_SOURCE_BUCKETS) + (<usize>index << 2);
}

/** The bucket of a tuple's source. */
function bucketOf(block: usize, sources: usize, tuple: usize): usize {
  return bucketAt(block, sources, sourceHash(tuple));
}

/** The bucket of the source of an IPv4 packet; 0 = there is no nat table. */
// @ts-ignore: decorator
@inline
export function sourceBucket4(block: usize, src: u32, sport: u32, proto: u32): usize {
  const sources = <usize>load<u32>(block, SHARD_SOURCES);
  return sources == 0 ? 0 : bucketAt(block, sources, mixWords(src, 0, sport, proto));
}

/** Fetches what changes of an entry when another is put before it among those of its source. `block`: of any shard. */
// @ts-ignore: decorator
@inline
export function touchSource(block: usize, entry: u32): u32 {
  return load<u32>(linkOf(<usize>load<u32>(block, SHARD_SOURCES), <usize>entry), LINK_HELD);
}

/** The entry that last settled its source among those in the bucket of a tuple's source, 0 = none. */
export function firstOfSource(block: usize, tuple: usize): usize {
  return <usize>load<u32>(bucketOf(block, <usize>load<u32>(block, SHARD_SOURCES), tuple));
}

/** The one that settled it before. */
export function nextOfSource(block: usize, entry: usize): usize {
  return <usize>load<u32>(linkOf(<usize>load<u32>(block, SHARD_SOURCES), entry), LINK_NEXT);
}

/** Puts an entry first among those with its source. Ref: net/netfilter/nf_nat_core.c:nf_nat_setup_info() */
export function addToSource(block: usize, entry: usize): void {
  const sources = <usize>load<u32>(block, SHARD_SOURCES);
  const bucket = bucketOf(block, sources, entry + FLOW_ORIGINAL);
  const link = linkOf(sources, entry);
  const next = <usize>load<u32>(bucket);
  store<u32>(link, <u32>next, LINK_NEXT);
  store<u32>(link, <u32>bucket, LINK_HELD);
  store<u32>(link, 0, LINK_MASQUERADE);
  if (next != 0) store<u32>(linkOf(sources, next), <u32>(link + LINK_NEXT), LINK_HELD);
  store<u32>(bucket, <u32>entry);
}

/** Takes an entry out again, for which `addToSource` was called, unless it is out already. Ref: net/netfilter/nf_nat_core.c:nf_nat_cleanup_conntrack() */
export function removeFromSource(block: usize, entry: usize): void {
  const sources = <usize>load<u32>(block, SHARD_SOURCES);
  const link = linkOf(sources, entry);
  const held = <usize>load<u32>(link, LINK_HELD);
  if (held == 0) return;
  const next = <usize>load<u32>(link, LINK_NEXT);
  store<u32>(link, 0, LINK_HELD);
  store<u32>(held, <u32>next);
  if (next != 0) store<u32>(linkOf(sources, next), <u32>held, LINK_HELD);
}

/** The interface that MASQUERADE gave a settled entry the address of, 0 = none. */
export function masqueradeOf(block: usize, entry: usize): u32 {
  return load<u32>(linkOf(<usize>load<u32>(block, SHARD_SOURCES), entry), LINK_MASQUERADE);
}

export function setMasquerade(block: usize, entry: usize, device: u32): void {
  store<u32>(linkOf(<usize>load<u32>(block, SHARD_SOURCES), entry), device, LINK_MASQUERADE);
}
