// What happens to connections, as text: the lines of `conntrack -E`.
//
// Comes in: the records that the shards took down, a batch at a time. Goes out: lines in the order of time, the same for any number of
// shards and workers. A packet's events come in the order in which the kernel tells them. A connection whose time was up ends at its
// deadline, before what a packet of that time does. Differs: the kernel tells that end when it next comes by, which is up to it.

import {
  EVENT_BITS,
  EVENT_BYTES,
  EVENT_COLD,
  EVENT_ENTRY,
  EVENT_EXTENDED,
  EVENT_EXTENSION,
  EVENT_KIND,
  EVENT_KIND_DESTROY,
  EVENT_KIND_NEW,
  EVENT_KIND_UPDATE,
  EVENT_NUMBER,
  EVENT_TIME,
} from '../../../assembly/abi/event.ts';
import { FLOW_ORIGINAL, TUPLE_BYTES } from '../../../assembly/abi/flow.ts';
import type { EventChunk } from '../../core/events.ts';
import { readConnection } from './connection.ts';
import { jsonLine } from './json.ts';
import { listLine } from './list.ts';
import { type EventKind, type TableSettings, told } from './message.ts';
import type { ConntrackOutput } from './output.ts';
import { saveLine } from './save.ts';
import { XML_HEAD, XML_TAIL, xmlElement } from './xml.ts';

const KINDS: Readonly<Record<number, EventKind>> = {
  [EVENT_KIND_NEW]: 'new',
  [EVENT_KIND_UPDATE]: 'update',
  [EVENT_KIND_DESTROY]: 'destroy',
};

/** A record that waits for its turn. */
interface Waiting {
  readonly time: bigint;
  /** Number of the packet, 0 = none. */
  readonly number: number;
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

/** `memory` is the core's: records name some of it by address. */
export function eventWriter(memory: DataView, settings: TableSettings, output: ConntrackOutput): EventWriter {
  let waiting: Waiting[] = [];
  let lost = 0;
  const lines = (records: readonly Waiting[]): string =>
    records.map((record) => `${eventLine(record, memory, settings, output)}\n`).join('');
  return {
    head: output.form === 'xml' ? XML_HEAD : '',
    text(chunks) {
      for (const chunk of chunks) {
        lost += chunk.lost;
        waiting.push(...recordsOf(chunk));
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
      return rest + (output.form === 'xml' ? XML_TAIL : '');
    },
    get lost() {
      return lost;
    },
  };
}

function* recordsOf({ records }: EventChunk): Generator<Waiting> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.byteLength; at += EVENT_BYTES) {
    yield { time: view.getBigUint64(at + EVENT_TIME, true), number: view.getUint32(at + EVENT_NUMBER, true), view, at };
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

function eventLine({ time, view, at }: Waiting, memory: DataView, settings: TableSettings, output: ConntrackOutput): string {
  const kind = KINDS[view.getUint32(at + EVENT_KIND, true)]!;
  const extension = view.getUint32(at + EVENT_EXTENDED, true) === 0 ? 0 : at + EVENT_EXTENSION;
  const connection = readConnection(view, { memory, entry: at + EVENT_ENTRY, cold: at + EVENT_COLD, extension });
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
