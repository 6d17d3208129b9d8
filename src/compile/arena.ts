// Arrays cut from larger ones: a tree has thousands of short lists, each of which would cost an allocation and garbage of its own.

const CHUNK_BYTES = 2 ** 18;
/** Longer arrays are made on their own. */
const CUT_BYTES = CHUNK_BYTES / 8;
const ALIGN = 8;

/** Gives arrays of zeros. They are never given back: a chunk goes when the last array cut from it does. */
export class Arena {
  private chunk = new ArrayBuffer(0);
  private end = 0;

  ints(length: number): Int32Array<ArrayBuffer> {
    if (4 * length > CUT_BYTES) return new Int32Array(length);
    const at = this.room(4 * length);
    return new Int32Array(this.chunk, at, length);
  }

  floats(length: number): Float64Array<ArrayBuffer> {
    if (8 * length > CUT_BYTES) return new Float64Array(length);
    const at = this.room(8 * length);
    return new Float64Array(this.chunk, at, length);
  }

  private room(bytes: number): number {
    const at = this.end;
    this.end = (at + bytes + ALIGN - 1) & -ALIGN;
    if (this.end <= this.chunk.byteLength) return at;
    this.chunk = new ArrayBuffer(CHUNK_BYTES);
    this.end = (bytes + ALIGN - 1) & -ALIGN;
    return 0;
  }
}
