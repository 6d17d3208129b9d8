// A replay as one JSON object. Everything but `timing` is the same on every run and for any number of workers.

import type { Percentiles } from './latency.ts';
import { type CounterRow, counterRows, type ReplayReport } from './replay.ts';

/** The report as JSON text, ended by a line end. */
export function replayJson(report: ReplayReport): string {
  const verdicts = Object.fromEntries(
    report.verdicts.filter((v) => v.verdict !== undefined).map(({ verdict, packets, bytes }) => [verdict, { packets, bytes }]),
  );
  const value = {
    captures: report.captures,
    packets: report.packets,
    captureBytes: report.captureBytes,
    verdicts,
    notEvaluated: report.verdicts.find((v) => v.verdict === undefined)?.packets ?? 0,
    answers: report.answers,
    why: Object.fromEntries(report.whys.map(({ why, packets }) => [why, packets])),
    ...(report.connections === undefined ? {} : { connections: report.connections }),
    rulesets: report.rules.map((rules) => ({
      family: rules.family,
      source: rules.source,
      counters: counterRows(rules).map(counterJson),
    })),
    assumptions: report.assumptions,
    notes: report.notes,
    damage: report.damage,
    timing: {
      workers: report.workers,
      seconds: report.elapsedMs / 1000,
      packetsPerSecond: report.elapsedMs > 0 ? Math.round((report.packets * 1000) / report.elapsedMs) : 0,
      latency: { batch: latencyJson(report.latency.batch), packet: latencyJson(report.latency.packet) },
    },
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function counterJson({ name, packets, bytes, text }: CounterRow): object {
  return name.rule === undefined ? { ...name, packets, bytes } : { ...name, packets, bytes, text };
}

function latencyJson({
  measured,
  count,
  meanNs,
  p50Ns,
  p90Ns,
  p99Ns,
  p999Ns,
  maxNs,
}: Percentiles & { measured: string }): object {
  return { measured, count, meanNs, p50Ns, p90Ns, p99Ns, p999Ns, maxNs };
}
