// The engine: one memory, one set of images, any number of worker threads; captures in, batches with outcomes out.
//
// The calling thread reads and walks captures into slots, several of which are in flight; workers dissect and run them; batches
// come back in input order. A batch sees one image from start to end: images change only while no batch is in flight.
// Results do not depend on the number of workers.

import {
  ENV_FLAG_ANSWER,
  ENV_FLAG_ANSWER_HOST,
  ENV_FLAG_EGRESS,
  ENV_FLAG_LINEAR,
  ENV_FLAG_TRACE,
  SHARDS_MAX,
  TRACE_MAX,
} from '../../assembly/abi/batch.ts';
import { LOG_RECORDS, RECORD_BYTES } from '../../assembly/abi/log.ts';
import { linkType, resetCapture } from '../core/capture.ts';
import { conntrackCapacity, conntrackLimit, conntrackRegionBytes, initConntrack, type SysctlValues } from '../core/conntrack.ts';
import { type CoreMemory, type CoreModule, compileCore } from '../core/core.ts';
import {
  clockAt,
  counterCount,
  countsConnections,
  type Images,
  maxHits,
  setEnvironmentFlags,
  sumCounters,
  tracksConnections,
  translates,
  writeEnvironment,
} from '../core/environment.ts';
import { eventBufferBytes, listenForEvents } from '../core/events.ts';
import { type ConntrackStatistics, conntrackStatistics, countLive, type EntryTotals, entryTotals } from '../core/flow.ts';
import { fragmentRegionBytes, initFragments } from '../core/fragments.ts';
import { createMemory, type MemoryMap, type MemoryViews, planMemory } from '../core/memory.ts';
import { type LoadAnswer, loadConnections, type SavedConnection } from '../core/saved.ts';
import { initSources, sourcesRegionBytes } from '../core/sources.ts';
import { EngineError } from './error.ts';
import { inlineRunner, openPool } from './pool.ts';
import type { Runner } from './queue.ts';
import { Reader } from './reader.ts';
import { Replay, type ReplayOptions, type ReplayResult } from './replay.ts';
import { type Bench, openBench } from './shard.ts';
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
  /** Most packets of a batch. Changes no result. */
  readonly batchPackets?: number;
}

const ANSWER_FLAGS = { none: 0, rules: ENV_FLAG_ANSWER, host: ENV_FLAG_ANSWER | ENV_FLAG_ANSWER_HOST } as const;

const SHARDS = 16;
/** Of all captures of a replay together: each has one at least. */
const INTERFACES = 1 << 20;
const BATCH_PACKETS = 16384;
/** Several times what the core takes for one record. */
const CHUNK_BYTES = 2 << 20;
/** For the traces of a batch; more only when a single packet may need more. */
const TRACE_BYTES = 16 << 20;
/** For fragments of earlier batches that leave with one of this, and for the headers of those that a packet leaves in. */
const HELD_BYTES = 16 << 20;
/** For the records of a batch's logs; more only when a single packet may need more. */
const LOG_BYTES = 16 << 20;
/** Forms of one packet that its log has room for: each time a rule has changed it. */
const LOG_COPIES = 8;
/** The longest packet. */
const PACKET_MAX_BYTES = 1 << 16;
/** What the arena has of a packet starts on such a boundary each time. */
const ARENA_ALIGN = 16;
/** What answers a packet, and what answers that: each at most as long as what it answers, its headers and its place in the arena besides. */
const ANSWERS = 2;
const ANSWER_HEADERS = 80;
/** Slots beyond one a worker: one is being filled, one is being reported. */
const SPARE_SLOTS = 3;

/** How an engine with those images would work. */
export function enginePlan(images: Images): { readonly shards: number; readonly tracks: boolean } {
  return { shards: shardCount(images), tracks: tracksConnections(images) };
}

/** Shards that packets are spread over: one where rules keep something of several connections. */
function shardCount({ state }: Images, wanted = SHARDS): number {
  return state?.spanning?.length ? 1 : wanted;
}

export class Engine {
  readonly views: MemoryViews;
  readonly map: MemoryMap;
  private readonly setup: EngineSetup;
  private readonly module: CoreModule;
  private readonly memory: CoreMemory;
  private readonly bench: Bench;
  private readonly batchPackets: number;
  private readonly traceBytesPerPacket: number;
  private readonly logBytesPerPacket: number;
  /** Most connections at one time, 0 = no limit. */
  private readonly limit: number;
  private pool: Promise<Runner> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;
  /** A read of the replay before, which was given up in its midst. */
  private lateRead: Promise<unknown> | undefined;

  private constructor(setup: EngineSetup, module: CoreModule, memory: CoreMemory, map: MemoryMap) {
    this.setup = setup;
    this.module = module;
    this.memory = memory;
    this.map = map;
    this.bench = openBench(module, memory, map);
    this.views = this.bench.views;
    this.batchPackets = map.slots[0]!.capacity;
    this.traceBytesPerPacket = traceBytes(setup);
    this.logBytesPerPacket = setup.log ? logBytes(setup) : 0;
    this.limit = tracksConnections(setup.images) ? conntrackLimit(setup.sysctl) : 0;
  }

  /** Makes the memory, writes images and environment. Threads start when there is work for them. */
  static open(setup: EngineSetup): Engine {
    const shards = shardCount(setup.images, setup.shards);
    if (shards < 1 || shards > SHARDS_MAX || (shards & (shards - 1)) !== 0) {
      throw new EngineError(
        'ERR_ENGINE_OPTION',
        `the number of shards must be a power of two from 1 to ${SHARDS_MAX}, not ${shards}`,
      );
    }
    const capacity = conntrackCapacity(setup.sysctl);
    const packets = setup.batchPackets ?? BATCH_PACKETS;
    const { program4, program6, host } = setup.images;
    const settles = translates(setup.images);
    const answerBytes = makesAnswers(setup) ? ANSWERS * (CHUNK_BYTES + packets * ANSWER_HEADERS) : 0;
    const egressBytes = CHUNK_BYTES + packets * ARENA_ALIGN + HELD_BYTES + answerBytes;
    const sysctl = setup.sysctl ? { sysctl: setup.sysctl } : {};
    const map = planMemory({
      program4Bytes: program4?.byteLength ?? 0,
      program6Bytes: program6?.byteLength ?? 0,
      counters4: counterCount(program4),
      counters6: counterCount(program6),
      hostBytes: host.byteLength,
      conntrackBytes: conntrackRegionBytes({ shards, capacity }),
      sourcesBytes: settles ? sourcesRegionBytes({ shards, capacity }) : 0,
      stateBytes: setup.images.state?.bytes ?? 0,
      fragmentBytes: fragmentRegionBytes({ shards, ...sysctl }),
      logBytes: setup.log ? LOG_RECORDS + logBytes(setup) + LOG_COPIES * PACKET_MAX_BYTES : 0,
      eventBytes: setup.events ? eventBufferBytes(shards) : 0,
      shards,
      interfaces: INTERFACES,
      slots: setup.workers === 0 ? 1 : setup.workers + SPARE_SLOTS,
      packets,
      chunkBytes: CHUNK_BYTES,
      egressBytes,
      arenaBytes:
        egressBytes +
        Math.max(TRACE_BYTES, traceBytes(setup)) +
        (setup.log ? LOG_COPIES * (CHUNK_BYTES + packets * ARENA_ALIGN) + Math.max(LOG_BYTES, logBytes(setup)) : 0),
    });
    const memory = createMemory(map);
    const engine = new Engine(setup, compileCore(), memory, map);
    const counted = countsConnections(setup.images) ? { 'net.netfilter.nf_conntrack_acct': 1 } : {};
    const helpers = setup.images.helpers ? { helpers: setup.images.helpers } : {};
    initConntrack(engine.views.data, map.conntrack, { shards, capacity, sysctl: { ...setup.sysctl, ...counted }, ...helpers });
    if (settles) initSources(engine.views.data, map.sources, map.conntrack, { shards, capacity });
    if (setup.events) listenForEvents(engine.views, map, setup.sysctl ?? {});
    initFragments(engine.views.data, map.fragments, { shards, ...sysctl });
    writeEnvironment(engine.views, map, setup.images, { flags: 0, seed: setup.seed ?? 0, clockNs: setup.clockNs ?? 0n });
    resetCapture(engine.views, map);
    return engine;
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
    return loadConnections(this.bench.core, this.views, this.map, record, connections, now);
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
    await this.lateRead;
    if (this.failure) throw this.failure;
    const { trace = false, egress = false } = options;
    setEnvironmentFlags(
      this.views,
      this.map,
      (trace ? ENV_FLAG_TRACE : 0) |
        (egress ? ENV_FLAG_EGRESS : 0) |
        (this.setup.linear ? ENV_FLAG_LINEAR : 0) |
        ANSWER_FLAGS[this.setup.answers ?? 'none'],
    );
    const packets = Math.min(
      this.batchPackets,
      trace ? packetsWithin(TRACE_BYTES, this.traceBytesPerPacket) : this.batchPackets,
      this.setup.log ? packetsWithin(LOG_BYTES, this.logBytesPerPacket) : this.batchPackets,
    );
    resetCapture(this.views, this.map);
    const reader = new Reader(this.bench, sources, {
      packets,
      interfaceIndex: (name) => this.setup.interfaceIndex(name),
      unnamedInterface: options.unnamedInterface ?? '',
      ...(options.signal ? { signal: options.signal } : {}),
    });
    try {
      return await new Replay(this.bench, reader, options, this.limit).run(() => this.runnerFor(reader));
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
    if (this.setup.workers === 0 || (this.pool === undefined && reader.finished)) return inlineRunner(this.bench);
    this.pool ??= openPool(this.setup.workers, this.module, this.memory, this.map);
    return await this.pool;
  }
}

function makesAnswers({ answers = 'none' }: EngineSetup): boolean {
  return answers !== 'none';
}

/** Packets of which each may take so much of an arena; one at least. */
function packetsWithin(arenaBytes: number, packetBytes: number): number {
  return Math.max(1, Math.floor(arenaBytes / packetBytes));
}

/** Rules and policies that one packet can hit, with what TEE sends of it. A broadcast that is sent passes POSTROUTING twice, for its copy. */
function mostHits(setup: EngineSetup): number {
  const { program4, program6 } = setup.images;
  const packets = makesAnswers(setup) ? 1 + ANSWERS : 1;
  return Math.min(TRACE_MAX, 2 * packets * Math.max(maxHits(program4), maxHits(program6)));
}

/** Arena bytes that one packet's trace may take. */
function traceBytes(setup: EngineSetup): number {
  return mostHits(setup) * 4 + ARENA_ALIGN;
}

/** Arena bytes that the records of one packet may take: for each hit the rule's under TRACE and the target's, and one for the end. */
function logBytes(setup: EngineSetup): number {
  return (2 * mostHits(setup) + 1) * RECORD_BYTES + ARENA_ALIGN;
}
