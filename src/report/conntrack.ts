// The connection table as people read it: the text of `conntrack -L`, and its other forms.

import {
  CONNTRACK_ACCT,
  CONNTRACK_TIMESTAMP,
  FLOW_DEADLINE,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  TUPLE_BYTES,
} from '../../assembly/abi/flow.ts';
import { coldOf, createdAt, extensionOf, tableEntries } from '../core/flow.ts';
import { type Connection, readConnection } from './conntrack/connection.ts';
import type { TableSettings } from './conntrack/message.ts';
import { type ConntrackOutput, PLAIN, tableText } from './conntrack/output.ts';

/** Addresses of the entries that are in the table and have time left, in the order of their first packets. */
function liveEntries(view: DataView, base: number, now: bigint): number[] {
  const entries = [...tableEntries(view, base)].filter((entry) => view.getBigUint64(entry + FLOW_DEADLINE, true) > now);
  return entries.sort((a, b) => byAge(view, base, a, b));
}

/** By time, then by number of the first packet: each replay of an engine numbers its packets from 1. */
function byAge(view: DataView, base: number, a: number, b: number): number {
  const created = (entry: number): bigint => view.getBigUint64(createdAt(view, base, entry), true);
  const [createdA, createdB] = [created(a), created(b)];
  if (createdA !== createdB) return createdA < createdB ? -1 : 1;
  return view.getUint32(a + FLOW_NUMBER, true) - view.getUint32(b + FLOW_NUMBER, true) || byTuple(view, a, b);
}

/** By the bytes of the original tuple: where entries lie in memory says nothing. */
function byTuple(view: DataView, a: number, b: number): number {
  for (let at = FLOW_ORIGINAL; at < FLOW_ORIGINAL + TUPLE_BYTES; at += 4) {
    const difference = view.getUint32(a + at, true) - view.getUint32(b + at, true);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What the table keeps of its connections. */
export function tableSettings(view: DataView, base: number): TableSettings {
  const isSet = (offset: number): boolean => view.getUint32(base + offset, true) !== 0;
  return { counts: isSet(CONNTRACK_ACCT), stamps: isSet(CONNTRACK_TIMESTAMP) };
}

function* connections(view: DataView, base: number, now: bigint): Generator<Connection> {
  for (const entry of liveEntries(view, base, now)) {
    const parts = {
      entry,
      cold: coldOf(view, base, entry),
      created: createdAt(view, base, entry),
      extension: extensionOf(view, entry),
    };
    yield readConnection(view, parts);
  }
}

/**
 * Gives the table at a time, oldest connection first, in pieces of whole lines.
 *
 * Units: `now` is nanoseconds since the epoch, as packet times are.
 * Differs: the kernel lists by hash bucket, that is in no order.
 */
export function conntrackPieces(view: DataView, base: number, now: bigint, output: ConntrackOutput = PLAIN): Generator<string> {
  return tableText(connections(view, base, now), now, tableSettings(view, base), output);
}

/** The table at a time as one text. */
export function conntrackText(view: DataView, base: number, now: bigint, output: ConntrackOutput = PLAIN): string {
  return [...conntrackPieces(view, base, now, output)].join('');
}
