// A core with one program loaded: runs base chains over packets made from field values, through tables or linearly.

import {
  ENV_BYTES,
  ENV_COUNTERS4,
  ENV_COUNTERS6,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_SCRATCH,
  SCRATCH_TRACE,
  SHARD_SCRATCH_BYTES,
  TRACE_COUNT,
  TRACE_IDS,
} from '../../assembly/abi/batch.ts';
import { PACKET_BY, PACKET_BYTES, PACKET_END, PACKET_L4, PACKET_L4_LENGTH, PACKET_WHY } from '../../assembly/abi/packet.ts';
import { COUNTER_BYTES, HOOKS } from '../../assembly/abi/program.ts';
import { type Program, ruleCounters } from '../../src/compile/compile.ts';
import type { RuleCounters } from '../../src/compile/counters.ts';
import { FIELD_OFFSET } from '../../src/compile/fields.ts';
import { type Core, compileCore } from '../../src/core/core.ts';
import { CORE_STATIC_BYTES } from '../../src/core/memory.ts';
import { type Field, HOOK_NAMES, type HookName, TABLE_NAMES, type TableName } from '../../src/ir/ir.ts';
import type { Outcome, PacketValues } from './interpret.ts';

const module = compileCore();
const PAGE = 65536;
/** Room for TCP headers that packets point at, one for each kind of options. */
const HEADER_BYTES = 64;

/** What `run` tells of one packet. */
export interface Run extends Outcome {
  readonly why: number;
}

export interface Classifier {
  /** Runs one base chain over one packet. */
  run(table: TableName, hook: HookName, packet: PacketValues, options?: { linear?: boolean }): Run;
  /** Writes packets as records for `runAll`. */
  load(packets: readonly PacketValues[]): void;
  /** Runs one base chain over all packets that `load` wrote, without traces. Returns their verdicts. */
  runAll(table: TableName, hook: HookName, options?: { linear?: boolean }): Uint32Array;
  /** Counters of rules and policies since the last call. */
  counters(): RuleCounters;
}

/** Loads a program. `capacity`: most packets that `load` takes. */
export function openClassifier(program: Program, capacity = 1): Classifier {
  let end = CORE_STATIC_BYTES;
  const take = (bytes: number): number => {
    const at = end;
    end = Math.ceil((end + bytes) / 64) * 64;
    return at;
  };
  const env = take(ENV_BYTES);
  const image = take(program.image.length);
  const counters = take(program.counterCount * COUNTER_BYTES);
  const scratch = take(SHARD_SCRATCH_BYTES);
  const header = take(HEADER_BYTES);
  const packets = take(capacity * PACKET_BYTES);
  const verdicts = take(capacity * 4);
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const core = new WebAssembly.Instance(module, { env: { memory } }).exports as WebAssembly.Exports & Pick<Core, 'classifyBatch'>;
  const view = new DataView(memory.buffer);
  new Uint8Array(memory.buffer).set(program.image, image);
  const word = (at: number, value: number): void => view.setUint32(at, value, true);
  word(env + (program.family === 4 ? ENV_COUNTERS4 : ENV_COUNTERS6), counters);
  word(env + ENV_SCRATCH, scratch);
  let loaded = 0;

  const write = (at: number, { fields, tcpOptions }: PacketValues): void => {
    new Uint8Array(memory.buffer, at, PACKET_BYTES).fill(0);
    for (const [name, value] of Object.entries(fields) as [Field, number][]) word(at + FIELD_OFFSET[name], value);
    if (!tcpOptions) return;
    word(at + PACKET_L4, header);
    word(at + PACKET_L4_LENGTH, HEADER_BYTES);
    word(at + PACKET_END, header + HEADER_BYTES);
    writeTcpHeader(new Uint8Array(memory.buffer, header, HEADER_BYTES), tcpOptions);
  };
  const run = (table: TableName, hook: HookName, count: number, linear: boolean): void => {
    const done = core.classifyBatch(
      env,
      image,
      TABLE_NAMES.indexOf(table),
      HOOK_NAMES.indexOf(hook),
      packets,
      count,
      verdicts,
      linear,
    );
    if (done !== count) throw new Error(`classifyBatch answers ${done} (slot ${TABLE_NAMES.indexOf(table) * HOOKS})`);
  };
  return {
    run(table, hook, packet, { linear = false } = {}) {
      write(packets, packet);
      word(env + ENV_FLAGS, ENV_FLAG_TRACE);
      run(table, hook, 1, linear);
      const trace = scratch + SCRATCH_TRACE;
      const hits = Array.from({ length: view.getUint32(trace + TRACE_COUNT, true) }, (_, i) =>
        view.getUint32(trace + TRACE_IDS + 4 * i, true),
      );
      const by = view.getUint32(packets + PACKET_BY, true);
      return { verdict: view.getUint32(verdicts, true), by, hits, why: view.getUint32(packets + PACKET_WHY, true) };
    },
    load(values) {
      loaded = values.length;
      values.forEach((packet, i) => {
        write(packets + i * PACKET_BYTES, packet);
      });
    },
    runAll(table, hook, { linear = false } = {}) {
      word(env + ENV_FLAGS, 0);
      run(table, hook, loaded, linear);
      return new Uint32Array(memory.buffer, verdicts, loaded).slice();
    },
    counters() {
      const counted = new BigUint64Array(memory.buffer, counters, (program.counterCount * COUNTER_BYTES) / 8);
      const result = ruleCounters(program, counted);
      counted.fill(0n);
      return result;
    },
  };
}

/** A TCP header with one two-byte option for each kind. */
function writeTcpHeader(header: Uint8Array, kinds: readonly number[]): void {
  header.fill(0);
  header[12] = (5 + Math.ceil(kinds.length / 2)) << 4;
  kinds.forEach((kind, i) => {
    header[20 + 2 * i] = kind;
    header[21 + 2 * i] = 2;
  });
}
