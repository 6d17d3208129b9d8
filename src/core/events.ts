// Events of connection tracking: who listens, and the records as they are taken out of the core. Their layout is abi/event.ts, what they
// mean for people is src/report/conntrack/events.ts.

import {
  EVENTS_BY_RULES,
  EVENTS_LOST,
  EVENTS_OF_ALL,
  EVENTS_PAUSED,
  EVENTS_RECORDS,
  EVENTS_ROOM,
  EVENTS_SWEPT,
  EVENTS_USED,
} from '../../assembly/abi/event.ts';
import { CONNTRACK_EVENTS, CONNTRACK_SHARD_BLOCKS, CONNTRACK_SHARD_BYTES, SHARD_EVENTS } from '../../assembly/abi/flow.ts';
import type { SysctlValues } from './conntrack.ts';
import type { MemoryMap, MemoryViews } from './memory.ts';

/** Bytes of all buffers together, and of each at the least. Half of it is kept free for what one packet may bring about. */
const BUFFERS_BYTES = 32 << 20;
const BUFFER_MIN_BYTES = 1 << 20;

/** Bytes of a shard's buffer. */
export function eventBufferBytes(shards: number): number {
  return Math.max(BUFFER_MIN_BYTES, BUFFERS_BYTES / shards);
}

/** What a shard told, in its order. Plain values, since they cross threads. */
export interface EventChunk {
  /** Records of EVENT_BYTES. */
  readonly records: Uint8Array;
  /** All connections whose time was up before this, in nanoseconds since the epoch, have been told of. */
  readonly swept: bigint;
  /** Records that there was no room for. */
  readonly lost: number;
}

/**
 * Listens from now on, as `conntrack -E` does. With nf_conntrack_events 1, and 2, which is the kernel's default, all connections have
 * events while somebody listens; with 0 only those that a rule gives some.
 *
 * Ref: net/netfilter/nf_conntrack_ecache.c:nf_ct_ecache_ext_add()
 */
export function listenForEvents({ data }: MemoryViews, map: MemoryMap, sysctl: SysctlValues): void {
  const setting = Number(sysctl['net.netfilter.nf_conntrack_events'] ?? 2);
  data.setUint32(map.conntrack + CONNTRACK_EVENTS, setting === 0 ? EVENTS_BY_RULES : EVENTS_OF_ALL, true);
  const blocks = data.getUint32(map.conntrack + CONNTRACK_SHARD_BLOCKS, true);
  for (let shard = 0; shard < map.shards; shard++) {
    const buffer = bufferOf(map, shard);
    data.setUint32(blocks + shard * CONNTRACK_SHARD_BYTES + SHARD_EVENTS, buffer, true);
    data.setUint32(buffer + EVENTS_ROOM, eventBufferBytes(map.shards) - EVENTS_RECORDS, true);
  }
}

function bufferOf(map: MemoryMap, shard: number): number {
  return map.events + shard * eventBufferBytes(map.shards);
}

/** Whether a shard waits for its records to be taken out, to go on with its slot. */
export function isPaused({ data }: MemoryViews, map: MemoryMap, shard: number): boolean {
  return data.getUint32(bufferOf(map, shard) + EVENTS_PAUSED, true) !== 0;
}

/** Takes the records out of a shard's buffer. It must not be running. */
export function takeEvents({ data, u8 }: MemoryViews, map: MemoryMap, shard: number): EventChunk {
  const buffer = bufferOf(map, shard);
  const first = buffer + EVENTS_RECORDS;
  const records = u8.slice(first, first + data.getUint32(buffer + EVENTS_USED, true));
  const chunk = {
    records,
    swept: data.getBigUint64(buffer + EVENTS_SWEPT, true),
    lost: data.getUint32(buffer + EVENTS_LOST, true),
  };
  data.setUint32(buffer + EVENTS_USED, 0, true);
  data.setUint32(buffer + EVENTS_LOST, 0, true);
  return chunk;
}
