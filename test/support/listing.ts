// A ruleset in every way that Hookline prints it as iptables does.

import { fileURLToPath } from 'node:url';
import { extensions } from '../../src/extensions/index.ts';
import { type Family, TABLE_NAMES } from '../../src/ir/ir.ts';
import { listTable } from '../../src/ruleset/list.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset, printTable } from '../../src/ruleset/print.ts';
import { specifyTable } from '../../src/ruleset/specification.ts';
import type { TableTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { decodeSource, encodeText } from '../../src/text/source.ts';
import { objectsAfter } from '../commands/session.ts';

interface View {
  /** The tool's words. */
  readonly view: string;
  /** The same of Hookline. */
  print(table: TableTree, family: Family): string | undefined;
}

/** What is asked of each table. */
export const VIEWS: readonly View[] = [
  { view: '-L', print: (table, family) => listTable(table, family) },
  { view: '-L -n', print: (table, family) => listTable(table, family, { numeric: true }) },
  { view: '-L -v', print: (table, family) => listTable(table, family, { verbose: true }) },
  {
    view: '-L -n -v -x --line-numbers',
    print: (table, family) => listTable(table, family, { numeric: true, verbose: true, exact: true, lineNumbers: true }),
  },
  { view: '-S', print: (table, family) => specifyTable(table, family) },
  { view: '-S -v', print: (table, family) => specifyTable(table, family, { verbose: true }) },
];

/** Texts by what was asked for: `filter -L -n`, `save -c`. Bytes are kept as Latin-1 characters. */
export type Views = ReadonlyMap<string, string>;

/** The tables that `iptables-save` prints when none is named; among them those that the setup has loaded. */
export const WHOLE = 'save -c';

/** What Hookline prints of a ruleset, loaded after the commands of `setup`; undefined when it refuses it. */
export function ourViews(
  text: string,
  family: Family,
  tables: readonly string[],
  setup: readonly string[] = [],
): Views | undefined {
  const diagnostics = new Diagnostics();
  const tree = parseRuleset({ name: 'rules', text }, family, extensions, diagnostics, objectsAfter(setup));
  if (diagnostics.hasErrors) return undefined;
  const views = new Map<string, string>();
  for (const name of tables) {
    const table = tree.tables.find((one) => one.name === name)!;
    for (const { view, print } of VIEWS) views.set(`${name} ${view}`, latin1(print(table, family)!));
    views.set(`${name} save -c`, latin1(printTable(table, family, { counters: true })));
  }
  views.set(WHOLE, latin1(printRuleset(tree, { counters: true })));
  return views;
}

/** The tables that a ruleset's text names. */
export function tablesOf(text: string): string[] {
  return TABLE_NAMES.filter((name) => new RegExp(`^\\*${name}\\s*$`, 'm').test(text));
}

/** A file's text, as both ways of printing take it. */
export function readText(bytes: Uint8Array): string {
  return decodeSource('rules', bytes).text;
}

function latin1(text: string): string {
  return Buffer.from(encodeText(text)).toString('latin1');
}

/** The sample rulesets, each with what iptables prints of it in a file beside it, made by the kernel suite. */
export const SAMPLES = ['office.v4', 'office.v6', 'extensions.v4', 'extensions.v6'].map((name) => ({
  name,
  family: name.endsWith('4') ? (4 as const) : (6 as const),
  rules: new URL(`../listing/${name}.rules`, import.meta.url),
  printed: fileURLToPath(new URL(`../listing/${name}.txt`, import.meta.url)),
}));

/** What is kept of a sample: every view of the small ones, of the large ones with every extension those that extensions have a say in. */
export function transcript(name: string, views: Views): string {
  const kept = [...views].filter(([view]) => !name.startsWith('extensions') || /-L( -n)?$/.test(view));
  return kept.map(([view, text]) => `=== ${view}\n${readText(Buffer.from(text, 'latin1'))}`).join('\n');
}
