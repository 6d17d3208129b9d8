// Reads the words of one command as getopt_long() and iptables' do_parse() read them: in order, so that what an option means
// depends only on what stands before it. Every problem is reported and reading goes on, so that one run shows them all.
//
// Ref: iptables 1.8.9, iptables/xshared.c:do_parse(), command_default()

import type { Family } from '../ir/ir.ts';
import { protocolName } from '../net/protocol.ts';
import { didYouMean } from '../text/suggest.ts';
import { addMatch, type Command, type CommandContext, createCommand, fail, matchName, takePlain } from './command.ts';
import type { Argument, Extension, ExtensionRegistry } from './extension.ts';
import { applyBaseOption, finishCommand } from './generic.ts';
import { createInstance, type GivenOption, type Instance, setFaulty, setOption } from './instance.ts';
import type { Word } from './lexer.ts';
import { hasOption, longNames, longOption, longOptions, type Option, shortOption } from './options.ts';

/** Reads a command. Reports into the context; the result of a faulty one holds what could be read. */
export function parseCommand(context: CommandContext, words: readonly Word[]): Command {
  const command = createCommand(context, words);
  while (command.at < words.length && !command.skipped) step(command);
  if (!command.skipped) finishCommand(command);
  return command;
}

function step(command: Command): void {
  const word = command.words[command.at++]!;
  const { text } = word;
  if (text === '!') {
    if (command.bang) fail(command, 'double-negation', 'two "!" in a row', word.span);
    command.bang = word;
    return;
  }
  if (text === '--') endOptions(command);
  else if (text.startsWith('--')) readLong(command, word);
  else if (text.startsWith('-') && text.length > 1) readShort(command, word);
  else unexpected(command, word);
  command.bang = undefined;
}

/** Behind `--` getopt sees no options, and a command has nothing but options. */
function endOptions(command: Command): void {
  const word = command.words[command.at];
  command.at = command.words.length;
  if (word) unexpected(command, word);
}

function unexpected(command: Command, word: Word): void {
  if (command.opaque) return;
  const hint = word.text.startsWith('#') ? ': a comment must begin in the first column of its line' : '';
  fail(command, 'unexpected-word', `expected an option, found "${word.text}"${hint}`, word.span);
  // What follows up to the next option belongs to the same mistake.
  skipValues(command);
}

function readShort(command: Command, word: Word): void {
  for (let i = 1; i < word.text.length; i++) {
    const letter = word.text[i]!;
    const option = shortOption(letter);
    const place = { source: word.span.source, start: word.span.start + i, end: word.span.start + i + 1 };
    const written: Argument = { text: `-${letter}`, span: word.text.length === 2 ? word.span : place };
    if (!option) {
      if (!command.opaque) reportUnknown(command, word.text.length === 2 ? word : written, word.text.slice(1));
      return;
    }
    const rest = word.text.slice(i + 1);
    const attached = option.argument === 'none' || rest === '' ? undefined : { text: rest, span: word.span };
    apply(command, option, written, attached);
    // Behind -4 or -6 for the other family nothing is read any more, not even the rest of the word.
    if (attached || command.skipped) return;
  }
}

function readLong(command: Command, word: Word): void {
  const equals = word.text.indexOf('=');
  const name = word.text.slice(2, equals < 0 ? undefined : equals);
  const written: Argument = equals < 0 ? word : { text: `--${name}`, span: word.span };
  const attached = equals < 0 ? undefined : { text: word.text.slice(equals + 1), span: word.span };
  let found = longOption(name, command.loaded);
  if (found.kind !== 'option' && loadProtocolMatch(command, written, name)) found = longOption(name, command.loaded);
  // Behind an extension that could not be loaded, a beginning of a name may be the whole name of one of its options.
  if (command.opaque && (found.kind !== 'option' || !found.isExact)) skipValues(command);
  else if (found.kind === 'option') apply(command, found.option, written, attached);
  else if (found.kind === 'unknown') reportUnknown(command, written, name);
  else {
    const names = found.names.map((n) => `--${n}`).join(', ');
    fail(command, 'ambiguous-option', `${written.text} can be ${names}`, written.span);
    skipValues(command);
  }
}

/** Loads the match of `-p` when an option is met that nothing loaded so far knows. Ref: iptables/xshared.c:should_load_proto() */
function loadProtocolMatch(command: Command, option: Argument, optionName: string): boolean {
  const { protocol, protocolText, context } = command;
  if (!protocol || protocolText === undefined || command.protocolUsed) return false;
  const name = /^\d/.test(protocolText) ? protocolName(protocol.value) : protocolText;
  if (name === undefined) return false;
  const known = matchName(name);
  const extension = context.registry.match(known, context.family);
  if (command.opaque && !(extension && hasOption(extension, optionName))) return false;
  command.protocolUsed = true;
  if (extension) {
    addMatch(command, createInstance(extension, context.family, option.span));
  } else if (context.registry.isKnown('match', known, context.family)) {
    const message = `${option.text} may be an option of the match "${known}" that -p ${protocolText} brings, which is not supported yet`;
    fail(command, 'unsupported-extension', message, option.span);
    command.opaque = true;
  }
  return extension !== undefined;
}

function apply(command: Command, option: Option, written: Argument, attached: Argument | undefined): void {
  const argument = option.kind === 'base' ? option.argument : option.spec.argument;
  if (argument === 'none' && attached) {
    fail(command, 'unexpected-argument', `${written.text} takes no value`, written.span);
    return;
  }
  const values = readValues(command, argument, written, attached);
  if (!values) {
    // Given, if badly: nothing is to be said of its absence.
    const instance = option.kind === 'extension' && instanceOf(command, option.extension);
    if (instance) setFaulty(instance, option.spec, written);
    return;
  }
  if (option.kind === 'base') {
    applyBaseOption(command, option.letter, written, values[0], attached !== undefined);
  } else {
    applyExtensionOption(command, option.extension, {
      spec: option.spec,
      option: written,
      values,
      invert: command.bang !== undefined,
    });
  }
}

/** Reads the words that belong to an option; undefined when one is missing, which is reported. */
function readValues(
  command: Command,
  argument: 'none' | 'required' | 'optional' | 'attached' | number,
  written: Argument,
  attached: Argument | undefined,
): Argument[] | undefined {
  if (argument === 'none') return [];
  if (argument === 'attached') return attached ? [attached] : [];
  if (argument === 'optional') return attached ? [attached] : takePlain(command, 1);
  const count = argument === 'required' ? 1 : argument;
  const first = attached ?? takeAny(command);
  const values = first ? [first, ...takePlain(command, count - 1)] : [];
  if (values.length === count) return values;
  const wanted = count === 1 ? 'a value' : `${count} values`;
  fail(command, 'missing-argument', `${written.text} needs ${wanted}`, written.span);
  return undefined;
}

/** The next word, whatever it looks like: getopt takes it so. Only a `!` that cannot be a value is seen for what it is. */
function takeAny(command: Command): Argument | undefined {
  const word = command.words[command.at];
  if (!word) return undefined;
  command.at++;
  const next = command.words[command.at];
  if (word.text !== '!' || word.quoted || !next || /^(-|!$)/.test(next.text)) return word;
  fail(command, 'misplaced-negation', '"!" stands before the option: write it there, `! --option value`', word.span);
  command.at++;
  return next;
}

/** The match or target of the rule that an option belongs to. */
function instanceOf({ jump, matches }: Command, extension: Extension): Instance | undefined {
  if (extension.kind === 'match') return matches.findLast((match) => match.extension === extension);
  return jump?.kind === 'extension' && jump.instance.extension === extension ? jump.instance : undefined;
}

function applyExtensionOption(command: Command, extension: Extension, given: GivenOption): void {
  const { context } = command;
  const instance = instanceOf(command, extension);
  if (instance) setOption(instance, given, { family: context.family, protocol: command.protocol }, context.diagnostics);
}

function reportUnknown(command: Command, written: Argument, name: string): void {
  const owners = ownersOf(command.context, name).slice(0, 4);
  const hint = owners.length > 0 ? `, which is an option of ${owners.join(', ')}` : didYouMean(name, longNames(command.loaded));
  fail(command, 'unknown-option', `unknown option "${written.text}"${hint}`, written.span);
  skipValues(command);
}

/** The extensions that have each option, as one would write them; made once for each family of a registry. */
const owners = new WeakMap<ExtensionRegistry, Map<Family, ReadonlyMap<string, readonly string[]>>>();

function ownersOf({ registry, family }: CommandContext, name: string): readonly string[] {
  const families = owners.get(registry) ?? new Map<Family, ReadonlyMap<string, readonly string[]>>();
  owners.set(registry, families);
  const known = families.get(family) ?? indexOwners(registry, family);
  families.set(family, known);
  return known.get(name) ?? [];
}

function indexOwners(registry: ExtensionRegistry, family: Family): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const kind of ['match', 'target'] as const) {
    for (const name of registry.names(kind, family)) {
      const title = `${kind === 'match' ? '-m' : '-j'} ${name}`;
      for (const option of longOptions(registry[kind](name, family)!)) index.set(option, [...(index.get(option) ?? []), title]);
    }
  }
  return index;
}

function skipValues(command: Command): void {
  takePlain(command, command.words.length);
}
