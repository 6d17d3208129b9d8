// Which task goes out next. Comes in: filled slots, in input order. Goes out: tasks for threads, each of which carries out its tasks one after
// the other, in the order in which they were sent; and each slot again once all of its shards have run, in input order.
//
// A slot whose packets do not all have a shard yet is dissected by one task; then each thread runs the packets of its own shards, as one
// task. So a shard never runs before it has run in every earlier slot, though tasks of several slots may wait for a thread. Shards change
// threads between slots only while nothing runs. A slot with a packet that two shards have a part in runs as a whole, while nothing else
// does; so does one whose connections may be more than the table takes, since then it matters who comes first.

import { runsInOrder, shardCount, undissected } from '../core/batch.ts';
import { isBrief } from '../core/environment.ts';
import type { MemoryMap, MemoryViews, SlotMap } from '../core/memory.ts';
import { EngineError } from './error.ts';
import type { Task, TaskResult } from './shard.ts';
import { Spread } from './spread.ts';

/** Something that carries out tasks: a pool of workers, or the calling thread. */
export interface Runner {
  /** Threads that share the work. */
  readonly threads: number;
  /** Sends a task to a thread, behind those that it was sent before. */
  run(task: Task, thread: number): Promise<TaskResult>;
  close(): Promise<void>;
}

interface Job {
  readonly slot: number;
  readonly count: number;
  state: 'filled' | 'dissecting' | 'dissected' | 'running';
  /** It has a packet that two shards have a part in. Known once it and all before it are dissected. */
  isMixed?: boolean;
  /** Its packets run in input order, as one task. */
  inOrder?: boolean;
  /** Tasks that run its shards and are not done yet. */
  tasks: number;
  readonly done: () => void;
}

export class TaskQueue {
  private readonly runner: Runner;
  private readonly views: MemoryViews;
  private readonly map: MemoryMap;
  private readonly onResult: (result: TaskResult, slot: number) => void;
  private readonly onError: (error: unknown) => void;
  private readonly hasRoom: (packets: number) => boolean;
  private readonly spread: Spread;
  private readonly jobs: Job[] = [];
  /** Packets that each thread is to dissect or run. */
  private readonly loads: number[];
  private inFlight = 0;
  private stopped = false;
  private onRest: () => void = () => undefined;

  /** `hasRoom`: whether as many connections as so many packets may make have room in the table. */
  constructor(
    runner: Runner,
    { views, map }: { readonly views: MemoryViews; readonly map: MemoryMap },
    on: { result: (result: TaskResult, slot: number) => void; error: (error: unknown) => void },
    hasRoom: (packets: number) => boolean = () => true,
  ) {
    this.runner = runner;
    this.views = views;
    this.map = map;
    this.onResult = on.result;
    this.onError = on.error;
    this.hasRoom = hasRoom;
    this.spread = new Spread(map.shards, runner.threads);
    this.loads = new Array<number>(runner.threads).fill(0);
  }

  /** Hands in a filled slot; `done` is called when all of its shards have run. */
  push(slot: number, count: number, done: () => void): void {
    this.jobs.push({ slot, count, state: 'filled', tasks: 0, done });
    this.dispatch();
  }

  /** Sends nothing more and waits for what is under way, so that the memory is at rest. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.onRest = resolve;
      });
    }
  }

  private landed(): void {
    if (--this.inFlight === 0) this.onRest();
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    this.onError(error);
  }

  private dispatch(): void {
    if (this.stopped) return;
    if (this.runner.threads === 1 || (this.map.shards === 1 && isBrief(this.views, this.map))) {
      this.sendWhole();
      return;
    }
    for (const job of this.jobs) if (job.state === 'filled') this.prepare(job);
    this.sendDissected();
  }

  /**
   * One thread needs no splitting, nor does one shard whose packets need no record: dissecting and all shards of a slot are one task. In
   * input order it finds each packet's record beside the one before.
   */
  private sendWhole(): void {
    const shards = Array.from({ length: this.map.shards }, (_, shard) => shard);
    for (const job of this.jobs) {
      if (job.state !== 'filled') continue;
      job.state = 'running';
      this.send({ slot: job.slot, dissect: true, shards, inOrder: true }, 0, job.count, () => this.finish(job));
    }
  }

  private prepare(job: Job): void {
    const packets = undissected(this.views, this.slotOf(job));
    if (packets === 0) {
      job.state = 'dissected';
      return;
    }
    job.state = 'dissecting';
    const thread = this.loads.indexOf(Math.min(...this.loads));
    this.send({ slot: job.slot, dissect: true, shards: [] }, thread, packets, () => {
      job.state = 'dissected';
    });
  }

  /** Sends all slots whose turn it is. */
  private sendDissected(): void {
    for (const job of [...this.jobs]) {
      if (job.state === 'running' && !job.inOrder) continue;
      if (job.state !== 'dissected') return;
      job.isMixed ??= runsInOrder(this.views, this.map, this.slotOf(job));
      if (!this.settle(job)) return;
      if (!(job.inOrder ? this.sendInOrder(job) : this.sendShares(job))) return;
    }
  }

  private slotOf({ slot }: Job): SlotMap {
    return this.map.slots[slot]!;
  }

  /**
   * Settles whether a slot runs in order: where the table may get full with it even when all before it are done. Gives whether that is
   * settled by now.
   */
  private settle(job: Job): boolean {
    if (job.inOrder !== undefined) return true;
    const before = this.jobs.slice(0, this.jobs.indexOf(job));
    const packets = before.reduce((sum, { count }) => sum + count, job.count);
    if (job.isMixed) job.inOrder = true;
    else if (this.hasRoom(packets)) job.inOrder = false;
    else if (before.length === 0) job.inOrder = true;
    if (job.inOrder === undefined) return false;
    this.spread.add((shard) => shardCount(this.views, this.slotOf(job), shard));
    return true;
  }

  /** Sends the whole of a slot, when all before it have run. Gives whether slots behind it may go out. */
  private sendInOrder(job: Job): boolean {
    if (job !== this.jobs[0]) return false;
    job.state = 'running';
    const shards = this.spread.parts.flat();
    this.send({ slot: job.slot, dissect: false, shards, inOrder: true }, 0, job.count, () => this.finish(job));
    return false;
  }

  /** Sends each thread its shards. Gives whether slots behind it may go out. */
  private sendShares(job: Job): boolean {
    const better = this.spread.better();
    if (better) {
      if (job !== this.jobs[0]) return false;
      this.spread.parts = better;
    }
    job.state = 'running';
    const slot = this.slotOf(job);
    // Where somebody listens, each shard tells what has ended by now.
    const isAsked = (shard: number): boolean => this.map.events !== 0 || shardCount(this.views, slot, shard) > 0;
    const shares = this.spread.parts.map((shards) => shards.filter(isAsked));
    job.tasks = shares.filter((shards) => shards.length > 0).length;
    shares.forEach((shards, thread) => {
      if (shards.length === 0) return;
      const packets = shards.reduce((sum, shard) => sum + shardCount(this.views, slot, shard), 0);
      this.send({ slot: job.slot, dissect: false, shards }, thread, packets, () => {
        if (--job.tasks === 0) this.finish(job);
      });
    });
    if (job.tasks === 0) this.finish(job);
    return true;
  }

  private finish(job: Job): void {
    this.jobs.splice(this.jobs.indexOf(job), 1);
    job.done();
  }

  private send(task: Task, thread: number, packets: number, then: () => void): void {
    this.inFlight++;
    this.loads[thread]! += packets;
    this.runner.run(task, thread).then(
      (result) => {
        this.loads[thread]! -= packets;
        this.landed();
        if (this.stopped) return;
        this.onResult(result, task.slot);
        if (result.fault !== undefined) return this.fail(new EngineError('ERR_CORE_FAULT', `the core failed ${result.fault}`));
        then();
        this.dispatch();
      },
      (error) => {
        this.landed();
        this.fail(error);
      },
    );
  }
}
