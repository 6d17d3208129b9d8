// What the kernel tells conntrack-tools of a connection: in a listing, and with an event. Not every message tells everything.

import { IPCT_LABEL, IPCT_MARK, IPCT_PROTOINFO } from '../../../assembly/abi/event.ts';
import { type Connection, connectionState, SECOND } from './connection.ts';

export type EventKind = 'new' | 'update' | 'destroy';

export interface Message {
  /** Absent in a listing. */
  readonly kind?: EventKind;
  /** Of it always told: tuples, zones, status, id. */
  readonly connection: Connection;
  /** When it is told, nanoseconds since the epoch. */
  readonly now: bigint;
  /** Seconds left. */
  readonly timeout?: bigint;
  readonly state?: string;
  readonly counts: boolean;
  readonly mark?: number;
  readonly secctx?: string;
  readonly start?: bigint;
  readonly stop?: bigint;
  readonly helper?: string;
  readonly use?: number;
  readonly labels: readonly number[];
}

/** What the table keeps of its connections beside what it must: nf_conntrack_acct, nf_conntrack_timestamp. */
export interface TableSettings {
  readonly counts: boolean;
  readonly stamps: boolean;
}

/** Seconds that a connection has left. Ref: include/net/netfilter/nf_conntrack.h:nf_ct_expires() */
export function secondsLeft({ deadline }: Connection, now: bigint): bigint {
  return deadline > now ? (deadline - now) / SECOND : 0n;
}

/** What a listing tells. Ref: net/netfilter/nf_conntrack_netlink.c:ctnetlink_fill_info() */
export function listed(connection: Connection, now: bigint, { counts, stamps }: TableSettings): Message {
  const { mark, secctx, created, helper, use, labels } = connection;
  const state = connectionState(connection);
  return {
    connection,
    now,
    timeout: secondsLeft(connection, now),
    ...(state === undefined ? {} : { state }),
    counts,
    mark,
    ...(secctx === undefined ? {} : { secctx }),
    ...(stamps ? { start: created } : {}),
    ...(helper === undefined ? {} : { helper }),
    use,
    labels,
  };
}

/** Zones as messages show them: of the original direction alone, of the reply direction alone, of both; 0 is not told. */
export interface Zones {
  readonly original: number;
  readonly reply: number;
  readonly both: number;
}

export function zonesOf({ original, reply }: Connection): Zones {
  const isBoth = original.zone === reply.zone;
  return { original: isBoth ? 0 : original.zone, reply: isBoth ? 0 : reply.zone, both: isBoth ? original.zone : 0 };
}

/** Seconds from the start to the stop, or to now, each of them whole. */
export function deltaTime(start: bigint, end: bigint): bigint {
  return end / SECOND - start / SECOND;
}

/** What an event tells; `events` are its IPCT_* bits. Ref: net/netfilter/nf_conntrack_netlink.c:ctnetlink_conntrack_event() */
export function told(
  connection: Connection,
  kind: EventKind,
  events: number,
  now: bigint,
  { counts, stamps }: TableSettings,
): Message {
  const isEnd = kind === 'destroy';
  const has = (bit: number): boolean => (events & (1 << bit)) !== 0;
  const { mark, secctx, created, helper, labels } = connection;
  const timeout = secondsLeft(connection, now);
  const state = isEnd || has(IPCT_PROTOINFO) ? connectionState(connection) : undefined;
  const start = isEnd && stamps ? created : undefined;
  return {
    kind,
    connection,
    now,
    ...(isEnd && timeout === 0n ? {} : { timeout }),
    ...(state === undefined ? {} : { state }),
    counts: counts && isEnd,
    ...(mark === 0 && !has(IPCT_MARK) ? {} : { mark }),
    ...(secctx === undefined || isEnd ? {} : { secctx }),
    ...(start === undefined ? {} : { start, stop: now }),
    ...(helper === undefined || isEnd ? {} : { helper }),
    labels: !isEnd && has(IPCT_LABEL) ? labels : [],
  };
}
