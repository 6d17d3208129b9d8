// A whole replay as text, for tests: rules and captures in; NDJSON, counters, connections, sets and the log out.

import { setsText } from '../../src/cli/sets.ts';
import { ruleCounters } from '../../src/compile/compile.ts';
import type { Images } from '../../src/core/environment.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ReplayOptions, ReplayResult } from '../../src/engine/replay.ts';
import { type ByteSource, bytesSource } from '../../src/engine/source.ts';
import type { Host } from '../../src/host/host.ts';
import { parseHostYaml } from '../../src/host/yaml.ts';
import type { IpsetCollection } from '../../src/ipset/collection.ts';
import { readIpsets } from '../../src/ipset/restore.ts';
import { type Loaded, load } from '../../src/load.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { savedRuleset } from '../../src/report/counters.ts';
import { type LogWriter, logWriter } from '../../src/report/log/lines.ts';
import { ndjsonWriter } from '../../src/report/ndjson.ts';
import { planSides } from '../../src/shards/sides.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import type { Answers } from './scenario.ts';

export interface ReplayInput {
  readonly rules?: string;
  readonly rules6?: string;
  /** YAML. */
  readonly host?: string;
  /** ipset save text. */
  readonly ipset?: string;
  readonly assume?: readonly string[];
  readonly log?: boolean;
  readonly captures: readonly (Uint8Array | ByteSource)[];
  readonly workers?: number;
  readonly shards?: number;
  /** Captures can be read again, which they can unless said. */
  readonly rereads?: boolean;
  /** Spread translated connections over shards though rules speak against it. */
  readonly spreads?: boolean;
  readonly batchPackets?: number;
  /** Of what is drawn. */
  readonly seed?: number;
  /** What the host answers with. */
  readonly answers?: Answers;
  readonly linear?: boolean;
  /** Nobody looks at the packets: no NDJSON comes of it. */
  readonly brief?: boolean;
  /** Beside those of the host. */
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly unnamedInterface?: string;
}

export interface ReplayText {
  readonly ndjson: string;
  /** iptables-save -c text, IPv4 before IPv6. */
  readonly counters: string;
  readonly conntrack: string;
  /** ipset save text; '' without sets. */
  readonly sets: string;
  /** '' where none is kept. */
  readonly log: string;
  /** Packets and bytes by verdict, by reason, and answers. */
  readonly sums: string;
  readonly result: ReplayResult;
}

export function loadTexts(input: Omit<ReplayInput, 'captures'>): Loaded {
  return load({
    ...(input.rules === undefined ? {} : { rules: { name: 'rules.v4', text: input.rules } }),
    ...(input.rules6 === undefined ? {} : { rules6: { name: 'rules.v6', text: input.rules6 } }),
    ...(input.host === undefined ? {} : { host: hostOf(input.host) }),
    ...(input.ipset === undefined ? {} : { sets: setsOf(input.ipset) }),
    ...(input.assume === undefined ? {} : { assume: input.assume }),
    log: input.log === true,
  });
}

/** Reads a host, as YAML. */
export function hostOf(text: string): Host {
  const diagnostics = new Diagnostics();
  const host = parseHostYaml({ name: 'host.yaml', text }, diagnostics);
  if (!host || diagnostics.hasErrors) throw new Error(renderDiagnostics(diagnostics.list));
  return host;
}

/** Reads ipset save text. */
export function setsOf(text: string): IpsetCollection {
  const diagnostics = new Diagnostics();
  const sets = readIpsets({ name: 'sets', text }, { random: () => 1 }, diagnostics);
  if (diagnostics.hasErrors) throw new Error(renderDiagnostics(diagnostics.list));
  return sets;
}

/** Images with which translated connections are spread over shards whatever the rules that translate. */
function spreadImages({ images, host, rulesets }: Loaded): Images {
  const { sides, causes } = planSides(
    host,
    rulesets.map(({ ruleset }) => ruleset),
  );
  const { bytes, objects, spanning } = images.state;
  const others = spanning.filter(({ reason }) => causes.every((cause) => cause.reason !== reason));
  return { ...images, ...(sides ? { sides: sides.image } : {}), state: { bytes, objects, spanning: others } };
}

export function openEngine(loaded: Loaded, input: Omit<ReplayInput, 'captures'> = {}): Engine {
  return Engine.open({
    images: input.spreads ? spreadImages(loaded) : loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    sysctl: { ...loaded.host.sysctl, ...input.sysctl },
    workers: input.workers ?? 0,
    log: input.log === true,
    answers: input.answers ?? 'none',
    rereads: input.rereads ?? true,
    ...(input.seed === undefined ? {} : { seed: input.seed }),
    ...(input.shards === undefined ? {} : { shards: input.shards }),
    ...(input.batchPackets === undefined ? {} : { batchPackets: input.batchPackets }),
    ...(input.linear === undefined ? {} : { linear: input.linear }),
  });
}

export async function replayText(input: ReplayInput): Promise<ReplayText> {
  const loaded = loadTexts(input);
  const engine = openEngine(loaded, input);
  try {
    const names = Object.fromEntries(loaded.rulesets.map(({ family, program }) => [`names${family}`, program.counterNames]));
    const writer = ndjsonWriter({ ...names, interfaces: loaded.interfaces });
    const logger = loggerOf(loaded, engine);
    let ndjson = '';
    let log = '';
    const sources = input.captures.map((c, i) => (c instanceof Uint8Array ? bytesSource(`capture${i + 1}`, c) : c));
    const look: ReplayOptions = {
      trace: true,
      egress: true,
      onBatch(batch, interfaceNames) {
        for (const piece of writer.lines(batch, interfaceNames)) ndjson += piece;
        log += logger?.text(batch, interfaceNames) ?? '';
      },
    };
    const result = await engine.replay(sources, { unnamedInterface: input.unnamedInterface ?? '', ...(input.brief ? {} : look) });
    const counters = loaded.rulesets
      .map((one) => savedRuleset(one.tree, one.ruleset, ruleCounters(one.program, engine.counters(one.family))))
      .join('');
    const conntrack = conntrackText(engine.views.data, engine.map.conntrack, result.latestNs);
    const sums = JSON.stringify(result.tally);
    return { ndjson, counters, conntrack, sets: setsText(engine, loaded, result.latestNs), log, sums, result };
  } finally {
    await engine.close();
  }
}

/** What makes the lines of the log; undefined where none is kept. */
export function loggerOf(loaded: Loaded, engine: Engine): LogWriter | undefined {
  if (!loaded.log) return undefined;
  return logWriter({
    entries: loaded.log.entries,
    trees: loaded.rulesets.map(({ tree }) => tree),
    interfaces: loaded.interfaces,
    fingerprints: loaded.fingerprints,
    ...(loaded.sender ? { sender: loaded.sender } : {}),
    linkType: (entry) => engine.linkType(entry),
  });
}

/** Lines of NDJSON as values. */
export function parseLines(ndjson: string): any[] {
  return ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
