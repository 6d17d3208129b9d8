// Pools of entries (assembly/abi/pool.ts) in the core's memory, as they are between two replays.
//
// state/ turns what rules keep from packet to packet into values that people can read and write, and back. It knows the layouts and the
// texts, neither rules nor the engine.

import {
  ENTRY_HASH,
  ENTRY_KEY,
  ENTRY_NEWER,
  ENTRY_NEXT,
  ENTRY_OLDER,
  POOL_BUCKET_COUNT,
  POOL_COUNT,
  POOL_ENTRY_BYTES,
  POOL_MAX,
  POOL_NEWEST,
  POOL_OLDEST,
  POOL_ROOM,
  POOL_USED,
} from '../../assembly/abi/pool.ts';

/** A pool's header in a view of the core's memory. */
export interface PoolAt {
  readonly view: DataView;
  readonly offset: number;
}

function word({ view, offset }: PoolAt, at: number): number {
  return view.getUint32(offset + at, true);
}

function setWord({ view, offset }: PoolAt, at: number, value: number): void {
  view.setUint32(offset + at, value, true);
}

/** Most entries that a pool can have. */
export function poolMax(pool: PoolAt): number {
  return word(pool, POOL_MAX);
}

function entryOffset(pool: PoolAt, number: number): number {
  const entries = pool.offset + word(pool, POOL_ROOM) + word(pool, POOL_BUCKET_COUNT) * 4;
  return entries + (number - 1) * word(pool, POOL_ENTRY_BYTES);
}

/** Offsets of all entries, the one that was used longest ago first. */
export function poolEntries(pool: PoolAt): number[] {
  const offsets: number[] = [];
  let number = word(pool, POOL_OLDEST);
  while (number !== 0) {
    const offset = entryOffset(pool, number);
    offsets.push(offset);
    number = pool.view.getUint32(offset + ENTRY_NEWER, true);
  }
  return offsets;
}

const GOLDEN = 0x9e37_79b1;

/** As in the core: assembly/match/pool.ts. */
function hashOf(key: readonly number[]): number {
  const hash = key.reduce((sum, part) => Math.imul(((sum << 5) | (sum >>> 27)) ^ part, GOLDEN), 0);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Adds an entry, the newest, to a pool from which none was ever taken. Gives its offset. There must be room. */
export function addPoolEntry(pool: PoolAt, key: readonly number[]): number {
  const { view } = pool;
  const number = word(pool, POOL_USED) + 1;
  const offset = entryOffset(pool, number);
  const hash = hashOf(key);
  const bucket = word(pool, POOL_ROOM) + (hash & (word(pool, POOL_BUCKET_COUNT) - 1)) * 4;
  const newest = word(pool, POOL_NEWEST);
  view.setUint32(offset + ENTRY_NEXT, word(pool, bucket), true);
  view.setUint32(offset + ENTRY_OLDER, newest, true);
  view.setUint32(offset + ENTRY_HASH, hash, true);
  for (const [i, part] of key.entries()) view.setUint32(offset + ENTRY_KEY + 4 * i, part, true);
  if (newest === 0) setWord(pool, POOL_OLDEST, number);
  else view.setUint32(entryOffset(pool, newest) + ENTRY_NEWER, number, true);
  setWord(pool, bucket, number);
  setWord(pool, POOL_NEWEST, number);
  setWord(pool, POOL_USED, number);
  setWord(pool, POOL_COUNT, word(pool, POOL_COUNT) + 1);
  return offset;
}
