// The engine: one memory, one set of images, any number of worker threads; captures in, batches with outcomes out.
//
// The calling thread reads and walks captures into slots, several of which are in flight; workers dissect and run them; batches
// come back in input order. A batch sees one image from start to end: images change only while no batch is in flight.
// Results do not depend on the number of workers.

import {
  ENV_FLAG_ANSWER,
  ENV_FLAG_ANSWER_HOST,
  ENV_FLAG_BRIEF,
  ENV_FLAG_EGRESS,
  ENV_FLAG_LINEAR,
  ENV_FLAG_TRACE,
} from '../../assembly/abi/batch.ts';
import { linkType, resetCapture } from '../core/capture.ts';
import { conntrackLimit, type SysctlValues } from '../core/conntrack.ts';
import { compileCore } from '../core/core.ts';
import {
  clockAt,
  counterCount,
  type Images,
  setEnvironmentFlags,
  setRemembering,
  sumCounters,
  tracksConnections,
} from '../core/environment.ts';
import { type ConntrackStatistics, conntrackStatistics, countLive, type EntryTotals, entryTotals } from '../core/flow.ts';
import type { MemoryMap, MemoryViews } from '../core/memory.ts';
import { type LoadAnswer, loadConnections, type SavedConnection } from '../core/saved.ts';
import { EngineError } from './error.ts';
import { Foresight, Unforeseen } from './foresight.ts';
import { type Ground, openGround } from './ground.ts';
import { inlineRunner, openPool } from './pool.ts';
import type { Runner } from './queue.ts';
import { Reader } from './reader.ts';
import { type Course, Replay, type ReplayOptions, type ReplayResult } from './replay.ts';
import type { ByteSource } from './source.ts';

/** What an engine is opened with. */
export interface EngineSetup {
  readonly images: Images;
  /** The host's sysctls by full name; those of conntrack count here. */
  readonly sysctl?: SysctlValues;
  /** Index in the rules' interfaces of an interface name; '' is a capture that names none. */
  interfaceIndex(name: string): number;
  /** What the kernel's clock (jiffies, in nanoseconds) is ahead of the time since the epoch; 0 = its ticks count from 1970. */
  readonly clockNs?: bigint;
  /** Worker threads; 0 = everything on the calling thread. */
  readonly workers: number;
  /** Seed of every random draw. */
  readonly seed?: number;
  /** Shards, a power of two. Changes no result. Rules that keep something of several connections have one, whatever is said here. */
  readonly shards?: number;
  /** Keep what rules write to the log, for `onBatch` to read. */
  readonly log?: boolean;
  /** Take note of what happens to connections, for `onEvents`. */
  readonly events?: boolean;
  /**
   * What this host answers packets with: nothing (the default); what rules, routing and forwarding answer; also what a host answers of which
   * no program listens to anything.
   */
  readonly answers?: 'none' | 'rules' | 'host';
  /** Use the linear walk for every chain. Changes no result. */
  readonly linear?: boolean;
  /** Ask the rules about every packet, whatever its connection remembers of the packets before it. Changes no result. */
  readonly forgetful?: boolean;
  /**
   * The first replay is of sources that can be read again (ByteSource.again), and no other follows it, unless it is known to take no
   * translation that is not foreseen: such a replay cannot start over, and fails.
   */
  readonly rereads?: boolean;
  /** Most packets of a batch. Changes no result. */
  readonly batchPackets?: number;
}

const ANSWER_FLAGS = { none: 0, rules: ENV_FLAG_ANSWER, host: ENV_FLAG_ANSWER | ENV_FLAG_ANSWER_HOST } as const;

const SHARDS = 16;
/** How an engine of that setup would work. */
export function enginePlan(setup: Pick<EngineSetup, 'images' | 'workers' | 'rereads' | 'shards' | 'answers'>): {
  readonly shards: number;
  readonly tracks: boolean;
} {
  return { shards: shardCount(setup), tracks: tracksConnections(setup.images) };
}

/**
 * Shards that packets are spread over: one where rules keep something of several connections, or nobody is there to share the work. Where
 * a replay may have to start over with one, there is one from the start if it could not.
 */
function shardCount(setup: Parameters<typeof enginePlan>[0]): number {
  const { images, workers, rereads, shards = workers < 2 ? 1 : SHARDS } = setup;
  if (images.state?.spanning?.length) return 1;
  return mayStartOver(setup) && (!rereads || workers < 2) ? 1 : shards;
}

/** Whether a packet may fare otherwise with one shard: where connections are translated, or others were told something before. */
function mayStartOver({ images, answers = 'none' }: Pick<EngineSetup, 'images' | 'answers'>): boolean {
  return images.sides !== undefined || (images.tellsPeers === true && answers !== 'none');
}

export class Engine {
  private readonly setup: EngineSetup;
  private readonly module = compileCore();
  private ground: Ground;
  /** Most connections at one time, 0 = no limit. */
  private readonly limit: number;
  private pool: Promise<Runner> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;
  /** A read of the replay before, which was given up in its midst. */
  private lateRead: Promise<unknown> | undefined;
  private readonly foresight = new Foresight();
  private replays = 0;

  private constructor(setup: EngineSetup) {
    this.setup = setup;
    this.ground = openGround(setup, this.module, shardCount(setup));
    this.limit = tracksConnections(setup.images) ? conntrackLimit(setup.sysctl) : 0;
  }

  /** Makes the memory, writes images and environment. Threads start when there is work for them. */
  static open(setup: EngineSetup): Engine {
    return new Engine(setup);
  }

  /** The memory: another one when a replay has started over, so to be asked for behind it. */
  get views(): MemoryViews {
    return this.ground.bench.views;
  }

  get map(): MemoryMap {
    return this.ground.bench.map;
  }

  /**
   * Runs captures, one after the other, as one input. Replays of one engine run one at a time; counters and conntrack go on
   * from one to the next. Rejects when a worker dies or `onBatch` throws; a damaged capture is part of the result.
   */
  replay(sources: Iterable<ByteSource>, options: ReplayOptions = {}): Promise<ReplayResult> {
    const done = this.last.then(() => this.run(sources, options));
    this.last = done.catch(() => undefined);
    return done;
  }

  /** What rules keep from packet to packet, to be looked at while no replay is under way: memory, region, and the kernel's clock then. */
  stateAt(ns: bigint): { readonly view: DataView; readonly state: number; readonly clock: ReturnType<typeof clockAt> } {
    return { view: this.views.data, state: this.map.state, clock: clockAt(this.views, this.map, ns) };
  }

  /**
   * Puts connections into the table as they are at a time, before any packet of this engine has run; gives what became of each. To be called
   * from `onStart` of a replay.
   */
  loadConnections(connections: readonly SavedConnection[], now: bigint): LoadAnswer[] {
    const record = this.map.slots[0]!.arena; // nothing runs, so nothing is in it
    return loadConnections(this.ground.bench.core, this.views, this.map, record, connections, now);
  }

  /** Packets and bytes of every counter of a family's image (words 2i and 2i + 1), all shards together. */
  counters(family: 4 | 6): BigUint64Array {
    const image = family === 4 ? this.setup.images.program4 : this.setup.images.program6;
    return sumCounters(this.views, this.map, family, counterCount(image));
  }

  /** What has become of connections by now, all shards together. While a replay is under way: about. */
  connections(): EntryTotals & ConntrackStatistics {
    const { data } = this.views;
    return { ...entryTotals(data, this.map.conntrack), ...conntrackStatistics(data, this.map.conntrack) };
  }

  /** Connections that have time left at `now`, in nanoseconds since the epoch. */
  liveConnections(now: bigint): number {
    return countLive(this.views.data, this.map.conntrack, now);
  }

  /** Link type (LINKTYPE_*) of an interface of the captures, by its entry in the interface table. */
  linkType(entry: number): number {
    return linkType(this.views, this.map, entry);
  }

  /** Stops the workers. Replays under way are waited for. */
  async close(): Promise<void> {
    this.failure ??= new EngineError('ERR_ENGINE_CLOSED', 'the engine is closed');
    await this.last;
    await this.stopPool();
  }

  private async stopPool(): Promise<void> {
    const pool = this.pool;
    this.pool = undefined;
    await (await pool?.catch(() => undefined))?.close();
  }

  private async run(sources: Iterable<ByteSource>, options: ReplayOptions): Promise<ReplayResult> {
    if (this.map.shards === 1 || !mayStartOver(this.setup)) return await this.attempt(sources, options);
    const start = performance.now();
    const list = [...sources];
    const again = this.replays++ === 0 ? list.flatMap((source) => source.again?.() ?? []) : [];
    try {
      return await this.attempt(list, options, { foresight: this.foresight });
    } catch (error) {
      if (!(error instanceof Unforeseen)) throw error;
      await this.stopPool();
      if (again.length < list.length) throw this.fail(error);
      this.ground = openGround(this.setup, this.module, 1);
      const result = await this.attempt(again, options, { delivered: error.delivered });
      return { ...result, elapsedMs: performance.now() - start, startedOver: error.packet };
    }
  }

  /** Gives up for good, since a replay should start over and cannot. */
  private fail(error: Unforeseen): EngineError {
    this.failure = new EngineError(
      'ERR_ENGINE_OPTION',
      `${error.message}, and the captures cannot be read again, as rereads says`,
    );
    return this.failure as EngineError;
  }

  private async attempt(sources: Iterable<ByteSource>, options: ReplayOptions, course: Course = {}): Promise<ReplayResult> {
    await this.lateRead;
    if (this.failure) throw this.failure;
    const { trace = false, egress = false } = options;
    const { bench, batchPackets, tracedPackets, loggedPackets } = this.ground;
    const isRead = options.onBatch !== undefined || this.setup.events === true;
    const isBrief = !trace && !egress && !this.setup.log && !isRead;
    setEnvironmentFlags(
      this.views,
      this.map,
      (trace ? ENV_FLAG_TRACE : 0) |
        (egress ? ENV_FLAG_EGRESS : 0) |
        (this.setup.linear ? ENV_FLAG_LINEAR : 0) |
        ANSWER_FLAGS[this.setup.answers ?? 'none'] |
        (isBrief ? ENV_FLAG_BRIEF : 0),
    );
    setRemembering(this.views, this.map, !trace && !egress);
    resetCapture(this.views, this.map);
    const reader = new Reader(bench, sources, {
      packets: Math.min(trace ? tracedPackets : batchPackets, loggedPackets),
      interfaceIndex: (name) => this.setup.interfaceIndex(name),
      unnamedInterface: options.unnamedInterface ?? '',
      looksAhead: isBrief,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    try {
      return await new Replay(bench, reader, options, this.limit, course).run(() => this.runnerFor(reader));
    } catch (error) {
      if (error instanceof EngineError) {
        this.failure = error;
        await this.stopPool();
      }
      throw error;
    } finally {
      const closed = reader.close();
      this.lateRead = reader.lateRead;
      await closed;
    }
  }

  /** What carries out the next task: this thread when one batch is all there is, else the pool. */
  private async runnerFor(reader: Reader): Promise<Runner> {
    if (this.setup.workers === 0 || (this.pool === undefined && reader.finished)) return inlineRunner(this.ground.bench);
    this.pool ??= openPool(this.setup.workers, this.module, this.ground.memory, this.map);
    return await this.pool;
  }
}
