// The region of settled sources, which a nat table needs: how large it is, and how it is made ready. Its layout is abi/nat.ts.

import {
  CONNTRACK_POOL,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  SHARD_SOURCE_BUCKETS,
  SHARD_SOURCES,
} from '../../assembly/abi/flow.ts';
import { LINK_BYTES, SOURCES_BUCKET_MASK, SOURCES_HEADER_BYTES, SOURCES_LINKS, SOURCES_POOL } from '../../assembly/abi/nat.ts';
import { type ConntrackSize, conntrackSlots } from './conntrack.ts';

/** Buckets of one shard: about one for each entry that it has when the table is as full as it is meant to be. */
function bucketsOf({ shards, capacity }: ConntrackSize): number {
  return 2 ** Math.ceil(Math.log2(Math.min(capacity, Math.max(1024, (capacity * 4) / shards))));
}

/** Bytes that the region takes beside a conntrack region of that size. */
export function sourcesRegionBytes(size: ConntrackSize): number {
  return SOURCES_HEADER_BYTES + size.shards * bucketsOf(size) * 4 + (conntrackSlots(size) + 1) * LINK_BYTES;
}

/** Makes the region at `base` ready for the conntrack region at `conntrack`, which is ready. The memory from `base` on must be zero. */
export function initSources(view: DataView, base: number, conntrack: number, size: ConntrackSize): void {
  const buckets = bucketsOf(size);
  const first = base + SOURCES_HEADER_BYTES;
  const links = first + size.shards * buckets * 4;
  view.setUint32(base + SOURCES_BUCKET_MASK, buckets - 1, true);
  view.setUint32(base + SOURCES_LINKS, links, true);
  view.setUint32(base + SOURCES_POOL, view.getUint32(conntrack + CONNTRACK_POOL, true), true);
  const blocks = view.getUint32(conntrack + CONNTRACK_SHARD_BLOCKS, true);
  for (let shard = 0; shard < size.shards; shard++) {
    const block = blocks + shard * CONNTRACK_SHARD_BYTES;
    view.setUint32(block + SHARD_SOURCES, base, true);
    view.setUint32(block + SHARD_SOURCE_BUCKETS, first + shard * buckets * 4, true);
  }
}
