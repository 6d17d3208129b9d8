// Carries out one command line on the table it stands in.
//
// Ref: iptables 1.8.9, iptables/iptables.c:do_command4(), append_entry(), insert_entry()

import type { Family } from '../ir/ir.ts';
import { isZero } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { type Action, type Command, type CommandContext, NAME_BYTES_MAX } from './command.ts';
import type { Argument, ExtensionRegistry } from './extension.ts';
import { parseCommand } from './getopt.ts';
import type { Instance } from './instance.ts';
import { isStandard } from './jump.ts';
import type { Word } from './lexer.ts';
import {
  chainOf,
  createChain,
  deleteChains,
  deleteNumber,
  findRules,
  flush,
  insertRules,
  renameChain,
  replaceRule,
  setPolicy,
  type TableDraft,
  zeroCounters,
} from './table-draft.ts';
import type { AddressMask, Counters, Invertible, MatchTree, RuleTree, TargetTree } from './tree.ts';

export interface CommandLine {
  readonly table: TableDraft;
  readonly family: Family;
  readonly mode: CommandContext['mode'];
  readonly registry: ExtensionRegistry;
  readonly diagnostics: Diagnostics;
  readonly words: readonly Word[];
  /** The whole line. */
  readonly span: Span;
  /** `[packets:bytes]` in front of the command. */
  readonly counters: Counters | undefined;
}

/** Reads the words of a command, without doing anything. */
export function readCommand({ table, family, mode, registry, diagnostics, words }: CommandLine): Command {
  return parseCommand(
    {
      mode,
      family,
      table: table.name,
      registry,
      diagnostics,
      chain: (name) => table.chains.get(name),
    },
    words,
  );
}

/** Does what a command says, as far as it could be read. */
export function carryOut(line: CommandLine, command: Command): void {
  if (command.action && !command.skipped) act(line, command, command.action);
}

function act(line: CommandLine, command: Command, action: Action): void {
  const { table, mode, diagnostics } = line;
  const { letter, word, zero } = action;
  const [chain, second] = action.operands;
  if ('AICDR'.includes(letter)) {
    applyRule(line, command, action);
  } else if (letter === 'N') {
    newChain(line, chain!);
  } else if (letter === 'P') {
    if (second) setPolicy(table, chain!, second, command.counters, diagnostics);
  } else if (letter === 'F') {
    flush(table, chain);
  } else if (letter === 'X') {
    deleteChains(table, chain, word, diagnostics);
  } else if (letter === 'E') {
    if (second) renameChain(table, chain!, second, diagnostics);
  } else if (chain && 'LS'.includes(letter) && !chainOf(table, chain)) {
    // Reported once the table is read, or the command done.
  } else if (letter === 'Z' || zero) {
    zeroCounters(table, chain, second, mode, diagnostics);
  }
}

/** `-N` is stricter about names than `:NAME`. Ref: iptables/xshared.c:assert_valid_chain_name() */
function newChain({ table, family, registry, diagnostics }: CommandLine, name: Argument): void {
  const { text, span } = name;
  if (/^[-!]/.test(text) || /\s/.test(text)) {
    diagnostics.error('bad-name', `"${text}" is no chain name: it may not begin with "-" or "!" nor hold blanks`, span);
  } else if (isStandard(text) || registry.isKnown('target', text, family) || registry.target(text, family)) {
    diagnostics.error('chain-name-clash', `a chain cannot be named as the target ${text}`, span);
  } else {
    createChain(table, name, diagnostics);
  }
}

/** The commands that are about one chain's rules. */
function applyRule(line: CommandLine, command: Command, { letter, word, operands }: Action): void {
  const { table, family, diagnostics } = line;
  const [name, number] = operands as [Argument, Argument?];
  if (command.jump?.kind === 'unresolved') table.unresolved.push(command.jump);
  if (name.text.length > NAME_BYTES_MAX && !table.chains.has(name.text)) {
    diagnostics.error('bad-name', `the chain name "${name.text}" is longer than ${NAME_BYTES_MAX} characters`, name.span);
    return;
  }
  const chain = chainOf(table, name);
  if (!chain) return;
  if (letter === 'D' && number) {
    deleteNumber(chain, number, diagnostics);
    return;
  }
  const rules = buildRules(line, command);
  if (letter === 'A') for (const rule of rules) chain.rules.push(rule);
  else if (letter === 'I') insertRules(chain, rules, number, diagnostics);
  else if (letter === 'R') number && replaceRule(chain, rules[0]!, number, diagnostics);
  // What is not all read is not looked for.
  else if (diagnostics.errorCount === command.errorsBefore && command.jump?.kind !== 'unresolved')
    findRules(chain, rules, { family, table: table.name, takeOut: letter === 'D' }, word.span, diagnostics);
}

/** The rules that a command is about: one for each pair of addresses, sources outside. */
export function buildRules(line: CommandLine, command: Command): RuleTree[] {
  const rules: RuleTree[] = [];
  const matches = command.matches.filter((match) => !match.faulty).map(extensionPart) as MatchTree[];
  const target = targetOf(command);
  for (const source of alternatives(command.sources)) {
    for (const destination of alternatives(command.destinations)) {
      rules.push(buildRule(line, command, matches, target, source, destination));
    }
  }
  return rules;
}

function alternatives(list: Invertible<readonly AddressMask[]> | undefined): (Invertible<AddressMask> | undefined)[] {
  if (!list || list.value.length === 0) return [undefined];
  // Any address, not negated, is what a rule without the option has.
  return list.value.map((value) => (!list.invert && isZero(value.mask) ? undefined : { value, invert: list.invert }));
}

/** Built in one piece, not of others: there are many. */
function buildRule(
  line: CommandLine,
  command: Command,
  matches: readonly MatchTree[],
  target: TargetTree | undefined,
  source: Invertible<AddressMask> | undefined,
  destination: Invertible<AddressMask> | undefined,
): RuleTree {
  const rule: { -readonly [Key in keyof RuleTree]: RuleTree[Key] } = { span: line.span, matches };
  const counters = command.counters ?? line.counters;
  if (counters) rule.counters = counters;
  if (source) rule.source = source;
  if (destination) rule.destination = destination;
  if (command.inInterface) rule.inInterface = command.inInterface;
  if (command.outInterface) rule.outInterface = command.outInterface;
  // To the kernel, IPv4 without -p and with `-p all` are the same; IPv6 `-p all` asks that the header chain be readable.
  if (command.protocol && (line.family === 6 || command.protocol.value !== 0)) rule.protocol = command.protocol;
  if (command.fragment) rule.fragment = command.fragment;
  if (target) rule.target = target;
  return rule;
}

function extensionPart({ extension, options, span }: Instance): Pick<Instance, 'extension' | 'options' | 'span'> {
  return { extension, options, span };
}

function targetOf({ jump }: Command): TargetTree | undefined {
  if (!jump || jump.kind === 'unresolved') return undefined;
  if (jump.kind !== 'extension') return jump;
  if (jump.instance.faulty) return undefined;
  const { extension, options, span } = jump.instance;
  return { kind: 'extension', extension, options, span };
}
