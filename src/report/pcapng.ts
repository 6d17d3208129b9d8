// A pcapng file, piece by piece: one section, interfaces as they are needed, enhanced packet blocks with times in nanoseconds.
//
// Ref: draft-ietf-opsawg-pcapng, sections 4.1 to 4.3

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
/** 10^-9 seconds. */
const NANOSECONDS = 9;
const EPB_FLAGS = 2;
const EPB_OUTBOUND = 2;

const FIRST_BYTES = 1 << 16;

/** A packet to write. */
export interface WrittenPacket {
  /** As `interface` gave it. */
  readonly interface: number;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly data: Uint8Array;
  /** Bytes that it had on the wire. */
  readonly length: number;
  readonly comment?: string;
  /** The host sent it. */
  readonly isOutbound?: boolean;
}

type Option = readonly [code: number, value: Uint8Array];

export class PcapngWriter {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  private readonly interfaces = new Map<string, number>();
  private readonly encoder = new TextEncoder();

  constructor() {
    this.block(SECTION_HEADER, () => {
      this.u32(BYTE_ORDER_MAGIC);
      this.u16(1);
      this.u16(0);
      this.u32(0xffffffff);
      this.u32(0xffffffff);
      this.options([[SHB_USERAPPL, this.encoder.encode('hookline')]]);
    });
  }

  /** The number of an interface, which is described when it is first asked for. `name` may be empty. */
  interface(name: string, linktype: number): number {
    const key = `${linktype} ${name}`;
    const known = this.interfaces.get(key);
    if (known !== undefined) return known;
    const made = this.interfaces.size;
    this.interfaces.set(key, made);
    this.block(INTERFACE_DESCRIPTION, () => {
      this.u16(linktype);
      this.u16(0);
      this.u32(0);
      const named: Option[] = name === '' ? [] : [[IF_NAME, this.encoder.encode(name)]];
      this.options([...named, [IF_TSRESOL, Uint8Array.of(NANOSECONDS)]]);
    });
    return made;
  }

  packet({ interface: index, time, data, length, comment, isOutbound }: WrittenPacket): void {
    this.block(ENHANCED_PACKET, () => {
      this.u32(index);
      this.u32(Number((time >> 32n) & 0xffffffffn));
      this.u32(Number(time & 0xffffffffn));
      this.u32(data.length);
      this.u32(length);
      this.put(data);
      const options: Option[] = [];
      if (isOutbound) options.push([EPB_FLAGS, Uint8Array.of(EPB_OUTBOUND, 0, 0, 0)]);
      if (comment !== undefined) options.push([OPT_COMMENT, this.encoder.encode(comment)]);
      this.options(options);
    });
  }

  /** What was written since it was last asked. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.used);
    this.used = 0;
    return taken;
  }

  private block(type: number, body: () => void): void {
    const start = this.used;
    this.u32(type);
    this.u32(0);
    body();
    const length = this.used - start + 4;
    this.u32(length);
    this.view.setUint32(start + 4, length, true);
  }

  private options(list: readonly Option[]): void {
    if (list.length === 0) return;
    for (const [code, value] of list) {
      this.u16(code);
      this.u16(value.length);
      this.put(value);
    }
    this.u32(0);
  }

  private room(bytes: number): void {
    if (this.used + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.used + bytes));
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  private u16(value: number): void {
    this.room(2);
    this.view.setUint16(this.used, value, true);
    this.used += 2;
  }

  private u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.used, value, true);
    this.used += 4;
  }

  /** Bytes, padded to words. */
  private put(data: Uint8Array): void {
    const whole = (data.length + 3) & ~3;
    this.room(whole);
    this.bytes.set(data, this.used);
    this.bytes.fill(0, this.used + data.length, this.used + whole);
    this.used += whole;
  }
}
