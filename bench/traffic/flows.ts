// TCP connections by number, as Ethernet frames in a pcap: their openings, and packets of those that are open. Written straight into
// the capture's bytes, so that there can be millions of them.

import { random } from './random.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const TCP_BYTES = 20;
const HEADERS_BYTES = ETHERNET_BYTES + IP_BYTES + TCP_BYTES;
/** Snap length of packets with data. */
export const SNAP_BYTES = 96;
/** Data of such a packet. */
const DATA_BYTES = 1000;
const START_SECONDS = 1_700_000_000;

const SYN = 0x02;
const SYN_ACK = 0x12;
const ACK = 0x10;

/** Clients at most; beyond it they have more connections each. */
const CLIENTS = 250_000;
const SERVERS = 250;
const FIRST_PORT = 20_000;
const SERVER_PORT = 80;

/** A capture that is written packet by packet. Times go on from one to the next. */
class CaptureWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = FILE_HEADER_BYTES;
  private readonly clock: { microseconds: number };

  constructor(packets: number, recordBytes: number, clock: { microseconds: number }) {
    this.bytes = new Uint8Array(FILE_HEADER_BYTES + packets * recordBytes);
    this.view = new DataView(this.bytes.buffer);
    this.clock = clock;
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, 262144, true);
    this.view.setUint32(20, 1, true);
  }

  /** A segment of a flow, `reply`: by the server. Its bytes beyond the snap length are not captured. */
  segment(flow: number, reply: boolean, flags: number, seq: number, ack: number, data: number): void {
    const { view } = this;
    const length = HEADERS_BYTES + data;
    const captured = Math.min(length, SNAP_BYTES);
    const micro = this.clock.microseconds++;
    view.setUint32(this.at, START_SECONDS + Math.floor(micro / 1_000_000), true);
    view.setUint32(this.at + 4, micro % 1_000_000, true);
    view.setUint32(this.at + 8, captured, true);
    view.setUint32(this.at + 12, length, true);
    const frame = this.at + RECORD_BYTES;
    this.at = frame + captured;
    view.setUint16(frame + 5, 1);
    view.setUint16(frame + 11, 2);
    view.setUint16(frame + 12, 0x0800);
    const client = 0x0a000001 + (flow % CLIENTS);
    const server = 0xc0000201 + (flow % SERVERS);
    const clientPort = FIRST_PORT + Math.floor(flow / CLIENTS);
    const [src, dst] = reply ? [server, client] : [client, server];
    const [sport, dport] = reply ? [SERVER_PORT, clientPort] : [clientPort, SERVER_PORT];
    this.ip(frame + ETHERNET_BYTES, src, dst, length - ETHERNET_BYTES);
    const tcp = frame + ETHERNET_BYTES + IP_BYTES;
    view.setUint16(tcp, sport);
    view.setUint16(tcp + 2, dport);
    view.setUint32(tcp + 4, seq);
    view.setUint32(tcp + 8, ack);
    view.setUint16(tcp + 12, 0x5000 | flags);
    view.setUint16(tcp + 14, 0xffff);
    if (data > 0) return;
    let sum = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + 6 + TCP_BYTES;
    for (let i = 0; i < TCP_BYTES; i += 2) sum += view.getUint16(tcp + i);
    view.setUint16(tcp + 16, folded(sum));
  }

  private ip(at: number, src: number, dst: number, length: number): void {
    const { view } = this;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, length);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, 0x4006);
    view.setUint32(at + 12, src);
    view.setUint32(at + 16, dst);
    let sum = 0;
    for (let i = 0; i < IP_BYTES; i += 2) sum += view.getUint16(at + i);
    view.setUint16(at + 10, folded(sum));
  }
}

function folded(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/** A capture and how many packets it has. */
export interface FlowCapture {
  readonly bytes: Uint8Array;
  readonly packets: number;
}

/** Connections from one to the next capture: their openings first. */
export class Flows {
  readonly count: number;
  private readonly clock = { microseconds: 0 };
  /** Data that client and server of each have sent, in segments. */
  private readonly sent: Uint16Array;
  private readonly draws;

  constructor(count: number, seed: number) {
    this.count = count;
    this.sent = new Uint16Array(2 * count);
    this.draws = random(seed);
  }

  /** The three segments that open each of the flows from number `first` on. */
  handshakes(first: number, count: number): FlowCapture {
    const packets = 3 * count;
    const writer = new CaptureWriter(packets, RECORD_BYTES + HEADERS_BYTES, this.clock);
    for (let flow = first; flow < first + count; flow++) {
      const client = sequence(flow, 0);
      const server = sequence(flow, 1);
      writer.segment(flow, false, SYN, client, 0, 0);
      writer.segment(flow, true, SYN_ACK, server, (client + 1) >>> 0, 0);
      writer.segment(flow, false, ACK, (client + 1) >>> 0, (server + 1) >>> 0, 0);
    }
    return { bytes: writer.bytes, packets };
  }

  /** The first segment of each flow. */
  openings(): FlowCapture {
    const writer = new CaptureWriter(this.count, RECORD_BYTES + HEADERS_BYTES, this.clock);
    for (let flow = 0; flow < this.count; flow++) writer.segment(flow, false, SYN, sequence(flow, 0), 0, 0);
    return { bytes: writer.bytes, packets: this.count };
  }

  /** Segments with data, of flows in random order, of either side. */
  data(packets: number): FlowCapture {
    const writer = new CaptureWriter(packets, RECORD_BYTES + SNAP_BYTES, this.clock);
    for (let i = 0; i < packets; i++) {
      const flow = this.draws.below(this.count);
      const side = this.draws.below(2);
      const seq = this.next(flow, side);
      writer.segment(flow, side === 1, ACK, seq, this.next(flow, 1 - side), DATA_BYTES);
      this.sent[2 * flow + side]!++;
    }
    return { bytes: writer.bytes, packets };
  }

  private next(flow: number, side: number): number {
    return (sequence(flow, side) + 1 + this.sent[2 * flow + side]! * DATA_BYTES) >>> 0;
  }
}

/** The initial sequence number of one side of a flow. */
function sequence(flow: number, side: number): number {
  return Math.imul(flow + 1, 0x9e3779b1 + side * 0x2545f490) >>> 0;
}
