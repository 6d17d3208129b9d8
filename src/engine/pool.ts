// Threads that carry out tasks: Piscina workers over the shared memory, or the calling thread itself.

import { createRequire } from 'node:module';
import type { Piscina } from 'piscina';
import type { CoreMemory, CoreModule } from '../core/core.ts';
import type { MemoryMap } from '../core/memory.ts';
import { EngineError } from './error.ts';
import type { Runner } from './queue.ts';
import { type Bench, runTask, type Task, type TaskResult } from './shard.ts';
import type { WorkerSetup } from './worker.ts';

/** Tasks of one slot that a worker may have at a time: one that dissects, one that runs. */
const TASKS_OF_SLOT = 2;

/** Carries out tasks on the calling thread. */
export function inlineRunner(bench: Bench): Runner {
  return {
    threads: 1,
    run: (task) => Promise.resolve(runTask(bench, task)),
    close: () => Promise.resolve(),
  };
}

/** What a worker is asked that is to come to rest. */
const NOTHING: Task = { slot: 0, dissect: false, shards: [] };

/** Ends a worker, but not while it still loads, which nobody may have waited for: Node.js takes that ill. `death`: of any worker. */
async function stop(pool: Piscina<Task, TaskResult>, death: Promise<void>): Promise<void> {
  await Promise.race([pool.run(NOTHING).catch(() => undefined), death]);
  await pool.destroy();
}

/** Starts `workers` threads. Loads Piscina only now, since a short capture is done before a pool would be up. */
export async function openPool(workers: number, module: CoreModule, memory: CoreMemory, map: MemoryMap): Promise<Runner> {
  const { Piscina: Pool } = await import('piscina');
  const setup: WorkerSetup = { module, memory, map };
  const pools = Array.from(
    { length: workers },
    // Each worker has a pool of its own, since what it does next must not go to another, and all that it was sent lies there.
    () =>
      new Pool<Task, TaskResult>({
        filename: createRequire(import.meta.url).resolve('#worker'),
        name: 'work',
        minThreads: 1,
        maxThreads: 1,
        concurrentTasksPerWorker: TASKS_OF_SLOT * map.slots.length,
        stricterFIFO: true,
        // Plain messages cost the least here, and leave an idle worker's event loop running.
        atomics: 'disabled',
        recordTiming: false,
        workerData: setup,
      }),
  );
  // One dead worker ends the pool: its shards are half done. Tasks of the others are given up too, so that nobody waits for one
  // that no worker will take; and a worker that dies while it starts rejects no task of its own accord.
  const waiting = new Set<(error: EngineError) => void>();
  let haveDied: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    haveDied = resolve;
  });
  const died = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new EngineError('ERR_WORKER_DIED', `a worker died: ${reason}`, { cause });
    for (const reject of waiting) reject(error);
    waiting.clear();
    haveDied();
  };
  for (const pool of pools) pool.on('error', died);
  return {
    threads: workers,
    run: (task, thread) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        pools[thread]!.run(task).then((result) => {
          waiting.delete(reject);
          resolve(result);
        }, died);
      }),
    close: async () => {
      await Promise.all(pools.map((pool) => stop(pool, death)));
    },
  };
}
