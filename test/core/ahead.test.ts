import { expect, test } from 'vitest';
import {
  CONNTRACK_CREATED,
  CONNTRACK_POOL,
  CONNTRACK_POOL_END,
  CONNTRACK_POOL_NEXT,
  CONNTRACK_SLOT_BYTES,
} from '../../assembly/abi/flow.ts';
import { SlotsAhead } from '../../src/core/ahead.ts';
import type { MemoryMap, MemoryViews } from '../../src/core/memory.ts';

const PAGE_WORDS = 1024;
const REGION = 4096;
const CREATED = 8192;
const POOL = 65536;
const SLOTS = 1000;

/** A region of which so many slots are taken, and every word of the pool is written. */
function region(taken: number): { words: Uint32Array; ahead: SlotsAhead; take(slots: number): void } {
  const words = new Uint32Array(new SharedArrayBuffer(POOL + SLOTS * CONNTRACK_SLOT_BYTES + 4 * PAGE_WORDS));
  words.fill(7, POOL / 4);
  const set = (offset: number, value: number): void => {
    words[(REGION + offset) / 4] = value;
  };
  const take = (slots: number): void => set(CONNTRACK_POOL_NEXT, POOL + slots * CONNTRACK_SLOT_BYTES);
  set(CONNTRACK_CREATED, CREATED);
  set(CONNTRACK_POOL, POOL);
  set(CONNTRACK_POOL_END, POOL + SLOTS * CONNTRACK_SLOT_BYTES);
  take(taken);
  const ahead = new SlotsAhead({ u32: words } as MemoryViews, { conntrack: REGION, sources: 0 } as MemoryMap);
  return { words, ahead, take };
}

test('what is made ready keeps its words, whoever has written them', () => {
  const { words, ahead, take } = region(0);
  take(400);
  const before = words.slice();
  ahead.prepare(10_000);
  expect(words).toEqual(before);
});

test('nothing behind the end of the pool is touched', () => {
  const { ahead, take } = region(0);
  take(SLOTS);
  expect(() => ahead.prepare(10_000_000)).not.toThrow();
});
