// Question: what does a packet of a tracked connection cost as the table grows, and what one that opens a connection?
//
// One worker, a short stateful ruleset, TCP segments from memory with a snap length of 96; beside each figure the floor of the same
// bytes in the same run (bench/floor). It cannot show what rulesets cost (see lookup). Each run asserts that every packet got its answer,
// and that the table holds just the connections that were opened.

import { VERDICT_ACCEPT } from '../../assembly/abi/verdict.ts';
import { conntrackEntryBytes } from '../../src/core/conntrack.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { type Loaded, load } from '../../src/load.ts';
import { Floor } from '../floor/floor.ts';
import { median } from '../machine.ts';
import { type FlowCapture, Flows } from '../traffic/flows.ts';

const ESTABLISHED_FLOWS = [1000, 30_000, 1_000_000, 10_000_000];
const NEW_FLOWS = 1_000_000;
const ROUNDS = 5;
const PACKETS = 400_000;
/** Connections that are opened by one capture while the table is filled. */
const FILLED_AT_ONCE = 250_000;

/** Entries beyond those that there are, so that no batch comes near the limit. */
const ROOM = 100_000;

const RULES = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;

export interface ConntrackRow {
  readonly packets: 'established' | 'new';
  readonly flows: number;
  readonly nsPerPacket: number;
  readonly floorNs: number;
  /** Memory of an entry with its part of the buckets. */
  readonly entryBytes: number;
}

export async function conntrackRows(seed: number, note: (text: string) => void): Promise<ConntrackRow[]> {
  const floor = await Floor.open();
  const loaded = load({ rules: { name: 'bench', text: RULES } });
  const rows: ConntrackRow[] = [];
  for (const flows of ESTABLISHED_FLOWS) {
    note(`established, ${flows.toLocaleString('en')} flows`);
    rows.push(await established(loaded, floor, flows, seed));
  }
  note(`new, ${NEW_FLOWS.toLocaleString('en')} flows`);
  rows.push(await opened(loaded, floor, seed));
  return rows;
}

/** One capture, and the engine that replays it. */
interface Round {
  readonly capture: FlowCapture;
  readonly engine: Engine;
  end?(): Promise<void>;
}

/** Medians of rounds, with the floor of the same bytes beside each; one before them warms up. */
async function medians(floor: Floor, begin: () => Round): Promise<Pick<ConntrackRow, 'nsPerPacket' | 'floorNs'>> {
  const times: number[] = [];
  const floors: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const { capture, engine, end } = begin();
    try {
      const floorNs = floor.measure(capture.bytes, capture.packets);
      const ns = await replay(engine, capture);
      if (round < 0) continue;
      floors.push(floorNs);
      times.push(ns);
    } finally {
      await end?.();
    }
  }
  return { nsPerPacket: median(times), floorNs: median(floors) };
}

/** Rounds of one engine, which goes on from one to the next. */
async function established(loaded: Loaded, floor: Floor, count: number, seed: number): Promise<ConntrackRow> {
  const flows = new Flows(count, seed);
  const capacity = Math.max(1024, count);
  const engine = open(loaded, capacity);
  try {
    for (let first = 0; first < count; first += FILLED_AT_ONCE) {
      await replay(engine, flows.handshakes(first, Math.min(FILLED_AT_ONCE, count - first)));
    }
    const measured = await medians(floor, () => ({ capture: flows.data(PACKETS), engine }));
    return { packets: 'established', flows: count, ...measured, entryBytes: entryBytes(capacity) };
  } finally {
    await engine.close();
  }
}

/** Each round in an engine of its own. */
async function opened(loaded: Loaded, floor: Floor, seed: number): Promise<ConntrackRow> {
  const capture = new Flows(NEW_FLOWS, seed).openings();
  const measured = await medians(floor, () => {
    const engine = open(loaded, NEW_FLOWS);
    return { capture, engine, end: () => engine.close() };
  });
  return { packets: 'new', flows: NEW_FLOWS, ...measured, entryBytes: entryBytes(NEW_FLOWS) };
}

function entryBytes(capacity: number): number {
  return conntrackEntryBytes({ shards: 16, capacity: capacity + ROOM });
}

function open(loaded: Loaded, capacity: number): Engine {
  const interfaceIndex = (name: string): number => loaded.interfaces.indexOf(name);
  const sysctl = { 'net.netfilter.nf_conntrack_max': capacity + ROOM };
  return Engine.open({ images: loaded.images, interfaceIndex, sysctl, workers: 1 });
}

/** Nanoseconds a packet. */
async function replay(engine: Engine, { bytes, packets }: FlowCapture): Promise<number> {
  const { tally, elapsedMs } = await engine.replay([bytesSource('bench', bytes)]);
  const accepted = tally.packets[VERDICT_ACCEPT] ?? 0;
  if (accepted !== packets) throw new Error(`${accepted} of ${packets} packets accepted: all belong to connections`);
  return (elapsedMs * 1e6) / packets;
}

export function conntrackTable(rows: readonly ConntrackRow[]): string {
  const lines = rows.map(({ packets, flows, nsPerPacket, floorNs, entryBytes }) =>
    [
      packets.padEnd(11),
      flows.toLocaleString('en').padStart(12),
      nsPerPacket.toFixed(0).padStart(9),
      floorNs.toFixed(1).padStart(8),
      `${(nsPerPacket / floorNs).toFixed(1)}x`.padStart(11),
      entryBytes.toFixed(0).padStart(11),
    ].join('  '),
  );
  return ['packets             flows  ns/packet  floor ns  times floor  bytes/entry', ...lines].join('\n');
}
