// A core with one program, and headers as packet records: look-ups without reading, dissecting or hooks.

import { ENV_BYTES, ENV_COUNTERS4, ENV_COUNTERS6, ENV_SCRATCH, SHARD_SCRATCH_BYTES } from '../../assembly/abi/batch.ts';
import {
  PACKET_BY,
  PACKET_BYTES,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
} from '../../assembly/abi/packet.ts';
import { COUNTER_BYTES } from '../../assembly/abi/program.ts';
import type { Program } from '../../src/compile/compile.ts';
import { type Core, compileCore } from '../../src/core/core.ts';
import { CORE_STATIC_BYTES } from '../../src/core/memory.ts';
import { HOOK_NAMES, TABLE_NAMES } from '../../src/ir/ir.ts';
import type { ClassHeader } from '../traffic/class-rules.ts';

const module = compileCore();
const PAGE = 65536;
const FILTER = TABLE_NAMES.indexOf('filter');
const FORWARD = HOOK_NAMES.indexOf('FORWARD');

/** Runs headers through the FORWARD chain of a program's table filter. */
export class Records {
  private readonly core: Pick<Core, 'classifyBatch'>;
  private readonly words: Uint32Array;
  private readonly env: number;
  private readonly image: number;
  private readonly packets: number;
  private readonly verdicts: number;
  private count = 0;

  /** `capacity`: most headers that `load` takes. */
  constructor(program: Program, capacity: number) {
    let end = CORE_STATIC_BYTES;
    const take = (bytes: number): number => {
      const at = end;
      end = Math.ceil((end + bytes) / 64) * 64;
      return at;
    };
    this.env = take(ENV_BYTES);
    this.image = take(program.image.length);
    const counters = take(program.counterCount * COUNTER_BYTES);
    const scratch = take(SHARD_SCRATCH_BYTES);
    this.packets = take(capacity * PACKET_BYTES);
    this.verdicts = take(capacity * 4);
    const pages = Math.ceil(end / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.core = new WebAssembly.Instance(module, { env: { memory } }).exports as WebAssembly.Exports & Core;
    this.words = new Uint32Array(memory.buffer);
    new Uint8Array(memory.buffer).set(program.image, this.image);
    this.put(this.env + (program.family === 4 ? ENV_COUNTERS4 : ENV_COUNTERS6), counters);
    this.put(this.env + ENV_SCRATCH, scratch);
  }

  private put(at: number, word: number): void {
    this.words[at >>> 2] = word;
  }

  /** Writes headers as records. */
  load(headers: readonly ClassHeader[]): void {
    this.count = headers.length;
    headers.forEach(({ source, destination, sport, dport, protocol }, i) => {
      const at = this.packets + i * PACKET_BYTES;
      source.forEach((word, k) => {
        this.put(at + PACKET_SRC + 4 * k, word);
      });
      destination.forEach((word, k) => {
        this.put(at + PACKET_DST + 4 * k, word);
      });
      this.put(at + PACKET_SPORT, sport);
      this.put(at + PACKET_DPORT, dport);
      this.put(at + PACKET_PROTO, protocol);
      this.put(at + PACKET_FLAGS, PACKET_FLAG_PLAIN + (source.length > 1 ? PACKET_FLAG_IPV6 : 0));
    });
  }

  /** Nanoseconds that a look-up takes of the records from `from` on. */
  run(linear = false, from = 0, count = this.count - from): number {
    const { core, env, image, packets, verdicts } = this;
    const started = performance.now();
    const done = core.classifyBatch(env, image, FILTER, FORWARD, packets + from * PACKET_BYTES, count, verdicts, linear);
    const elapsed = performance.now() - started;
    if (done !== count) throw new Error(`classifyBatch answers ${done}`);
    return (elapsed * 1e6) / count;
  }

  /** The counter that decided each of the first records when they ran last. */
  decided(count: number): Uint32Array {
    return Uint32Array.from({ length: count }, (_, i) => this.words[(this.packets + i * PACKET_BYTES + PACKET_BY) >>> 2]!);
  }
}
