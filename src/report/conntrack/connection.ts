// A tracked connection as a value: everything that any of the texts says of it, read from its entry.

import {
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  EXT_HELPER,
  EXT_LABELS,
  EXT_LABELS_BYTES,
  EXT_REFS,
  FLOW_DEADLINE,
  FLOW_MARK,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_SECMARK,
  FLOW_STATUS,
  GRE_TIMEOUT,
  GRE_TIMEOUT_STREAM,
  SCTP_STATE,
  SCTP_VTAG,
  TCP_STATE,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../../../assembly/abi/flow.ts';
import { HELPERS } from '../../net/helper.ts';
import { GRE, SCTP, stateName, TCP } from './names.ts';

export const SECOND = 1_000_000_000n;

/** What goes one way: original or reply. */
/** Who talks to whom. */
export interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Ports; of GRE the keys, of ICMP the id, and type and code in one. */
  readonly sport: number;
  readonly dport: number;
  readonly zone: number;
}

export interface Direction extends Ends {
  readonly packets: bigint;
  readonly bytes: bigint;
}

export interface Connection {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly original: Direction;
  readonly reply: Direction;
  /** IPS_* bits. */
  readonly status: number;
  readonly mark: number;
  /** TCP_CT_*, SCTP_CT_* or 0. */
  readonly state: number;
  /** Nanoseconds since the epoch. */
  readonly deadline: bigint;
  readonly created: bigint;
  /**
   * Number of the packet that made it. Differs: the kernel's ids are a hash with a secret, another after each start; this one is the same
   * in each run, and no other connection of the run has it.
   */
  readonly id: number;
  readonly secctx?: string;
  readonly helper?: string;
  readonly labels: readonly number[];
  /** What counts on its entry: itself, and the connections that were expected by it. */
  readonly use: number;
  /** Of SCTP: verification tags by direction. */
  readonly tags?: readonly [number, number];
  /** Of GRE: seconds. */
  readonly timeouts?: readonly [bigint, bigint];
}

/** The name of the state; undefined for protocols without. */
export function connectionState({ protocol, state }: Connection): string | undefined {
  return stateName(protocol, state);
}

/** Reads an address as tuples have it. */
export function readAddress(view: DataView, at: number, family: number): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  const target = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) target.setUint32(i, view.getUint32(at + i, true));
  return bytes;
}

/** Reads a tuple. */
export function readEnds(view: DataView, tuple: number): Ends {
  const family = view.getUint8(tuple + TUPLE_FAMILY);
  return {
    source: readAddress(view, tuple + TUPLE_SRC, family),
    destination: readAddress(view, tuple + TUPLE_DST, family),
    sport: view.getUint16(tuple + TUPLE_SPORT, true),
    dport: view.getUint16(tuple + TUPLE_DPORT, true),
    zone: view.getUint16(tuple + TUPLE_ZONE, true),
  };
}

function direction(view: DataView, tuple: number, packets: number, bytes: number): Direction {
  return { ...readEnds(view, tuple), packets: view.getBigUint64(packets, true), bytes: view.getBigUint64(bytes, true) };
}

/** The name of a helper by its number: 1 + its place in the list; 0 = none. */
export function helperName(number: number): string | undefined {
  return number === 0 ? undefined : HELPERS[number - 1]!.name;
}

/** The security context whose text, which ends in a NUL, stands at an address; 0 = none. */
function securityContext(view: DataView, at: number): string | undefined {
  if (at === 0) return undefined;
  const bytes: number[] = [];
  for (let byte = view.getUint8(at); byte !== 0; byte = view.getUint8(at + bytes.length)) bytes.push(byte);
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function labels(view: DataView, extension: number): number[] {
  if (extension === 0) return [];
  const isSet = (bit: number): boolean => ((view.getUint8(extension + EXT_LABELS + (bit >> 3)) >> (bit & 7)) & 1) !== 0;
  return Array.from({ length: EXT_LABELS_BYTES * 8 }, (_, bit) => bit).filter(isSet);
}

/** Where an entry and what belongs to it lie in a view; `memory`: what it names by address, where that is another. */
export interface EntryParts {
  readonly memory?: DataView;
  readonly entry: number;
  readonly cold: number;
  /** Where the time stands at which it was made. */
  readonly created: number;
  /** 0 = it has none. */
  readonly extension: number;
}

/** Reads an entry. */
export function readConnection(view: DataView, { memory = view, entry, cold, created, extension }: EntryParts): Connection {
  const protocol = view.getUint8(entry + FLOW_ORIGINAL + TUPLE_PROTO);
  const state = { [TCP]: TCP_STATE, [SCTP]: SCTP_STATE }[protocol];
  const helper = helperName(extension === 0 ? 0 : view.getUint32(extension + EXT_HELPER, true));
  const secctx = securityContext(memory, view.getUint32(entry + FLOW_SECMARK, true));
  const tag = (i: number): number => view.getUint32(entry + FLOW_PROTO + SCTP_VTAG + 4 * i, false);
  const span = (offset: number): bigint => view.getBigUint64(entry + FLOW_PROTO + offset, true) / SECOND;
  return {
    family: view.getUint8(entry + FLOW_ORIGINAL + TUPLE_FAMILY) === 4 ? 4 : 6,
    protocol,
    original: direction(view, entry + FLOW_ORIGINAL, cold + COLD_PACKETS, cold + COLD_BYTES_SEEN),
    reply: direction(view, entry + FLOW_REPLY, cold + COLD_PACKETS_REPLY, cold + COLD_BYTES_SEEN_REPLY),
    status: view.getUint32(entry + FLOW_STATUS, true),
    mark: view.getUint32(entry + FLOW_MARK, true),
    state: state === undefined ? 0 : view.getUint8(entry + FLOW_PROTO + state),
    deadline: view.getBigUint64(entry + FLOW_DEADLINE, true),
    created: view.getBigUint64(created, true),
    id: view.getUint32(entry + FLOW_NUMBER, true),
    ...(secctx === undefined ? {} : { secctx }),
    ...(helper === undefined ? {} : { helper }),
    labels: labels(view, extension),
    use: 1 + (extension === 0 ? 0 : view.getUint32(extension + EXT_REFS, true)),
    ...(protocol === SCTP ? { tags: [tag(0), tag(1)] as const } : {}),
    ...(protocol === GRE ? { timeouts: [span(GRE_TIMEOUT), span(GRE_TIMEOUT_STREAM)] as const } : {}),
  };
}
