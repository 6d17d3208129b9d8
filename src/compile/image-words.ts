// The bytes of an image while it is written: sections that begin at round offsets, and runs of words, equal ones once.

const ALIGN = 16;

/** A run of words, and another of the same hash. */
interface Run {
  readonly at: number;
  readonly length: number;
  readonly next: Run | undefined;
}

export class ImageWords {
  protected view: DataView<ArrayBuffer>;
  protected end = 0;
  /** Runs of words that may be shared, by a hash of them. */
  private readonly runs = new Map<number, Run>();

  /** `bytes`: about what it will take. */
  constructor(bytes: number) {
    this.view = new DataView(new ArrayBuffer(bytes));
  }

  protected reserve(bytes: number): number {
    this.align();
    const at = this.end;
    this.end += bytes;
    this.grow(this.end);
    return at;
  }

  /** Room where the last section ended. */
  protected room(bytes: number): number {
    const at = this.end;
    this.end += bytes;
    this.grow(this.end);
    return at;
  }

  protected align(): void {
    this.end = Math.ceil(this.end / ALIGN) * ALIGN;
    this.grow(this.end);
  }

  private grow(size: number): void {
    if (size <= this.view.byteLength) return;
    const bytes = new Uint8Array(Math.max(size, 2 * this.view.byteLength));
    bytes.set(new Uint8Array(this.view.buffer));
    this.view = new DataView(bytes.buffer);
  }

  protected put(at: number, word: number): void {
    this.view.setUint32(at, word, true);
  }

  /** Appends words where the last section ended, packed. */
  protected words(words: readonly number[]): number {
    const at = this.end;
    this.end += words.length * 4;
    this.grow(this.end);
    for (let i = 0; i < words.length; i++) this.put(at + i * 4, words[i]!);
    return at;
  }

  /** Offset of a run of words, equal runs written once. */
  protected shared(words: readonly number[]): number {
    let hash = words.length;
    for (let k = 0; k < words.length; k++) hash = Math.imul(hash ^ words[k]!, 0x01000193);
    const first = this.runs.get(hash);
    for (let run = first; run; run = run.next) if (run.length === words.length && this.holds(run.at, words)) return run.at;
    const at = this.words(words);
    this.runs.set(hash, { at, length: words.length, next: first });
    return at;
  }

  private holds(at: number, words: readonly number[]): boolean {
    for (let k = 0; k < words.length; k++) if (this.view.getUint32(at + 4 * k, true) !== words[k]! >>> 0) return false;
    return true;
  }
}
