// The WASM module as TypeScript sees it. Comes in: the built core. Goes out: its exports, bound to one shared memory.
// Nothing outside this folder touches `WebAssembly`; nothing in it knows rules, captures or threads.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PROGRAM_VERSION } from '../../assembly/abi/program.ts';
import { CORE_STATIC_BYTES } from './memory.ts';

/** The compiled core, made once and sent to every worker. */
export type CoreModule = WebAssembly.Module;
export type CoreMemory = WebAssembly.Memory;

/** What the core exports. Addresses and counts are u32; a negative result is a FAULT_* of assembly/abi/fault.ts. */
export interface Core {
  /** Version of the program image this core runs. */
  programVersion(): number;
  /** First byte behind the core's static data. */
  heapBase(): number;
  /** Walks capture bytes from where `state` stopped, writing up to `capacity` frames. Returns the number of frames. */
  walkCapture(state: number, bytes: number, length: number, frames: number, capacity: number): number;
  /** Looks at the frames of a slot before `end` that have not been looked at, and tells which shards they are of as far as that says. */
  lookAhead(env: number, slot: number, end: number): number;
  /** Dissects the frames of a slot and tells which shards they are of. */
  dissectSlot(env: number, slot: number): number;
  /** Runs the packets that one shard owns in a slot, in input order. */
  runSlot(env: number, shard: number, slot: number): number;
  /** Runs the packets that some shards own, a bit each, in input order, where nobody listens to events. */
  runShards(env: number, shards: bigint, slot: number): number;
  /** Tells of the connections of a shard whose time was up. Returns 1 when that was all, 0 = to be called again. */
  sweepShard(env: number, shard: number, until: bigint): number;
  /** Puts a saved connection into the table. Returns 0, 1 when one like it is there, 2 when there is no memory for it. */
  loadEntry(env: number, record: number, now: bigint): number;
  /** Runs one base chain over packet records that are made already; for benchmarks and tests. */
  classifyBatch(
    env: number,
    image: number,
    table: number,
    hook: number,
    packets: number,
    count: number,
    verdicts: number,
    linear: boolean,
  ): number;
}

/** Names of the exports, in one list that a test compares with the built module. */
export const CORE_EXPORTS: readonly (keyof Core)[] = [
  'programVersion',
  'heapBase',
  'walkCapture',
  'lookAhead',
  'dissectSlot',
  'runSlot',
  'runShards',
  'sweepShard',
  'loadEntry',
  'classifyBatch',
];

/** The core cannot be loaded, or is not the one these sources were built with. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: 'ERR_CORE_MISSING' | 'ERR_CORE_VERSION' | 'ERR_CORE_MEMORY';
  constructor(code: CoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Reads and compiles the built core. */
export function compileCore(): CoreModule {
  try {
    return new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('#core.wasm')));
  } catch (cause) {
    throw new CoreError('ERR_CORE_MISSING', 'the core (dist/core.wasm) cannot be loaded; run `npm run build`', { cause });
  }
}

/** Makes one instance of the core on a memory that others may share. */
export function instantiateCore(module: CoreModule, memory: CoreMemory): Core {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const core = exports as WebAssembly.Exports & Core;
  for (const name of CORE_EXPORTS) {
    if (typeof core[name] !== 'function') {
      throw new CoreError('ERR_CORE_VERSION', `the core does not export ${name}; run \`npm run build\``);
    }
  }
  if (core.programVersion() !== PROGRAM_VERSION) {
    throw new CoreError(
      'ERR_CORE_VERSION',
      `the core runs program images of version ${core.programVersion()}, these are of version ${PROGRAM_VERSION}; run \`npm run build\``,
    );
  }
  if (core.heapBase() > CORE_STATIC_BYTES) {
    throw new CoreError(
      'ERR_CORE_MEMORY',
      `the core's static data ends at ${core.heapBase()}, beyond the ${CORE_STATIC_BYTES} bytes kept for it`,
    );
  }
  return core;
}
