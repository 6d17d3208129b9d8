// What a replay comes to, as one value that the summary and the JSON report both print.

import type { CounterName } from '../compile/counters.ts';
import type { ConntrackStatistics } from '../core/flow.ts';
import type { Engine } from '../engine/engine.ts';
import type { CaptureDamage } from '../engine/reader.ts';
import type { ReplayResult } from '../engine/replay.ts';
import type { Latency } from './latency.ts';
import type { ReportRules } from './names.ts';
import { explainWhy, verdictName } from './why.ts';

export interface VerdictSum {
  /** undefined = frames that were not evaluated. */
  readonly verdict: string | undefined;
  readonly packets: number;
  /** Layer-3 bytes. */
  readonly bytes: number;
}

export interface WhySum {
  readonly why: string;
  readonly sentence: string;
  readonly packets: number;
}

/** What has become of connections, and what `conntrack -S` counts. */
export interface ConnectionSums extends ConntrackStatistics {
  readonly created: number;
  /** Of those: over, never confirmed ones among them, and there at the end. */
  readonly ended: number;
  readonly live: number;
}

export interface ReplayReport {
  readonly captures: number;
  readonly packets: number;
  readonly captureBytes: number;
  /** Packets that the host answered with. */
  readonly answers: number;
  readonly verdicts: readonly VerdictSum[];
  readonly whys: readonly WhySum[];
  /** undefined = no connections are tracked. */
  readonly connections: ConnectionSums | undefined;
  readonly rules: readonly ReportRules[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  readonly damage: readonly CaptureDamage[];
  readonly workers: number;
  readonly elapsedMs: number;
  readonly latency: Latency;
}

/** The sums of a tally, in the order of the verdicts' numbers, those that occurred. */
export function verdictSums({ tally }: ReplayResult): VerdictSum[] {
  return tally.packets
    .map((packets, verdict) => ({ verdict: verdictName(verdict), packets, bytes: tally.bytes[verdict]! }))
    .filter(({ packets }) => packets > 0);
}

/** The sums of connections at the time of the latest packet. */
export function connectionSums(engine: Engine, { latestNs }: ReplayResult): ConnectionSums {
  const { created, invalid, insertFailed, drop, earlyDrop, error } = engine.connections();
  const live = engine.liveConnections(latestNs);
  return { created, ended: created - live, live, invalid, insertFailed, drop, earlyDrop, error };
}

/** How often each reason was given, in the order of their codes. */
export function whySums({ tally }: ReplayResult): WhySum[] {
  const sums: WhySum[] = [];
  tally.whys.forEach((packets, code) => {
    const why = explainWhy(code);
    if (why && packets > 0) sums.push({ why: why.word, sentence: why.sentence, packets });
  });
  return sums;
}

export interface CounterRow {
  readonly name: CounterName;
  /** The rule as it stands in its source; '' for a policy. */
  readonly text: string;
  readonly packets: number;
  readonly bytes: number;
}

/** The counters of a family's rules and policies, in the order of the text. */
export function counterRows(rules: ReportRules): CounterRow[] {
  return rules.names.map((name, id) => ({
    name,
    text: rules.texts[id] ?? '',
    packets: Number(rules.counters.packets[id]),
    bytes: Number(rules.counters.bytes[id]),
  }));
}
