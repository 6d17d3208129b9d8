// What happens to connections, as text: the lines of `conntrack -E`.
//
// Comes in: the records that the shards took down, a batch at a time. Goes out: lines in the order of time, the same for any number of
// shards and workers. A packet's events come in the order in which the kernel tells them. A connection whose time was up ends at its
// deadline, before what a packet of that time does. Differs: the kernel tells that end when it next comes by, which is up to it.

import {
  EVENT_BITS,
  EVENT_BYTES,
  EVENT_COLD,
  EVENT_CREATED,
  EVENT_ENTRY,
  EVENT_EXTENDED,
  EVENT_EXTENSION,
  EVENT_KIND,
  EVENT_KIND_DESTROY,
  EVENT_KIND_EXPECT_DESTROY,
  EVENT_KIND_EXPECT_NEW,
  EVENT_KIND_NEW,
  EVENT_KIND_UPDATE,
  EVENT_MASTER,
  EVENT_NUMBER,
  EVENT_TIME,
} from '../../../assembly/abi/event.ts';
import { FLOW_ORIGINAL, TUPLE_BYTES } from '../../../assembly/abi/flow.ts';
import type { EventChunk } from '../../core/events.ts';
import { expectLine } from '../expect.ts';
import { readConnection } from './connection.ts';
import { jsonLine } from './json.ts';
import { eventHead, listLine } from './list.ts';
import { type EventKind, type TableSettings, told } from './message.ts';
import type { ConntrackOutput } from './output.ts';
import { saveLine } from './save.ts';
import { XML_HEAD, XML_TAIL, xmlElement } from './xml.ts';

type Kinds = Readonly<Record<number, EventKind>>;

const CONNECTION_KINDS: Kinds = {
  [EVENT_KIND_NEW]: 'new',
  [EVENT_KIND_UPDATE]: 'update',
  [EVENT_KIND_DESTROY]: 'destroy',
};
const EXPECTATION_KINDS: Kinds = { [EVENT_KIND_EXPECT_NEW]: 'new', [EVENT_KIND_EXPECT_DESTROY]: 'destroy' };

/** A record that waits for its turn. */
interface Waiting {
  readonly time: bigint;
  /** Number of the packet, 0 = none. */
  readonly number: number;
  readonly kind: EventKind;
  readonly view: DataView;
  readonly at: number;
}

export interface EventWriter {
  /** In front of the first line. */
  readonly head: string;
  /** The lines that are known to be next, of these records and of those before. */
  text(chunks: readonly EventChunk[]): string;
  /** All that still waits, and what stands behind the last line. */
  end(): string;
  /** Records that there was no room for: lines are missing. */
  readonly lost: number;
}

/** Writes what happens to connections. `memory` is the core's: records name some of it by address. */
export function eventWriter(memory: DataView, settings: TableSettings, output: ConntrackOutput): EventWriter {
  const [head, tail] = output.form === 'xml' ? [XML_HEAD, XML_TAIL] : ['', ''];
  return writer(CONNECTION_KINDS, (record) => eventLine(record, memory, settings, output), head, tail);
}

/** Writes what happens to expectations: the lines of `conntrack -E expect`, of which `-o` can change the time only. */
export function expectEventWriter(output: ConntrackOutput): EventWriter {
  const line = ({ kind, time, view, at }: Waiting): string =>
    `${eventHead(kind, time, output)}${expectLine(view, at + EVENT_ENTRY, at + EVENT_MASTER, time)}`;
  return writer(EXPECTATION_KINDS, line, '', '');
}

function writer(kinds: Kinds, line: (record: Waiting) => string, head: string, tail: string): EventWriter {
  let waiting: Waiting[] = [];
  let lost = 0;
  const lines = (records: readonly Waiting[]): string => records.map((record) => `${line(record)}\n`).join('');
  return {
    head,
    text(chunks) {
      for (const chunk of chunks) {
        lost += chunk.lost;
        for (const record of recordsOf(chunk, kinds)) waiting.push(record);
      }
      // What ended from then on may not all have been told yet.
      waiting.sort(inOrder);
      const next = waiting.findIndex(({ time }) => chunks.some(({ swept }) => time >= swept));
      const ready = next < 0 ? waiting : waiting.slice(0, next);
      waiting = next < 0 ? [] : waiting.slice(next);
      return lines(ready);
    },
    end() {
      const rest = lines(waiting);
      waiting = [];
      return rest + tail;
    },
    get lost() {
      return lost;
    },
  };
}

function* recordsOf({ records }: EventChunk, kinds: Kinds): Generator<Waiting> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.byteLength; at += EVENT_BYTES) {
    const kind = kinds[view.getUint32(at + EVENT_KIND, true)];
    if (kind === undefined) continue;
    yield { time: view.getBigUint64(at + EVENT_TIME, true), number: view.getUint32(at + EVENT_NUMBER, true), kind, view, at };
  }
}

/** By time, then by packet. The sort is stable: the events of one packet are in one chunk, or in one behind the other. */
function inOrder(a: Waiting, b: Waiting): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.number !== b.number || a.number !== 0) return a.number - b.number;
  return byTuple(a, b);
}

/** Of what ends at the same time, by the bytes of the original tuple: no two connections in the table have the same. */
function byTuple(a: Waiting, b: Waiting): number {
  const tuple = ({ view, at }: Waiting): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset + at + EVENT_ENTRY + FLOW_ORIGINAL, TUPLE_BYTES);
  return Buffer.compare(tuple(a), tuple(b));
}

function eventLine(
  { time, kind, view, at }: Waiting,
  memory: DataView,
  settings: TableSettings,
  output: ConntrackOutput,
): string {
  const extension = view.getUint32(at + EVENT_EXTENDED, true) === 0 ? 0 : at + EVENT_EXTENSION;
  const parts = { memory, entry: at + EVENT_ENTRY, cold: at + EVENT_COLD, created: at + EVENT_CREATED, extension };
  const connection = readConnection(view, parts);
  const message = told(connection, kind, view.getUint32(at + EVENT_BITS, true), time, settings);
  switch (output.form) {
    case 'xml':
      return xmlElement(message, output);
    case 'save':
      return saveLine(message);
    case 'json':
      return jsonLine(connection, time, settings, kind);
    default:
      return listLine(message, output);
  }
}
