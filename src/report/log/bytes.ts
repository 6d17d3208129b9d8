// The bytes of a packet as the kernel's logger reads them: what lies beyond the packet is not there, and is said to be missing.

export class PacketBytes {
  /** Layer-3 length, as the kernel's skb->len. */
  readonly length: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, length: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = length;
  }

  /**
   * Whether `count` bytes are there from `at` on.
   *
   * Differs: bytes that the capture cut off count as missing.
   * Ref: include/linux/skbuff.h:skb_header_pointer()
   */
  has(at: number, count: number): boolean {
    return at + count <= this.bytes.length;
  }

  u8(at: number): number {
    return this.bytes[at]!;
  }

  u16(at: number): number {
    return this.view.getUint16(at);
  }

  u32(at: number): number {
    return this.view.getUint32(at);
  }

  slice(at: number, count: number): Uint8Array {
    return this.bytes.subarray(at, at + count);
  }

  /** `count` bytes as capital hexadecimal digits. */
  hex(at: number, count: number): string {
    return Array.from(this.slice(at, count), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
  }

  /** What is said where a header does not end within the packet: its length from `at` on, as an unsigned number. */
  incomplete(at: number): string {
    return `INCOMPLETE [${(this.length - at) >>> 0} bytes] `;
  }
}
