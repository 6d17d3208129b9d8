import { expect, test } from 'vitest';
import { soak } from '../../bench/soak/soak.ts';
import { flowTraffic } from '../../bench/soak/traffic.ts';

test.each([0, 2])('of churning flows every connection is made once, and is freed or there (%i workers)', async (workers) => {
  const result = await soak({ packets: 60_000, flows: 700, length: 4, seed: 3, workers });
  expect(result.faults).toEqual([]);
  expect(result.packets).toBe(60_000);
  expect(result.created).toBeGreaterThan(5_000);
  expect(result.freed).toBeGreaterThan(0);
  expect(result.live).toBeLessThan(result.created);
});

test('the traffic is the same however it is read', async () => {
  const read = async (size: number): Promise<Buffer> => {
    const traffic = flowTraffic({ packets: 500, flows: 20, length: 3, seed: 1 });
    const pieces: Buffer[] = [];
    for (;;) {
      const target = new Uint8Array(size);
      const got = await traffic.read(target);
      if (got === 0) return Buffer.concat(pieces);
      pieces.push(Buffer.from(target.subarray(0, got)));
    }
  };
  const whole = await read(1 << 20);
  for (const size of [1, 7, 100, 4096]) expect((await read(size)).equals(whole)).toBe(true);
});
