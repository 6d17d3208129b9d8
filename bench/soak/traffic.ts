// Churning flows as an endless capture: a fixed number of them is under way at a time, and where one ends the next begins.
//
// Written packet by packet straight into whatever the engine reads into, so that it can be as long as wanted. Every flow has a
// tuple of its own, so that as many connections must be made as flows have begun. TCP that is closed, reset, or never answered,
// UDP and echo with and without answers, over IPv4 and IPv6. No transport checksums: conntrack is told not to look at them.

import type { ByteSource } from '../../src/engine/source.ts';

export interface FlowOptions {
  readonly packets: number;
  /** Flows under way at a time. */
  readonly flows: number;
  /** Mean number of packets with data in a flow. */
  readonly length: number;
  readonly seed: number;
  /** Seconds behind the time at which such captures begin. */
  readonly after?: number;
}

export interface FlowTraffic extends ByteSource {
  /** Flows of which a packet has been written, and packets. */
  readonly begun: number;
  readonly written: number;
}

/** From one packet of a flow to its next, on average: shorter than every timeout. */
const GAP_NS = 2e9;
const START_SECONDS = 1_700_000_000;

const FILE_HEADER_BYTES = 24;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const SNAPLEN = 65535;
const LINKTYPE_RAW = 101;
const RECORD_HEADER_BYTES = 16;
/** The longest record: TCP over IPv6 with data. */
const RECORD_MAX_BYTES = RECORD_HEADER_BYTES + 40 + 20 + 8;
const DATA_BYTES = 8;

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const SYN = 0x02;
const SYN_ACK = 0x12;
const ACK = 0x10;
const FIN_ACK = 0x11;
const RST_ACK = 0x14;

/** At most one flow in so many is never answered: those hold a connection without being under way. */
const UNANSWERED = 8;

function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What a flow is like, by its number: the same whenever it is asked. */
class Flow {
  proto = TCP;
  isIpv6 = false;
  isReset = false;
  isAnswered = true;
  /** Packets with data. */
  data = 0;
  /** All its packets. */
  packets = 0;
  /** Initial sequence numbers of client and server. */
  client = 0;
  server = 0;
  number = 0;

  set(number: number, { seed, length }: FlowOptions): void {
    const first = mix(number + Math.imul(seed, 0x9e3779b1));
    const second = mix(first ^ 0x5bd1e995);
    this.number = number;
    const kind = first & 7;
    this.proto = kind < 5 ? TCP : kind < 7 ? UDP : ICMP;
    this.isIpv6 = kind === 3 || kind === 5;
    this.isReset = kind === 4;
    this.isAnswered = (first >>> 8) % Math.max(UNANSWERED, length) !== 0;
    this.data = 1 + (second % (2 * length - 1));
    const around = this.proto !== TCP ? 0 : this.isReset ? 4 : 6;
    this.packets = this.isAnswered ? around + this.data : 1;
    this.client = first;
    this.server = second;
  }
}

/** A capture of such flows, to be read once. */
export function flowTraffic(options: FlowOptions): FlowTraffic {
  return new Writer(options);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

class Writer implements FlowTraffic {
  readonly name = 'flows';
  begun = 0;
  written = 0;
  private readonly options: FlowOptions;
  private readonly numbers: Uint32Array;
  private readonly steps: Uint32Array;
  private readonly flow = new Flow();
  private readonly intervalNs: number;
  private seconds: number;
  private nanoseconds = 0;
  private place = 0;
  private stride = 1;
  private leftOfRound = 0;
  private ended = 0;
  private rounds = 0;
  /** Bytes of a record that did not fit. */
  private readonly spare = new Uint8Array(RECORD_MAX_BYTES);
  private spareFrom = 0;
  private spareTo = 0;
  private hasHeader = false;
  private view: DataView = new DataView(new ArrayBuffer(0));

  constructor(options: FlowOptions) {
    this.options = options;
    this.seconds = START_SECONDS + (options.after ?? 0);
    this.numbers = new Uint32Array(options.flows).map((_, i) => i);
    this.steps = new Uint32Array(options.flows).fill(0);
    this.intervalNs = Math.max(1, Math.round(GAP_NS / options.flows));
  }

  read(target: Uint8Array): Promise<number> {
    let at = 0;
    if (this.spareFrom < this.spareTo) {
      const part = this.spare.subarray(this.spareFrom, Math.min(this.spareTo, this.spareFrom + target.length));
      target.set(part);
      this.spareFrom += part.length;
      at = part.length;
    }
    this.view = new DataView(target.buffer, target.byteOffset, target.length);
    while (at + RECORD_MAX_BYTES <= target.length) {
      const bytes = this.record(at);
      if (bytes === 0) return Promise.resolve(at);
      at += bytes;
    }
    if (at > 0) return Promise.resolve(at);
    this.view = new DataView(this.spare.buffer);
    this.spareFrom = 0;
    this.spareTo = this.record(0);
    return this.spareTo === 0 ? Promise.resolve(0) : this.read(target);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes the next record, the first time the header of the file. Gives its bytes, 0 = that was all. */
  private record(at: number): number {
    if (!this.hasHeader) return this.fileHeader(at);
    if (this.written === this.options.packets) return 0;
    const place = this.nextPlace();
    const { flow } = this;
    flow.set(this.numbers[place]!, this.options);
    const step = this.steps[place]!;
    if (step === 0) this.begun++;
    const bytes = this.packet(at + RECORD_HEADER_BYTES, step);
    this.recordHeader(at, bytes);
    if (step + 1 < flow.packets) this.steps[place] = step + 1;
    else {
      this.steps[place] = 0;
      // Those at the start have the numbers up to `flows`; who comes after them, those behind.
      this.numbers[place] = this.options.flows + this.ended++;
    }
    this.written++;
    return RECORD_HEADER_BYTES + bytes;
  }

  /** Goes round all places, each time in another order. */
  private nextPlace(): number {
    const { flows, seed } = this.options;
    if (this.leftOfRound === 0) {
      this.leftOfRound = flows;
      const drawn = mix(this.rounds++ + Math.imul(seed, 0x85ebca6b));
      this.stride = 1 + (drawn % flows);
      while (greatestCommonDivisor(this.stride, flows) !== 1) this.stride++;
    }
    this.leftOfRound--;
    this.place = (this.place + this.stride) % flows;
    return this.place;
  }

  private fileHeader(at: number): number {
    const { view } = this;
    this.hasHeader = true;
    view.setUint32(at, MAGIC_NANOSECONDS, true);
    view.setUint32(at + 4, 0x00040002, true); // version 2.4
    view.setUint32(at + 8, 0);
    view.setUint32(at + 12, 0);
    view.setUint32(at + 16, SNAPLEN, true);
    view.setUint32(at + 20, LINKTYPE_RAW, true);
    return FILE_HEADER_BYTES;
  }

  private recordHeader(at: number, bytes: number): void {
    const { view } = this;
    this.nanoseconds += this.intervalNs;
    while (this.nanoseconds >= 1e9) {
      this.nanoseconds -= 1e9;
      this.seconds++;
    }
    view.setUint32(at, this.seconds, true);
    view.setUint32(at + 4, this.nanoseconds, true);
    view.setUint32(at + 8, bytes, true);
    view.setUint32(at + 12, bytes, true);
  }

  /** Packet `step` of the flow in hand. Gives its bytes. */
  private packet(at: number, step: number): number {
    const { proto, isIpv6 } = this.flow;
    const header = isIpv6 ? 40 : 20;
    const inner = at + header;
    let isReply: boolean;
    let length: number;
    if (proto === TCP) {
      isReply = this.isTcpReply(step);
      length = this.tcp(inner, step, isReply);
    } else {
      isReply = (step & 1) === 1;
      length = this.datagram(inner, isReply);
    }
    if (isIpv6) this.ipv6(at, length, isReply);
    else this.ipv4(at, length, isReply);
    return header + length;
  }

  private isTcpReply(step: number): boolean {
    const { data, isReset } = this.flow;
    if (step < 3) return step === 1;
    if (step < 3 + data) return ((step - 3) & 1) === 1;
    return isReset || step === 4 + data;
  }

  private tcp(at: number, step: number, isReply: boolean): number {
    const { view, flow } = this;
    const done = Math.max(0, Math.min(step - 3, flow.data));
    const end = step - 3 - flow.data;
    const hasData = step >= 3 && end < 0;
    // What each side has sent before this packet: its SYN, data in turns, its FIN.
    const client = flow.client + (step > 0 ? 1 : 0) + DATA_BYTES * ((done + 1) >> 1) + (end > 0 ? 1 : 0);
    const server = flow.server + (step > 1 ? 1 : 0) + DATA_BYTES * (done >> 1) + (end > 1 ? 1 : 0);
    let flags = ACK;
    if (step === 0) flags = SYN;
    else if (step === 1) flags = SYN_ACK;
    else if (end === 0) flags = flow.isReset ? RST_ACK : FIN_ACK;
    else if (end === 1) flags = FIN_ACK;
    this.ports(at, isReply);
    view.setUint32(at + 4, (isReply ? server : client) >>> 0);
    view.setUint32(at + 8, step === 0 ? 0 : (isReply ? client : server) >>> 0);
    view.setUint16(at + 12, 0x5000 | flags);
    view.setUint16(at + 14, 0xffff); // window
    view.setUint32(at + 16, 0);
    if (!hasData) return 20;
    view.setUint32(at + 20, step);
    view.setUint32(at + 24, step);
    return 20 + DATA_BYTES;
  }

  private datagram(at: number, isReply: boolean): number {
    const { view, flow } = this;
    if (flow.proto === UDP) {
      this.ports(at, isReply);
      view.setUint16(at + 4, 8 + DATA_BYTES);
      view.setUint16(at + 6, flow.isIpv6 ? 1 : 0);
    } else {
      view.setUint16(at, isReply ? 0 : 0x0800);
      view.setUint16(at + 2, 0);
      view.setUint16(at + 4, 1 + (flow.number >>> 23));
      view.setUint16(at + 6, 1);
    }
    view.setUint32(at + 8, flow.number);
    view.setUint32(at + 12, flow.number);
    return 8 + DATA_BYTES;
  }

  private ports(at: number, isReply: boolean): void {
    const { number, proto } = this.flow;
    const client = 1024 + (number >>> 23);
    const server = proto === TCP ? 443 : 53;
    this.view.setUint16(at, isReply ? server : client);
    this.view.setUint16(at + 2, isReply ? client : server);
  }

  private ipv4(at: number, length: number, isReply: boolean): void {
    const { view, flow } = this;
    const client = 0x0a000000 | (flow.number & 0x7fffff);
    const server = 0x0ac00000 | (flow.server & 0x3ff);
    view.setUint32(at, 0x45000000 | (20 + length));
    view.setUint32(at + 4, 0x4000); // may not be fragmented
    view.setUint32(at + 8, (64 << 24) | (flow.proto << 16));
    view.setUint32(at + 12, isReply ? server : client);
    view.setUint32(at + 16, isReply ? client : server);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += view.getUint16(at + i);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(at + 10, ~(sum + (sum >>> 16)));
  }

  private ipv6(at: number, length: number, isReply: boolean): void {
    const { view, flow } = this;
    view.setUint32(at, 0x60000000);
    view.setUint32(at + 4, (length << 16) | (flow.proto << 8) | 64);
    for (const [offset, isServer] of [
      [8, isReply],
      [24, !isReply],
    ] as const) {
      view.setUint32(at + offset, 0x20010db8);
      view.setUint32(at + offset + 4, isServer ? 1 : 0);
      view.setUint32(at + offset + 8, 0);
      view.setUint32(at + offset + 12, isServer ? flow.server & 0x3ff : flow.number & 0x7fffff);
    }
  }
}
