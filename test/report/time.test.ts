import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_TIME } from '../../assembly/abi/batch.ts';
import { type Batch, timeText } from '../../src/core/batch.ts';
import { createMemory, planMemory, viewsOf } from '../../src/core/memory.ts';

const map = planMemory({
  program4Bytes: 0,
  program6Bytes: 0,
  counters4: 0,
  counters6: 0,
  hostBytes: 0,
  conntrackBytes: 0,
  sourcesBytes: 0,
  stateBytes: 0,
  sidesBytes: 0,
  peersBytes: 0,
  fragmentBytes: 0,
  logBytes: 0,
  eventBytes: 0,
  remembers: false,
  shards: 1,
  interfaces: 1,
  slots: 1,
  packets: 1,
  chunkBytes: 64,
  arenaBytes: 64,
  egressBytes: 64,
});
const views = viewsOf(createMemory(map));
const batch: Batch = { views, map: map.slots[0]!, count: 1 };

function textOf(ns: bigint): string {
  views.u64[(map.slots[0]!.frames + FRAME_TIME) / 8] = ns;
  return timeText(batch, 0);
}

test('a time prints as seconds with all nine decimals', () => {
  expect(textOf(1_700_000_000_123_456_789n)).toBe('1700000000.123456789');
  expect(textOf(5n)).toBe('0.000000005');
});

test('every 64-bit time prints exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (ns) => {
      expect(textOf(ns)).toBe(`${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`);
    }),
    { seed: 1 },
  );
});
