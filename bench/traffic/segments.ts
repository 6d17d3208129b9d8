// TCP segments as Ethernet frames in a pcap, written straight into the capture's bytes, so that there can be millions of them.

const FILE_HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const TCP_BYTES = 20;
const HEADERS_BYTES = ETHERNET_BYTES + IP_BYTES + TCP_BYTES;
/** Time of the first packet of a capture, since the epoch. */
export const START_SECONDS = 1_700_000_000;

export const SYN = 0x02;
export const SYN_ACK = 0x12;
export const ACK = 0x10;

/** Addresses and ports of one direction of a flow. */
export interface Tuple {
  readonly source: number;
  readonly destination: number;
  readonly sport: number;
  readonly dport: number;
}

/** A capture and how many packets it has. */
export interface FlowCapture {
  readonly bytes: Uint8Array;
  readonly packets: number;
}

/** Time goes on from one capture to the next, a microsecond a packet. */
export interface Clock {
  microseconds: number;
}

/** A capture that is written packet by packet. */
export class SegmentWriter {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly snapBytes: number;
  private readonly clock: Clock;
  private at = FILE_HEADER_BYTES;
  private packets = 0;

  /** Room for so many packets with at most so many bytes of data; no more than `snapBytes` of each frame are captured. */
  constructor(packets: number, dataBytes: number, snapBytes: number, clock: Clock) {
    this.bytes = new Uint8Array(FILE_HEADER_BYTES + packets * (RECORD_BYTES + Math.min(HEADERS_BYTES + dataBytes, snapBytes)));
    this.view = new DataView(this.bytes.buffer);
    this.snapBytes = snapBytes;
    this.clock = clock;
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, 262144, true);
    this.view.setUint32(20, 1, true);
  }

  /** A segment with `data` zero bytes. */
  segment(tuple: Tuple, flags: number, seq: number, ack: number, data: number): void {
    const { view } = this;
    const length = HEADERS_BYTES + data;
    const captured = Math.min(length, this.snapBytes);
    const micro = this.clock.microseconds++;
    view.setUint32(this.at, START_SECONDS + Math.floor(micro / 1_000_000), true);
    view.setUint32(this.at + 4, micro % 1_000_000, true);
    view.setUint32(this.at + 8, captured, true);
    view.setUint32(this.at + 12, length, true);
    const frame = this.at + RECORD_BYTES;
    this.at = frame + captured;
    this.packets++;
    view.setUint16(frame + 5, 1);
    view.setUint16(frame + 11, 2);
    view.setUint16(frame + 12, 0x0800);
    this.ip(frame + ETHERNET_BYTES, tuple, length - ETHERNET_BYTES);
    this.tcp(frame + ETHERNET_BYTES + IP_BYTES, tuple, flags, seq, ack, TCP_BYTES + data);
  }

  private ip(at: number, { source, destination }: Tuple, length: number): void {
    const { view } = this;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, length);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, 0x4006);
    view.setUint32(at + 12, source);
    view.setUint32(at + 16, destination);
    let sum = 0;
    for (let i = 0; i < IP_BYTES; i += 2) sum += view.getUint16(at + i);
    view.setUint16(at + 10, folded(sum));
  }

  private tcp(at: number, tuple: Tuple, flags: number, seq: number, ack: number, length: number): void {
    const { view } = this;
    const { source, destination } = tuple;
    view.setUint16(at, tuple.sport);
    view.setUint16(at + 2, tuple.dport);
    view.setUint32(at + 4, seq);
    view.setUint32(at + 8, ack);
    view.setUint16(at + 12, 0x5000 | flags);
    view.setUint16(at + 14, 0xffff);
    let sum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + 6 + length;
    for (let i = 0; i < TCP_BYTES; i += 2) sum += view.getUint16(at + i);
    view.setUint16(at + 16, folded(sum));
  }

  /** What has been written. */
  capture(): FlowCapture {
    return { bytes: this.bytes.subarray(0, this.at), packets: this.packets };
  }
}

function folded(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
