// Words of one line of the packet language, taken one by one.

import { hex } from '../../src/packet/bytes.ts';

/** Texts that a line may name as what a packet carries. */
export type Payloads = Readonly<Record<string, Uint8Array>>;

export class Words {
  private readonly list: readonly string[];
  private readonly payloads: Payloads;
  private at = 0;

  constructor(line: string, payloads: Payloads = {}) {
    this.list = line.split(/\s+/).filter((word) => word !== '');
    this.payloads = payloads;
  }

  peek(): string | undefined {
    return this.list[this.at];
  }

  next(): string {
    const word = this.list[this.at++];
    if (word === undefined) throw new Error('the line ends too early');
    return word;
  }

  /** Takes the next word if it is this one. */
  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.at++;
    return true;
  }

  expect(word: string): void {
    const found = this.next();
    if (found !== word) throw new Error(`expected "${word}", found "${found}"`);
  }

  number(): number {
    const word = this.next();
    const value = Number(word);
    if (!Number.isInteger(value)) throw new Error(`expected a number, found "${word}"`);
    return value;
  }

  end(): void {
    if (this.peek() !== undefined) throw new Error(`unexpected "${this.peek()}"`);
  }

  /** `NAME NUMBER` pairs as long as names are among those given. */
  pairs(names: readonly string[]): Map<string, number> {
    const found = new Map<string, number>();
    for (let word = this.peek(); word !== undefined && names.includes(word); word = this.peek()) {
      this.next();
      found.set(word, this.number());
    }
    return found;
  }

  /** `data HEX`, `text WORD`, `payload NAME` or `payload NAME:N` for the first N bytes of it, or `len N` for so many letters, or nothing. */
  data(): Uint8Array {
    if (this.take('payload')) return this.payload(this.next());
    if (this.take('data')) return hexBytes(this.next());
    if (this.take('text')) return new TextEncoder().encode(this.next());
    if (this.take('len')) return Uint8Array.from({ length: this.number() }, (_, i) => 0x61 + (i % 26));
    return new Uint8Array(0);
  }

  hex(): Uint8Array {
    return hexBytes(this.next());
  }

  private payload(text: string): Uint8Array {
    const [name, length] = text.split(':') as [string, string?];
    const found = this.payloads[name];
    if (found === undefined) throw new Error(`no payload is named "${name}"`);
    return found.subarray(0, length === undefined ? found.length : Number(length));
  }
}

function hexBytes(text: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new Error(`expected hex digits, found "${text}"`);
  return hex(text);
}
