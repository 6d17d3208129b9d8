// A firewall under test: an engine over one ruleset, and the flows that are open in it. What suites of the same kind share.

import { VERDICT_ACCEPT, VERDICT_DROP } from '../../assembly/abi/verdict.ts';
import { ruleCounters } from '../../src/compile/compile.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ReplayOptions, ReplayResult } from '../../src/engine/replay.ts';
import { type ByteSource, bytesSource } from '../../src/engine/source.ts';
import { parseHostYaml } from '../../src/host/yaml.ts';
import type { TableName } from '../../src/ir/ir.ts';
import { type Loaded, load } from '../../src/load.ts';
import { pcapFile } from '../../src/packet/captures.ts';
import { savedRuleset } from '../../src/report/counters.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { clearAway } from '../garbage.ts';
import type { FlowCapture, Flows } from '../traffic/flows.ts';

/** Connections that are opened by one capture while the table is filled. */
const FILLED_AT_ONCE = 250_000;
/** Entries beyond those that are asked for, so that no batch comes near the limit. */
const ROOM = 100_000;
/** An Ethernet frame that is looked at no further. */
const NO_IP = new Uint8Array(60);
const START_NS = 1_700_000_000_000_000_000n;

/** What must come of a capture: all others are dropped. */
export interface Expected {
  readonly accepted: number;
}

export interface FirewallSetup {
  readonly loaded: Loaded;
  /** Connections at a time. */
  readonly connections: number;
  readonly workers: number;
  readonly linear?: boolean;
}

/** Loads rules for a host file, both of which are known to be good. */
export function loadRules(rules: string, hostText: string): Loaded {
  const diagnostics = new Diagnostics();
  const host = parseHostYaml({ name: 'host', text: hostText }, diagnostics);
  if (!host || diagnostics.hasErrors) throw new Error(`the host: ${diagnostics.list.map(({ message }) => message).join('; ')}`);
  return load({ rules: { name: 'bench', text: rules }, host });
}

export class Firewall {
  readonly engine: Engine;
  readonly loaded: Loaded;

  constructor({ loaded, connections, workers, linear = false }: FirewallSetup) {
    this.loaded = loaded;
    const { images, interfaces } = loaded;
    const sysctl = { ...loaded.host.sysctl, 'net.netfilter.nf_conntrack_max': Firewall.capacity(connections) };
    this.engine = Engine.open({
      images,
      interfaceIndex: (name) => interfaces.indexOf(name),
      sysctl,
      workers,
      linear,
      rereads: true,
    });
  }

  /** Entries that there is room for, where so many connections are asked for. */
  static capacity(connections: number): number {
    return Math.max(1024, connections) + ROOM;
  }

  /** Starts the worker threads, which nothing that is timed shall wait for. */
  async start(): Promise<void> {
    // With a second capture to come, the engine does not run the first by itself.
    const sources = ['first', 'second'].map((name) => bytesSource(name, pcapFile([{ data: NO_IP, time: START_NS }])));
    await this.engine.replay(sources);
  }

  /** Opens flows, all of which must be let through. */
  async fill(flows: Flows): Promise<void> {
    await this.start();
    for (let first = 0; first < flows.count; first += FILLED_AT_ONCE) {
      const capture = flows.handshakes(first, Math.min(FILLED_AT_ONCE, flows.count - first));
      await this.replay(capture, { accepted: capture.packets });
    }
  }

  /** Nanoseconds a packet; throws when the answers are wrong. */
  async time(capture: FlowCapture, expected: Expected): Promise<number> {
    clearAway();
    const { elapsedMs } = await this.replay(capture, expected);
    return (elapsedMs * 1e6) / capture.packets;
  }

  /** Runs a capture; throws when the answers are wrong. */
  replay({ bytes, packets }: FlowCapture, expected: Expected, options: ReplayOptions = {}): Promise<ReplayResult> {
    return this.replayFrom(bytesSource('bench', bytes), packets, expected, options);
  }

  /** The same, wherever the capture comes from. */
  async replayFrom(
    source: ByteSource,
    packets: number,
    { accepted }: Expected,
    options: ReplayOptions = {},
  ): Promise<ReplayResult> {
    const result = await this.engine.replay([source], { unnamedInterface: 'eth0', ...options });
    const counts = result.tally.packets;
    const [gotAccepted, gotDropped] = [counts[VERDICT_ACCEPT] ?? 0, counts[VERDICT_DROP] ?? 0];
    if (gotAccepted !== accepted || gotDropped !== packets - accepted) {
      throw new Error(
        `of ${packets} packets ${gotAccepted} were accepted and ${gotDropped} dropped; it must be ${accepted} and ${packets - accepted}`,
      );
    }
    return result;
  }

  /** The ruleset with what it has counted, as `iptables-save -c`. */
  saved(): string {
    const { tree, ruleset, program } = this.loaded.rulesets[0]!;
    return savedRuleset(tree, ruleset, ruleCounters(program, this.engine.counters(4)));
  }

  /** Packets that a rule has counted; rules have numbers from 1 on. */
  counted(table: TableName, chain: string, rule: number): number {
    const { program } = this.loaded.rulesets[0]!;
    const id = program.counterNames.findIndex((name) => name.table === table && name.chain === chain && name.rule === rule);
    if (id < 0) throw new Error(`no rule ${rule} in ${table} ${chain}`);
    return Number(ruleCounters(program, this.engine.counters(4)).packets[id]);
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}
