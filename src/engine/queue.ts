// Which task goes out next. Comes in: filled slots, in input order. Goes out: tasks of at least thousands of packets, and each
// slot again once all of its shards have run, in input order.
//
// A slot is dissected by one task; then its shards run, several in one task where that saves hand-offs. A shard runs in one task
// at a time and never before it has run in every earlier slot. A slot with a packet that two shards have a part in runs as a whole, while
// nothing else does; so does one whose connections may be more than the table takes, since then it matters who comes first.

import { runsInOrder, shardCount } from '../core/batch.ts';
import type { MemoryMap, MemoryViews } from '../core/memory.ts';
import { EngineError } from './error.ts';
import type { Task, TaskResult } from './shard.ts';

/** Something that carries out tasks: a pool of workers, or the calling thread. */
export interface Runner {
  /** Tasks worth having under way at once. */
  readonly width: number;
  /** Threads that share the work. */
  readonly threads: number;
  run(task: Task): Promise<TaskResult>;
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
  /** Shards that are to run and are not done yet. Known once dissected. */
  readonly pending: Set<number>;
  readonly done: () => void;
}

export class TaskQueue {
  private readonly runner: Runner;
  private readonly views: MemoryViews;
  private readonly map: MemoryMap;
  private readonly onResult: (result: TaskResult, slot: number) => void;
  private readonly onError: (error: unknown) => void;
  private readonly hasRoom: (packets: number) => boolean;
  private readonly jobs: Job[] = [];
  private readonly busy = new Set<number>();
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
  }

  /** Hands in a filled slot; `done` is called when all of its shards have run. */
  push(slot: number, count: number, done: () => void): void {
    this.jobs.push({ slot, count, state: 'filled', pending: new Set(), done });
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
    while (!this.stopped && this.inFlight < this.runner.width) {
      if (this.runner.threads === 1 ? !this.sendWhole() : !this.sendShards() && !this.sendDissect()) return;
    }
  }

  /**
   * One thread needs no splitting: dissecting and all shards of a slot are one task, and tasks keep their order. In input order it finds
   * each packet's record beside the one before.
   */
  private sendWhole(): boolean {
    const job = this.jobs.find((j) => j.state === 'filled');
    if (!job) return false;
    job.state = 'dissecting';
    const shards = Array.from({ length: this.map.shards }, (_, shard) => shard);
    this.send({ slot: job.slot, dissect: true, shards, inOrder: true }, () => this.finish(job));
    return true;
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
    return job.inOrder !== undefined;
  }

  private sendDissect(): boolean {
    const job = this.jobs.find((j) => j.state === 'filled');
    if (!job) return false;
    job.state = 'dissecting';
    this.send({ slot: job.slot, dissect: true, shards: [] }, () => {
      job.state = 'dissected';
      for (let shard = 0; shard < this.map.shards; shard++) {
        // Where somebody listens, each shard tells what has ended by now.
        const hasPackets = shardCount(this.views, this.map.slots[job.slot]!, shard) > 0;
        if (hasPackets || this.map.events !== 0) job.pending.add(shard);
      }
      if (job.pending.size === 0) this.finish(job);
    });
    return true;
  }

  /** Sends a share of the oldest slot that has shards ready to run. */
  private sendShards(): boolean {
    const waiting = new Set<number>();
    for (const job of this.jobs) {
      if (job.state !== 'dissected') return false;
      job.isMixed ??= runsInOrder(this.views, this.map, this.map.slots[job.slot]!);
      if (!this.settle(job)) return false;
      if (job.inOrder) return this.sendInOrder(job);
      const ready = [...job.pending].filter((shard) => !waiting.has(shard) && !this.busy.has(shard));
      if (ready.length > 0) {
        this.sendShare(job, ready);
        return true;
      }
      for (const shard of job.pending) waiting.add(shard);
    }
    return false;
  }

  /** Sends the whole of a slot, when all before it have run. */
  private sendInOrder(job: Job): boolean {
    if (job !== this.jobs[0] || this.busy.size > 0) return false;
    job.state = 'running';
    this.send({ slot: job.slot, dissect: false, shards: [...job.pending], inOrder: true }, () => this.finish(job));
    return true;
  }

  private sendShare(job: Job, ready: readonly number[]): void {
    const share = Math.ceil(job.count / this.runner.threads);
    const shards: number[] = [];
    let packets = 0;
    for (const shard of ready) {
      if (packets >= share) break;
      shards.push(shard);
      packets += shardCount(this.views, this.map.slots[job.slot]!, shard);
      this.busy.add(shard);
    }
    this.send({ slot: job.slot, dissect: false, shards }, () => {
      for (const shard of shards) {
        this.busy.delete(shard);
        job.pending.delete(shard);
      }
      if (job.pending.size === 0) this.finish(job);
    });
  }

  private finish(job: Job): void {
    this.jobs.splice(this.jobs.indexOf(job), 1);
    job.done();
  }

  private send(task: Task, then: () => void): void {
    this.inFlight++;
    this.runner.run(task).then(
      (result) => {
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
