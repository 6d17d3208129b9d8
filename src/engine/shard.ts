// The work on a slot: dissect it, run some of its shards. The same code serves a worker thread and the inline engine.
//
// A shard is a piece of conntrack and its counters. At most one task of a shard is in flight and slots are run in order, so the
// packets of a shard keep their order whichever thread runs them.

import { ALL_SHARDS } from '../../assembly/abi/batch.ts';
import { FAULT_NO_MEMORY } from '../../assembly/abi/fault.ts';
import { emptyTally, runsInOrder, shardCount, type Tally, tallyShard } from '../core/batch.ts';
import { type Core, type CoreMemory, type CoreModule, instantiateCore } from '../core/core.ts';
import { type MemoryMap, type MemoryViews, viewsOf } from '../core/memory.ts';

/** What one thread needs to work on slots. */
export interface Bench {
  readonly core: Core;
  readonly views: MemoryViews;
  readonly map: MemoryMap;
}

export interface Task {
  /** Number of the slot. */
  readonly slot: number;
  /** Dissect the slot first. */
  readonly dissect: boolean;
  /** Shards to run then, in this order. */
  readonly shards: readonly number[];
  /** All shards together, in input order, since nothing else runs. A task that dissects and runs sees for itself whether it must. */
  readonly inOrder?: boolean;
}

export interface TaskResult {
  readonly tally: Tally;
  /** Pairs: nanoseconds that running one shard's packets took, and how many they were. */
  readonly runs: number[];
  /** The core refused or trapped: what it did. */
  readonly fault?: string;
}

export function openBench(module: CoreModule, memory: CoreMemory, map: MemoryMap): Bench {
  return { core: instantiateCore(module, memory), views: viewsOf(memory), map };
}

/** Carries out one task. A fault of the core comes back as a value, so that a rejected task always means a dead worker. */
export function runTask(bench: Bench, task: Task): TaskResult {
  const { core, views, map } = bench;
  const slot = map.slots[task.slot]!;
  const tally = emptyTally();
  const runs: number[] = [];
  let doing = 'dissecting';
  try {
    if (task.dissect) check(core.dissectSlot(map.env, slot.slot));
    const quotes = task.dissect && task.shards.length > 0 && runsInOrder(views, map, slot);
    if (task.inOrder || quotes) {
      doing = 'running all shards';
      const start = performance.now();
      const count = core.runSlot(map.env, ALL_SHARDS, slot.slot);
      check(count);
      runs.push((performance.now() - start) * 1e6, count);
      for (const shard of task.shards) tallyShard(views, slot, shard, tally);
      return { tally, runs };
    }
    for (const shard of task.shards) {
      const count = shardCount(views, slot, shard);
      if (count === 0) continue;
      doing = `running shard ${shard}`;
      const start = performance.now();
      check(core.runSlot(map.env, shard, slot.slot));
      runs.push((performance.now() - start) * 1e6, count);
      tallyShard(views, slot, shard, tally);
    }
    return { tally, runs };
  } catch (error) {
    return { tally, runs, fault: `${doing}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function check(result: number): void {
  if (result === FAULT_NO_MEMORY) throw new Error('connections and what belongs to them need more memory than it can address');
  if (result < 0) throw new Error(`fault ${result}`);
}
