// The built core on a memory of its own, for tests of single exports.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface TestCore {
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Sets memory aside, 16-byte aligned and zeroed. */
  allocate(bytes: number): number;
}

const WASM_PAGE_BYTES = 65536;

/** A core with `pages` pages of memory, without the engine around it. */
export function openCore(pages = 256): TestCore {
  const path = createRequire(import.meta.url).resolve('#core.wasm');
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), { env: { memory } });
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
  };
}
