// The built core on a memory of its own, for tests of single exports.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface TestCore {
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Sets memory aside, 16-byte aligned and zeroed. */
  allocate(bytes: number): number;
  /** Gives back what was set aside since `allocate` answered `mark`. */
  release(mark: number): void;
}

const WASM_PAGE_BYTES = 65536;

/** The built core with `pages` pages of memory, without the engine around it. */
export function openCore(pages = 256): TestCore {
  return openModule(readFileSync(createRequire(import.meta.url).resolve('#core.wasm')), pages);
}

/** A module built as the core is. */
export function openModule(wasm: Uint8Array, pages = 256): TestCore {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), { env: { memory } });
  const exports = instance.exports as Record<string, (...args: number[]) => number>;
  const bytes = new Uint8Array(memory.buffer);
  let next = Math.ceil(exports.heapBase!() / 16) * 16;
  return {
    exports,
    bytes,
    view: new DataView(memory.buffer),
    allocate(size) {
      const at = next;
      next += Math.ceil(size / 16) * 16;
      if (next > pages * WASM_PAGE_BYTES) throw new RangeError(`test memory of ${pages} pages is full`);
      return at;
    },
    release(mark) {
      bytes.fill(0, mark, next);
      next = mark;
    },
  };
}
