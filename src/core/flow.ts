// Reading the connection table: entries by address, and what belongs to them. No shard may be running.

import { EXPECT_BUCKETS, EXPECT_NEXT } from '../../assembly/abi/expect.ts';
import {
  CONNTRACK_BUCKET_COUNT,
  CONNTRACK_COLD,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_CREATED,
  CONNTRACK_CREATED_BYTES,
  CONNTRACK_POOL,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  CONNTRACK_SHARDS,
  CONNTRACK_SLOT_BYTES,
  FLOW_DEADLINE,
  FLOW_DIRECTION_TUPLE,
  FLOW_EXTENSION,
  FLOW_NEXT,
  SHARD_BUCKETS,
  SHARD_CREATED,
  SHARD_DROP,
  SHARD_EARLY_DROP,
  SHARD_ERROR,
  SHARD_EXPECT_BUCKETS,
  SHARD_FREED,
  SHARD_INSERT_FAILED,
  SHARD_INVALID,
  SHARD_LIVE,
  SHARD_SLOTS,
} from '../../assembly/abi/flow.ts';

/** Buckets that are looked at together, whether any has an entry: there may be a million of them, and hardly an entry. */
const BUCKETS_AT_ONCE = 1024;
const EMPTY_BUCKETS = new Uint8Array(BUCKETS_AT_ONCE * 4);

/** Addresses of the entries in the table of the region at `base`, expired or not, in no order that means anything. */
export function* tableEntries(view: DataView, base: number): Generator<number> {
  for (const [first, end] of usedBuckets(view, base)) {
    for (let bucket = first; bucket < end; bucket += 4) {
      let link = view.getUint32(bucket, true);
      while (link !== 0) {
        const direction = link & 1; // an entry stands in two chains: taken from that of its original tuple
        if (direction === 0) yield link;
        link = view.getUint32(link - direction + FLOW_NEXT + direction * FLOW_DIRECTION_TUPLE, true);
      }
    }
  }
}

/** Where there are buckets with entries: addresses from and to. */
function* usedBuckets(view: DataView, base: number): Generator<readonly [number, number]> {
  const bytes = view.getUint32(base + CONNTRACK_BUCKET_COUNT, true) * 4;
  for (const block of shardBlocks(view, base)) {
    const buckets = view.getUint32(block + SHARD_BUCKETS, true);
    const memory = Buffer.from(view.buffer, view.byteOffset + buckets, bytes);
    for (let first = 0; first < bytes; first += EMPTY_BUCKETS.length) {
      const end = Math.min(bytes, first + EMPTY_BUCKETS.length);
      if (memory.compare(EMPTY_BUCKETS, 0, end - first, first, end) !== 0) yield [buckets + first, buckets + end];
    }
  }
}

/** Addresses of the expectations that are registered, expired or not, in no order that means anything. */
export function* registeredExpectations(view: DataView, base: number): Generator<number> {
  for (const block of shardBlocks(view, base)) {
    const buckets = view.getUint32(block + SHARD_EXPECT_BUCKETS, true);
    for (let bucket = buckets; bucket < buckets + EXPECT_BUCKETS * 4; bucket += 4) {
      let expectation = view.getUint32(bucket, true);
      while (expectation !== 0) {
        yield expectation;
        expectation = view.getUint32(expectation + EXPECT_NEXT, true);
      }
    }
  }
}

function* shardBlocks(view: DataView, base: number): Generator<number> {
  const blocks = view.getUint32(base + CONNTRACK_SHARD_BLOCKS, true);
  const shards = view.getUint32(base + CONNTRACK_SHARDS, true);
  for (let shard = 0; shard < shards; shard++) yield blocks + shard * CONNTRACK_SHARD_BYTES;
}

/** Address of the cold part (COLD_*) of an entry. */
export function coldOf(view: DataView, base: number, entry: number): number {
  return view.getUint32(base + CONNTRACK_COLD, true) + slotNumber(view, base, entry) * CONNTRACK_COLD_BYTES;
}

/** Address of the time at which an entry was made. */
export function createdAt(view: DataView, base: number, entry: number): number {
  return view.getUint32(base + CONNTRACK_CREATED, true) + slotNumber(view, base, entry) * CONNTRACK_CREATED_BYTES;
}

function slotNumber(view: DataView, base: number, entry: number): number {
  return (entry - view.getUint32(base + CONNTRACK_POOL, true)) / CONNTRACK_SLOT_BYTES;
}

/** Address of the extension (EXT_*) of an entry, 0 = none. */
export function extensionOf(view: DataView, entry: number): number {
  return view.getUint32(entry + FLOW_EXTENSION, true);
}

/** Entries that there are: confirmed or not, expired and not yet freed. While shards run, so many there may be at least. */
export function liveEntryCount(view: DataView, base: number): number {
  let sum = 0;
  for (const block of shardBlocks(view, base)) sum += view.getUint32(block + SHARD_LIVE, true);
  return sum;
}

/** Entries in the table that have time left at `now`: the same whatever has been freed by then. */
export function countLive(view: DataView, base: number, now: bigint): number {
  const [nowLow, nowHigh] = [Number(now & 0xffff_ffffn), Number(now >> 32n)];
  let count = 0;
  // Without an iterator and big numbers, for there may be many.
  for (const [first, end] of usedBuckets(view, base)) {
    for (let bucket = first; bucket < end; bucket += 4) {
      let link = view.getUint32(bucket, true);
      while (link !== 0) {
        const direction = link & 1;
        if (direction === 0) {
          const high = view.getUint32(link + FLOW_DEADLINE + 4, true);
          if (high > nowHigh || (high === nowHigh && view.getUint32(link + FLOW_DEADLINE, true) > nowLow)) count++;
        }
        link = view.getUint32(link - direction + FLOW_NEXT + direction * FLOW_DIRECTION_TUPLE, true);
      }
    }
  }
  return count;
}

/** What has become of entries, all shards together: `created` = `freed` + `live`, where `live` may be past their time. */
export interface EntryTotals {
  readonly live: number;
  readonly created: number;
  readonly freed: number;
  /** Slots in use: entries, extensions, expectations. */
  readonly slots: number;
}

/** What `conntrack -S` counts. */
export interface ConntrackStatistics {
  readonly invalid: number;
  readonly insertFailed: number;
  readonly drop: number;
  readonly earlyDrop: number;
  readonly error: number;
}

/** Sums the statistics of all shards. */
export function conntrackStatistics(view: DataView, base: number): ConntrackStatistics {
  const sum = (offset: number): number => {
    let total = 0;
    for (const block of shardBlocks(view, base)) total += view.getUint32(block + offset, true);
    return total;
  };
  return {
    invalid: sum(SHARD_INVALID),
    insertFailed: sum(SHARD_INSERT_FAILED),
    drop: sum(SHARD_DROP),
    earlyDrop: sum(SHARD_EARLY_DROP),
    error: sum(SHARD_ERROR),
  };
}

/** Sums what the shards have counted. */
export function entryTotals(view: DataView, base: number): EntryTotals {
  const sums = { live: 0, created: 0, freed: 0, slots: 0 };
  for (const block of shardBlocks(view, base)) {
    sums.live += view.getUint32(block + SHARD_LIVE, true);
    sums.created += Number(view.getBigUint64(block + SHARD_CREATED, true));
    sums.freed += Number(view.getBigUint64(block + SHARD_FREED, true));
    sums.slots += view.getUint32(block + SHARD_SLOTS, true);
  }
  return sums;
}
