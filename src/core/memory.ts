// The memory map: where everything lies in the one memory that all instances of the core share.
//
// TypeScript owns it. It is planned once from the sizes asked for, made with initial = maximum and never grown, since views of
// other threads would keep the old length. Typed views are made here and nowhere else.

import {
  ENV_BYTES,
  FRAME_BYTES,
  INTERFACE_BYTES,
  LOOK_AHEAD_BYTES,
  OUTCOME_BYTES,
  SHARD_SCRATCH_BYTES,
  SLOT_BYTES,
} from '../../assembly/abi/batch.ts';
import { CAPTURE_BYTES } from '../../assembly/abi/capture.ts';
import { JOURNEYS_BYTES } from '../../assembly/abi/journey.ts';
import { PACKET_BYTES } from '../../assembly/abi/packet.ts';
import { COUNTER_BYTES } from '../../assembly/abi/program.ts';
import type { CoreMemory } from './core.ts';

/** Kept at the bottom for the core's own constants; `instantiateCore` checks that they fit. */
export const CORE_STATIC_BYTES = 1 << 20;
const PAGE_BYTES = 65536;
const MEMORY_MAX_BYTES = 65536 * PAGE_BYTES;
/** Everything starts on a cache line. */
const ALIGN = 64;

/** Sizes the map is planned from. */
export interface MemoryNeeds {
  /** Bytes of the program images, 0 = none of that family. */
  readonly program4Bytes: number;
  readonly program6Bytes: number;
  /** Counters of each program, per shard. */
  readonly counters4: number;
  readonly counters6: number;
  readonly hostBytes: number;
  readonly conntrackBytes: number;
  /** Settled sources, 0 = there is no nat table. */
  readonly sourcesBytes: number;
  readonly stateBytes: number;
  /** Who is inside, 0 = packets are not spread by that. */
  readonly sidesBytes: number;
  /** Other hosts as this one has met them, 0 = it tells nobody anything. */
  readonly peersBytes: number;
  readonly fragmentBytes: number;
  /** Log of each shard, 0 = no log is kept. */
  readonly logBytes: number;
  /** Whether journeys are remembered. */
  readonly remembers: boolean;
  /** Buffer of the events of each shard, 0 = nobody listens. */
  readonly eventBytes: number;
  readonly shards: number;
  readonly interfaces: number;
  readonly slots: number;
  /** Most packets of a slot. */
  readonly packets: number;
  readonly chunkBytes: number;
  readonly arenaBytes: number;
  /** Bytes of it that packets which leave may take. */
  readonly egressBytes: number;
}

/** Addresses of one batch slot. */
export interface SlotMap {
  readonly slot: number;
  readonly chunk: number;
  readonly chunkBytes: number;
  readonly frames: number;
  readonly packets: number;
  readonly outcomes: number;
  readonly counts: number;
  readonly classes: number;
  readonly looks: number;
  readonly arena: number;
  readonly arenaBytes: number;
  readonly egressBytes: number;
  /** Most packets it holds. */
  readonly capacity: number;
}

/** Addresses of everything, plain numbers so that it can be sent to workers. */
export interface MemoryMap {
  /** Bytes of the whole memory. */
  readonly bytes: number;
  readonly shards: number;
  readonly env: number;
  readonly capture: number;
  readonly interfaces: number;
  readonly interfaceMax: number;
  readonly host: number;
  /** 0 = none of that family. */
  readonly program4: number;
  readonly program6: number;
  readonly counters4: number;
  readonly counters4Stride: number;
  readonly counters6: number;
  readonly counters6Stride: number;
  readonly conntrack: number;
  /** Settled sources, 0 = none. */
  readonly sources: number;
  readonly scratch: number;
  readonly state: number;
  /** Who is inside, 0 = packets are not spread by that. */
  readonly sides: number;
  /** Other hosts as this one has met them, 0 = it tells nobody anything. */
  readonly peers: number;
  readonly fragments: number;
  /** Journeys of the shards, 0 = none are remembered. */
  readonly journeys: number;
  /** Logs of the shards, 0 = none, and the size of each. */
  readonly log: number;
  readonly logBytes: number;
  /** Buffers of the shards' events, 0 = nobody listens. */
  readonly events: number;
  readonly slots: readonly SlotMap[];
}

/** The map does not fit the address space of the core. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
  readonly code = 'ERR_MEMORY';
}

/** Lays out a memory for the needs given. */
export function planMemory(needs: MemoryNeeds): MemoryMap {
  let next = CORE_STATIC_BYTES;
  const take = (bytes: number): number => {
    const base = next;
    next += Math.ceil(bytes / ALIGN) * ALIGN;
    return base;
  };
  const stride = (counters: number): number => Math.ceil((counters * COUNTER_BYTES) / ALIGN) * ALIGN;
  const counters4Stride = stride(needs.counters4);
  const counters6Stride = stride(needs.counters6);
  const fixed = {
    shards: needs.shards,
    env: take(ENV_BYTES),
    capture: take(CAPTURE_BYTES),
    interfaces: take(needs.interfaces * INTERFACE_BYTES),
    interfaceMax: needs.interfaces,
    host: take(needs.hostBytes),
    program4: needs.program4Bytes === 0 ? 0 : take(needs.program4Bytes),
    program6: needs.program6Bytes === 0 ? 0 : take(needs.program6Bytes),
    // Up to here nothing depends on the number of shards: a memory with another number of them has it at the same addresses.
    state: take(needs.stateBytes),
    sides: needs.sidesBytes === 0 ? 0 : take(needs.sidesBytes),
    counters4: take(counters4Stride * needs.shards),
    counters4Stride,
    counters6: take(counters6Stride * needs.shards),
    counters6Stride,
    conntrack: take(needs.conntrackBytes),
    sources: needs.sourcesBytes === 0 ? 0 : take(needs.sourcesBytes),
    scratch: take(SHARD_SCRATCH_BYTES * needs.shards),
    peers: needs.peersBytes === 0 ? 0 : take(needs.peersBytes),
    fragments: take(needs.fragmentBytes),
    journeys: needs.remembers ? take(JOURNEYS_BYTES * needs.shards) : 0,
    log: needs.logBytes === 0 ? 0 : take(needs.logBytes * needs.shards),
    logBytes: needs.logBytes,
    events: needs.eventBytes === 0 ? 0 : take(needs.eventBytes * needs.shards),
  };
  const slots: SlotMap[] = [];
  for (let i = 0; i < needs.slots; i++) {
    slots.push({
      slot: take(SLOT_BYTES),
      chunk: take(needs.chunkBytes),
      chunkBytes: needs.chunkBytes,
      frames: take(needs.packets * FRAME_BYTES),
      packets: take(needs.packets * PACKET_BYTES),
      outcomes: take(needs.packets * OUTCOME_BYTES),
      counts: take(needs.shards * 4),
      classes: take(needs.packets),
      looks: take(needs.packets * LOOK_AHEAD_BYTES),
      arena: take(needs.arenaBytes),
      arenaBytes: needs.arenaBytes,
      egressBytes: needs.egressBytes,
      capacity: needs.packets,
    });
  }
  const bytes = Math.ceil(next / PAGE_BYTES) * PAGE_BYTES;
  if (bytes > MEMORY_MAX_BYTES) {
    throw new MemoryError(
      `this needs ${Math.ceil(bytes / 1048576)} MiB of memory and the core can address ${MEMORY_MAX_BYTES / 1048576} MiB; ` +
        'fewer workers, or a smaller net.netfilter.nf_conntrack_max, need less',
    );
  }
  return { bytes, ...fixed, slots };
}

/** Makes the memory of a map. Pages are taken from the system as they are first written. */
export function createMemory(map: MemoryMap): CoreMemory {
  const pages = map.bytes / PAGE_BYTES;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw new MemoryError(`cannot get ${Math.ceil(map.bytes / 1048576)} MiB of memory`, { cause });
  }
}

/** Typed views of the whole memory. */
export interface MemoryViews {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly data: DataView;
  readonly buffer: Buffer;
}

export function viewsOf(memory: CoreMemory): MemoryViews {
  const shared = memory.buffer;
  return {
    u8: new Uint8Array(shared),
    u32: new Uint32Array(shared),
    u64: new BigUint64Array(shared),
    data: new DataView(shared),
    buffer: Buffer.from(shared),
  };
}
