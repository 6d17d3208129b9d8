// The firewall that the service holds: one ruleset at a time, its engine, its counters and connections.
//
// A request runs against the firewall it met: loading a new ruleset opens a new engine beside the old one and swaps them in one
// step; the old one is closed when its last request is done. Connections and counters begin anew with a ruleset, and go on from
// one request to the next under it.

import { createHash } from 'node:crypto';
import { ruleCounters } from '../compile/compile.ts';
import { Engine, type EngineSetup } from '../engine/engine.ts';
import { bytesSource } from '../engine/source.ts';
import type { Host } from '../host/host.ts';
import type { IpsetCollection } from '../ipset/collection.ts';
import { type Loaded, type LoadedRuleset, type LoadInput, load } from '../load.ts';
import { conntrackText } from '../report/conntrack.ts';
import { savedRuleset } from '../report/counters.ts';
import { ndjsonWriter } from '../report/ndjson.ts';
import { Problem } from './problem.ts';

export interface ServiceOptions {
  readonly workers: number;
  /** The machine of every ruleset to come; without it, what `load` assumes. */
  readonly host?: Host;
  /** The IP sets that rules may name. Each ruleset begins with them anew. */
  readonly sets?: IpsetCollection;
  /** The operating systems' fingerprints that rules may ask for. */
  readonly fingerprints?: NonNullable<LoadInput['fingerprints']>;
  /** What the host answers packets with. */
  readonly answers?: NonNullable<EngineSetup['answers']>;
  /** What to take for true of what captures cannot tell, each `KEY=VALUE`. */
  readonly assume?: readonly string[];
}

/** Texts of the rulesets. */
export type RulesInput = Pick<LoadInput, 'rules' | 'rules6'>;

/** One ruleset with all that belongs to it. */
interface Firewall {
  readonly input: RulesInput;
  readonly loaded: Loaded;
  readonly engine: Engine;
  readonly revision: string;
  latestNs: bigint;
}

export interface Replayed {
  readonly packets: number;
  /** What was wrong with the capture, and where: `at byte N: …`. */
  readonly damage: readonly string[];
}

export class Service {
  private readonly options: ServiceOptions;
  private firewall: Firewall | undefined;

  constructor(options: ServiceOptions) {
    this.options = options;
  }

  get isReady(): boolean {
    return this.firewall !== undefined;
  }

  /** Names the rulesets in force; changes when any of their text does. */
  get revision(): string {
    return this.current.revision;
  }

  /** The loaded rulesets, IPv4 first. */
  get rulesets(): readonly LoadedRuleset[] {
    return this.current.loaded.rulesets;
  }

  /** What the answers take for granted. */
  get assumptions(): readonly string[] {
    return this.current.loaded.assumptions;
  }

  /** Puts rulesets in force, keeping the family that is not given. Throws RulesetError and leaves everything as it was. */
  load(input: RulesInput): Loaded {
    const whole = { ...this.firewall?.input, ...input };
    const { workers, answers = 'rules', ...machine } = this.options;
    const loaded = load({ ...whole, ...machine });
    const engine = Engine.open({
      images: loaded.images,
      interfaceIndex: (name) => loaded.interfaces.indexOf(name),
      sysctl: loaded.host.sysctl,
      clockNs: loaded.host.clockNs,
      answers,
      workers,
    });
    const text = [whole.rules, whole.rules6].map((source) => source?.text ?? '').join('\0');
    const revision = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const old = this.firewall;
    this.firewall = { input: whole, loaded, engine, revision, latestNs: 0n };
    void old?.engine.close();
    return loaded;
  }

  /**
   * Runs a capture (pcap or pcapng bytes); `write` gets the verdicts as JSON lines, a piece at a time, and may hold the replay
   * back. `unnamedInterface` is the interface of captures that name none.
   */
  async classify(
    capture: Uint8Array,
    unnamedInterface: string,
    write: (piece: string) => void | Promise<void>,
  ): Promise<Replayed> {
    const firewall = this.current;
    const names = Object.fromEntries(
      firewall.loaded.rulesets.map(({ family, program }) => [`names${family}`, program.counterNames]),
    );
    const writer = ndjsonWriter({ ...names, interfaces: firewall.loaded.interfaces });
    const result = await firewall.engine.replay([bytesSource('request body', capture)], {
      trace: true,
      egress: true,
      unnamedInterface,
      async onBatch(batch, interfaceNames) {
        for (const piece of writer.lines(batch, interfaceNames)) await write(piece);
      },
    });
    if (result.latestNs > firewall.latestNs) firewall.latestNs = result.latestNs;
    return { packets: result.packets, damage: result.damage.map(({ offset, message }) => `at byte ${offset}: ${message}`) };
  }

  /** The rulesets with their counters, as `iptables-save -c` prints them. */
  savedCounters(family: 4 | 6): string {
    const { engine } = this.current;
    const one = this.rulesets.find((r) => r.family === family);
    if (!one) throw new Problem('not-found', `no IPv${family} ruleset is loaded`);
    return savedRuleset(one.tree, one.ruleset, ruleCounters(one.program, engine.counters(family)));
  }

  /** The connections, as `conntrack -L` prints them, at the time of the latest packet. */
  conntrack(): string {
    const { engine, latestNs } = this.current;
    return conntrackText(engine.views.data, engine.map.conntrack, latestNs);
  }

  async close(): Promise<void> {
    await this.firewall?.engine.close();
  }

  private get current(): Firewall {
    if (!this.firewall) throw new Problem('no-ruleset', 'load one with PUT /v1/rules');
    return this.firewall;
  }
}
