// Capture files made from packets: classic pcap in every byte order and precision, pcapng block by block.

import { bytes, concat, join, padded } from './bytes.ts';

export type Endian = 'little' | 'big';

/** Writes numbers in one byte order. */
export interface NumberWriter {
  u16(value: number): Uint8Array;
  u32(value: number): Uint8Array;
}

export function numbers(endian: Endian): NumberWriter {
  const little = endian === 'little';
  return {
    u16(value) {
      const out = new Uint8Array(2);
      new DataView(out.buffer).setUint16(0, value, little);
      return out;
    },
    u32(value) {
      const out = new Uint8Array(4);
      new DataView(out.buffer).setUint32(0, value, little);
      return out;
    },
  };
}

/** A packet as a capture holds it. */
export interface Captured {
  readonly data: Uint8Array;
  /** Nanoseconds since the epoch. */
  readonly time?: bigint;
  /** Bytes on the wire, when the capture cut it. */
  readonly length?: number;
}

export interface PcapOptions {
  readonly endian?: Endian;
  readonly nanoseconds?: boolean;
  readonly linktype?: number;
  readonly snaplen?: number;
  readonly version?: readonly [major: number, minor: number];
  /** Kuznetsov's format: 24-byte record headers. */
  readonly modified?: boolean;
}

/** A classic pcap file. */
export function pcapFile(packets: readonly Captured[], options: PcapOptions = {}): Uint8Array {
  const { u16, u32 } = numbers(options.endian ?? 'little');
  const magic = options.modified ? 0xa1b2cd34 : options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const [major, minor] = options.version ?? [2, 4];
  const head = [u32(magic), u16(major), u16(minor), u32(0), u32(0), u32(options.snaplen ?? 262144), u32(options.linktype ?? 1)];
  const unit = options.nanoseconds ? 1n : 1000n;
  const records = packets.map(({ data, time = 0n, length }) =>
    concat(
      u32(Number(time / 1_000_000_000n)),
      u32(Number((time % 1_000_000_000n) / unit)),
      u32(data.length),
      u32(length ?? data.length),
      options.modified ? new Uint8Array(8) : new Uint8Array(0),
      data,
    ),
  );
  return join([...head, ...records]);
}

/** A pcapng option: code and value. */
export type Option = readonly [code: number, value: Uint8Array];

/** What an interface description block says. */
export interface InterfaceFields {
  readonly name?: string;
  readonly linktype?: number;
  readonly snaplen?: number;
  /** The if_tsresol byte. */
  readonly resolution?: number;
  /** if_tsoffset, seconds. */
  readonly offset?: bigint;
}

export interface EnhancedFields {
  readonly interface?: number;
  /** Ticks of the interface's unit. */
  readonly time?: bigint;
  readonly data: Uint8Array;
  readonly length?: number;
  readonly direction?: 'in' | 'out';
}

/** Writes pcapng blocks in one byte order; join them with `concat`. */
export function pcapng(endian: Endian = 'little') {
  const { u16, u32 } = numbers(endian);
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const whole = padded(body, 4);
    const length = u32(whole.length + 12);
    return concat(u32(type), length, whole, length);
  };
  const options = (list: readonly Option[]): Uint8Array =>
    list.length === 0
      ? new Uint8Array(0)
      : concat(...list.map(([code, value]) => concat(u16(code), u16(value.length), padded(value, 4))), u32(0));
  const u64 = (value: bigint): Uint8Array => {
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), endian === 'little');
    return out;
  };
  const flags = (direction: 'in' | 'out' | undefined): readonly Option[] =>
    direction === undefined ? [] : [[2, u32(direction === 'in' ? 1 : 2)]];
  return {
    block,
    /** Section header. */
    section: (version: readonly [number, number] = [1, 0]): Uint8Array =>
      block(0x0a0d0d0a, concat(u32(0x1a2b3c4d), u16(version[0]), u16(version[1]), u64(-1n))),
    /** Interface description. */
    describe: (fields: InterfaceFields = {}): Uint8Array => {
      const list: Option[] = [];
      if (fields.name !== undefined) list.push([2, new TextEncoder().encode(fields.name)]);
      if (fields.resolution !== undefined) list.push([9, bytes(fields.resolution)]);
      if (fields.offset !== undefined) list.push([14, u64(fields.offset)]);
      return block(1, concat(u16(fields.linktype ?? 1), u16(0), u32(fields.snaplen ?? 0), options(list)));
    },
    /** Enhanced packet. */
    enhanced: ({ data, time = 0n, length, direction, interface: index = 0 }: EnhancedFields): Uint8Array =>
      block(
        6,
        concat(
          u32(index),
          u32(Number((time >> 32n) & 0xffffffffn)),
          u32(Number(time & 0xffffffffn)),
          u32(data.length),
          u32(length ?? data.length),
          padded(data, 4),
          options(flags(direction)),
        ),
      ),
    /** Simple packet. */
    simple: (data: Uint8Array, length = data.length): Uint8Array => block(3, concat(u32(length), data)),
    /** The packet block that came before the enhanced one. */
    obsolete: ({ data, time = 0n, length, direction, interface: index = 0 }: EnhancedFields): Uint8Array =>
      block(
        2,
        concat(
          u16(index),
          u16(0),
          u32(Number((time >> 32n) & 0xffffffffn)),
          u32(Number(time & 0xffffffffn)),
          u32(data.length),
          u32(length ?? data.length),
          padded(data, 4),
          options(flags(direction)),
        ),
      ),
  };
}
