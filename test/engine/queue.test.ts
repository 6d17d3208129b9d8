import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyTally } from '../../src/core/batch.ts';
import { createMemory, planMemory, viewsOf } from '../../src/core/memory.ts';
import { type Runner, TaskQueue } from '../../src/engine/queue.ts';
import type { Task } from '../../src/engine/shard.ts';

const SHARDS = 4;
const SLOTS = 8;
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
  fragmentBytes: 0,
  logBytes: 0,
  eventBytes: 0,
  remembers: false,
  shards: SHARDS,
  interfaces: 1,
  slots: SLOTS,
  packets: 16,
  chunkBytes: 64,
  arenaBytes: 64,
  egressBytes: 64,
});
const views = viewsOf(createMemory(map));

/** Packets of each shard, for each slot. */
type Load = readonly (readonly number[])[];

const loads: fc.Arbitrary<Load> = fc.array(fc.array(fc.nat(3), { minLength: SHARDS, maxLength: SHARDS }), {
  minLength: 1,
  maxLength: SLOTS,
});

/** A runner that finishes tasks in an order of its own, and writes down what it ran. */
function fakeRunner(threads: number, load: Load, order: readonly number[]): Runner & { ran: string[]; faults: string[] } {
  const ran: string[] = [];
  const faults: string[] = [];
  const busy = new Set<number>();
  const waiting: { task: Task; resolve: () => void }[] = [];
  const picks = [...order];
  let scheduled = false;
  const finishOne = (): void => {
    scheduled = false;
    // One thread works in order; several finish in any.
    const at = threads === 1 ? 0 : (picks.shift() ?? 0) % waiting.length;
    const [{ task, resolve }] = waiting.splice(at, 1) as [{ task: Task; resolve: () => void }];
    if (task.dissect) writeStarts(task.slot, load[task.slot]!);
    for (const shard of task.shards) {
      if ((load[task.slot]![shard] ?? 0) > 0) ran.push(`${shard}:${task.slot}`);
      busy.delete(shard);
    }
    resolve();
    if (waiting.length > 0) schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(finishOne);
  };
  return {
    ran,
    faults,
    width: threads * 2,
    threads,
    run(task) {
      for (const shard of task.shards) {
        if (threads > 1 && busy.has(shard)) faults.push(`shard ${shard} is in two tasks`);
        busy.add(shard);
      }
      return new Promise((resolve) => {
        waiting.push({ task, resolve: () => resolve({ tally: emptyTally(), runs: [], events: [] }) });
        schedule();
      });
    },
    close: () => Promise.resolve(),
  };
}

function writeStarts(slot: number, counts: readonly number[]): void {
  let sum = 0;
  for (let shard = 0; shard <= SHARDS; shard++) {
    views.u32[map.slots[slot]!.starts / 4 + shard] = sum;
    sum += counts[shard] ?? 0;
  }
}

async function runAll(runner: Runner, load: Load, hasRoom: (packets: number) => boolean = () => true): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let left = load.length;
    const queue = new TaskQueue(runner, { views, map }, { result: () => undefined, error: reject }, hasRoom);
    load.forEach((counts, slot) => {
      queue.push(
        slot,
        Math.max(
          1,
          counts.reduce((a, b) => a + b, 0),
        ),
        () => {
          if (--left === 0) resolve();
        },
      );
    });
  });
}

test.each([1, 2, 3])(
  'with %i threads every shard runs its packets of every slot once, in slot order, one task at a time',
  async (threads) => {
    await fc.assert(
      fc.asyncProperty(loads, fc.array(fc.nat(), { maxLength: 40 }), async (load, order) => {
        const runner = fakeRunner(threads, load, order);
        await runAll(runner, load);
        expect(runner.faults).toEqual([]);
        for (let shard = 0; shard < SHARDS; shard++) {
          const wanted = load.flatMap((counts, slot) => (counts[shard]! > 0 ? [`${shard}:${slot}`] : []));
          expect(runner.ran.filter((entry) => entry.startsWith(`${shard}:`))).toEqual(wanted);
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  },
);

test.each([1, 2, 3])('with %i threads slots for whose connections there may be no room run alone', async (threads) => {
  await fc.assert(
    fc.asyncProperty(loads, fc.array(fc.nat(), { maxLength: 40 }), fc.integer({ min: 1, max: 20 }), async (load, order, room) => {
      const runner = fakeRunner(threads, load, order);
      const running = new Set<Task>();
      const run = async (task: Task) => {
        const runs = [...running].filter(({ shards }) => shards.length > 0);
        if (task.inOrder && threads > 1) expect(runs).toEqual([]);
        if (task.shards.length > 0 && threads > 1) expect(runs.some(({ inOrder }) => inOrder)).toBe(false);
        running.add(task);
        const result = await runner.run(task);
        running.delete(task);
        return result;
      };
      await runAll({ ...runner, run }, load, (packets) => packets <= room);
      expect(runner.faults).toEqual([]);
      for (let shard = 0; shard < SHARDS; shard++) {
        const wanted = load.flatMap((counts, slot) => (counts[shard]! > 0 ? [`${shard}:${slot}`] : []));
        expect(runner.ran.filter((entry) => entry.startsWith(`${shard}:`))).toEqual(wanted);
      }
    }),
    { seed: 11, numRuns: 60 },
  );
});

test('a task that fails stops the queue, and stopping waits for what is under way', async () => {
  let fail: (error: Error) => void = () => undefined;
  let sent = 0;
  const runner: Runner = {
    width: 4,
    threads: 2,
    run: () => {
      sent++;
      return new Promise((_, reject) => {
        fail = reject;
      });
    },
    close: () => Promise.resolve(),
  };
  const errors: unknown[] = [];
  const queue = new TaskQueue(runner, { views, map }, { result: () => undefined, error: (error) => errors.push(error) });
  queue.push(0, 1, () => undefined);
  const stopped = queue.stop();
  fail(new Error('gone'));
  await stopped;
  queue.push(1, 1, () => undefined);
  expect(sent).toBe(1);
});
