// A worker thread: one instance of the core on the shared memory, one task at a time. Started by the pool in queue.ts.

import { workerData } from 'node:worker_threads';
import type { CoreMemory, CoreModule } from '../core/core.ts';
import type { MemoryMap } from '../core/memory.ts';
import { openBench, runTask, type Task, type TaskResult } from './shard.ts';

/** What the pool hands to each worker. */
export interface WorkerSetup {
  readonly module: CoreModule;
  readonly memory: CoreMemory;
  readonly map: MemoryMap;
}

const { module, memory, map } = workerData as WorkerSetup;
const bench = openBench(module, memory, map);

/** Carries out one task. */
export function work(task: Task): TaskResult {
  return runTask(bench, task);
}
