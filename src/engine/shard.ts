// The work on a slot: dissect it, run some of its shards. The same code serves a worker thread and the inline engine.
//
// A shard is a piece of conntrack and its counters. Its tasks are carried out one at a time, and slots are run in order, so the packets of a
// shard keep their order whichever thread runs them.

import { ALL_SHARDS } from '../../assembly/abi/batch.ts';
import { FAULT_NO_MEMORY } from '../../assembly/abi/fault.ts';
import { clearTally, emptyTally, shardCount, type Tally, takeTally, undissected } from '../core/batch.ts';
import { type Core, type CoreMemory, type CoreModule, instantiateCore } from '../core/core.ts';
import { isBrief } from '../core/environment.ts';
import { type EventChunk, isPaused, takeEvents } from '../core/events.ts';
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
  /** Shards to run then. */
  readonly shards: readonly number[];
  /** All shards together, in input order, since nothing else runs. */
  readonly inOrder?: boolean;
}

export interface TaskResult {
  readonly tally: Tally;
  /** Pairs: nanoseconds that running one shard's packets took, and how many they were. */
  readonly runs: number[];
  /** What the shards told, where somebody listens. */
  readonly events: EventChunk[];
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
  const events: EventChunk[] = [];
  let doing = 'dissecting';
  try {
    // In input order, a packet that nobody reads behind the batch can be looked at when its turn comes. Where it may be noted, it has a class.
    if (task.dissect && undissected(views, slot) > 0 && !(task.inOrder && isBrief(views, map) && map.sides === 0))
      check(core.dissectSlot(map.env, slot.slot));
    if (task.inOrder) {
      doing = 'running all shards';
      clearTally(views, map, 0);
      const start = performance.now();
      const count = runAll(bench, slot.slot, events);
      runs.push((performance.now() - start) * 1e6, count);
      takeTally(views, map, 0, tally);
      return { tally, runs, events };
    }
    if (map.events === 0 && task.shards.length > 0) {
      doing = `running shards ${task.shards.join()}`;
      const first = Math.min(...task.shards); // which has the tally of all of them
      clearTally(views, map, first);
      const start = performance.now();
      const count = core.runShards(map.env, bitsOf(task.shards), slot.slot);
      check(count);
      if (count === 0) return { tally, runs, events };
      runs.push((performance.now() - start) * 1e6, count);
      takeTally(views, map, first, tally);
      return { tally, runs, events };
    }
    for (const shard of task.shards) {
      const count = shardCount(views, slot, shard);
      doing = `running shard ${shard}`;
      clearTally(views, map, shard);
      const start = performance.now();
      runTold(bench, shard, slot.slot, events);
      if (count === 0) continue;
      runs.push((performance.now() - start) * 1e6, count);
      takeTally(views, map, shard, tally);
    }
    return { tally, runs, events };
  } catch (error) {
    return { tally, runs, events, fault: `${doing}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function bitsOf(shards: readonly number[]): bigint {
  return shards.reduce((bits, shard) => bits | (1n << BigInt(shard)), 0n);
}

/** Runs the packets of a shard, and takes out what it tells. */
function runTold({ core, views, map }: Bench, shard: number, slot: number, events: EventChunk[]): void {
  do {
    check(core.runSlot(map.env, shard, slot));
    events.push(takeEvents(views, map, shard));
  } while (isPaused(views, map, shard));
}

/** Runs the packets of all shards, in input order. Gives how many they are. */
function runAll({ core, views, map }: Bench, slot: number, events: EventChunk[]): number {
  for (;;) {
    const count = core.runSlot(map.env, ALL_SHARDS, slot);
    check(count);
    if (map.events === 0) return count;
    for (let shard = 0; shard < map.shards; shard++) events.push(takeEvents(views, map, shard));
    if (!isPaused(views, map, 0)) return count;
  }
}

/** Takes out all that is left to be told at a time behind the last batch. */
export function endEvents({ core, views, map }: Bench, until: bigint): EventChunk[] {
  const events: EventChunk[] = [];
  if (map.events === 0) return events;
  for (let shard = 0; shard < map.shards; shard++) {
    for (let isDone = false; !isDone; ) {
      const result = core.sweepShard(map.env, shard, until);
      check(result);
      isDone = result === 1;
      events.push(takeEvents(views, map, shard));
    }
  }
  return events;
}

function check(result: number): void {
  if (result === FAULT_NO_MEMORY) throw new Error('connections and what belongs to them need more memory than it can address');
  if (result < 0) throw new Error(`fault ${result}`);
}
