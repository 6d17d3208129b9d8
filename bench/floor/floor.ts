// What it costs to read, walk, parse and hash a capture and nothing more, for ratios.

import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { inCheckout } from '../root.ts';

const SOURCE = inCheckout('bench/floor/core.ts');
/** What a read of a file brings. */
const CHUNK_BYTES = 1 << 20;
const PAGE_BYTES = 1 << 16;
/** Bytes of a pcap's file header. */
const HEADER_BYTES = 24;

interface FloorCore {
  readonly memory: WebAssembly.Memory;
  readonly packets: WebAssembly.Global;
  readonly sum: WebAssembly.Global;
  reset(): void;
  walk(at: number, bytes: number): number;
}

export class Floor {
  private readonly core: FloorCore;
  private readonly at: number;

  private constructor(core: FloorCore) {
    this.core = core;
    this.at = PAGE_BYTES;
    core.memory.grow(Math.ceil((2 * CHUNK_BYTES) / PAGE_BYTES) + 1);
  }

  /** Compiles it as the product's core is compiled. */
  static async open(): Promise<Floor> {
    let binary: Uint8Array | undefined;
    const { error, stderr } = await asc.main(
      ['core.ts', '--outFile', 'core.wasm', '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert'],
      {
        readFile: (name) => (name === 'core.ts' ? readFileSync(SOURCE, 'utf8') : null),
        writeFile: (_name, contents) => {
          if (typeof contents !== 'string') binary = contents;
        },
        listFiles: () => [],
      },
    );
    if (error || !binary) throw new Error(`the floor does not compile: ${stderr.toString()}`);
    const { instance } = await WebAssembly.instantiate(binary as BufferSource, {});
    return new Floor(instance.exports as unknown as FloorCore);
  }

  /** The hashes of the packets of the last capture, added up. */
  get sum(): bigint {
    return BigInt.asUintN(64, this.core.sum.value as bigint);
  }

  /** Nanoseconds a packet; throws when not all of them were walked. */
  measure(capture: Uint8Array, packets: number): number {
    const { core, at } = this;
    core.reset();
    const memory = new Uint8Array(core.memory.buffer);
    const started = performance.now();
    let kept = 0;
    for (let next = HEADER_BYTES; next < capture.length; next += CHUNK_BYTES) {
      const chunk = capture.subarray(next, next + CHUNK_BYTES);
      memory.set(chunk, at + kept);
      const walked = core.walk(at, kept + chunk.length);
      memory.copyWithin(at, at + walked, at + kept + chunk.length);
      kept += chunk.length - walked;
    }
    const elapsedMs = performance.now() - started;
    if (core.packets.value !== packets) throw new Error(`the floor walked ${core.packets.value} of ${packets} packets`);
    return (elapsedMs * 1e6) / packets;
  }
}
