// Threads that carry out tasks: Piscina workers over the shared memory, or the calling thread itself.

import { createRequire } from 'node:module';
import type { CoreMemory, CoreModule } from '../core/core.ts';
import type { MemoryMap } from '../core/memory.ts';
import { EngineError } from './error.ts';
import type { Runner } from './queue.ts';
import { type Bench, runTask, type Task, type TaskResult } from './shard.ts';
import type { WorkerSetup } from './worker.ts';

/** Two tasks a worker: the next one already lies there when it has finished. */
const TASKS_PER_WORKER = 2;

/** Carries out tasks on the calling thread. */
export function inlineRunner(bench: Bench): Runner {
  return {
    width: 1,
    threads: 1,
    run: (task) => Promise.resolve(runTask(bench, task)),
    close: () => Promise.resolve(),
  };
}

/** Starts `workers` threads. Loads Piscina only now, since a short capture is done before a pool would be up. */
export async function openPool(workers: number, module: CoreModule, memory: CoreMemory, map: MemoryMap): Promise<Runner> {
  const { Piscina } = await import('piscina');
  const setup: WorkerSetup = { module, memory, map };
  const pool = new Piscina<Task, TaskResult>({
    filename: createRequire(import.meta.url).resolve('#worker'),
    name: 'work',
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: TASKS_PER_WORKER,
    // Plain messages cost the least here, and leave an idle worker's event loop running.
    atomics: 'disabled',
    workerData: setup,
  });
  // One dead worker ends the pool: its shards are half done. Tasks of the others are given up too, so that nobody waits for one
  // that no worker will take; and a worker that dies while it starts rejects no task of its own accord.
  const waiting = new Set<(error: EngineError) => void>();
  const died = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new EngineError('ERR_WORKER_DIED', `a worker died: ${reason}`, { cause });
    for (const reject of waiting) reject(error);
    waiting.clear();
  };
  pool.on('error', died);
  return {
    width: workers * TASKS_PER_WORKER,
    threads: workers,
    run: (task) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        pool.run(task).then((result) => {
          waiting.delete(reject);
          resolve(result);
        }, died);
      }),
    close: () => pool.destroy(),
  };
}
