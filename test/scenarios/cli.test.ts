// Some scenarios through the command line: what `hookline replay --format ndjson` prints is what was recorded.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hex } from '../../src/packet/bytes.ts';
import { comparable, compareConntrack, formatOutcome, type PacketOutcome } from '../support/outcome.ts';
import { ROOT, readScenarios, type Scenario } from '../support/scenario.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

const MAIN = join(ROOT, 'dist/src/cli/main.js');

interface Line {
  readonly verdict: string | null;
  readonly hits: readonly (readonly [string, string, number])[];
  readonly policies: readonly (readonly [string, string, string])[];
  readonly egress: readonly { readonly out: string; readonly packet: string }[];
}

/** NDJSON has no word for "delivered": it is what was accepted and did not leave. */
function toOutcome({ verdict, hits, policies, egress }: Line): PacketOutcome {
  return {
    hits: [
      ...hits.map(([table, chain, number]) => ({ table, chain, number })),
      ...policies.map(([table, chain]) => ({ table, chain, number: 0 })),
    ],
    egress: egress.map(({ out, packet }) => ({ interface: out, bytes: hex(packet) })),
    delivered: verdict === 'ACCEPT' && egress.length === 0,
  };
}

function runCli(folder: string, scenario: Scenario): Line[] {
  const packets = scenario.packets.map((line) => line.packet);
  const words: string[] = [];
  const file = (option: string, name: string, text: string | undefined) => {
    if (text === undefined) return;
    writeFileSync(join(folder, name), text);
    words.push(option, join(folder, name));
  };
  file('--rules', 'rules', scenario.rules);
  file('--rules6', 'rules6', scenario.rules6);
  file('--host', 'host.yaml', scenario.host);
  const capture = join(folder, 'scenario.pcapng');
  writeFileSync(capture, scenarioCapture(hostInterfaces(scenario.host), packets, scenarioTimes(packets)));
  const answers = { none: ['--no-answer'], rules: [], host: ['--answer'] }[scenario.answers];
  const options = ['--format', 'ndjson', '--conntrack', join(folder, 'conntrack'), ...answers];
  const text = execFileSync(process.execPath, [MAIN, 'replay', ...words, ...options, capture], { encoding: 'utf8' });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const CHOSEN = [
  'traversal/nat-first-packet.md',
  'conntrack/icmp-error.md',
  'routing/ttl.md',
  'target/reject.md',
  'answer/unreachable.md',
];

test.each(
  readScenarios()
    .filter(({ name }) => CHOSEN.includes(name))
    .map((scenario) => [scenario.name, scenario] as const),
)('%s through the command line', (_, scenario) => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
  try {
    const lines = runCli(folder, scenario);
    const outcomes = lines.map((line, i) => formatOutcome(toOutcome(line), scenario.packets[i]!.packet.bytes));
    expect(outcomes).toEqual(scenario.packets.map(({ outcome }) => comparable(outcome!)));
    expect(compareConntrack(readFileSync(join(folder, 'conntrack'), 'utf8'), scenario.conntrack)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
