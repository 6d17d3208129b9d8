// iptables-save text in, ruleset tree out: lines, tables, chains. The words of a command are getopt.ts' business.
//
// What is accepted is what iptables-legacy-restore 1.8.9 accepts, and each thing it (or the kernel behind it) refuses is a
// diagnostic with its place. Reading goes on behind every problem, so that one run reports them all.
// Ref: iptables 1.8.9, iptables/iptables-restore.c:ip46tables_restore_main()

import { type Family, TABLE_NAMES, type TableName } from '../ir/ir.ts';
import { type Diagnostic, Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { carryOut, readCommand } from './apply.ts';
import { checkNames, checkTable } from './check.ts';
import type { Command } from './command.ts';
import { parseCounterPair } from './counters.ts';
import type { Argument, ExtensionRegistry } from './extension.ts';
import { splitWords } from './lexer.ts';
import { type Line, linesOf } from './lines.ts';
import type { SharedObjects } from './objects.ts';
import { createChain, createTable, flush, setPolicy, type TableDraft, tableTree } from './table-draft.ts';
import type { Counters, RulesetTree } from './tree.ts';

interface Reading {
  readonly source: Source;
  readonly family: Family;
  readonly registry: ExtensionRegistry;
  readonly diagnostics: Diagnostics;
  readonly tables: Map<TableName, TableDraft>;
  readonly objects: SharedObjects;
  /** The table whose lines are read; 'unknown' in one that does not exist. */
  table: TableDraft | 'unknown' | undefined;
  /** A line outside of any table was reported, and no table has begun since. */
  isOutsideReported: boolean;
  /** Only where tables are loaded onto others. */
  readonly loading?: Loading;
}

/** Where the tables of a restore file go, as the options of iptables-restore say. */
export interface Loading {
  /** Counters are taken from the file (`-c`); without it all are 0. */
  readonly counters: boolean;
  /** What the tables have stays (`-n`); a user chain that is declared is emptied. */
  readonly noflush: boolean;
  /** Gives the table to fill; undefined for one whose lines are passed over. */
  begin(name: TableName, span: Span): TableDraft | undefined;
  /** Checks a command against what is there besides rules. */
  check(command: Command, diagnostics: Diagnostics): void;
  /** Takes a table that was read to its COMMIT without a fault. */
  commit(table: TableDraft): void;
}

/**
 * Parses the text of `iptables-save` or `ip6tables-save`.
 *
 * Every problem goes to `diagnostics`, in the order of the text. With errors among them the tree holds what could be read: good
 * for a count of rules, not for lowering. `objects` is what rulesets loaded before have made; what this one makes is added.
 */
export function parseRuleset(
  source: Source,
  family: Family,
  registry: ExtensionRegistry,
  diagnostics: Diagnostics,
  objects: SharedObjects = new Map(),
): RulesetTree {
  const own = new Diagnostics();
  const reading: Reading = {
    source,
    family,
    registry,
    diagnostics: own,
    tables: new Map(),
    objects,
    table: undefined,
    isOutsideReported: false,
  };
  for (const line of linesOf(source, own)) readLine(reading, line);
  if (reading.table) finishUncommitted(reading, { source, start: source.text.length, end: source.text.length });
  // Stable: what was found later in the same place stays behind.
  own.list.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  diagnostics.append(own.list);
  return { source, family, tables: [...reading.tables.values()].map(tableTree) };
}

/** What stopped the loading of a restore file. */
export interface LoadFault {
  readonly fault: Diagnostic;
  /** It was found in the table as a whole, when COMMIT was read. */
  readonly isCommit: boolean;
  /** The last line read. */
  readonly span: Span;
}

/** Loads the tables of a restore file one after the other, up to the first line that is refused, as iptables-restore does. */
export function loadRuleset(
  source: Source,
  family: Family,
  registry: ExtensionRegistry,
  objects: SharedObjects,
  loading: Loading,
): LoadFault | undefined {
  const diagnostics = new Diagnostics();
  const common = { source, family, registry, diagnostics, objects, loading };
  const reading: Reading = { ...common, tables: new Map(), table: undefined, isOutsideReported: false };
  for (const line of linesOf(source, diagnostics)) {
    const { table } = reading;
    readLine(reading, line);
    // A name that is not there is not waited for.
    if (reading.table && reading.table !== 'unknown') checkNames({ ...reading, table: reading.table });
    if (!diagnostics.hasErrors) continue;
    const { fault } = faultOf(diagnostics);
    const isCommit = table !== undefined && reading.table === undefined && fault.code !== 'bad-commit';
    return { fault, isCommit, span: { source, start: line.start, end: line.end } };
  }
  const end = { source, start: source.text.length, end: source.text.length };
  if (reading.table) finishUncommitted(reading, end);
  return diagnostics.hasErrors ? { ...faultOf(diagnostics), isCommit: false, span: end } : undefined;
}

/** The error that stands first. */
function faultOf({ list }: Diagnostics): Pick<LoadFault, 'fault'> {
  const errors = list.filter(({ severity }) => severity === 'error');
  return { fault: errors.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))[0]! };
}

function readLine(reading: Reading, line: Line): void {
  const { source } = reading;
  const span: Span = { source, start: line.start, end: line.end };
  const first = source.text.charCodeAt(line.start);
  if (line.start === line.end || first === 35 /* # */) return;
  if (first === 42 /* * */) beginTable(reading, span);
  else if (!reading.table) reportOutside(reading, span);
  else readTableLine(reading, reading.table, line, span);
}

function readTableLine(reading: Reading, table: TableDraft | 'unknown', line: Line, span: Span): void {
  const { diagnostics } = reading;
  const { text } = reading.source;
  const first = text.charCodeAt(line.start);
  if (first === 45 /* - */ || first === 91 /* [ */) {
    if (table !== 'unknown') readCommandLine(reading, table, span);
    return;
  }
  const content = text.slice(line.start, line.end);
  if (content === 'COMMIT' || content.trim() === 'COMMIT') {
    checkCommit(line, content, span, diagnostics);
    commit(reading);
  } else if (content.trim() === '') {
    diagnostics.error('blank-line', 'the line holds blanks only: iptables-restore takes an empty line, but not this', span);
  } else if (table !== 'unknown') {
    if (content.startsWith(':')) readChain(reading, table, span);
    else readCommandLine(reading, table, span);
  }
}

function beginTable(reading: Reading, span: Span): void {
  const { diagnostics } = reading;
  if (reading.table) finishUncommitted(reading, span);
  reading.isOutsideReported = false;
  const [name] = fields(span, 1);
  if (!name) {
    diagnostics.error('unknown-table', `a table name must stand behind "*": ${TABLE_NAMES.join(', ')}`, span);
    reading.table = 'unknown';
    return;
  }
  const known = TABLE_NAMES.find((table) => table === name.text);
  if (!known) {
    const hint = didYouMean(name.text, TABLE_NAMES);
    diagnostics.error('unknown-table', `there is no table "${name.text}", only ${TABLE_NAMES.join(', ')}${hint}`, name.span);
    reading.table = 'unknown';
    return;
  }
  if (reading.loading) {
    reading.table = reading.loading.begin(known, span) ?? 'unknown';
    return;
  }
  const earlier = reading.tables.get(known);
  if (earlier) {
    const message = `the table ${known} is loaded a second time, which deletes the chains and rules it has`;
    diagnostics.warning('repeated-table', message, name.span, [{ message: 'first loaded here', span: earlier.span }]);
  }
  reading.table = createTable(known, span, earlier);
  reading.tables.set(known, reading.table);
}

function reportOutside(reading: Reading, span: Span): void {
  if (reading.isOutsideReported) return;
  reading.isOutsideReported = true;
  const message = 'expected a table (such as *filter), a comment (#) or an empty line';
  reading.diagnostics.error('outside-table', message, span);
}

function checkCommit(line: Line, content: string, span: Span, diagnostics: Diagnostics): void {
  if (content !== 'COMMIT') {
    diagnostics.error('bad-commit', 'COMMIT must stand alone on its line, without blanks', span);
  } else if (!line.isEnded) {
    diagnostics.error('bad-commit', 'the file must end with a line end: without it iptables-restore refuses this COMMIT', span);
  }
}

function commit(reading: Reading): void {
  const { table, family, registry, diagnostics, objects } = reading;
  if (table && table !== 'unknown') {
    checkTable({ table, family, registry, diagnostics, objects });
    if (!diagnostics.hasErrors) reading.loading?.commit(table);
  }
  reading.table = undefined;
}

/** Reports that a table ends without COMMIT: at `span`, where the next one or the end of the file stands. */
function finishUncommitted(reading: Reading, span: Span): void {
  const { table, diagnostics } = reading;
  if (table && table !== 'unknown') {
    const notes = [{ message: 'the table begins here', span: table.span }];
    diagnostics.error('missing-commit', `COMMIT of the table ${table.name} is missing`, span, notes);
  }
  commit(reading);
}

/** `:CHAIN POLICY [packets:bytes]` */
function readChain(reading: Reading, table: TableDraft, span: Span): void {
  const { diagnostics } = reading;
  const [name, policy, pair] = fields(span, 1);
  if (!name || !policy || policy.text.startsWith('[')) {
    const message = `expected ":CHAIN POLICY [packets:bytes]", where a user chain has "-" for its policy`;
    diagnostics.error('bad-chain-line', message, policy?.span ?? name?.span ?? span);
    // The chain is meant to be there: its rules should not be reported too.
    if (name && !table.chains.has(name.text)) createChain(table, name, diagnostics);
    return;
  }
  const there = table.chains.get(name.text);
  if (there && !there.isBase && reading.loading?.noflush) flush(table, name);
  else if (!there?.isBase) createChain(table, name, diagnostics);
  if (policy.text === '-') return;
  if (there && reading.loading) delete there.counters;
  setPolicy(table, name, policy, pair && readCounters(reading, pair), diagnostics);
}

function readCommandLine(reading: Reading, table: TableDraft, span: Span): void {
  const { source, family, registry, diagnostics } = reading;
  const { text } = source;
  let start = span.start;
  let counters: Counters | undefined;
  if (text.charCodeAt(start) === 91 /* [ */) {
    const bracket = text.indexOf(']', start);
    const end = bracket < 0 || bracket > span.end ? span.end : bracket + 1;
    const pair: Argument = { text: text.slice(start, end), span: { source, start, end } };
    if (!/^\[[^:\]]+:[^\]]+\]$/.test(pair.text)) {
      diagnostics.error('bad-counters', 'expected counters as [packets:bytes]', pair.span);
    } else {
      counters = readCounters(reading, pair);
    }
    start = end;
  }
  const words = splitWords(source, start, span.end, diagnostics);
  if (words.length === 0) {
    diagnostics.error('no-command', 'the line has no command such as -A', span);
    return;
  }
  const commandLine = { table, family, mode: 'restore' as const, registry, diagnostics, words, span, counters };
  const command = readCommand(commandLine);
  reading.loading?.check(command, diagnostics);
  carryOut(commandLine, command);
}

/** Reads `[packets:bytes]`. iptables-restore looks at the numbers only with -c, so what is none is not an error. */
function readCounters({ diagnostics, loading }: Reading, pair: Argument): Counters | undefined {
  if (loading && !loading.counters) return undefined;
  const found = /^\[(\d+):(\d+)\]$/.exec(pair.text);
  const counters = found ? parseCounterPair(found[1]!, found[2]!) : undefined;
  if (!counters) diagnostics.warning('bad-counters', `"${pair.text}" is no [packets:bytes]: taken as [0:0]`, pair.span);
  return counters;
}

/** The words of a line behind its first `skip` characters, split at blanks, without quotes. */
function fields(span: Span, skip: number): Argument[] {
  const { source, end } = span;
  const { text } = source;
  const found: Argument[] = [];
  for (let at = span.start + skip; at < end; ) {
    const start = at;
    while (at < end && text[at] !== ' ' && text[at] !== '\t') at++;
    if (at > start) found.push({ text: text.slice(start, at), span: { source, start, end: at } });
    else at++;
  }
  return found;
}
