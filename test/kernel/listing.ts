// A ruleset as the live tools print it in a network namespace of its own, and as Hookline does.
//
// In the namespace no host and no network has a name, for Hookline does not ask for these, and the accounts are those that every Debian
// system has.

import { spawnSync } from 'node:child_process';
import { extensions } from '../../src/extensions/index.ts';
import { type Family, TABLE_NAMES } from '../../src/ir/ir.ts';
import { listTable } from '../../src/ruleset/list.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset, printTable } from '../../src/ruleset/print.ts';
import { specifyTable } from '../../src/ruleset/specification.ts';
import type { TableTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { decodeSource, encodeText } from '../../src/text/source.ts';

/** What is asked of each table: the tool's words, and the same of Hookline. */
const VIEWS: readonly (readonly [string, (table: TableTree, family: Family) => string | undefined])[] = [
  ['-L', (table, family) => listTable(table, family)],
  ['-L -n', (table, family) => listTable(table, family, { numeric: true })],
  ['-L -v', (table, family) => listTable(table, family, { verbose: true })],
  [
    '-L -n -v -x --line-numbers',
    (table, family) => listTable(table, family, { numeric: true, verbose: true, exact: true, lineNumbers: true }),
  ],
  ['-S', (table, family) => specifyTable(table, family)],
  ['-S -v', (table, family) => specifyTable(table, family, { verbose: true })],
];

/** Texts by what was asked for: `filter -L -n`, `save -c`. Bytes are kept as Latin-1 characters. */
export type Views = ReadonlyMap<string, string>;

const NAMES = [
  'mount --bind /dev/null /etc/hosts',
  'mount --bind /dev/null /etc/networks',
  ...['passwd', 'group'].map((file) => `mount --bind /usr/share/base-passwd/${file}.master /etc/${file}`),
];

function toolOf(family: Family): string {
  return family === 4 ? 'iptables-legacy' : 'ip6tables-legacy';
}

/** The tables that `iptables-save` prints when none is named; among them those that the setup has loaded. */
const WHOLE = 'save -c';

function inNamespace(script: string, input = '') {
  const options = { input: encodeText(input), maxBuffer: 1 << 28, encoding: 'latin1' } as const;
  return spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], options);
}

/** Loads a ruleset with its counters and gives what the tools print; undefined when they refuse it. `setup` goes before. */
export function liveViews(
  text: string,
  family: Family,
  tables: readonly string[],
  setup: readonly string[] = [],
): Views | undefined {
  const tool = toolOf(family);
  const mark = (title: string): string => `printf '\\n\\001%s\\n' '${title}'`;
  const commands = tables.flatMap((table) => [
    ...VIEWS.map(([view]) => `${mark(`${table} ${view}`)}; ${tool} -t ${table} ${view}`),
    `${mark(`${table} save -c`)}; ${tool}-save -c -t ${table}`,
  ]);
  const script = [
    ...NAMES,
    ...setup.map((command) => `{ ${command}; }`),
    `{ ${tool}-restore -c 2>/dev/null || exit 9; }`,
    `{ ${commands.join('; ')}; ${mark(WHOLE)}; ${tool}-save -c; }`,
  ].join(' && ');
  const ran = inNamespace(script, text);
  if (ran.status === 9) return undefined;
  if (ran.status !== 0) throw new Error(`${script}\n${ran.stderr}`);
  const parts = ran.stdout.split('\n\x01').slice(1);
  const views = parts.map((part): [string, string] => {
    const end = part.indexOf('\n');
    return [part.slice(0, end), withoutComments(part.slice(end + 1))];
  });
  return new Map(views.filter(([view]) => view !== WHOLE || setup.length === 0));
}

/**
 * What `iptables -v -A` says of a rule, which it prints before it asks the kernel: the end of the line, where matches and target stand.
 * For rules that this machine's kernel does not take. Undefined when the tool itself refuses it.
 */
export function liveDescription(rule: string, family: Family, table: string): string | undefined {
  const script = [...NAMES, `${toolOf(family)} -t ${table} -v -A ${rule}`].join(' && ');
  return / {2}-> \S+ {2}(.*)$/m.exec(inNamespace(script).stdout)?.[1];
}

/** What Hookline prints of the same; undefined when it refuses it. */
export function ourViews(text: string, family: Family, tables: readonly string[]): Views | undefined {
  const diagnostics = new Diagnostics();
  const tree = parseRuleset({ name: 'rules', text }, family, extensions, diagnostics);
  if (diagnostics.hasErrors) return undefined;
  const views = new Map<string, string>();
  for (const name of tables) {
    const table = tree.tables.find((one) => one.name === name)!;
    for (const [view, print] of VIEWS) views.set(`${name} ${view}`, latin1(print(table, family)!));
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

/** iptables-save says at the beginning and at the end of each table when it was asked. */
function withoutComments(text: string): string {
  return text.replace(/^# .*\n/gm, '');
}

/** The lines that differ, with what they are of. */
export function differences(live: Views, ours: Views): string[] {
  return [...live].flatMap(([view, text]) => {
    const mine = ours.get(view) ?? '';
    if (mine === text) return [];
    const [left, right] = [text.split('\n'), mine.split('\n')];
    const count = Math.max(left.length, right.length);
    const at = Array.from({ length: count }, (_, i) => i).filter((i) => left[i] !== right[i]);
    return at.slice(0, 20).map((i) => `${view}\n  live ${JSON.stringify(left[i])}\n  ours ${JSON.stringify(right[i])}`);
  });
}
