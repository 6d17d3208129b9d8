// The conntrack region: how large it is, and how it is made ready. Its layout is abi/flow.ts; what the entries mean for people
// is src/report/conntrack.ts.

import {
  CONNTRACK_ALIGN,
  CONNTRACK_BUCKET_COUNT,
  CONNTRACK_BUCKET_SHIFT,
  CONNTRACK_CHUNK,
  CONNTRACK_CLOCK,
  CONNTRACK_COLD,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_CREATED,
  CONNTRACK_CREATED_BYTES,
  CONNTRACK_H323_KEPT,
  CONNTRACK_H323_TABLE,
  CONNTRACK_HEADER_BYTES,
  CONNTRACK_HELPERS,
  CONNTRACK_IDLE,
  CONNTRACK_MAX,
  CONNTRACK_POOL,
  CONNTRACK_POOL_END,
  CONNTRACK_POOL_NEXT,
  CONNTRACK_SHARD_BLOCKS,
  CONNTRACK_SHARD_BYTES,
  CONNTRACK_SHARDS,
  CONNTRACK_SLOT_BYTES,
  SHARD_BUCKETS,
  SHARD_EXPECT_BUCKETS,
} from '../../assembly/abi/flow.ts';
import { H323_KEPT_BYTES } from '../../assembly/abi/h323.ts';
import { NUMBER_SETTINGS, type NumberSetting, TIMEOUT_SETTINGS } from '../ir/conntrack.ts';
import { H323_TABLE } from './h323-table.ts';
import { EXPECT_BUCKETS_BYTES, HELPERS_BYTES, type HelperSettings, writeHelpers } from './helpers.ts';

/** Most memory that slots take: beside it there is room for everything else in the 4 GiB that the core can address. */
const SLOTS_MAX_BYTES = 2.5 * 2 ** 30;
/** Buckets of a shard at the least, a power of two. */
const BUCKETS_MIN = 64;
const SLOT_BYTES = CONNTRACK_SLOT_BYTES + CONNTRACK_COLD_BYTES + CONNTRACK_CREATED_BYTES;

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
  /** By their place in src/net/helper.ts. */
  readonly helpers?: readonly HelperSettings[];
  /** What the kernel's clock (jiffies, in nanoseconds) is ahead of the time since the epoch. */
  readonly clockNs?: bigint;
}

/** Full names of the sysctls that the tracker reads. */
export const conntrackSysctls: readonly string[] = [...NUMBER_SETTINGS, ...TIMEOUT_SETTINGS]
  .filter(({ name }) => name !== '')
  .map(({ name }) => `net.netfilter.${name}`);

/** The value of a setting by the sysctls. */
function settingValue(sysctl: SysctlValues, { name, initial }: NumberSetting): number {
  const names =
    name === '' ? [] : name === 'nf_conntrack_max' ? [`net.netfilter.${name}`, `net.${name}`] : [`net.netfilter.${name}`];
  const given = names.find((each) => sysctl[each] !== undefined);
  const value = Number(given === undefined ? initial : sysctl[given]);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(`${given} is ${value}, expected a whole number from 0 on`);
}

/** Most connections at one time; 0 = as many as there is memory for. */
export function conntrackLimit(sysctl: SysctlValues = {}): number {
  return settingValue(sysctl, NUMBER_SETTINGS.find(({ offset }) => offset === CONNTRACK_MAX)!);
}

/** Entries that there must be room for: those that the limit allows, as far as memory goes. */
export function conntrackCapacity(sysctl?: SysctlValues): number {
  const most = Math.floor(SLOTS_MAX_BYTES / SLOT_BYTES);
  return Math.min(conntrackLimit(sysctl) || most, most);
}

interface RegionPlan {
  readonly shardBlocks: number;
  readonly helpers: number;
  readonly h323Table: number;
  readonly h323Kept: number;
  readonly expectBuckets: number;
  /** Of one shard, a power of two. */
  readonly bucketCount: number;
  readonly buckets: number;
  readonly created: number;
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
  const helpers = align(shardBlocks + shards * CONNTRACK_SHARD_BYTES, CONNTRACK_ALIGN);
  const h323Table = align(helpers + HELPERS_BYTES, CONNTRACK_ALIGN);
  const h323Kept = align(h323Table + H323_TABLE.bytes.length, CONNTRACK_ALIGN);
  const expectBuckets = align(h323Kept + shards * H323_KEPT_BYTES, CONNTRACK_ALIGN);
  const buckets = align(expectBuckets + shards * EXPECT_BUCKETS_BYTES, CONNTRACK_ALIGN);
  // Two to four an entry, which has two tuples: at most 16 bytes, so that an entry takes 256 at most, all in.
  const bucketCount = Math.max(BUCKETS_MIN, 2 ** Math.floor(Math.log2((capacity * 4) / shards)));
  const created = buckets + shards * bucketCount * 4;
  const slots = slotCount(capacity) + shards * CONNTRACK_IDLE + CONNTRACK_CHUNK;
  const cold = created + slots * CONNTRACK_CREATED_BYTES;
  const pool = align(cold + slots * CONNTRACK_COLD_BYTES, CONNTRACK_ALIGN);
  return {
    shardBlocks,
    helpers,
    h323Table,
    h323Kept,
    expectBuckets,
    bucketCount,
    buckets,
    created,
    cold,
    pool,
    slots,
    bytes: pool + slots * CONNTRACK_SLOT_BYTES,
  };
}

/** One for each entry, and one for an extension of each, as far as memory goes: only addresses are spent on it. */
function slotCount(capacity: number): number {
  return Math.max(capacity, Math.min(capacity * 2, Math.floor(SLOTS_MAX_BYTES / SLOT_BYTES)));
}

/** Slots of the pool of a region of that size: each may hold an entry. */
export function conntrackSlots(size: ConntrackSize): number {
  return planRegion(size).slots;
}

/** Bytes that a region of that size takes. Pages that hold no entry cost nothing, but for a few that are made ready for the next ones. */
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
  set(CONNTRACK_CREATED, base + plan.created);
  set(CONNTRACK_POOL, base + plan.pool);
  set(CONNTRACK_POOL_NEXT, base + plan.pool);
  set(CONNTRACK_POOL_END, base + plan.bytes);
  view.setBigUint64(base + CONNTRACK_CLOCK, BigInt.asUintN(64, options.clockNs ?? 0n), true);
  set(CONNTRACK_HELPERS, base + plan.helpers);
  writeHelpers(view, base + plan.helpers, options.helpers ?? []);
  set(CONNTRACK_H323_TABLE, base + plan.h323Table);
  set(CONNTRACK_H323_KEPT, base + plan.h323Kept);
  new Uint8Array(view.buffer).set(H323_TABLE.bytes, view.byteOffset + base + plan.h323Table);
  for (let shard = 0; shard < options.shards; shard++) {
    const block = plan.shardBlocks + shard * CONNTRACK_SHARD_BYTES;
    set(block + SHARD_BUCKETS, base + plan.buckets + shard * plan.bucketCount * 4);
    set(block + SHARD_EXPECT_BUCKETS, base + plan.expectBuckets + shard * EXPECT_BUCKETS_BYTES);
  }
  const settingOf = (setting: NumberSetting): number => settingValue(options.sysctl ?? {}, setting);
  for (const setting of NUMBER_SETTINGS) set(setting.offset, Math.min(settingOf(setting), 0xffffffff));
  for (const setting of TIMEOUT_SETTINGS) {
    view.setBigUint64(base + setting.offset, BigInt(settingOf(setting)) * 1_000_000_000n, true);
  }
}
