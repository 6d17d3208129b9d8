// One command of a restore file, or of the tool itself (`-A INPUT -p tcp --dport 22 -j ACCEPT`), while it is read, and what its
// meaning depends on.

import type { Family, TableName } from '../ir/ir.ts';
import type { Diagnostics, Note } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import type { Argument, Extension, ExtensionRegistry } from './extension.ts';
import type { MatchInstance, TargetInstance } from './instance.ts';
import type { Word } from './lexer.ts';
import type { AddressMask, Counters, Invertible } from './tree.ts';

/** Longest name of a chain or an extension. Ref: include/uapi/linux/netfilter/x_tables.h:XT_EXTENSION_MAXNAMELEN */
export const NAME_BYTES_MAX = 28;

/** What a command's meaning depends on besides its words. */
export interface CommandContext {
  /** `restore`: a line of a restore file; `command`: the arguments of iptables or ip6tables. */
  readonly mode: 'restore' | 'command';
  readonly family: Family;
  readonly table: TableName;
  readonly registry: ExtensionRegistry;
  readonly diagnostics: Diagnostics;
  /** The chain of a name, if it is there at this line: a base chain, or a user chain declared above. */
  chain(name: string): { readonly name: string; readonly isBase: boolean } | undefined;
}

/** What -j or -g says. */
export type Jump =
  | { readonly kind: 'chain'; readonly jump: 'jump' | 'goto'; readonly chain: string; readonly span: Span }
  | { readonly kind: 'standard'; readonly verdict: 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE'; readonly span: Span }
  | { readonly kind: 'extension'; readonly instance: TargetInstance }
  /** Neither chain nor target, so far: reported once the table is read, when a chain declared too late is known. */
  | { readonly kind: 'unresolved'; readonly jump: 'jump' | 'goto'; readonly name: string; readonly span: Span };

/** What the line asks for. */
export interface Action {
  /** The letter of the command (`A`, `I` …). */
  readonly letter: string;
  readonly word: Argument;
  /** Chain, and a number or name behind it. */
  readonly operands: readonly Argument[];
  /** `-Z` stands beside `-L` or `-S`. */
  readonly zero: boolean;
}

/** The command as read so far. */
export interface Command {
  readonly context: CommandContext;
  readonly words: readonly Word[];
  /** Errors reported before this line. */
  readonly errorsBefore: number;
  /** Index of the next word to read. */
  at: number;
  /** The `!` that waits for its option. */
  bang: Word | undefined;
  action?: Action;
  /** `-t`: only in a command of the tool. The line was read for the context's table, whatever this says. */
  table?: Argument;
  /** `-w` is given. */
  waits: boolean;
  /** `-W`. */
  interval?: Argument;
  /** Generic options met, by letter. */
  readonly given: Map<string, Span>;
  /** Extensions whose options can stand here, the one loaded last first. */
  readonly loaded: Extension[];
  readonly matches: MatchInstance[];
  jump?: Jump;
  sources?: Invertible<readonly AddressMask[]>;
  destinations?: Invertible<readonly AddressMask[]>;
  inInterface?: Invertible<string>;
  outInterface?: Invertible<string>;
  protocol?: Invertible<number>;
  /** As written, in small letters: what its match is called. */
  protocolText?: string;
  /** `-p` has loaded its match for an option. */
  protocolUsed: boolean;
  fragment?: { readonly invert: boolean };
  counters?: Counters;
  /** -4 or -6 said that the line is for the other family, or -h or -V that nothing else is to be done. */
  skipped: boolean;
  /** An extension could not be loaded, so that what follows may be its options. */
  opaque: boolean;
}

/** Begins a command. */
export function createCommand(context: CommandContext, words: readonly Word[]): Command {
  return {
    context,
    words,
    errorsBefore: context.diagnostics.errorCount,
    at: 0,
    bang: undefined,
    given: new Map(),
    loaded: [],
    matches: [],
    waits: false,
    protocolUsed: false,
    skipped: false,
    opaque: false,
  };
}

export function fail(command: Command, code: string, message: string, span: Span, notes?: readonly Note[]): void {
  command.context.diagnostics.error(code, message, span, notes);
}

/** The name a match goes by. Ref: libxtables/xtables.c:xtables_find_match() */
export function matchName(name: string): string {
  return name === 'icmpv6' || name === 'ipv6-icmp' ? 'icmp6' : name;
}

export function addMatch(command: Command, instance: MatchInstance): void {
  command.matches.push(instance);
  addLoaded(command, instance.extension);
}

/** A second `-m` of the same match does not move its options to the front. Ref: iptables/xshared.c:command_match() */
export function addLoaded(command: Command, extension: Extension): void {
  if (!command.loaded.includes(extension)) command.loaded.unshift(extension);
}

/** Takes up to `count` of the next words that look like neither an option nor a negation. Ref: iptables/xshared.c:xs_has_arg() */
export function takePlain(command: Command, count: number): Argument[] {
  const values: Argument[] = [];
  while (values.length < count) {
    const word = command.words[command.at];
    if (!word || word.text.startsWith('-') || word.text.startsWith('!')) break;
    values.push(word);
    command.at++;
  }
  return values;
}
