// session.txt: commands, and what the tool says to each.

import { readFileSync } from 'node:fs';
import { createFirewall, runCommand } from '../../src/commands/firewall.ts';
import { createReader, readSimpleCommand } from '../../src/commands/words.ts';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import type { Word } from '../../src/ruleset/lexer.ts';
import type { SharedObjects } from '../../src/ruleset/objects.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import type { Source, Span } from '../../src/text/source.ts';

export interface Step {
  readonly family: Family;
  /** As a shell takes it. */
  readonly line: string;
  readonly words: readonly Word[];
  readonly span: Span;
  readonly status: number;
  /** Standard error, of refusals by libiptc and the kernel. */
  readonly text: string;
}

export function readSession(): Step[] {
  const lines = readFileSync(new URL('session.txt', import.meta.url), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(readStep);
}

function readStep(text: string): Step {
  const [line, expected = '0'] = text.split(' => ') as [string, string?];
  const [status] = expected.split(' ', 1);
  return { ...commandOf(line), line, status: Number(status), text: expected.slice(status!.length + 1) };
}

/** Splits a command line as a shell does. */
export function commandOf(line: string): Pick<Step, 'family' | 'words' | 'span'> {
  const source: Source = { name: 'session', text: line };
  const { words, span } = readSimpleCommand(createReader(source, new Diagnostics()))!;
  return { family: words[0]!.text.startsWith('ip6') ? 6 : 4, words: words.slice(1), span };
}

/** What the rules of some commands share with other rules. */
export function objectsAfter(lines: readonly string[]): SharedObjects {
  const firewall = createFirewall(extensions);
  for (const line of lines.filter((line) => /^ip6?tables/.test(line))) runCommand(firewall, commandOf(line), new Diagnostics());
  return new Map(firewall.objects);
}
