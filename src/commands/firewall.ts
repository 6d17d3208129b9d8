// The rulesets of a machine as `iptables` and `ip6tables` commands change them, one command after the other.
//
// Comes in: the words of a command, already split. Goes out: tables, what the command is refused with, and diagnostics. A command
// does what it says or nothing at all: the tool reads a table, changes it and gives it back to the kernel whole, and the kernel
// takes all of it or none. Knows nothing of shells or files.
// Ref: iptables 1.8.9, iptables/iptables-standalone.c:iptables_main(), iptables/iptables.c:do_command4()

import type { IpsetCollection } from '../ipset/collection.ts';
import { type Family, TABLE_NAMES, type TableName } from '../ir/ir.ts';
import { buildRules, type CommandLine, carryOut, readCommand } from '../ruleset/apply.ts';
import { type CheckContext, checkChain, checkNames } from '../ruleset/check.ts';
import type { Action, Command } from '../ruleset/command.ts';
import type { Argument, ExtensionRegistry } from '../ruleset/extension.ts';
import type { Word } from '../ruleset/lexer.ts';
import { objectsOf, type SharedObjects } from '../ruleset/objects.ts';
import { type LoadFault, loadRuleset } from '../ruleset/parser.ts';
import { endsPassage, type Reach, reachTable } from '../ruleset/reach.ts';
import { setUses } from '../ruleset/sets.ts';
import { type ChainDraft, copyTable, createTable, type TableDraft, tableTree } from '../ruleset/table-draft.ts';
import type { RulesetTree, RuleTree, TableTree } from '../ruleset/tree.ts';
import { type Diagnostic, Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { kernelRefusal, misuse, noTable, type Refusal } from './refusal.ts';

interface TableState {
  readonly draft: TableDraft;
  /** What the kernel found when it was given the table last. */
  reach: Reach;
}

/** What is on the machine besides the rules at hand. */
export interface Surroundings {
  /** What other rules share by name. */
  readonly objects: SharedObjects;
  /** IP sets; undefined where it is not known which there are. */
  sets?: IpsetCollection;
}

export interface Firewall {
  readonly registry: ExtensionRegistry;
  /** Tables that were asked for, in that order. */
  readonly tables: Readonly<Record<Family, Map<TableName, TableState>>>;
  /** What rules share by name. */
  objects: SharedObjects;
  /** The part of it that rules of other rulesets made. */
  readonly given: SharedObjects;
  /** IP sets; undefined where it is not known which there are. */
  sets?: IpsetCollection;
  /** They are given, and not to be changed. */
  readonly hasGivenSets: boolean;
}

export interface CommandInput {
  readonly family: Family;
  readonly words: readonly Word[];
  /** The whole command. */
  readonly span: Span;
}

export interface Outcome {
  /** What the words ask for, as far as they could be read. */
  readonly command: Command;
  /** How the tool refuses the command; undefined when it carried it out. */
  readonly refusal: Refusal | undefined;
}

export function createFirewall(registry: ExtensionRegistry, { objects, sets }: Surroundings = { objects: new Map() }): Firewall {
  return {
    registry,
    tables: { 4: new Map(), 6: new Map() },
    objects,
    given: objects,
    ...(sets ? { sets } : {}),
    hasGivenSets: sets !== undefined,
  };
}

/**
 * Carries out a command, reporting why where it is refused. `before` sees a command that was read, the table as it is before
 * anything is done to it, and the rules that it is about.
 */
export function runCommand(
  firewall: Firewall,
  input: CommandInput,
  diagnostics: Diagnostics,
  before?: (table: TableDraft, command: Command, rules: () => readonly RuleTree[]) => void,
): Outcome {
  const own = new Diagnostics();
  const name = tableOf(firewall, input);
  const known = TABLE_NAMES.find((table) => table === name.text);
  const state = (known && firewall.tables[input.family].get(known)) ?? newTable(known ?? 'filter', input.span);
  const line = lineOf(firewall, input, state.draft, own);
  const command = readCommand(line);
  if (firewall.sets && !command.skipped) checkSets(command, firewall.sets, own);
  if (!command.action && !command.skipped && !own.hasErrors) {
    own.error('no-command', 'the line has no command such as -A', input.span);
  }
  let refusal: Refusal | undefined;
  if (!own.hasErrors && !known) {
    const hint = didYouMean(name.text, TABLE_NAMES);
    own.error('unknown-table', `there is no table "${name.text}", only ${TABLE_NAMES.join(', ')}${hint}`, name.span);
    refusal = noTable(name.text, input.family);
  } else if (known && !own.hasErrors && !command.skipped) {
    firewall.tables[input.family].set(known, state);
    before?.(state.draft, command, () => buildRules(line, command));
    act(firewall, line, command, state);
  }
  const faults = own.list.filter(({ severity }) => severity === 'error');
  if (faults.length > 0) refusal ??= refusalOf(faults, command, input.family);
  diagnostics.append(own.list.map((found) => explained(found, command, input)));
  return { command, refusal };
}

export interface RestoreOptions {
  readonly counters: boolean;
  readonly noflush: boolean;
  /** Nothing is given to the kernel (`-t`). */
  readonly isTest: boolean;
  /** The only table that is loaded (`-T`). */
  readonly only?: string;
}

/** Loads a restore file, table by table, up to what is refused. */
export function restoreRules(firewall: Firewall, family: Family, source: Source, options: RestoreOptions): LoadFault | undefined {
  const tables = firewall.tables[family];
  return loadRuleset(source, family, firewall.registry, new Map(firewall.objects), {
    ...options,
    begin(name, span) {
      if (options.only !== undefined && options.only !== name) return undefined;
      const state = tables.get(name) ?? newTable(name, span);
      tables.set(name, state);
      return options.noflush ? copyTable(state.draft) : createTable(name, span, state.draft);
    },
    check(command, diagnostics) {
      if (firewall.sets) checkSets(command, firewall.sets, diagnostics);
    },
    commit(draft) {
      if (options.isTest) return;
      tables.set(draft.name, { draft, reach: reachTable(draft, new Diagnostics()) });
      firewall.objects = objectsLeft(firewall);
    },
  });
}

/** The rulesets as they stand; a family that no command was about has none. */
export function rulesetTree({ tables }: Firewall, family: Family, source: Source): RulesetTree | undefined {
  const states = [...tables[family].values()];
  return states.length === 0 ? undefined : { source, family, tables: states.map(({ draft }) => tableTree(draft)) };
}

function newTable(name: TableName, span: Span): TableState {
  const draft = createTable(name, span, undefined);
  return { draft, reach: reachTable(draft, new Diagnostics()) };
}

function lineOf({ registry }: Firewall, input: CommandInput, table: TableDraft, diagnostics: Diagnostics): CommandLine {
  return { ...input, table, registry, diagnostics, mode: 'command', counters: undefined };
}

/** The table that `-t` names, which may stand behind what depends on it: where it does not stand first the words are read for it. */
function tableOf(firewall: Firewall, input: CommandInput): Argument {
  const { words, span } = input;
  const filter: Argument = { text: 'filter', span };
  const others = words.filter(({ text }) => /^-(-t|[^-]*t)/.test(text));
  if (others.length === 0) return filter;
  if (others.length === 1 && words[0]?.text === '-t' && words[1]) return words[1];
  const command = readCommand(lineOf(firewall, input, newTable('filter', span).draft, new Diagnostics()));
  return command.table ?? filter;
}

/** Reports IP sets that are not there, or not for this family. Ref: iptables libxt_set.h:get_set_byname() */
function checkSets({ matches, jump, context: { family } }: Command, sets: IpsetCollection, diagnostics: Diagnostics): void {
  for (const { extension, options, span } of [...matches, ...(jump?.kind === 'extension' ? [jump.instance] : [])]) {
    for (const { name } of extension.sets?.(options) ?? []) {
      const set = sets.find(name);
      const setFamily = set?.settings.family;
      if (!set) {
        diagnostics.error('unknown-set', `there is no IP set "${name}" here${didYouMean(name, sets.names())}`, span);
      } else if (setFamily && setFamily !== family) {
        diagnostics.error('wrong-family', `the IP set "${name}" is for IPv${setFamily}, this rule is for IPv${family}`, span);
      }
    }
  }
}

/** Whether a rule refers to an IP set. */
export function isSetUsed(firewall: Firewall, name: string): boolean {
  return setUses(drafts(firewall)).some((use) => use.name === name);
}

/** Changes the table; puts it back as it was when anything is reported. */
function act(firewall: Firewall, line: CommandLine, command: Command, state: TableState): void {
  const { table, diagnostics } = line;
  const undo = undoOf(table, command.action!);
  const context: CheckContext = { ...line, objects: new Map(firewall.objects) };
  carryOut(line, command);
  checkNames(context);
  table.missing.clear();
  table.unresolved.length = 0;
  const reach = diagnostics.hasErrors ? state.reach : commit(context, line.span, command.action!, state.reach);
  if (diagnostics.hasErrors) {
    undo();
  } else {
    state.reach = reach;
    // What the last rule that names it leaves is gone.
    const isLess = context.objects.size > 0 && 'RDF'.includes(command.action!.letter);
    firewall.objects = isLess ? objectsLeft(firewall) : context.objects;
  }
}

function objectsLeft(firewall: Firewall): SharedObjects {
  return new Map([...firewall.given, ...objectsOf(drafts(firewall))]);
}

function drafts({ tables }: Firewall): { readonly tables: TableTree[] }[] {
  return ([4, 6] as const).map((family) => ({ tables: [...tables[family].values()].map(({ draft }) => tableTree(draft)) }));
}

/** What a command may change, as it is now: gives the function that brings it back. */
function undoOf(table: TableDraft, { letter, operands: [name] }: Action): () => void {
  const chain = name && table.chains.get(name.text);
  if (letter === 'X') {
    const chains = [...table.chains];
    return () => {
      table.chains.clear();
      for (const [name, chain] of chains) table.chains.set(name, chain);
    };
  }
  if (letter === 'A' && chain) {
    const { length } = chain.rules;
    return () => {
      chain.rules.length = length;
    };
  }
  const copies = letter === 'I' || letter === 'R' || letter === 'D';
  const touched = chain ? [chain] : letter === 'F' ? [...table.chains.values()] : [];
  const kept = touched.map((chain) => [chain, copies ? chain.rules.slice() : chain.rules] as const);
  return () => {
    for (const [chain, rules] of kept) chain.rules = rules;
  };
}

/** Checks what the kernel checks when it is given the table, as far as the command can have changed it. */
function commit(context: CheckContext, span: Span, { letter, operands: [name] }: Action, before: Reach): Reach {
  const { table, diagnostics } = context;
  const chain = name && table.chains.get(name.text);
  if (letter === 'A' && chain) {
    const from = firstOf(chain, span);
    if (!chain.rules.slice(from).some(leadsOn)) {
      checkChain(context, chain, before, from);
      return before;
    }
  }
  if (!'AIRDFXE'.includes(letter)) return before;
  const reach = reachTable(table, diagnostics);
  for (const other of table.chains.values()) {
    if (reach.key(other.name) !== before.key(other.name)) checkChain(context, other, reach);
    else if (other === chain) checkChain(context, other, reach, 0, span);
  }
  return reach;
}

/** The index of the first of the rules at the end of a chain that one line brought. */
function firstOf({ rules }: ChainDraft, span: Span): number {
  let from = rules.length;
  while (from > 0 && rules[from - 1]!.span === span) from--;
  return from;
}

/** The rule changes which rules can be reached. */
function leadsOn(rule: RuleTree): boolean {
  return rule.target?.kind === 'chain' || endsPassage(rule);
}

/** What reading found comes before what libiptc found, and the tool stops at the first; libiptc goes on, and the last one stays. */
function refusalOf(faults: readonly Diagnostic[], command: Command, family: Family): Refusal {
  const refusals = faults.map((fault) => kernelRefusal(fault, command, family));
  const misread = refusals.indexOf(undefined);
  return misread < 0 ? refusals.at(-1)! : misuse(faults[misread]!, family);
}

/** A diagnostic with what the tool says to it, at the command that is refused, for what is wrong may stand in one before. */
function explained(found: Diagnostic, command: Command, { family, span }: CommandInput): Diagnostic {
  const refusal = found.severity === 'error' ? kernelRefusal(found, command, family) : undefined;
  const notes = [...(found.notes ?? []), ...(refusal ? [{ message: refusal.text.trimEnd() }] : [])];
  const isHere = found.span && found.span.source === span.source && found.span.start >= span.start && found.span.end <= span.end;
  if (isHere || !found.span) return { ...found, ...(notes.length > 0 ? { notes } : {}) };
  const place = { message: 'this is what the command would bring about here', span: found.span };
  return { ...found, span: command.action?.word.span ?? span, notes: [place, ...notes] };
}
