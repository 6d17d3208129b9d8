// A replay as people read it.

import type { Percentiles } from './latency.ts';
import { type CounterRow, counterRows, type ReplayReport } from './replay.ts';

/** Rules shown; the others are in `--save-counters` and in `--format json`. */
const RULES_MAX = 25;

/** The report as text for a terminal. */
export function replaySummary(report: ReplayReport): string {
  const sections = [
    totals(report),
    verdicts(report),
    whys(report),
    answers(report),
    connections(report),
    ...report.rules.map((_, i) => counters(report, i)),
    timing(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function totals(report: ReplayReport): string[] {
  return [
    `${plural(report.packets, 'packet')} in ${plural(report.captures, 'capture')} (${grouped(report.captureBytes)} bytes read)`,
  ];
}

function verdicts(report: ReplayReport): string[] {
  const rows = report.verdicts.map(({ verdict, packets, bytes }) => [
    verdict ?? 'not evaluated',
    grouped(packets),
    verdict === undefined ? '' : grouped(bytes),
  ]);
  return rows.length === 0 ? [] : table(['verdict', 'packets', 'bytes'], rows);
}

function whys(report: ReplayReport): string[] {
  if (report.whys.length === 0) return [];
  return table(
    ['why', 'packets', ''],
    report.whys.map(({ why, packets, sentence }) => [why, grouped(packets), sentence]),
    'last-left',
  );
}

function answers({ answers: made }: ReplayReport): string[] {
  return made === 0 ? [] : [`${plural(made, 'packet')} sent by this host in answer`];
}

function connections({ connections: sums }: ReplayReport): string[] {
  if (sums === undefined || sums.created === 0) return [];
  const { created, ended, live, earlyDrop } = sums;
  const evicted = earlyDrop === 0 ? '' : ` (${grouped(earlyDrop)} evicted for others)`;
  return [
    `${plural(created, 'connection')} begun: ${grouped(ended)} over or not confirmed${evicted}, ${grouped(live)} there at the end`,
  ];
}

/** The rules and policies of one family that counted something, most packets first. */
function counters(report: ReplayReport, index: number): string[] {
  const rules = report.rules[index]!;
  const all = counterRows(rules);
  const counted = all.filter((row) => row.packets > 0).sort((a, b) => b.packets - a.packets);
  const title = `${rules.source} (IPv${rules.family}): ${counted.length} of ${all.length} rules and policies counted`;
  if (counted.length === 0) return [title];
  const rows = counted
    .slice(0, RULES_MAX)
    .map((row) => [
      `${row.name.table} ${row.name.chain} ${row.name.rule ?? 'policy'}`,
      grouped(row.packets),
      grouped(row.bytes),
      ruleText(row),
    ]);
  const lines = [title, ...table(['rule', 'packets', 'bytes', ''], rows, 'last-left')];
  if (counted.length > RULES_MAX) lines.push(`… and ${counted.length - RULES_MAX} more (--save-counters FILE has all)`);
  return lines;
}

function ruleText(row: CounterRow): string {
  return row.name.rule === undefined ? `policy ${row.name.policy}` : row.text;
}

function timing(report: ReplayReport): string[] {
  const seconds = report.elapsedMs / 1000;
  if (report.packets === 0) return [`${seconds.toFixed(3)} s`];
  const rate = seconds > 0 ? grouped(Math.round(report.packets / seconds)) : '-';
  const threads = report.workers === 0 ? 'no worker' : plural(report.workers, 'worker');
  const { batch, packet } = report.latency;
  return [
    `${seconds.toFixed(3)} s, ${rate} packets/s, ${threads}`,
    ...table(
      ['latency', 'p50', 'p90', 'p99', 'p99.9', 'max', ''],
      [
        ['batch', ...percentileCells(batch), batch.measured],
        ['packet', ...percentileCells(packet), packet.measured],
      ],
      'last-left',
    ),
  ];
}

function percentileCells({ p50Ns, p90Ns, p99Ns, p999Ns, maxNs }: Percentiles): string[] {
  return [p50Ns, p90Ns, p99Ns, p999Ns, maxNs].map(duration);
}

/** A duration in the unit that suits it. */
function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} us`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

/** A number of things: `1 packet`, `1,234 packets`. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A whole number with its thousands apart: `1,234,567`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Columns lined up: the first to the left, the others to the right, the last to the left where asked. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  last: 'last-left' | 'last-right' = 'last-right',
): string[] {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const left = column === 0 || (last === 'last-left' && column === head.length - 1);
        return left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join('  ')
      .trimEnd(),
  );
}
