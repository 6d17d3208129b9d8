import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { briefEntry, type PacketScript, parsePacketScripts } from '../support/packet-script.ts';
import { openTracker } from './tracker.ts';

const CASES = new URL('./cases/', import.meta.url).pathname;

/** The script as the tracker sees it, one line a step, in the words of the script. */
function play(script: PacketScript): { expected: string[]; found: string[] } {
  const tracker = openTracker({ shards: 1, sysctl: script.sysctl });
  let now = 1_700_000_000_000_000_000n;
  const expected: string[] = [];
  const found: string[] = [];
  for (const { line, text, wait, bytes, state, table } of script.steps) {
    now += BigInt(Math.round(wait * 1e9));
    const seen = tracker.feed([{ bytes, time: now }])[0]!.state;
    const entries = tracker.text(now).split('\n').filter(Boolean).map(briefEntry);
    const describeStep = (is: string, has: readonly string[]): string =>
      `${line}: ${text.split('=>')[0]!.trim()} => ${is}${table ? ` | ${[...has].sort().join('; ') || '-'}` : ''}`;
    expected.push(describeStep(state, table ?? []));
    found.push(describeStep(seen, entries));
  }
  return { expected, found };
}

for (const file of readdirSync(CASES).sort()) {
  describe(file, () => {
    for (const script of parsePacketScripts(readFileSync(join(CASES, file), 'utf8'))) {
      test(script.title, () => {
        const { expected, found } = play(script);
        expect(found).toEqual(expected);
      });
    }
  });
}
