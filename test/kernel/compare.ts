// Hookline's run of a scenario beside the kernel's: where they differ.

import {
  type Count,
  comparable,
  compareConntrack,
  compareEvents,
  compareExpectations,
  compareSets,
  formatOutcome,
  wasAccepted,
} from '../support/outcome.ts';
import type { ScenarioPacket } from '../support/packet-line.ts';
import { compareRecent } from '../support/recent.ts';
import type { ReplayRun } from '../support/scenario-replay.ts';
import type { KernelRun } from './bench.ts';

export type DifferenceKind =
  | 'outcome'
  | 'verdict'
  | 'log'
  | 'events'
  | 'counter'
  | 'conntrack'
  | 'sets'
  | 'recent'
  | 'refused'
  | 'fault';

export interface Difference {
  readonly kind: DifferenceKind;
  /** Index of the packet; undefined for what shows only at the end. */
  readonly packet?: number;
  readonly text: string;
}

export function compareRuns(packets: readonly ScenarioPacket[], kernel: KernelRun, ours: ReplayRun): Difference[] {
  const differences: Difference[] = [];
  packets.forEach((packet, i) => {
    const theirs = comparable(formatOutcome(kernel.outcomes[i]!, packet.bytes));
    const outcome = ours.outcomes[i];
    const own = outcome === undefined ? 'nothing' : formatOutcome(outcome, packet.bytes);
    const why = ours.whys[i] ? `   (${ours.whys[i]})` : '';
    if (own !== theirs) differences.push({ kind: 'outcome', packet: i, text: `  kernel   ${theirs}\n  hookline ${own}${why}` });
    else if (ours.accepted[i] !== wasAccepted(theirs)) {
      differences.push({ kind: 'verdict', packet: i, text: `  the verdict does not agree with the outcome ${own}${why}` });
    }
  });
  packets.forEach((_, packet) => {
    const text = compareLogs(kernel.logs[packet]!, ours.logs[packet]!);
    if (text !== undefined) differences.push({ kind: 'log', packet, text });
  });
  for (const family of [4, 6] as const) {
    for (const text of compareTotals(kernel.totals[family], ours.totals[family])) {
      differences.push({ kind: 'counter', text: `  IPv${family} ${text}` });
    }
  }
  const table = compareConntrack(ours.conntrack, kernel.conntrack.join('\n'), ours.later.conntrack);
  const expected = compareExpectations(ours.expectations, kernel.expectations.join('\n'), ours.later.expectations);
  const sets = compareSets(ours.sets, kernel.sets);
  const recent = compareRecent(ours.recent, kernel.recent);
  return [
    ...differences,
    ...table.map((text): Difference => ({ kind: 'conntrack', text: `  conntrack: ${text}` })),
    ...compareEvents(ours.events, kernel.events).map((text): Difference => ({ kind: 'events', text: `  ${text}` })),
    ...expected.map((text): Difference => ({ kind: 'conntrack', text: `  expected: ${text}` })),
    ...sets.map((text): Difference => ({ kind: 'sets', text: `  ipset: ${text}` })),
    ...recent.map((text): Difference => ({ kind: 'recent', text: `  recent: ${text}` })),
  ];
}

/** What a replay that tells nothing of each packet counts otherwise, and keeps otherwise of connections. */
export function compareQuick(ours: ReplayRun, quick: Pick<ReplayRun, 'totals' | 'conntrack'>): Difference[] {
  const counters = ([4, 6] as const).flatMap((family) =>
    compareTotals(ours.totals[family], quick.totals[family]).map((text) => `  IPv${family} ${text}`),
  );
  const table = quick.conntrack === ours.conntrack ? [] : [`  ${ours.conntrack}\n  and\n  ${quick.conntrack}`];
  return [...counters, ...table].map((text) => ({ kind: 'fault', text: `  told of each packet, and not:\n${text}` }));
}

/** The identification of an IPv6 fragment is drawn where the host makes the fragment; that of an ICMP packet where it answers. */
function withoutDrawnId(line: string | undefined): string | undefined {
  const named = line?.replace(/(\bFRAG:.*?\bID:) ?[0-9a-f]{8}/, '$1');
  return named?.replace(/^(.*?\bIN=\S* OUT=[^[]*? ID=)\d+(?=[^[]* PROTO=ICMP )/, '$1');
}

/** The first line in which two logs differ. */
function compareLogs(kernel: readonly string[], ours: readonly string[]): string | undefined {
  const length = Math.max(kernel.length, ours.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => withoutDrawnId(kernel[i]) !== withoutDrawnId(ours[i]));
  if (at === undefined) return undefined;
  return `  log line ${at + 1}\n  kernel   ${kernel[at] ?? 'no line'}\n  hookline ${ours[at] ?? 'no line'}`;
}

/** Packet and byte counters of every rule and policy. */
function compareTotals(kernel: readonly Count[], ours: readonly Count[]): string[] {
  const key = ([table, chain, number]: Count) => `${table} ${chain} ${number === 0 ? 'policy' : number}`;
  const own = new Map(ours.map((count) => [key(count), count]));
  return kernel.flatMap((count) => {
    const [, , , packets, bytes] = count;
    const [, , , ownPackets, ownBytes] = own.get(key(count)) ?? [0, 0, 0, 0, 0];
    if (packets === ownPackets && bytes === ownBytes) return [];
    return [
      `counter of ${key(count)}: kernel ${packets} packets ${bytes} bytes, hookline ${ownPackets} packets ${ownBytes} bytes`,
    ];
  });
}

/** The text of the rules in which two outcomes differ. */
export function involvedRules(difference: string, rules: string): string[] {
  const counts = new Map<string, number>();
  for (const [place] of difference.matchAll(/\b(raw|mangle|nat|filter|security) \S+ (\d+|policy)/g)) {
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const odd = [...counts].filter(([, count]) => count % 2 === 1).map(([place]) => place);
  const texts = ruleTexts(rules);
  return odd.map((place) => `  ${place}: ${texts.get(place) ?? ''}`);
}

function ruleTexts(rules: string): Map<string, string> {
  const texts = new Map<string, string>();
  const numbers = new Map<string, number>();
  let table = '';
  for (const line of rules.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const chain = /^-A (\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const number = (numbers.get(`${table} ${chain}`) ?? 0) + 1;
    numbers.set(`${table} ${chain}`, number);
    texts.set(`${table} ${chain} ${number}`, line);
  }
  return texts;
}
