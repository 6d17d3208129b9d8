// The committed scenarios against the live kernel: recording what it does, and checking that it still does that.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compareConntrack,
  compareEvents,
  compareExpectations,
  compareSets,
  conntrackEntries,
  expectEntries,
  formatOutcome,
} from '../support/outcome.ts';
import { fillTimes } from '../support/rule-times.ts';
import { logText, numberedLog, SCENARIOS, type Scenario, withOutcomes } from '../support/scenario.ts';
import type { Bench, KernelRun } from './bench.ts';

export function runScenario(bench: Bench, scenario: Scenario): Promise<KernelRun> {
  const seconds = Math.floor(Date.now() / 1000);
  const rules = fillTimes(scenario.rules, seconds);
  const rules6 = fillTimes(scenario.rules6, seconds);
  const packets = scenario.packets.map((line) => line.packet);
  const { host, ipset, answers } = scenario;
  const [log, events] = [scenario.log !== undefined, scenario.events !== undefined];
  return bench.run({ host, rules, rules6, ipset, packets, answers, osf: scenario.osf, log, events });
}

function outcomeTexts(scenario: Scenario, run: KernelRun): string[] {
  return run.outcomes.map((outcome, i) => formatOutcome(outcome, scenario.packets[i]!.packet.bytes));
}

/** Rewrites a scenario's recorded lines with what the kernel did. Gives whether the file changed. */
export function record(scenario: Scenario, run: KernelRun): boolean {
  // Timeouts are a second more or less from run to run: keep the recorded table when nothing else differs.
  const same = compareConntrack(scenario.conntrack, run.conntrack.join('\n')).length === 0;
  const isKept = compareExpectations(scenario.expectations, run.expectations.join('\n')).length === 0;
  const sets = compareSets(scenario.sets, run.sets).length === 0 ? scenario.sets : run.sets;
  const text = withOutcomes(scenario, outcomeTexts(scenario, run), {
    conntrack: same ? linesOf(scenario.conntrack) : sorted(run.conntrack, conntrackEntries),
    expectations: isKept ? linesOf(scenario.expectations) : sorted(run.expectations, expectEntries),
    sets: linesOf(sets),
    log: numberedLog(run.logs),
    events: recordedEvents(scenario, run),
  });
  if (text === scenario.text) return false;
  writeFileSync(join(SCENARIOS, scenario.name), text);
  return true;
}

/** Those recorded, where nothing but seconds left differs. */
function recordedEvents({ events = '' }: Scenario, run: KernelRun): readonly string[] {
  return compareEvents(linesOf(events), run.events).length === 0 ? linesOf(events) : run.events;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** `conntrack -L` lists in hash order, which is another in each run. */
function sorted(lines: readonly string[], entries: typeof conntrackEntries): string[] {
  const key = (line: string) => entries(line)[0]?.entry ?? line;
  return [...lines].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Differences between what the kernel did now and what was recorded. */
export function compareWithRecording(scenario: Scenario, run: KernelRun): string[] {
  const differences = outcomeTexts(scenario, run).flatMap((text, i) => {
    const { outcome, text: line } = scenario.packets[i]!;
    return text === outcome ? [] : [`packet ${i + 1}: ${line}\n  kernel   ${text}\n  recorded ${outcome ?? 'nothing'}`];
  });
  const log = scenario.log === undefined || scenario.log === logText(run.logs) ? [] : [`log\n${logText(run.logs)}`];
  return [
    ...differences,
    ...log,
    ...compareConntrack(scenario.conntrack, run.conntrack.join('\n')),
    ...compareExpectations(scenario.expectations, run.expectations.join('\n')),
    ...compareSets(scenario.sets, run.sets),
    ...(scenario.events === undefined ? [] : compareEvents(linesOf(scenario.events), run.events)),
  ];
}
