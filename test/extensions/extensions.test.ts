// Runs the extension tables through parser and printer: every rule that is taken prints as the table says, and what is printed
// reads back to the same text; every other is refused with the code and at the column the table says.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { type Diagnostic, Diagnostics } from '../../src/text/diagnostic.ts';
import { objectsAfter } from '../commands/session.ts';
import { type Case, readTable } from './table.ts';

const FOLDER = new URL('./', import.meta.url);

/** The warning where iptables prints what it cannot read back. */
const UNREADABLE = 'unreadable-print';

interface Answer {
  readonly diagnostics: readonly Diagnostic[];
  /** The rule as it prints, without `-A CHAIN`. */
  readonly printed: string | undefined;
  /** Where the rule starts in the text. */
  readonly start: number;
}

function ask(family: Family, { table, setup }: Case, chain: string, rule: string): Answer {
  const head = `*${table}\n-A ${chain} `;
  const diagnostics = new Diagnostics();
  const tree = parseRuleset(
    { name: 'case', text: `${head}${rule}\nCOMMIT\n` },
    family,
    extensions,
    diagnostics,
    objectsAfter(setup),
  );
  const line = printRuleset(tree)
    .split('\n')
    .find((text) => text.startsWith('-A '));
  return { diagnostics: diagnostics.list, printed: line?.replace(/^-A \S+ ?/, ''), start: head.length };
}

/** What is wrong with a case in one family and chain; '' when nothing is. */
function fault(theCase: Case, family: Family, chain: string): string {
  const { rule, expected } = theCase;
  const { diagnostics, printed, start } = ask(family, theCase, chain, rule);
  const found = diagnostics.map(({ code, severity, span }) => `${severity} ${code} @ ${(span?.start ?? 0) - start + 1}`);
  if (expected.kind === 'refused') {
    const wanted = expected.errors.split(', ').map((error) => `error ${error}`);
    return String(found) === String(wanted) ? '' : `expected ${wanted}, found ${found.length > 0 ? found : printed}`;
  }
  const codes = diagnostics.map(({ code, severity }) => `${severity} ${code}`).join(', ');
  if (codes !== (expected.warning ? `warning ${expected.warning}` : ''))
    return `found ${found.length > 0 ? found : 'no warning'}`;
  if (printed !== expected.canonical) return `expected ${expected.canonical}, printed ${printed}`;
  if (expected.warning === UNREADABLE) return '';
  const again = ask(family, theCase, chain, printed);
  return again.printed === printed ? '' : `printed ${printed}, which reads back as ${again.printed}`;
}

const tables = readdirSync(FOLDER).filter((name) => name.endsWith('.t'));

describe.each(tables)('%s', (name) => {
  const cases = readTable(name, readFileSync(new URL(name, FOLDER), 'utf8'));
  it.each(cases)('$line: $rule', (theCase) => {
    for (const family of theCase.families) {
      for (const chain of theCase.chains) expect(fault(theCase, family, chain)).toBe('');
    }
  });
});

it('every extension has a table', () => {
  const names = new Set([...extensions.names('match', 4), ...extensions.names('match', 6)]);
  for (const alias of ['icmpv6', 'ipv6-icmp']) names.delete(alias);
  expect([...names].filter((name) => !tables.includes(`${name}.t`))).toEqual([]);
  const targets = new Set([...extensions.names('target', 4), ...extensions.names('target', 6)].map((name) => name.toLowerCase()));
  // Where a match has the name too, the target's table is that of setting what the match asks.
  const isMatch = (name: string): boolean => extensions.isKnown('match', name, 4) || extensions.isKnown('match', name, 6);
  const files = [...targets].map((name) => (isMatch(name) ? `set-${name}` : name));
  expect(files.filter((name) => !tables.includes(`${name}.t`))).toEqual([]);
});
