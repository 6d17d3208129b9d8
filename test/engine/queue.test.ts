import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SLOT_DISSECTED, SLOT_STATE } from '../../assembly/abi/batch.ts';
import { emptyTally, prepareSlot, setFrameCount } from '../../src/core/batch.ts';
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
  peersBytes: 0,
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

/** A runner whose threads finish their tasks in an order of its own, and that writes down what it ran. */
function fakeRunner(threads: number, load: Load, order: readonly number[]): Runner & { ran: string[]; faults: string[] } {
  const ran: string[] = [];
  const faults: string[] = [];
  const waiting = Array.from({ length: threads }, (): { task: Task; resolve: () => void }[] => []);
  const picks = [...order];
  let scheduled = false;
  const finishOne = (): void => {
    scheduled = false;
    const busy = waiting.filter((tasks) => tasks.length > 0);
    // What stands in front may be under way in all threads at once.
    const under = busy.flatMap((tasks) => [...tasks[0]!.task.shards]);
    if (threads > 1 && new Set(under).size < under.length) faults.push(`shards ${under.join()} are under way`);
    const [{ task, resolve }] = busy[(picks.shift() ?? 0) % busy.length]!.splice(0, 1) as [{ task: Task; resolve: () => void }];
    if (task.dissect) writeCounts(task.slot, load[task.slot]!);
    for (const shard of task.shards) if ((load[task.slot]![shard] ?? 0) > 0) ran.push(`${shard}:${task.slot}`);
    resolve();
    if (waiting.some((tasks) => tasks.length > 0)) schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(finishOne);
  };
  return {
    ran,
    faults,
    threads,
    run(task, thread) {
      return new Promise((resolve) => {
        waiting[thread]!.push({ task, resolve: () => resolve({ tally: emptyTally(), runs: [], events: [] }) });
        schedule();
      });
    },
    close: () => Promise.resolve(),
  };
}

function writeCounts(slot: number, counts: readonly number[]): void {
  const { slot: header, counts: at } = map.slots[slot]!;
  for (let shard = 0; shard < SHARDS; shard++) views.u32[at / 4 + shard] = counts[shard] ?? 0;
  views.u32[(header + SLOT_STATE) / 4] = SLOT_DISSECTED;
}

async function runAll(runner: Runner, load: Load, hasRoom: (packets: number) => boolean = () => true): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let left = load.length;
    const queue = new TaskQueue(runner, { views, map }, { result: () => undefined, error: reject }, hasRoom);
    load.forEach((counts, slot) => {
      const packets = Math.max(
        1,
        counts.reduce((a, b) => a + b, 0),
      );
      prepareSlot(views, map.slots[slot]!);
      setFrameCount(views, map.slots[slot]!, packets);
      queue.push(slot, packets, () => {
        if (--left === 0) resolve();
      });
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
      const run = async (task: Task, thread: number) => {
        const runs = [...running].filter(({ shards }) => shards.length > 0);
        if (task.inOrder && threads > 1) expect(runs).toEqual([]);
        if (task.shards.length > 0 && threads > 1) expect(runs.some(({ inOrder }) => inOrder)).toBe(false);
        running.add(task);
        const result = await runner.run(task, thread);
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
  for (const slot of map.slots) prepareSlot(views, slot);
  setFrameCount(views, map.slots[0]!, 1);
  queue.push(0, 1, () => undefined);
  const stopped = queue.stop();
  fail(new Error('gone'));
  await stopped;
  queue.push(1, 1, () => undefined);
  expect(sent).toBe(1);
});
