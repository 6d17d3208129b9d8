// What a match or target extension must provide. One extension, one file in src/extensions, one line in its index.
//
// Options are declared, so that abbreviations, `!`, duplicates, exclusions and misspelt names are handled in one place
// (the parser) for all of them, as libxtables does.
//
// In a rule's life: `create` when -m or -j names the extension (or -p brings it); `set` for each option, in the order of the line;
// what the specs declare (mandatory, needs, excludes) at the end of the line; table, hooks, protocols and then `finish` when the
// table is read, for only then is it known which hooks lead to the rule; `save` and `lower` as often as wanted. An extension
// about which anything was reported is no part of the rule: it is not asked any further.

import type { Assumptions } from '../ir/assume.ts';
import type { Action, Family, Field, HookName, InterfaceUniverse, TableName, Test } from '../ir/ir.ts';
import type { KernelSettings } from '../ir/kernel.ts';
import type { LogEntry } from '../ir/log.ts';
import type { Fingerprint } from '../ir/osf.ts';
import type { SetPlace, SetUse, StateRequest } from '../ir/state.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import type { RuleTree } from './tree.ts';

/** A word of a line: its text without quotes and escapes, and its place with them. */
export interface Argument {
  readonly text: string;
  readonly span: Span;
}

/**
 * Gives a piece of an argument with its own place, for carets under one port of a list. Where quotes or escapes make the written
 * form differ from the text, the place is the whole argument's.
 */
export function part(argument: Argument, from: number, to: number): Argument {
  const { text, span } = argument;
  const exact = span.end - span.start === text.length;
  const place = exact ? { source: span.source, start: span.start + from, end: span.start + Math.max(to, from) } : span;
  return { text: text.slice(from, to), span: place };
}

export interface OptionContext {
  readonly family: Family;
  readonly diagnostics: Diagnostics;
  /** The option as it was written (`--dport`, or an abbreviation), and its place. */
  readonly option: Argument;
  /** A `!` stands before it; never for options that are not invertible. */
  readonly invert: boolean;
  /** The rule's `-p`, if it stands before the option. */
  readonly protocol?: { readonly value: number; readonly invert: boolean };
}

export interface OptionSpec<Options> {
  /** Long name without dashes. */
  readonly name: string;
  /** Other long names for the same option (`sport` / `source-port`). */
  readonly aliases?: readonly string[];
  /**
   * Whether a value follows. 'required' takes the next word whatever it looks like (as getopt does), or what stands behind `=`;
   * 'optional' takes the next word unless it starts with `-` or `!`; a number = that many words, of which only the first may look
   * like an option.
   */
  readonly argument: 'none' | 'required' | 'optional' | number;
  /** `!` may stand before it. */
  readonly invertible?: boolean;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  /** Must be given. */
  readonly mandatory?: boolean;
  /** Names of options of the same extension that it cannot stand with. */
  readonly excludes?: readonly string[];
  /** Names of options of the same extension that must be given beside it. */
  readonly needs?: readonly string[];
  /**
   * Stores the value. `values` has as many words as `argument` says ('optional': none or one). A bad one is reported through
   * `context.diagnostics`, with the place of the word or of a `part` of it; what is stored then does not matter.
   */
  set(options: Options, values: readonly Argument[], context: OptionContext): void;
}

/** Where a rule stands and what it consists of besides, for `finish`. */
export interface RuleContext {
  readonly family: Family;
  readonly table: TableName;
  /**
   * The hooks this rule can be reached from (its base chain's, or those whose chains lead to its user chain). Empty where nothing
   * leads to it: there the kernel asks no questions about hooks.
   */
  readonly hooks: ReadonlySet<HookName>;
  readonly protocol?: { readonly value: number; readonly invert: boolean };
  /** The rule itself, for what depends on its addresses, interfaces or other matches. */
  readonly rule: RuleTree;
  readonly diagnostics: Diagnostics;
  /** The extension's name in the line. */
  readonly span: Span;
}

export interface LowerContext {
  readonly family: Family;
  /** Takes room for what is kept from packet to packet; gives its offset in the state region, for the operands. */
  state(request: StateRequest): number;
  /** Gives an IP set its place in that region. Where there is none of that name, that is reported, and undefined given. */
  set(name: string): SetPlace | undefined;
  /** Says what of the match or target will not be as in the kernel. */
  warn(message: string): void;
  /** The action that writes a line to the log; where no log is kept it only counts. */
  log(entry: LogEntry): Action;
  /** What a rule before asked for under a key. */
  findState(key: string): StateRequest | undefined;
  readonly table: TableName;
  readonly interfaces: InterfaceUniverse;
  readonly kernel: KernelSettings;
  /** A log is kept. */
  readonly logs: boolean;
  /** The operating systems' fingerprints that the kernel has been given. */
  readonly fingerprints: readonly Fingerprint[];
  /** Groups of interfaces, by name; 0 for those that are not there. */
  readonly groups: ReadonlyMap<string, number>;
  /** What a capture cannot tell. */
  readonly assume: Assumptions;
  readonly protocol?: { readonly value: number; readonly invert: boolean } | undefined;
  /** Reports that the kernel refuses the rule because of others that stand before it, or of what it does not have. */
  refuse(code: string, message: string, span?: Span): void;
}

export interface PrintContext {
  readonly family: Family;
  /** Numeric output (`-n`, and always in `-S` / `save`). */
  readonly numeric: boolean;
  /** The rule's `-p`, with or without `!` before it; 0 where there is none. */
  readonly protocol: number;
}

/** Something in the kernel that rules share by its name, whatever table or family they stand in. */
export interface SharedObject {
  /** What people call it. */
  readonly kind: string;
  readonly name: string;
  /** What a rule that makes it says of it, which must be what the rule said that made it first. Absent where a rule only asks for it. */
  readonly made?: string;
}

interface ExtensionBase<Options> {
  readonly name: string;
  readonly families: readonly Family[];
  /** Names that load this extension and print as it (`-m state` stays `state`). */
  readonly aliases?: readonly string[];
  /** Tables it may stand in; all when absent. */
  readonly tables?: readonly TableName[];
  /** Hooks it may be reached from; all when absent. */
  readonly hooks?: readonly HookName[];
  /** `-p` must be one of these (protocol numbers), not inverted. */
  readonly protocols?: readonly number[];
  /** The kernel tracks connections as soon as a rule has it (with these options). */
  readonly usesConntrack?: boolean | ((options: Options) => boolean);
  /** The kernel puts fragments together before PREROUTING and OUTPUT as soon as a rule has it, also without tracking connections. */
  readonly defragments?: boolean;
  /** A rule with it makes the kernel count packets and bytes of every connection. */
  readonly countsConnections?: boolean;
  readonly options: readonly OptionSpec<Options>[];
  /** Fresh options before any is set. */
  create(family: Family): Options;
  /** What the rule shares with others. A rule can ask only for what a rule above has made. */
  objects?(options: Options): SharedObject[];
  /** IP sets that the rule names, and what it does with them. */
  sets?(options: Options): readonly SetUse[];
  /** Checks the options together and against the rule's place, once the table is read; may fill in what no option gave. */
  finish?(options: Options, context: RuleContext): void;
  /** The words `iptables-save` prints for it behind `-m name` / `-j NAME`, already quoted; [] when there are none. */
  save(options: Options, context: PrintContext): string[];
  /**
   * What `iptables -L` appends to the rule for it, with its own blanks, which mostly stand in front. Absent where the library has no such
   * function: then a match is listed by its bare name, a target not at all.
   */
  print?(options: Options, context: PrintContext): string;
}

export interface MatchExtension<Options = any> extends ExtensionBase<Options> {
  readonly kind: 'match';
  /**
   * The tests it comes to, in the order the kernel asks; [] = always holds. Undefined, or no `lower` at all: it is read, checked and
   * printed, but cannot be evaluated yet (with these options), so that a ruleset that has it is refused where packets are to be judged.
   */
  lower?(options: Options, context: LowerContext): Test[] | undefined;
}

export interface TargetExtension<Options = any> extends ExtensionBase<Options> {
  readonly kind: 'target';
  /** What it does. Undefined, or no `lower` at all: it cannot be evaluated yet, as for a match. */
  lower?(options: Options, context: LowerContext): Action | undefined;
  /** Fields it may change; for reports. */
  readonly changes?: readonly Field[];
  /** Names of interfaces that it refers to. */
  interfaces?(options: Options): readonly string[];
  /** The name in the target column of `iptables -L`, where the kernel knows the target by another one. */
  readonly listedAs?: string;
}

export type Extension = MatchExtension | TargetExtension;

/** Extensions by name, for one family. What `ruleset/` sees of `extensions/`. */
export interface ExtensionRegistry {
  match(name: string, family: Family): MatchExtension | undefined;
  target(name: string, family: Family): TargetExtension | undefined;
  /** All names of a kind, for suggestions. */
  names(kind: 'match' | 'target', family: Family): readonly string[];
  /** Whether iptables has an extension of that name, be it here or not: "not supported yet" against "no such extension". */
  isKnown(kind: 'match' | 'target', name: string, family: Family): boolean;
}
