// The lists of -m recent: their entries in the core's memory.

import { ENTRY_KEY } from '../../assembly/abi/pool.ts';
import {
  RECENT_ENTRY_INDEX,
  RECENT_ENTRY_STAMP_COUNT,
  RECENT_ENTRY_STAMPS,
  RECENT_ENTRY_TTL,
  RECENT_STAMP_MASK,
} from '../../assembly/abi/recent.ts';
import { addressWords } from '../net/address.ts';
import { addPoolEntry, type PoolAt, poolEntries } from './pool.ts';

/** An address with the times it was seen at, in jiffies. */
export interface RecentEntry {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly ttl: number;
  /** Where the next time goes. */
  readonly index: number;
  /** In their places: when there are as many as a list keeps, the oldest is written over. */
  readonly stamps: readonly bigint[];
}

const IPV4 = 4;
const IPV6 = 6;
const STAMP_BYTES = 8;

/** Times that a list keeps of an address. */
export function stampsMax({ view, offset }: PoolAt): number {
  return view.getUint32(offset + RECENT_STAMP_MASK, true) + 1;
}

/** The entries of a list, the one that was used longest ago first. */
export function readRecent(list: PoolAt): RecentEntry[] {
  return poolEntries(list).map((entry) => readEntry(list.view, entry));
}

function readEntry(view: DataView, entry: number): RecentEntry {
  const word = (at: number): number => view.getUint32(entry + at, true);
  const address = new Uint8Array(word(ENTRY_KEY) === IPV4 ? 4 : 16);
  const bytes = new DataView(address.buffer);
  for (let at = 0; at < address.length; at += 4) bytes.setUint32(at, word(ENTRY_KEY + 4 + at));
  const stamps = Array.from({ length: word(RECENT_ENTRY_STAMP_COUNT) }, (_, i) =>
    view.getBigUint64(entry + RECENT_ENTRY_STAMPS + i * STAMP_BYTES, true),
  );
  return { address, ttl: word(RECENT_ENTRY_TTL), index: word(RECENT_ENTRY_INDEX), stamps };
}

/** Fills an empty list. The entries come as `readRecent` gives them, and the list has room for them. */
export function writeRecent(list: PoolAt, entries: readonly RecentEntry[]): void {
  const { view } = list;
  for (const { address, ttl, index, stamps } of entries) {
    const words = [...addressWords(address), 0, 0, 0].slice(0, 4);
    const entry = addPoolEntry(list, [address.length === 4 ? IPV4 : IPV6, ...words]);
    view.setUint32(entry + RECENT_ENTRY_TTL, ttl, true);
    view.setUint32(entry + RECENT_ENTRY_INDEX, index, true);
    view.setUint32(entry + RECENT_ENTRY_STAMP_COUNT, stamps.length, true);
    for (const [i, stamp] of stamps.entries()) view.setBigUint64(entry + RECENT_ENTRY_STAMPS + i * STAMP_BYTES, stamp, true);
  }
}
