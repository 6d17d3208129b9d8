import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type PacketScript, parsePacketScripts } from '../support/packet-script.ts';
import { openTracker } from './tracker.ts';

const CASES = new URL('./cases/', import.meta.url).pathname;

/** `tcp 120 SYN_SENT [UNREPLIED]` of a line of `conntrack -L`. */
function brief(line: string): string {
  const words = line.split(/\s+/);
  const head = words.slice(
    0,
    words.findIndex((word) => word.startsWith('src=')),
  );
  head.splice(1, 1); // the protocol's number
  return [...head, ...words.filter((word) => word.startsWith('['))].join(' ');
}

/** The script as the tracker sees it, one line a step, in the words of the script. */
function play(script: PacketScript): { expected: string[]; found: string[] } {
  const tracker = openTracker({ shards: 1, sysctl: script.sysctl });
  let now = 1_700_000_000_000_000_000n;
  const expected: string[] = [];
  const found: string[] = [];
  for (const { line, text, wait, bytes, state, table } of script.steps) {
    now += BigInt(Math.round(wait * 1e9));
    const seen = tracker.feed([{ bytes, time: now }])[0]!.state;
    const entries = tracker.text(now).split('\n').filter(Boolean).map(brief);
    const describeStep = (is: string, has: readonly string[]): string =>
      `${line}: ${text.split('=>')[0]!.trim()} => ${is}${table ? ` | ${has.join('; ') || '-'}` : ''}`;
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
