// The environment record, program and host images, and counters: what is written once before batches run, and summed after.

import {
  ENV_CLOCK,
  ENV_CONNTRACK,
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_COUNTERS6,
  ENV_COUNTERS6_STRIDE,
  ENV_FLAG_BRIEF,
  ENV_FLAGS,
  ENV_FRAGMENTS,
  ENV_HOST,
  ENV_INTERFACES,
  ENV_JOURNEYS,
  ENV_LOADED,
  ENV_LOG,
  ENV_LOG_BYTES,
  ENV_PEERS,
  ENV_PROGRAM4,
  ENV_PROGRAM6,
  ENV_SCRATCH,
  ENV_SEED,
  ENV_SHARDS,
  ENV_SIDES,
  ENV_STATE,
} from '../../assembly/abi/batch.ts';
import {
  JOURNEY_BYTES,
  JOURNEY_COUNTED_BYTES,
  JOURNEY_FAMILY,
  JOURNEY_ID_COUNT,
  JOURNEY_IDS,
  JOURNEY_PACKETS,
  JOURNEYS_BYTES,
  JOURNEYS_COUNT,
  JOURNEYS_FIRST,
} from '../../assembly/abi/journey.ts';
import {
  COUNTER_BYTES,
  PROGRAM_COUNTERS,
  PROGRAM_COUNTS_CONNECTIONS,
  PROGRAM_FLAGS,
  PROGRAM_HAS_NAT,
  PROGRAM_MAX_HITS,
  PROGRAM_USES_CONNTRACK,
} from '../../assembly/abi/program.ts';
import { JIFFY_NS } from '../../assembly/abi/rate.ts';
import type { HelperSettings } from './helpers.ts';
import type { MemoryMap, MemoryViews } from './memory.ts';

/** Images that batches run with. */
export interface Images {
  readonly program4?: Uint8Array;
  readonly program6?: Uint8Array;
  readonly host: Uint8Array;
  /** What rules keep from packet to packet; absent = nothing. */
  readonly state?: StateImage;
  /** What connection tracking helpers are told, by their place in src/net/helper.ts; absent = no connection has one. */
  readonly helpers?: readonly HelperSettings[];
  /** Who is inside (abi/shard.ts), where connections are translated; absent = nothing is, or all packets pass one shard. */
  readonly sides?: Uint8Array;
  /** What this host answers depends on what it has told whom before (abi/peer.ts), whatever their connections. */
  readonly tellsPeers?: boolean;
}

/** The region of what rules keep: its size, and what objects hold at first. */
export interface StateImage {
  readonly bytes: number;
  readonly objects: readonly { readonly offset: number; readonly initial?: Uint8Array }[];
  /** Those that packets of several connections share. */
  readonly spanning?: readonly unknown[];
}

function headerWord(image: Uint8Array | undefined, offset: number): number {
  return image ? new DataView(image.buffer, image.byteOffset, image.byteLength).getUint32(offset, true) : 0;
}

/** Number of counters a program image needs in each shard. */
export function counterCount(image: Uint8Array | undefined): number {
  return headerWord(image, PROGRAM_COUNTERS);
}

/** Whether rules make the kernel count packets and bytes of every connection. Ref: net/netfilter/xt_connbytes.c:connbytes_mt_check() */
export function countsConnections({ program4, program6 }: Images): boolean {
  return [program4, program6].some((image) => (headerWord(image, PROGRAM_FLAGS) & PROGRAM_COUNTS_CONNECTIONS) !== 0);
}

/** Whether there is a nat table, so that connections are settled. */
export function translates({ program4, program6 }: Images): boolean {
  return [program4, program6].some((image) => (headerWord(image, PROGRAM_FLAGS) & PROGRAM_HAS_NAT) !== 0);
}

/** Whether rules make the kernel track connections. */
export function tracksConnections({ program4, program6 }: Images): boolean {
  return [program4, program6].some((image) => (headerWord(image, PROGRAM_FLAGS) & PROGRAM_USES_CONNTRACK) !== 0);
}

/** Most rules and policies that one packet can hit with the image. */
export function maxHits(image: Uint8Array | undefined): number {
  return headerWord(image, PROGRAM_MAX_HITS);
}

/** Writes the images and the environment. No batch may be running: one batch sees one image from start to end. */
export function writeEnvironment(
  views: MemoryViews,
  map: MemoryMap,
  images: Images,
  options: { flags: number; seed: number; clockNs: bigint },
): void {
  views.u8.set(images.host, map.host);
  if (images.program4) views.u8.set(images.program4, map.program4);
  if (images.program6) views.u8.set(images.program6, map.program6);
  const set = (offset: number, value: number): void => {
    views.u32[(map.env + offset) >>> 2] = value;
  };
  set(ENV_PROGRAM4, images.program4 ? map.program4 : 0);
  set(ENV_PROGRAM6, images.program6 ? map.program6 : 0);
  set(ENV_COUNTERS4, map.counters4);
  set(ENV_COUNTERS4_STRIDE, map.counters4Stride);
  set(ENV_COUNTERS6, map.counters6);
  set(ENV_COUNTERS6_STRIDE, map.counters6Stride);
  set(ENV_HOST, map.host);
  set(ENV_CONNTRACK, map.conntrack);
  set(ENV_SHARDS, map.shards);
  set(ENV_FLAGS, options.flags);
  set(ENV_SEED, options.seed >>> 0);
  set(ENV_INTERFACES, map.interfaces);
  set(ENV_SCRATCH, map.scratch);
  set(ENV_STATE, map.state);
  set(ENV_FRAGMENTS, map.fragments);
  set(ENV_SIDES, map.sides);
  set(ENV_PEERS, map.peers);
  if (images.sides && map.sides !== 0) views.u8.set(images.sides, map.sides);
  views.u64[(map.env + ENV_LOADED) >>> 3] = 0n;
  views.u64[(map.env + ENV_CLOCK) >>> 3] = BigInt.asUintN(64, options.clockNs);
  set(ENV_LOG, map.log);
  set(ENV_LOG_BYTES, map.logBytes);
  for (const { offset, initial } of images.state?.objects ?? []) if (initial) views.u8.set(initial, map.state + offset);
}

/** Says between batches whether journeys are remembered, and those that are be used. */
export function setRemembering(views: MemoryViews, map: MemoryMap, isOn: boolean): void {
  views.u32[(map.env + ENV_JOURNEYS) >>> 2] = isOn ? map.journeys : 0;
}

/** Switches ENV_FLAG_* bits between batches. */
export function setEnvironmentFlags(views: MemoryViews, map: MemoryMap, flags: number): void {
  views.u32[(map.env + ENV_FLAGS) >>> 2] = flags;
}

/** Whether the records and outcomes of packets are not read behind a batch. */
export function isBrief(views: MemoryViews, map: MemoryMap): boolean {
  return (views.u32[(map.env + ENV_FLAGS) >>> 2]! & ENV_FLAG_BRIEF) !== 0;
}

/** Says when the rules were loaded, unless it was said before: replays of one engine go on from one to the next. */
export function setLoadedTime(views: MemoryViews, map: MemoryMap, ns: bigint): void {
  const at = (map.env + ENV_LOADED) >>> 3;
  if (views.u64[at] === 0n) views.u64[at] = ns;
}

/** The kernel's clock in ticks: at a time, and when the rules were loaded. */
export function clockAt(views: MemoryViews, map: MemoryMap, ns: bigint): { readonly jiffies: bigint; readonly loaded: bigint } {
  const ahead = views.u64[(map.env + ENV_CLOCK) >>> 3]!;
  const ticks = (time: bigint): bigint => BigInt.asUintN(64, time + ahead) / BigInt(JIFFY_NS);
  return { jiffies: ticks(ns), loaded: ticks(views.u64[(map.env + ENV_LOADED) >>> 3]!) };
}

/** Adds up one family's counters over the shards: packets and bytes of counter `i` at words 2i and 2i + 1. */
export function sumCounters(views: MemoryViews, map: MemoryMap, family: 4 | 6, counters: number): BigUint64Array {
  const base = family === 4 ? map.counters4 : map.counters6;
  const stride = family === 4 ? map.counters4Stride : map.counters6Stride;
  const words = (counters * COUNTER_BYTES) / 8;
  const sums = new BigUint64Array(words);
  for (let shard = 0; shard < map.shards; shard++) {
    const first = (base + shard * stride) / 8;
    for (let i = 0; i < words; i++) sums[i] = sums[i]! + views.u64[first + i]!;
    if (map.journeys !== 0) addJourneys(views, map.journeys + shard * JOURNEYS_BYTES, family, sums);
  }
  return sums;
}

/** Adds what the journeys of a shard have counted. */
function addJourneys({ u32, u64 }: MemoryViews, journeys: number, family: 4 | 6, sums: BigUint64Array): void {
  const count = u32[(journeys + JOURNEYS_COUNT) >>> 2]!;
  for (let i = 0; i < count; i++) {
    const journey = journeys + JOURNEYS_FIRST + i * JOURNEY_BYTES;
    if (u32[(journey + JOURNEY_FAMILY) >>> 2] !== family) continue;
    const packets = u64[(journey + JOURNEY_PACKETS) >>> 3]!;
    const bytes = u64[(journey + JOURNEY_COUNTED_BYTES) >>> 3]!;
    const ids = (journey + JOURNEY_IDS) >>> 2;
    for (let at = ids; at < ids + u32[(journey + JOURNEY_ID_COUNT) >>> 2]!; at++) {
      const id = u32[at]!;
      sums[2 * id] = sums[2 * id]! + packets;
      sums[2 * id + 1] = sums[2 * id + 1]! + bytes;
    }
  }
}
