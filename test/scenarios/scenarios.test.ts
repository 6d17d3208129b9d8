// The committed scenarios through the engine: what it says must be what was recorded from the live kernel.

import { describe, expect, test } from 'vitest';
import {
  comparable,
  compareConntrack,
  compareEvents,
  compareExpectations,
  compareSets,
  formatOutcome,
  wasAccepted,
} from '../support/outcome.ts';
import { fillTimes, SCENARIO_SECONDS } from '../support/rule-times.ts';
import { logText, readScenarios, type Scenario } from '../support/scenario.ts';
import { type ReplayOptions, replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

/** A sent packet is captured where it left: its recorded outcome names the interface. */
function packetsOf(scenario: Scenario) {
  return scenario.packets.map(({ packet, outcome }) => {
    const out = /^(\S+) (same|ttl-1|[0-9a-f]{8})/.exec(outcome ?? '')?.[1];
    return packet.sent && out !== undefined ? { ...packet, interface: out } : packet;
  });
}

async function replayed(scenario: Scenario, options: ReplayOptions = {}) {
  const packets = packetsOf(scenario);
  const { host, ipset, answers } = scenario;
  const rules = fillTimes(scenario.rules, SCENARIO_SECONDS);
  const rules6 = fillTimes(scenario.rules6, SCENARIO_SECONDS);
  const log = scenario.log !== undefined;
  const events = scenario.events !== undefined;
  const { osf } = scenario;
  return replayScenario(
    { host, rules, rules6, ipset, packets, times: scenarioTimes(packets), osf, log, events, answers },
    options,
  );
}

describe.each([{ linear: false }, { linear: true }])('with linear walk: $linear', (options) => {
  test.each(readScenarios().map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    const run = await replayed(scenario, options);
    const lines = scenario.packets.map(
      ({ text }, i) => `${text}\n  => ${formatOutcome(run.outcomes[i]!, scenario.packets[i]!.packet.bytes)}`,
    );
    const recorded = scenario.packets.map(({ text, outcome }) => `${text}\n  => ${comparable(outcome ?? 'not recorded')}`);
    expect(lines).toEqual(recorded);
    expect(run.accepted).toEqual(scenario.packets.map(({ outcome }) => wasAccepted(comparable(outcome!))));
    expect(compareConntrack(run.conntrack, scenario.conntrack)).toEqual([]);
    expect(compareExpectations(run.expectations, scenario.expectations)).toEqual([]);
    expect(compareSets(run.sets, scenario.sets)).toEqual([]);
    if (scenario.events !== undefined) expect(compareEvents(run.events, scenario.events.split('\n').slice(0, -1))).toEqual([]);
    if (scenario.log !== undefined) expect(logText(run.logs)).toBe(scenario.log);
  });
});
