// What an engine stands on: a memory made for its setup and a number of shards, with images, environment and empty tables in it.

import { SHARDS_MAX, TRACE_MAX } from '../../assembly/abi/batch.ts';
import { LOG_RECORDS, RECORD_BYTES } from '../../assembly/abi/log.ts';
import { resetCapture } from '../core/capture.ts';
import { conntrackCapacity, conntrackRegionBytes, initConntrack } from '../core/conntrack.ts';
import type { CoreMemory, CoreModule } from '../core/core.ts';
import {
  counterCount,
  countsConnections,
  maxHits,
  tracksConnections,
  translates,
  writeEnvironment,
} from '../core/environment.ts';
import { eventBufferBytes, listenForEvents } from '../core/events.ts';
import { fragmentRegionBytes, initFragments } from '../core/fragments.ts';
import { createMemory, planMemory } from '../core/memory.ts';
import { initPeers, peersRegionBytes } from '../core/peers.ts';
import { initSources, sourcesRegionBytes } from '../core/sources.ts';
import type { EngineSetup } from './engine.ts';
import { EngineError } from './error.ts';
import { type Bench, openBench } from './shard.ts';

/** A memory that is ready, and what works on it. */
export interface Ground {
  readonly bench: Bench;
  readonly memory: CoreMemory;
  /** Most packets of a batch. */
  readonly batchPackets: number;
  /** Most of them with traces, and with a log. */
  readonly tracedPackets: number;
  readonly loggedPackets: number;
}

/** Of all captures of a replay together: each has one at least. */
const INTERFACES = 1 << 20;
/** Packets of a batch: the more there are, the fewer tasks; the fewer, the more of what they ask for is still in the caches. */
const BATCH_PACKETS = 16384;
/** Several times what the core takes for one record, and about what such a batch takes of short packets. */
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
/** A redirect, what answers a packet, and what answers one of these: each at most as long as that, its headers and place in the arena besides. */
const ANSWERS = 3;
const ANSWER_HEADERS = 112;
/** Slots beyond one a worker: one is being filled, one is being reported. */
const SPARE_SLOTS = 3;

/** Makes the memory, writes images and environment. `shards`: a power of two. */
export function openGround(setup: EngineSetup, module: CoreModule, shards: number): Ground {
  if (shards < 1 || shards > SHARDS_MAX || (shards & (shards - 1)) !== 0) {
    throw new EngineError(
      'ERR_ENGINE_OPTION',
      `the number of shards must be a power of two from 1 to ${SHARDS_MAX}, not ${shards}`,
    );
  }
  const capacity = conntrackCapacity(setup.sysctl);
  const batchPackets = setup.batchPackets ?? BATCH_PACKETS;
  const { program4, program6, host } = setup.images;
  const settles = translates(setup.images);
  const answerBytes = makesAnswers(setup) ? ANSWERS * (CHUNK_BYTES + batchPackets * ANSWER_HEADERS) : 0;
  const egressBytes = CHUNK_BYTES + batchPackets * ARENA_ALIGN + HELD_BYTES + answerBytes;
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
    sidesBytes: shards > 1 ? (setup.images.sides?.byteLength ?? 0) : 0,
    peersBytes: makesAnswers(setup) ? peersRegionBytes(shards) : 0,
    fragmentBytes: fragmentRegionBytes({ shards, ...sysctl }),
    logBytes: setup.log ? LOG_RECORDS + logBytes(setup) + LOG_COPIES * PACKET_MAX_BYTES : 0,
    remembers: !setup.forgetful && !setup.log && !setup.events && tracksConnections(setup.images),
    eventBytes: setup.events ? eventBufferBytes(shards) : 0,
    shards,
    interfaces: INTERFACES,
    slots: setup.workers === 0 ? 1 : setup.workers + SPARE_SLOTS,
    packets: batchPackets,
    chunkBytes: CHUNK_BYTES,
    egressBytes,
    arenaBytes:
      egressBytes +
      Math.max(TRACE_BYTES, traceBytes(setup)) +
      (setup.log ? LOG_COPIES * (CHUNK_BYTES + batchPackets * ARENA_ALIGN) + Math.max(LOG_BYTES, logBytes(setup)) : 0),
  });
  const memory = createMemory(map);
  const bench = openBench(module, memory, map);
  const { views } = bench;
  const counted = countsConnections(setup.images) ? { 'net.netfilter.nf_conntrack_acct': 1 } : {};
  const helpers = setup.images.helpers ? { helpers: setup.images.helpers } : {};
  const clockNs = setup.clockNs ?? 0n;
  initConntrack(views.data, map.conntrack, { shards, capacity, sysctl: { ...setup.sysctl, ...counted }, ...helpers, clockNs });
  if (settles) initSources(views.data, map.sources, map.conntrack, { shards, capacity });
  if (setup.events) listenForEvents(views, map, setup.sysctl ?? {});
  if (map.peers !== 0) initPeers(views.data, map.peers, setup.sysctl);
  initFragments(views.data, map.fragments, { shards, ...sysctl });
  writeEnvironment(views, map, setup.images, { flags: 0, seed: setup.seed ?? 0, clockNs });
  resetCapture(views, map);
  return {
    bench,
    memory,
    batchPackets,
    tracedPackets: Math.min(batchPackets, packetsWithin(TRACE_BYTES, traceBytes(setup))),
    loggedPackets: setup.log ? Math.min(batchPackets, packetsWithin(LOG_BYTES, logBytes(setup))) : batchPackets,
  };
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
