// Saved connections: put into the table before the first packet. Only while no batch runs.

import {
  EVENT_BYTES,
  EVENT_COLD,
  EVENT_CREATED,
  EVENT_ENTRY,
  EVENT_EXTENDED,
  EVENT_EXTENSION,
} from '../../assembly/abi/event.ts';
import {
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_LAST,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  CONNTRACK_GRE_TIMEOUT,
  CONNTRACK_GRE_TIMEOUT_STREAM,
  EXT_HELPER,
  EXT_LABELS,
  FLOW_DEADLINE,
  FLOW_MARK,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_STATUS,
  GRE_TIMEOUT,
  GRE_TIMEOUT_STREAM,
  IPS_CONFIRMED,
  IPS_DST_NAT_DONE,
  IPS_SRC_NAT_DONE,
  SCTP_STATE,
  TCP_FLAG_BE_LIBERAL,
  TCP_FLAG_SACK_PERM,
  TCP_HALF_BYTES,
  TCP_HALF_FLAGS,
  TCP_STATE,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../../assembly/abi/flow.ts';
import type { Core } from './core.ts';
import type { MemoryMap, MemoryViews } from './memory.ts';

/** One way of a saved connection. Ports as TUPLE_SPORT and TUPLE_DPORT are. */
export interface SavedWay {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sport: number;
  readonly dport: number;
  readonly zone: number;
  readonly packets: bigint;
  readonly bytes: bigint;
}

export interface SavedConnection {
  readonly protocol: number;
  readonly original: SavedWay;
  readonly reply: SavedWay;
  /** Seconds that it has left when the first packet comes. */
  readonly left: bigint;
  /** Seconds since it began; absent = not known. */
  readonly age?: bigint;
  /** TCP_CT_* or SCTP_CT_*; 0 for others. */
  readonly state: number;
  /** IPS_* bits but IPS_CONFIRMED and those that say that translation is settled. */
  readonly status: number;
  readonly mark: number;
  readonly labels: readonly number[];
  /** 1 + its place in the list of helpers; 0 = none. */
  readonly helper: number;
}

const TCP = 6;
const GRE = 47;
const SCTP = 132;
const SECOND = 1_000_000_000n;
const NUMBERS = 2 ** 32;

/** What became of a connection. */
export type LoadAnswer = 'loaded' | 'twice' | 'no-room';
const ANSWERS: readonly LoadAnswer[] = ['loaded', 'twice', 'no-room'];

/**
 * Puts connections into the table as they are at `now`, nanoseconds since the epoch. `record` is room for one while it is handed over.
 *
 * What a text does not hold is as of a connection that `conntrack -I` makes: windows of TCP are taken from the next packets of each side,
 * which pass whatever they say.
 * Ref: net/netfilter/nf_conntrack_netlink.c:ctnetlink_create_conntrack()
 */
export function loadConnections(
  core: Core,
  { data, u8 }: MemoryViews,
  map: MemoryMap,
  record: number,
  connections: readonly SavedConnection[],
  now: bigint,
): LoadAnswer[] {
  return connections.map((connection, i) => {
    u8.fill(0, record, record + EVENT_BYTES);
    writeEntry(data, map, record + EVENT_ENTRY, connection, now);
    // Numbers of their own, in their order: no packet has them.
    data.setUint32(record + EVENT_ENTRY + FLOW_NUMBER, NUMBERS - connections.length + i, true);
    writeCold(data, record + EVENT_COLD, connection, now);
    const { age } = connection;
    data.setBigUint64(record + EVENT_CREATED, age === undefined ? now - 1n : now - age * SECOND, true);
    writeExtension(data, record, connection);
    const answer = core.loadEntry(map.env, record, now);
    if (answer < 0) throw new Error(`fault ${answer}`);
    return ANSWERS[answer]!;
  });
}

function writeEntry(data: DataView, map: MemoryMap, entry: number, connection: SavedConnection, now: bigint): void {
  const { protocol, original, reply, left, state, status, mark } = connection;
  writeTuple(data, entry + FLOW_ORIGINAL, protocol, original);
  writeTuple(data, entry + FLOW_REPLY, protocol, reply);
  data.setBigUint64(entry + FLOW_DEADLINE, now + left * SECOND, true);
  // Where there is a nat table, it has settled what becomes of the connection.
  const settled = map.sources === 0 ? 0 : IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
  data.setUint32(entry + FLOW_STATUS, status | IPS_CONFIRMED | settled, true);
  data.setUint32(entry + FLOW_MARK, mark, true);
  const proto = entry + FLOW_PROTO;
  if (protocol === TCP) {
    data.setUint8(proto + TCP_STATE, state);
    for (const half of [0, TCP_HALF_BYTES])
      data.setUint8(proto + half + TCP_HALF_FLAGS, TCP_FLAG_BE_LIBERAL | TCP_FLAG_SACK_PERM);
  } else if (protocol === SCTP) data.setUint8(proto + SCTP_STATE, state);
  else if (protocol === GRE) {
    const setting = (offset: number): bigint => data.getBigUint64(map.conntrack + offset, true);
    data.setBigUint64(proto + GRE_TIMEOUT, setting(CONNTRACK_GRE_TIMEOUT), true);
    data.setBigUint64(proto + GRE_TIMEOUT_STREAM, setting(CONNTRACK_GRE_TIMEOUT_STREAM), true);
  }
}

function writeTuple(data: DataView, tuple: number, protocol: number, way: SavedWay): void {
  writeAddress(data, tuple + TUPLE_SRC, way.source);
  writeAddress(data, tuple + TUPLE_DST, way.destination);
  data.setUint16(tuple + TUPLE_SPORT, way.sport, true);
  data.setUint16(tuple + TUPLE_DPORT, way.dport, true);
  data.setUint16(tuple + TUPLE_ZONE, way.zone, true);
  data.setUint8(tuple + TUPLE_PROTO, protocol);
  data.setUint8(tuple + TUPLE_FAMILY, way.source.length === 4 ? 4 : 6);
}

function writeAddress(data: DataView, at: number, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < bytes.length; i += 4) data.setUint32(at + i, view.getUint32(i), true);
}

function writeCold(data: DataView, cold: number, { original, reply }: SavedConnection, now: bigint): void {
  data.setBigUint64(cold + COLD_PACKETS, original.packets, true);
  data.setBigUint64(cold + COLD_BYTES_SEEN, original.bytes, true);
  data.setBigUint64(cold + COLD_PACKETS_REPLY, reply.packets, true);
  data.setBigUint64(cold + COLD_BYTES_SEEN_REPLY, reply.bytes, true);
  data.setBigUint64(cold + COLD_LAST, now, true);
}

function writeExtension(data: DataView, record: number, { labels, helper }: SavedConnection): void {
  if (labels.length === 0 && helper === 0) return;
  data.setUint32(record + EVENT_EXTENDED, 1, true);
  const bits = record + EVENT_EXTENSION + EXT_LABELS;
  for (const label of labels) data.setUint8(bits + (label >> 3), data.getUint8(bits + (label >> 3)) | (1 << (label & 7)));
  data.setUint32(record + EVENT_EXTENSION + EXT_HELPER, helper, true);
}
