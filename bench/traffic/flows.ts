// TCP connections by number: their openings, and packets of those that are open.

import { type Random, random } from './random.ts';
import { ACK, type Clock, type FlowCapture, SegmentWriter, SYN, SYN_ACK, type Tuple } from './segments.ts';

export type { FlowCapture } from './segments.ts';

/** Snap length of captures, where none is asked for. */
export const SNAP_BYTES = 96;
/** No snap length: whole packets. */
export const SNAP_FULL = 65_535;
/** Data of a segment that has any. */
const DATA_BYTES = 1000;

/** Clients at most; beyond it they have more connections each. */
const CLIENTS = 250_000;
const SERVERS = 250;
const FIRST_PORT = 20_000;
const SERVER_PORT = 80;

/** Addresses and ports that the packets of a flow are captured with, in one direction. */
export type TupleOf = (flow: number, reply: boolean) => Tuple;

/** Clients of 10.0.0.0/8 at a few web servers. */
function webClients(flow: number, reply: boolean): Tuple {
  const client = 0x0a000001 + (flow % CLIENTS);
  const server = 0xc0000201 + (flow % SERVERS);
  const port = FIRST_PORT + Math.floor(flow / CLIENTS);
  return reply
    ? { source: server, destination: client, sport: SERVER_PORT, dport: port }
    : { source: client, destination: server, sport: port, dport: SERVER_PORT };
}

export interface FlowOptions {
  readonly tuple?: TupleOf;
  readonly snapBytes?: number;
}

/** What a mixed capture is made of. */
export interface Mix {
  readonly packets: number;
  /** Segments with data of flows that are open, to each one that opens a flow. */
  readonly dataToOpening: number;
  /** Flow that the first opening is of; the others follow. */
  readonly firstNew: number;
  /** Tuples of what shall be refused: one packet for each opening. */
  refused(index: number): Tuple;
}

/** Connections from one to the next capture: their openings first. */
export class Flows {
  readonly count: number;
  private readonly clock: Clock = { microseconds: 0 };
  /** Data that client and server of each have sent, in segments. */
  private readonly sent: Uint32Array;
  private readonly draws: Random;
  private readonly tuple: TupleOf;
  private readonly snapBytes: number;

  constructor(count: number, seed: number, { tuple = webClients, snapBytes = SNAP_BYTES }: FlowOptions = {}) {
    this.count = count;
    this.sent = new Uint32Array(2 * count);
    this.draws = random(seed);
    this.tuple = tuple;
    this.snapBytes = snapBytes;
  }

  /** The three segments that open each of the flows from number `first` on. */
  handshakes(first: number, count: number): FlowCapture {
    const writer = this.writer(3 * count, 0);
    for (let flow = first; flow < first + count; flow++) {
      const client = sequence(flow, 0);
      const server = sequence(flow, 1);
      const there = this.tuple(flow, false);
      writer.segment(there, SYN, client, 0, 0);
      writer.segment(this.tuple(flow, true), SYN_ACK, server, (client + 1) >>> 0, 0);
      writer.segment(there, ACK, (client + 1) >>> 0, (server + 1) >>> 0, 0);
    }
    return writer.capture();
  }

  /** The first segment of each of so many flows. */
  openings(first = 0, count = this.count): FlowCapture {
    const writer = this.writer(count, 0);
    for (let flow = first; flow < first + count; flow++) this.open(writer, flow);
    return writer.capture();
  }

  /** Segments with data, of flows in random order, of either side. */
  data(packets: number): FlowCapture {
    const writer = this.writer(packets, DATA_BYTES);
    for (let i = 0; i < packets; i++) this.send(writer);
    return writer.capture();
  }

  /** Segments without data, of flows in random order, of either side. They may come again and again. */
  acknowledgements(packets: number): FlowCapture {
    const writer = this.writer(packets, 0);
    for (let i = 0; i < packets; i++) {
      const flow = this.draws.below(this.count);
      const side = this.draws.below(2);
      writer.segment(this.tuple(flow, side === 1), ACK, this.next(flow, side), this.next(flow, 1 - side), 0);
    }
    return writer.capture();
  }

  /** Segments with data, openings of new flows, and what is refused, in turn. */
  mixed({ packets, dataToOpening, firstNew, refused }: Mix): FlowCapture {
    const writer = this.writer(packets, DATA_BYTES);
    const period = dataToOpening + 2;
    for (let i = 0; i < packets; i++) {
      const turn = Math.floor(i / period);
      const step = i % period;
      if (step < dataToOpening) this.send(writer);
      else if (step === dataToOpening) this.open(writer, firstNew + turn);
      else writer.segment(refused(turn), SYN, sequence(turn, 0), 0, 0);
    }
    return writer.capture();
  }

  private writer(packets: number, dataBytes: number): SegmentWriter {
    return new SegmentWriter(packets, dataBytes, this.snapBytes, this.clock);
  }

  private open(writer: SegmentWriter, flow: number): void {
    writer.segment(this.tuple(flow, false), SYN, sequence(flow, 0), 0, 0);
  }

  /** A segment with data of any flow. */
  private send(writer: SegmentWriter): void {
    const flow = this.draws.below(this.count);
    const side = this.draws.below(2);
    writer.segment(this.tuple(flow, side === 1), ACK, this.next(flow, side), this.next(flow, 1 - side), DATA_BYTES);
    this.sent[2 * flow + side]!++;
  }

  private next(flow: number, side: number): number {
    return (sequence(flow, side) + 1 + this.sent[2 * flow + side]! * DATA_BYTES) >>> 0;
  }
}

/** The initial sequence number of one side of a flow. */
function sequence(flow: number, side: number): number {
  return Math.imul(flow + 1, 0x9e3779b1 + side * 0x2545f490) >>> 0;
}
