// One replay: slots go round from the reader through the queue to whoever takes the batches, and back.

import { SlotsAhead } from '../core/ahead.ts';
import {
  addTally,
  type Batch,
  emptyTally,
  frameTime,
  prepareSlot,
  setFrameCount,
  type Tally,
  undissected,
} from '../core/batch.ts';
import { latestTime } from '../core/capture.ts';
import { setLoadedTime } from '../core/environment.ts';
import type { EventChunk } from '../core/events.ts';
import { liveEntryCount } from '../core/flow.ts';
import type { SlotMap } from '../core/memory.ts';
import { type Foresight, Unforeseen } from './foresight.ts';
import { type Runner, TaskQueue } from './queue.ts';
import type { CaptureDamage, Reader } from './reader.ts';
import { addSample, type Samples } from './samples.ts';
import { type Bench, endEvents, type TaskResult } from './shard.ts';

export interface ReplayOptions {
  /** Write the rules and policies each packet hits. */
  readonly trace?: boolean;
  /** Write the bytes of each packet that leaves. */
  readonly egress?: boolean;
  /** The name of interfaces to which a capture gives none; '' (the default) = they have none. */
  readonly unnamedInterface?: string;
  /** Ends the input where it is: what was read by then is the result. */
  readonly signal?: AbortSignal;
  /** When the rules were loaded, in nanoseconds since the epoch; for the first replay of an engine. Without it: with the first packet. */
  readonly loadedNs?: bigint;
  /** Called with the time of the first packet, before anything runs; again when the replay starts over, with new memory. */
  onStart?(firstNs: bigint): void;
  /** Takes each batch in input order; it is good until the promise resolves. Waiting here holds the input back. */
  onBatch?(batch: Batch, interfaceNames: readonly string[]): void | Promise<void>;
  /**
   * Takes what connections have told, a batch at a time and in that order; behind the last once more, for what has ended by then. Only of
   * an engine that was opened with `events`.
   */
  onEvents?(chunks: readonly EventChunk[]): void | Promise<void>;
  /** Called after each batch. */
  onProgress?(progress: { readonly bytes: number; readonly packets: number }): void;
}

/** How a replay that may have to start over is run. */
export interface Course {
  /** Tells whether a batch may be handed over. */
  readonly foresight?: Foresight;
  /** Packets that were handed over before it started over: they are not again. */
  readonly delivered?: number;
}

export interface ReplayResult {
  readonly captures: number;
  readonly packets: number;
  /** Bytes of captures that were walked. */
  readonly bytes: number;
  readonly tally: Tally;
  readonly damage: readonly CaptureDamage[];
  readonly elapsedMs: number;
  /** From when a batch could have been read to when its last packet was done, one sample a batch. */
  readonly batchNs: Samples;
  /** Service time: the mean over the packets of one shard in one batch, one sample a packet. */
  readonly packetNs: Samples;
  /** Time of the latest packet, nanoseconds since the epoch. */
  readonly latestNs: bigint;
  /** Names of the captures' interfaces, as `onBatch` gets them. */
  readonly interfaceNames: readonly string[];
  /** Number of a packet that might have fared otherwise with one shard, for which the replay was started over with one. */
  readonly startedOver?: number;
}

/** So many packets are dissected sooner than a task is sent and comes back. */
const FEW = 256;

/** A slot between being filled and being given back. */
interface Flight {
  readonly batch: Batch;
  readonly slot: number;
  /** When its bytes could have been read, had there been a slot. */
  readonly intendedMs: number;
  readonly events: EventChunk[];
  done: boolean;
}

export class Replay {
  private readonly bench: Bench;
  private readonly reader: Reader;
  private readonly options: ReplayOptions;
  private readonly limit: number;
  private readonly foresight: Foresight | undefined;
  private readonly delivered: number;
  private readonly tally = emptyTally();
  private readonly batchNs: Samples = new Map();
  private readonly packetNs: Samples = new Map();
  private readonly free: number[];
  private readonly flights: Flight[] = [];
  private delivering = false;
  private packets = 0;
  /** Packets that were read, in slots that have gone out. */
  private begun = 0;
  private error: { readonly value: unknown } | undefined;
  private wake: () => void = () => undefined;

  /** `limit`: most connections at one time, 0 = no limit. */
  constructor(bench: Bench, reader: Reader, options: ReplayOptions, limit: number, { foresight, delivered = 0 }: Course = {}) {
    this.foresight = foresight;
    this.delivered = delivered;
    this.bench = bench;
    this.limit = limit;
    this.reader = reader;
    this.options = options;
    this.free = bench.map.slots.map((_, i) => i);
  }

  /** Runs the input to its end. `runner` is asked for once the first batch has been read. */
  async run(runner: () => Promise<Runner>): Promise<ReplayResult> {
    const start = performance.now();
    let intendedMs = start;
    let queue: TaskQueue | undefined;
    // With one slot it is this thread that the shards run in.
    const ahead = this.free.length > 1 ? new SlotsAhead(this.bench.views, this.bench.map) : undefined;
    try {
      for (;;) {
        await this.until(() => this.free.length > 0);
        const slot = this.free.shift()!;
        const map = this.bench.map.slots[slot]!;
        prepareSlot(this.bench.views, map);
        // No batch is to hold both packets that were handed over and others.
        const count = await this.reader.fill(map, this.begun < this.delivered ? this.delivered - this.begun : undefined);
        if (count === 0 || this.error) break;
        this.begun += count;
        setFrameCount(this.bench.views, map, count);
        this.dissectFew(map);
        this.startClock(map);
        if (queue === undefined) this.options.onStart?.(frameTime(this.bench.views, map, 0));
        queue ??= this.openQueue(await runner());
        const flight: Flight = { batch: { views: this.bench.views, map, count }, slot, intendedMs, events: [], done: false };
        intendedMs = performance.now();
        this.flights.push(flight);
        queue.push(slot, count, () => this.landed(flight));
        ahead?.prepare(this.flights.reduce((sum, { batch, done }) => sum + (done ? 0 : batch.count), 0));
      }
      await this.until(() => this.flights.length === 0 && !this.delivering);
    } finally {
      await queue?.stop();
    }
    await this.tellLast();
    return this.result(performance.now() - start);
  }

  /** A few packets that are left to dissect are not worth a task. */
  private dissectFew(slot: SlotMap): void {
    const { core, views, map } = this.bench;
    if (this.reader.looksAhead && map.shards > 1 && undissected(views, slot) <= FEW) core.dissectSlot(map.env, slot.slot);
  }

  /** The rules were loaded when the first packet comes, or before. No batch is under way the first time. */
  private startClock(slot: SlotMap): void {
    const { views, map } = this.bench;
    const first = frameTime(views, slot, 0);
    const { loadedNs } = this.options;
    const isEarlier = loadedNs !== undefined && loadedNs < first;
    setLoadedTime(views, map, isEarlier ? loadedNs : first);
  }

  private openQueue(runner: Runner): TaskQueue {
    const on = {
      result: (result: TaskResult, slot: number) => this.count(result, slot),
      error: (error: unknown) => this.fail(error),
    };
    return new TaskQueue(runner, this.bench, on, (packets) => this.hasRoom(packets));
  }

  /** Whether there is room for the connections of so many packets, if each of them makes one. */
  private hasRoom(packets: number): boolean {
    const { views, map } = this.bench;
    return this.limit === 0 || liveEntryCount(views.data, map.conntrack) + packets <= this.limit;
  }

  /** What has ended by the last packet. */
  private async tellLast(): Promise<void> {
    if (this.bench.map.events === 0 || this.packets === 0) return;
    await this.options.onEvents?.(endEvents(this.bench, latestTime(this.bench.views, this.bench.map)));
  }

  private count({ tally, runs, events }: TaskResult, slot: number): void {
    this.flights.find((flight) => flight.slot === slot)?.events.push(...events);
    addTally(this.tally, tally);
    for (let i = 0; i < runs.length; i += 2) addSample(this.packetNs, runs[i]! / runs[i + 1]!, runs[i + 1]!);
  }

  private landed(flight: Flight): void {
    flight.done = true;
    addSample(this.batchNs, (performance.now() - flight.intendedMs) * 1e6, 1);
    if (!this.delivering) this.deliver().catch((error: unknown) => this.fail(error));
  }

  /** Hands over every batch whose turn it is. */
  private async deliver(): Promise<void> {
    this.delivering = true;
    while (this.flights[0]?.done) {
      const { batch, slot, events } = this.flights[0];
      const uncertain = this.foresight?.check(batch, this.begun);
      if (uncertain !== undefined) throw new Unforeseen(uncertain, this.packets);
      if (this.packets >= this.delivered) {
        if (events.length > 0) await this.options.onEvents?.(events);
        await this.options.onBatch?.(batch, this.reader.interfaceNames);
      }
      this.flights.shift();
      this.packets += batch.count;
      this.free.push(slot);
      this.options.onProgress?.({ bytes: this.reader.bytes, packets: this.packets });
    }
    this.delivering = false;
    this.wake();
  }

  private fail(value: unknown): void {
    this.error ??= { value };
    this.reader.stop();
    this.wake();
  }

  /** Waits until the condition holds; throws what has failed in the meantime. */
  private async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.error) throw this.error.value;
      if (condition()) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private result(elapsedMs: number): ReplayResult {
    return {
      captures: this.reader.captures,
      packets: this.packets,
      bytes: this.reader.bytes,
      tally: this.tally,
      damage: this.reader.damage,
      elapsedMs,
      batchNs: this.batchNs,
      packetNs: this.packetNs,
      latestNs: latestTime(this.bench.views, this.bench.map),
      interfaceNames: this.reader.interfaceNames,
    };
  }
}
