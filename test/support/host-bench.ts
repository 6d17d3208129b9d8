// A host with its rules on the built core, packet by packet, without the engine: what the hooks do with one packet.

import {
  EGRESS_DATA,
  EGRESS_LENGTH,
  EGRESS_NEXT,
  ENV_BYTES,
  ENV_CONNTRACK,
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_COUNTERS6,
  ENV_COUNTERS6_STRIDE,
  ENV_FLAG_ANSWER,
  ENV_FLAG_ANSWER_HOST,
  ENV_FLAG_EGRESS,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_FRAGMENTS,
  ENV_HOST,
  ENV_INTERFACES,
  ENV_PROGRAM4,
  ENV_PROGRAM6,
  ENV_SCRATCH,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAG_LOOPBACK,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
  OUTCOME_BY,
  OUTCOME_BYTES,
  OUTCOME_CTSTATE,
  OUTCOME_DELIVERED,
  OUTCOME_EGRESS,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  OUTCOME_REDIRECT,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
  SHARD_SCRATCH_BYTES,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  SLOT_BYTES,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_COUNTS,
  SLOT_EGRESS_BYTES,
  SLOT_EGRESS_USED,
  SLOT_FRAMES,
  SLOT_OUTCOMES,
  SLOT_PACKETS,
} from '../../assembly/abi/batch.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../assembly/abi/capture.ts';
import { PACKET_BYTES } from '../../assembly/abi/packet.ts';
import { COUNTER_BYTES, NO_COUNTER, PROGRAM_COUNTERS } from '../../assembly/abi/program.ts';
import * as verdicts from '../../assembly/abi/verdict.ts';
import { compile } from '../../src/compile/compile.ts';
import { type CounterName, counterNames } from '../../src/compile/counters.ts';
import { conntrackRegionBytes, initConntrack } from '../../src/core/conntrack.ts';
import { fragmentRegionBytes, initFragments } from '../../src/core/fragments.ts';
import { initSources, sourcesRegionBytes } from '../../src/core/sources.ts';
import { extensions } from '../../src/extensions/index.ts';
import { assumedHost } from '../../src/host/assume.ts';
import { type Host, hostInterfaceNames } from '../../src/host/host.ts';
import { hostImage } from '../../src/host/image.ts';
import { parseHostYaml } from '../../src/host/yaml.ts';
import type { Family, InterfaceUniverse } from '../../src/ir/ir.ts';
import { simplify } from '../../src/ir/simplify.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import { openCore } from './core.ts';

export interface HostBenchOptions {
  /** YAML; without it the host is assumed. */
  readonly host?: string;
  readonly rules?: string;
  readonly rules6?: string;
  /** Interfaces of the capture. */
  readonly interfaces?: readonly string[];
  readonly linktype?: 'raw' | 'ethernet';
  /** All that a host answers on which no program listens. */
  readonly answers?: 'host';
}

export interface BenchPacket {
  readonly bytes: Uint8Array;
  /** The interface it was captured on. */
  readonly interface: string;
  readonly sent?: boolean;
  /** Bytes that the capture has; all when absent. */
  readonly captured?: number;
  /** Nanoseconds since the epoch. */
  readonly time?: bigint;
}

export interface BenchOutcome {
  /** Name of the VERDICT_* and of the WHY_* without the prefix. */
  readonly verdict: string;
  readonly why: string;
  readonly by: CounterName | undefined;
  readonly hits: readonly CounterName[];
  readonly out: string;
  readonly delivered: boolean;
  /** Its sender is told of a better gateway. */
  readonly redirected: boolean;
  readonly egress: Uint8Array | undefined;
  /** All packets that left: the fragments of one. */
  readonly left: readonly Uint8Array[];
  readonly ctstate: number;
  readonly family: number;
}

export interface HostBench {
  run(packet: BenchPacket): BenchOutcome;
}

const ARENA_BYTES = 262144;
const FIRST_TIME = 1_700_000_000_000_000_000n;

function codeName(prefix: string, code: number): string {
  const found = Object.entries(verdicts).find(([name, value]) => name.startsWith(prefix) && value === code);
  return found ? found[0].slice(prefix.length) : String(code);
}

function readOrThrow<T>(read: (diagnostics: Diagnostics) => T | undefined): T {
  const diagnostics = new Diagnostics();
  const value = read(diagnostics);
  if (value === undefined || diagnostics.hasErrors) throw new Error(renderDiagnostics(diagnostics.list));
  return value;
}

function hostOf(options: HostBenchOptions): Host {
  const text = options.host;
  if (text === undefined) return assumedHost(options.interfaces ?? []);
  return readOrThrow((diagnostics) => parseHostYaml({ name: 'host.yaml', text }, diagnostics));
}

interface LoadedFamily {
  readonly image?: Uint8Array;
  readonly names: readonly CounterName[];
}

function loadRules(
  options: HostBenchOptions,
  host: Host,
): { universe: InterfaceUniverse; families: Record<Family, LoadedFamily> } {
  const sources = [
    [4, options.rules],
    [6, options.rules6],
  ] as const;
  const trees = sources.flatMap(([family, text]) =>
    text === undefined ? [] : [readOrThrow((d) => parseRuleset({ name: `rules.v${family}`, text }, family, extensions, d))],
  );
  const universe = interfaceUniverse(trees, [...hostInterfaceNames(host), ...(options.interfaces ?? [])]);
  const families: Record<Family, LoadedFamily> = { 4: { names: [] }, 6: { names: [] } };
  for (const tree of trees) {
    const ruleset = simplify(readOrThrow((d) => lowerRuleset(tree, universe, d)));
    families[tree.family] = { image: compile(ruleset).image, names: counterNames(ruleset) };
  }
  return { universe, families };
}

/** Opens a host with its rules. Throws with all that is wrong with either. */
export function openHostBench(options: HostBenchOptions): HostBench {
  const host = hostOf(options);
  const { universe, families } = loadRules(options, host);
  const core = openCore(512);
  const { view } = core;
  const set = (at: number, offset: number, value: number): void => view.setUint32(at + offset, value, true);
  const put = (bytes: Uint8Array): number => {
    const at = core.allocate(bytes.length);
    core.bytes.set(bytes, at);
    return at;
  };
  const env = core.allocate(ENV_BYTES);
  const slot = core.allocate(SLOT_BYTES);
  const captured = [...new Set([...universe.names.filter((name) => name !== '' && !name.endsWith('+')), '?'])];
  const interfaces = core.allocate(captured.length * INTERFACE_BYTES);
  for (const [i, name] of captured.entries()) {
    set(interfaces, i * INTERFACE_BYTES + INTERFACE_INDEX, universe.indexOf(name));
    set(interfaces, i * INTERFACE_BYTES + INTERFACE_LINKTYPE, options.linktype === 'ethernet' ? LINKTYPE_ETHERNET : LINKTYPE_RAW);
    set(interfaces, i * INTERFACE_BYTES + INTERFACE_FLAGS, name === 'lo' ? INTERFACE_FLAG_LOOPBACK : 0);
  }
  set(env, ENV_INTERFACES, interfaces);
  set(env, ENV_HOST, put(hostImage(host, universe)));
  set(env, ENV_SHARDS, 1);
  set(env, ENV_FLAGS, ENV_FLAG_TRACE | ENV_FLAG_EGRESS | (options.answers ? ENV_FLAG_ANSWER | ENV_FLAG_ANSWER_HOST : 0));
  set(env, ENV_SCRATCH, core.allocate(SHARD_SCRATCH_BYTES));
  const fragments = core.allocate(fragmentRegionBytes({ shards: 1 }));
  initFragments(view, fragments, { shards: 1 });
  set(env, ENV_FRAGMENTS, fragments);
  const conntrack = core.allocate(conntrackRegionBytes({ shards: 1, capacity: 1024 }));
  initConntrack(view, conntrack, { shards: 1, capacity: 1024, sysctl: host.sysctl });
  initSources(view, core.allocate(sourcesRegionBytes({ shards: 1, capacity: 1024 })), conntrack, { shards: 1, capacity: 1024 });
  set(env, ENV_CONNTRACK, conntrack);
  for (const [family, program, counters, stride] of [
    [4, ENV_PROGRAM4, ENV_COUNTERS4, ENV_COUNTERS4_STRIDE],
    [6, ENV_PROGRAM6, ENV_COUNTERS6, ENV_COUNTERS6_STRIDE],
  ] as const) {
    const { image } = families[family];
    if (!image) continue;
    const at = put(image);
    const size = view.getUint32(at + PROGRAM_COUNTERS, true) * COUNTER_BYTES;
    set(env, program, at);
    set(env, counters, core.allocate(size));
    set(env, stride, size);
  }
  const frame = core.allocate(FRAME_BYTES);
  const packet = core.allocate(PACKET_BYTES);
  const outcome = core.allocate(OUTCOME_BYTES);
  const data = core.allocate(65536);
  const arena = core.allocate(ARENA_BYTES);
  set(slot, SLOT_FRAMES, frame);
  set(slot, SLOT_COUNT, 1);
  set(slot, SLOT_PACKETS, packet);
  set(slot, SLOT_OUTCOMES, outcome);
  set(slot, SLOT_CLASSES, core.allocate(16));
  set(slot, SLOT_COUNTS, core.allocate(16));
  set(slot, SLOT_ARENA, arena);
  set(slot, SLOT_ARENA_BYTES, ARENA_BYTES);
  set(slot, SLOT_EGRESS_BYTES, ARENA_BYTES);
  let count = 0;

  const word = (offset: number): number => view.getUint32(outcome + offset, true);
  const readOutcome = (): BenchOutcome => {
    const names = families[word(OUTCOME_FAMILY) === 6 ? 6 : 4].names;
    const trace = word(OUTCOME_TRACE);
    const left: Uint8Array[] = [];
    for (let at = word(OUTCOME_EGRESS); at !== 0; at = view.getUint32(at + EGRESS_NEXT, true)) {
      left.push(core.bytes.slice(at + EGRESS_DATA, at + EGRESS_DATA + view.getUint32(at + EGRESS_LENGTH, true)));
    }
    const by = word(OUTCOME_BY);
    return {
      verdict: codeName('VERDICT_', word(OUTCOME_VERDICT)),
      why: codeName('WHY_', word(OUTCOME_WHY)),
      by: by === NO_COUNTER ? undefined : names[by],
      hits: Array.from({ length: word(OUTCOME_TRACE_COUNT) }, (_, i) => names[view.getUint32(trace + i * 4, true)]!),
      out: universe.names[word(OUTCOME_OUT)]!,
      delivered: (word(OUTCOME_FLAGS) & OUTCOME_DELIVERED) !== 0,
      redirected: (word(OUTCOME_FLAGS) & OUTCOME_REDIRECT) !== 0,
      egress: left[0],
      left,
      ctstate: word(OUTCOME_CTSTATE),
      family: word(OUTCOME_FAMILY),
    };
  };

  return {
    run({
      bytes,
      interface: name,
      captured: present = bytes.length,
      sent = false,
      time = FIRST_TIME + BigInt(count) * 1_000_000n,
    }) {
      count++;
      core.bytes.set(bytes, data);
      set(frame, FRAME_DATA, data);
      set(frame, FRAME_CAPTURED, present);
      set(frame, FRAME_LENGTH, bytes.length);
      set(frame, FRAME_INTERFACE, captured.indexOf(captured.includes(name) ? name : '?'));
      view.setBigUint64(frame + FRAME_TIME, time, true);
      set(frame, FRAME_FLAGS, sent ? FRAME_FLAG_SENT : 0);
      set(frame, FRAME_NUMBER, count);
      set(slot, SLOT_ARENA_USED, 0);
      set(slot, SLOT_EGRESS_USED, 0);
      for (const [name, ran] of [
        ['dissectSlot', core.exports.dissectSlot!(env, slot)],
        ['runSlot', core.exports.runSlot!(env, 0, slot)],
      ] as const) {
        if (ran !== 1) throw new Error(`${name} answers ${ran}`);
      }
      return readOutcome();
    },
  };
}
