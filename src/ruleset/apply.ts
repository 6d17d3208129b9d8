// Carries out one command line on the table it stands in.
//
// Ref: iptables 1.8.9, iptables/iptables.c:do_command4(), append_entry(), insert_entry()

import type { Family } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { type Command, NAME_BYTES_MAX } from './command.ts';
import type { Argument, ExtensionRegistry } from './extension.ts';
import { parseCommand } from './getopt.ts';
import type { Instance } from './instance.ts';
import { isStandard } from './jump.ts';
import type { Word } from './lexer.ts';
import { chainOf, createChain, deleteChains, flush, insertRules, setPolicy, type TableDraft } from './table-draft.ts';
import type { AddressMask, Counters, Invertible, MatchTree, RuleTree, TargetTree } from './tree.ts';

export interface CommandLine {
  readonly table: TableDraft;
  readonly family: Family;
  readonly registry: ExtensionRegistry;
  readonly diagnostics: Diagnostics;
  readonly words: readonly Word[];
  /** The whole line. */
  readonly span: Span;
  /** `[packets:bytes]` in front of the command. */
  readonly counters: Counters | undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  C: 'check',
  D: 'delete',
  E: 'rename a chain',
  L: 'list',
  R: 'replace',
  S: 'list as commands',
  Z: 'zero counters',
};

export function applyCommand(line: CommandLine): void {
  const { table, family, registry, diagnostics, words, span } = line;
  if (words.length === 0) {
    diagnostics.error('no-command', 'the line has no command such as -A', span);
    return;
  }
  const command = parseCommand(
    {
      family,
      table: table.name,
      registry,
      diagnostics,
      isChain: (name) => table.chains.has(name),
      isBaseChain: (name) => table.chains.get(name)?.isBase === true,
    },
    words,
  );
  const { action } = command;
  if (!action) return;
  const [chain, second] = action.operands;
  switch (action.letter) {
    case 'A':
    case 'I':
      if (!command.skipped) addRules(line, command, chain!, action.letter === 'I' ? { number: second } : undefined);
      break;
    case 'N':
      newChain(line, chain!);
      break;
    case 'P':
      if (second) setPolicy(table, chain!, second, command.counters, diagnostics);
      else diagnostics.error('missing-argument', `${action.word.text} needs a chain and a policy`, action.word.span);
      break;
    case 'F':
      flush(table, chain);
      break;
    case 'X':
      deleteChains(table, chain, action.word, diagnostics);
      break;
    default:
      diagnostics.error(
        'unsupported-command',
        `${action.word.text} (${NAMES[action.letter]}) is not supported in a restore file yet`,
        action.word.span,
      );
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

function addRules(
  line: CommandLine,
  command: Command,
  name: Argument,
  insert: { number: Argument | undefined } | undefined,
): void {
  const { table, diagnostics } = line;
  if (command.jump?.kind === 'unresolved') table.unresolved.push(command.jump);
  if (name.text.length > NAME_BYTES_MAX && !table.chains.has(name.text)) {
    diagnostics.error('bad-name', `the chain name "${name.text}" is longer than ${NAME_BYTES_MAX} characters`, name.span);
    return;
  }
  const chain = chainOf(table, name);
  if (!chain) return;
  const rules = buildRules(line, command);
  if (insert) insertRules(chain, rules, insert.number, diagnostics);
  else for (const rule of rules) chain.rules.push(rule);
}

/** One rule for each pair of addresses, sources outside. */
function buildRules(line: CommandLine, command: Command): RuleTree[] {
  const common = commonParts(line, command);
  const rules: RuleTree[] = [];
  for (const source of alternatives(command.sources)) {
    for (const destination of alternatives(command.destinations)) {
      rules.push({ ...common, ...(source ? { source } : {}), ...(destination ? { destination } : {}) });
    }
  }
  return rules;
}

function alternatives(list: Invertible<readonly AddressMask[]> | undefined): (Invertible<AddressMask> | undefined)[] {
  if (!list || list.value.length === 0) return [undefined];
  // Any address, not negated, is what a rule without the option has.
  return list.value.map((value) =>
    !list.invert && value.mask.every((byte) => byte === 0) ? undefined : { value, invert: list.invert },
  );
}

function commonParts(line: CommandLine, command: Command): RuleTree {
  const { inInterface, outInterface, fragment } = command;
  const counters = command.counters ?? line.counters;
  // To the kernel, IPv4 without -p and with `-p all` are the same; IPv6 `-p all` asks that the header chain be readable.
  const protocol = line.family === 4 && command.protocol?.value === 0 ? undefined : command.protocol;
  const target = targetOf(command);
  return {
    span: line.span,
    ...(counters ? { counters } : {}),
    ...(inInterface ? { inInterface } : {}),
    ...(outInterface ? { outInterface } : {}),
    ...(protocol ? { protocol } : {}),
    ...(fragment ? { fragment } : {}),
    matches: command.matches.filter((match) => !match.faulty).map(extensionPart) as MatchTree[],
    ...(target ? { target } : {}),
  };
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
