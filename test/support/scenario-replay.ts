// A scenario through the product: its packets become a capture, the engine replays it, and the outcomes come back in the form
// in which the live kernel's are kept.

import {
  FRAME_NUMBER,
  OUTCOME_ANSWER_DELIVERED,
  OUTCOME_DELIVERED,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
} from '../../assembly/abi/batch.ts';
import { VERDICT_ACCEPT } from '../../assembly/abi/verdict.ts';
import { recentTexts } from '../../src/cli/recent.ts';
import { setsText } from '../../src/cli/sets.ts';
import { ruleCounters } from '../../src/compile/compile.ts';
import type { CounterName } from '../../src/compile/counters.ts';
import type { TableLimits } from '../../src/compile/tree.ts';
import { type Batch, egressRecords, frameWord, outcomeWord, traceLength, traceWord } from '../../src/core/batch.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { parseFingerprints } from '../../src/host/fingerprints.ts';
import { hostInterfaceNames } from '../../src/host/host.ts';
import { type Loaded, load } from '../../src/load.ts';
import { concat, hex } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { eventWriter, expectEventWriter } from '../../src/report/conntrack/events.ts';
import { parseOutput } from '../../src/report/conntrack/output.ts';
import { conntrackText, tableSettings } from '../../src/report/conntrack.ts';
import { expectText } from '../../src/report/expect.ts';
import { explainWhy } from '../../src/report/why.ts';
import type { RulesetTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import type { Count, PacketOutcome } from './outcome.ts';
import { ethernetInterfaces, frameOf, type ScenarioPacket } from './packet-line.ts';
import type { RecentLists } from './recent.ts';
import { hostOf, loggerOf, setsOf } from './replay.ts';
import { SCENARIO_SECONDS } from './rule-times.ts';
import type { Answers } from './scenario.ts';

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const NANOSECONDS = 9;
/** About what the bench takes from loading the rules to the first packet. */
const LOAD_NS = 100_000_000n;

/** What the bench is like where a capture does not tell: test/kernel/namespace.py. */
const ASSUMED = ['owner.uid=424242', 'owner.gid=0'];

export interface ReplayInput {
  /** YAML. */
  readonly host: string;
  readonly rules?: string | undefined;
  readonly rules6?: string | undefined;
  /** ipset save text. */
  readonly ipset?: string | undefined;
  readonly packets: readonly ScenarioPacket[];
  /** What is taken for true; as the bench is, unless said. */
  readonly assume?: readonly string[];
  /** Nanoseconds since the epoch, one for each packet. */
  readonly times: readonly bigint[];
  /** When the rules were loaded; without it a tenth of a second before the first packet. */
  readonly loadedNs?: bigint;
  /** When the sets are looked at; without it with the last packet. */
  readonly endNs?: bigint;
  /** Between when the connections are listed; without it at the last packet. */
  readonly dumpedNs?: readonly [bigint, bigint];
  /** What the kernel's clock (jiffies, in nanoseconds) was ahead of those times. */
  readonly clockNs?: bigint;
  /** Operating systems' fingerprints, as a pf.os file. */
  readonly osf?: string | undefined;
  /** What the host answers with. */
  readonly answers?: Answers;
  /** Keep the log. */
  readonly log?: boolean;
  /** Listen to what happens to connections and expectations. */
  readonly events?: boolean;
}

/** What is listed of connections. */
export interface Listed {
  /** Text of `conntrack -L`, and of `conntrack -L expect`. */
  readonly conntrack: string;
  readonly expectations: string;
}

export interface ReplayRun extends Listed {
  readonly outcomes: readonly PacketOutcome[];
  /** Why a packet was refused, by packet; '' = it was not. */
  readonly whys: readonly string[];
  /** Whether the verdict is ACCEPT, or a copy has left, by packet. */
  readonly accepted: readonly boolean[];
  readonly totals: { readonly 4: readonly Count[]; readonly 6: readonly Count[] };
  /** The same at the end of the time in which connections are listed: some may be gone by then. */
  readonly later: Listed;
  /** Text of `ipset save`; '' without sets. */
  readonly sets: string;
  /** The lists of -m recent, by name. */
  readonly recent: RecentLists;
  /** Lines of each packet's log, less their times: the kernel's own, then those of NFLOG. */
  readonly logs: readonly (readonly string[])[];
  /** Lines of `conntrack -E -o extended`, then of `conntrack -E expect`. */
  readonly events: readonly string[];
  /** The rules as read. */
  readonly trees: readonly RulesetTree[];
}

export interface ReplayOptions {
  readonly workers?: number;
  readonly linear?: boolean;
  /** Of what is drawn. */
  readonly seed?: number;
  /** Limits of decision tables. */
  readonly limits?: TableLimits;
}

const START_NS = BigInt(SCENARIO_SECONDS) * 1_000_000_000n;

/** Times for packets that were not injected anywhere: from a start on their waits, and a little for each packet. */
export function scenarioTimes(packets: readonly ScenarioPacket[], startNs = START_NS): bigint[] {
  let now = startNs;
  return packets.map((packet) => {
    now += BigInt(Math.round(packet.wait * 1e9)) + 50_000n;
    return now;
  });
}

/** The packets as a pcapng capture with one interface for each of the host's. */
export function scenarioCapture(
  interfaces: readonly string[],
  packets: readonly ScenarioPacket[],
  times: readonly bigint[],
): Uint8Array {
  const { section, describe, enhanced } = pcapng();
  const framed = ethernetInterfaces(packets);
  const blocks = [
    section(),
    ...interfaces.map((name) =>
      describe({ name, linktype: framed.has(name) ? LINKTYPE_ETHERNET : LINKTYPE_RAW, resolution: NANOSECONDS }),
    ),
  ];
  packets.forEach((packet, i) => {
    const index = Math.max(0, interfaces.indexOf(packet.interface));
    blocks.push(
      enhanced({
        interface: index,
        data: frameOf(packet, framed.has(interfaces[index]!)),
        time: times[i]!,
        direction: packet.sent ? 'out' : 'in',
      }),
    );
  });
  return concat(...blocks);
}

/** What is loaded of a scenario, and into what. */
interface Opened {
  readonly loaded: Loaded;
  readonly engine: Engine;
}

function openScenario(input: Omit<ReplayInput, 'packets' | 'times'>, options: ReplayOptions): Opened {
  const host = hostOf(input.host);
  const loaded = load({
    ...(input.rules === undefined ? {} : { rules: { name: 'rules', text: input.rules } }),
    ...(input.rules6 === undefined ? {} : { rules6: { name: 'rules6', text: input.rules6 } }),
    ...(input.ipset === undefined ? {} : { sets: setsOf(input.ipset) }),
    host,
    // Without tables every chain is walked linearly.
    compile: { tables: options.linear !== true, ...(options.limits === undefined ? {} : { limits: options.limits }) },
    log: input.log === true,
    // Who sends the packets of the bench.
    assume: input.assume ?? ASSUMED,
    fingerprints: input.osf === undefined ? [] : parseFingerprints({ name: 'osf', text: input.osf }, new Diagnostics()),
  });
  const engine = Engine.open({
    images: loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    workers: options.workers ?? 0,
    linear: options.linear === true,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    answers: input.answers ?? 'none',
    sysctl: host.sysctl,
    clockNs: input.clockNs ?? host.clockNs,
    log: input.log === true,
    events: input.events === true,
  });
  return { loaded, engine };
}

/** A scenario whose packets come a few at a time; connections and counters go on from one time to the next. */
export class ScenarioTrial {
  private readonly opened: Opened;
  private readonly names: readonly string[];
  private latestNs = START_NS;

  constructor(input: Pick<ReplayInput, 'host' | 'rules' | 'rules6' | 'ipset'>, options: ReplayOptions) {
    this.opened = openScenario(input, options);
    this.names = hostInterfaces(input.host);
  }

  /** Runs packets behind those that have come; gives what became of each. */
  async send(packets: readonly ScenarioPacket[]): Promise<readonly PacketOutcome[]> {
    const { loaded, engine } = this.opened;
    const times = scenarioTimes(packets, this.latestNs);
    const reader = new OutcomeReader(loaded, packets.length);
    const capture = scenarioCapture(this.names, packets, times);
    const options = { trace: true, egress: true, onBatch: (batch: Batch) => reader.read(batch) };
    await engine.replay([bytesSource('scenario', capture)], options);
    this.latestNs = times.at(-1) ?? this.latestNs;
    return reader.run.outcomes;
  }

  /** The connections and expectations that there are now. */
  listed(): Listed {
    return listed(this.opened.engine, this.latestNs);
  }

  close(): Promise<void> {
    return this.opened.engine.close();
  }
}

export async function replayScenario(input: ReplayInput, options: ReplayOptions = {}): Promise<ReplayRun> {
  const { loaded, engine } = openScenario(input, options);
  try {
    const reader = new OutcomeReader(loaded, input.packets.length);
    const logs: string[][] = input.packets.map(() => []);
    const log = loggerOf(loaded, engine);
    const settings = tableSettings(engine.views.data, engine.map.conntrack);
    const writers = [eventWriter(engine.views.data, settings, parseOutput('extended')), expectEventWriter(parseOutput())];
    const events = writers.map(() => '');
    const capture = scenarioCapture(hostInterfaces(input.host), input.packets, input.times);
    const result = await engine.replay([bytesSource('scenario', capture)], {
      trace: true,
      egress: true,
      loadedNs: input.loadedNs ?? (input.times[0] ?? 0n) - LOAD_NS,
      onEvents(chunks) {
        writers.forEach((writer, i) => {
          events[i] += writer.text(chunks);
        });
      },
      onBatch(batch, interfaceNames) {
        reader.read(batch);
        for (let i = 0; i < batch.count && log; i++) {
          logs[frameWord(batch, i, FRAME_NUMBER) - 1] = logLines(log.packetText(batch, i, interfaceNames));
        }
      },
    });
    if (result.damage.length > 0) throw new Error(`the capture is damaged: ${result.damage[0]!.message}`);
    return {
      ...reader.run,
      logs,
      events: writers.flatMap((writer, i) => `${events[i]}${writer.end()}`.split('\n').slice(0, -1)),
      totals: totals(engine, loaded),
      trees: loaded.rulesets.map(({ tree }) => tree),
      ...listed(engine, input.dumpedNs?.[0] ?? result.latestNs),
      later: listed(engine, input.dumpedNs?.[1] ?? result.latestNs),
      recent: Object.fromEntries(recentTexts('', engine, loaded).map(({ path, text }) => [path, text])),
      sets: setsText(engine, loaded, input.endNs ?? result.latestNs),
    };
  } finally {
    await engine.close();
  }
}

/**
 * The same with nothing asked of each packet, so that connections remember the journeys of theirs: the counters and connections that come out
 * then.
 */
export async function replayQuickly(
  input: ReplayInput,
  options: ReplayOptions = {},
): Promise<Pick<ReplayRun, 'totals' | 'conntrack'>> {
  const { loaded, engine } = openScenario({ ...input, log: false, events: false }, options);
  try {
    const capture = scenarioCapture(hostInterfaces(input.host), input.packets, input.times);
    const result = await engine.replay([bytesSource('scenario', capture)], {
      loadedNs: input.loadedNs ?? (input.times[0] ?? 0n) - LOAD_NS,
      onBatch: () => undefined,
    });
    const { conntrack } = listed(engine, input.dumpedNs?.[0] ?? result.latestNs);
    return { totals: totals(engine, loaded), conntrack };
  } finally {
    await engine.close();
  }
}

function listed({ views, map }: Engine, ns: bigint): Listed {
  const at = [views.data, map.conntrack, ns] as const;
  return { conntrack: conntrackText(...at), expectations: expectText(...at) };
}

/** Lines less their times: the kernel's own first, since nobody can say when between them a listener got its packet. */
function logLines(text: string): string[] {
  const lines = text.split('\n').slice(0, -1);
  const bare = lines.map((line) => line.replace(/\[\d+\.\d{6}\] /, ''));
  return [...bare.filter((line) => line.startsWith('<')), ...bare.filter((line) => !line.startsWith('<'))];
}

/** Names of a host's interfaces. */
export function hostInterfaces(text: string): string[] {
  return hostInterfaceNames(hostOf(text));
}

/** Turns batches into outcomes. */
class OutcomeReader {
  readonly run: { outcomes: PacketOutcome[]; whys: string[]; accepted: boolean[] } = { outcomes: [], whys: [], accepted: [] };
  private readonly loaded: Loaded;
  private readonly names: Readonly<Record<4 | 6, readonly CounterName[]>>;

  constructor(loaded: Loaded, packets: number) {
    this.loaded = loaded;
    const names = (family: 4 | 6) => loaded.rulesets.find((one) => one.family === family)?.program.counterNames ?? [];
    this.names = { 4: names(4), 6: names(6) };
    this.run.outcomes.length = packets;
  }

  read(batch: Batch): void {
    for (let i = 0; i < batch.count; i++) {
      const at = frameWord(batch, i, FRAME_NUMBER) - 1;
      this.run.outcomes[at] = this.outcome(batch, i);
      this.run.whys[at] = explainWhy(outcomeWord(batch, i, OUTCOME_WHY))?.word ?? '';
      const isAccepted = outcomeWord(batch, i, OUTCOME_VERDICT) === VERDICT_ACCEPT;
      const cameBack = (outcomeWord(batch, i, OUTCOME_FLAGS) & OUTCOME_ANSWER_DELIVERED) !== 0;
      this.run.accepted[at] = isAccepted || cameBack || egressRecords(batch, i).length > 0;
    }
  }

  private outcome(batch: Batch, i: number): PacketOutcome {
    const names = this.names[outcomeWord(batch, i, OUTCOME_FAMILY) === 6 ? 6 : 4];
    const hits = Array.from({ length: traceLength(batch, i) }, (_, at) => {
      const { table, chain, rule } = names[traceWord(batch, i, at)]!;
      return { table, chain, number: rule ?? 0 };
    });
    return {
      hits,
      egress: egressRecords(batch, i).map(({ out, hex: bytes }) => ({
        interface: this.loaded.interfaces.names[out] ?? '?',
        bytes: hex(bytes ?? ''),
      })),
      delivered: (outcomeWord(batch, i, OUTCOME_FLAGS) & (OUTCOME_DELIVERED | OUTCOME_ANSWER_DELIVERED)) !== 0,
    };
  }
}

function totals(engine: Engine, loaded: Loaded): ReplayRun['totals'] {
  const family = (wanted: 4 | 6): Count[] => {
    const one = loaded.rulesets.find((ruleset) => ruleset.family === wanted);
    if (one === undefined) return [];
    const { packets, bytes } = ruleCounters(one.program, engine.counters(wanted));
    return one.program.counterNames.map(({ table, chain, rule }, id) => [
      table,
      chain,
      rule ?? 0,
      Number(packets[id]),
      Number(bytes[id]),
    ]);
  };
  return { 4: family(4), 6: family(6) };
}
