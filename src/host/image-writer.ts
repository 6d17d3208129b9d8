// Lays the sections of a host image out one behind the other.

import { HOST_HEADER_BYTES, HOST_SIZE } from '../../assembly/abi/host.ts';

export class ImageWriter {
  private size = HOST_HEADER_BYTES;
  private readonly words: [number, number][] = [];

  /** Makes room for `count` records of `bytes`. Returns where they are; the header will say so too, at `offsetAt` and `countAt`. */
  section(offsetAt: number, countAt: number, count: number, bytes: number): number {
    const at = this.room(count, bytes);
    this.words.push([offsetAt, at], [countAt, count]);
    return at;
  }

  /** Makes room that the header does not name. */
  room(count: number, bytes: number): number {
    const at = this.size;
    this.size += (count * bytes + 15) & ~15;
    return at;
  }

  allocate(): DataView {
    const view = new DataView(new ArrayBuffer(this.size));
    for (const [at, value] of this.words) view.setUint32(at, value, true);
    view.setUint32(HOST_SIZE, this.size, true);
    return view;
  }
}
