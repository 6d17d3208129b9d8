// Pools of entries that a match keeps (assembly/abi/pool.ts): their headers and their room.

import { POOL_BUCKET_COUNT, POOL_ENTRY_BYTES, POOL_KEY_WORDS, POOL_MAX, POOL_ROOM } from '../../assembly/abi/pool.ts';
import type { StateRequest } from '../ir/state.ts';

export interface Pool {
  /** Most of them. */
  readonly entries: number;
  readonly entryBytes: number;
  readonly keyWords: number;
}

function bucketCount({ entries }: Pool): number {
  return 2 ** Math.ceil(Math.log2(entries));
}

/** The room that a pool needs. */
export function poolRoom(pool: Pool): NonNullable<StateRequest['room']> {
  return { bytes: bucketCount(pool) * 4 + pool.entries * pool.entryBytes, at: POOL_ROOM };
}

/** Writes the header of an empty pool, at the start of the state that has it. */
export function writePool(view: DataView, pool: Pool): void {
  view.setUint32(POOL_MAX, pool.entries, true);
  view.setUint32(POOL_BUCKET_COUNT, bucketCount(pool), true);
  view.setUint32(POOL_ENTRY_BYTES, pool.entryBytes, true);
  view.setUint32(POOL_KEY_WORDS, pool.keyWords, true);
}
