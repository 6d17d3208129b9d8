// A table while its lines are read: its chains, and what its commands do to them, as libiptc does it.
//
// Ref: iptables 1.8.9, iptables/iptables-restore.c, libiptc/libiptc.c:TC_CREATE_CHAIN(), TC_INSERT_ENTRY(), TC_SET_POLICY()

import { type Family, TABLE_HOOKS, type TableName } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength, type Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { ruleNumber } from './action.ts';
import { checkBare } from './bare.ts';
import { type CommandContext, NAME_BYTES_MAX } from './command.ts';
import type { Argument } from './extension.ts';
import { isStandard } from './jump.ts';
import { compareBytes } from './print.ts';
import { isSameRule } from './same.ts';
import type { ChainTree, Counters, RuleTree, TableTree } from './tree.ts';

/** Longest name that a chain can be given by -E, which is looser than -N. Ref: libiptc/libiptc.c:TC_RENAME_CHAIN() */
const RENAMED_BYTES_MAX = 31;

export interface ChainDraft {
  readonly name: string;
  /** Where it is declared; for a base chain that no line names, the table's line. */
  span: Span;
  readonly isBase: boolean;
  policy?: 'ACCEPT' | 'DROP';
  counters?: Counters;
  /** The counters are those of an earlier load of the table. */
  inherits?: boolean;
  rules: RuleTree[];
}

export interface TableDraft {
  readonly name: TableName;
  readonly span: Span;
  readonly chains: Map<string, ChainDraft>;
  /** Chains that commands name but that are not there: first place, and how many lines. */
  readonly missing: Map<string, { readonly span: Span; count: number }>;
  /** Jumps that led nowhere when their line was read. */
  readonly unresolved: { readonly name: string; readonly jump: 'jump' | 'goto'; readonly span: Span }[];
}

/** Makes a table as `*name` leaves it: base chains only. Policies of an earlier load of the same table stay, as they do in the kernel. */
export function createTable(name: TableName, span: Span, earlier: TableDraft | undefined): TableDraft {
  const chains = new Map<string, ChainDraft>();
  for (const hook of TABLE_HOOKS[name]) {
    const before = earlier?.chains.get(hook);
    const counters = before?.counters;
    chains.set(hook, {
      name: hook,
      span,
      isBase: true,
      policy: before?.policy ?? 'ACCEPT',
      ...(counters ? { counters, inherits: true } : {}),
      rules: [],
    });
  }
  return { name, span, chains, missing: new Map(), unresolved: [] };
}

/** A table that can be changed without changing the one it is a copy of. */
export function copyTable(table: TableDraft): TableDraft {
  const chains = [...table.chains].map(([name, chain]): [string, ChainDraft] => [name, { ...chain, rules: [...chain.rules] }]);
  return { ...table, chains: new Map(chains), missing: new Map(), unresolved: [] };
}

/** The table as it stands. */
export function tableTree({ name, span, chains }: TableDraft): TableTree {
  const trees = [...chains.values()].map(({ name, span, policy, counters, rules }): ChainTree => {
    return { name, span, ...(policy ? { policy } : {}), ...(counters ? { counters } : {}), rules };
  });
  return { name, span, chains: trees };
}

/** Declares a user chain, from `:NAME -` or `-N NAME`. */
export function createChain(table: TableDraft, name: Argument, diagnostics: Diagnostics): void {
  const there = table.chains.get(name.text);
  if (there) {
    const notes = [{ message: there.isBase ? 'it is a base chain of this table' : 'first declared here', span: there.span }];
    diagnostics.error('duplicate-chain', `chain "${name.text}" is there already`, name.span, notes);
  } else if (isStandard(name.text)) {
    diagnostics.error('chain-name-clash', `a chain cannot be named as the target ${name.text}`, name.span);
  } else if (byteLength(name.text) > NAME_BYTES_MAX) {
    diagnostics.error('bad-name', `the chain name "${name.text}" is longer than ${NAME_BYTES_MAX} characters`, name.span);
  } else {
    table.chains.set(name.text, { name: name.text, span: name.span, isBase: false, rules: [] });
  }
}

/** Finds the chain a command is about, and remembers when it is not there. */
export function chainOf(table: TableDraft, name: Argument): ChainDraft | undefined {
  const chain = table.chains.get(name.text);
  if (chain) return chain;
  const missing = table.missing.get(name.text);
  if (missing) missing.count++;
  else table.missing.set(name.text, { span: name.span, count: 1 });
  return undefined;
}

/** Puts rules in front of rule `number` (1-based). All of them at that place, so that of several the last comes to stand first. */
export function insertRules(
  chain: ChainDraft,
  rules: readonly RuleTree[],
  number: Argument | undefined,
  diagnostics: Diagnostics,
): void {
  const at = number ? ruleNumber(number) : 1;
  if (at === undefined) return;
  if (at > chain.rules.length + 1) {
    const message = `${holding(chain)}: a rule can be inserted as 1 to ${chain.rules.length + 1}`;
    diagnostics.error('rule-number-too-big', message, number!.span);
  } else {
    for (const rule of rules) chain.rules.splice(at - 1, 0, rule);
  }
}

/** Puts a rule in the place of rule `number`. */
export function replaceRule(chain: ChainDraft, rule: RuleTree, number: Argument, diagnostics: Diagnostics): void {
  const at = indexOf(chain, number, diagnostics);
  if (at !== undefined) chain.rules[at] = rule;
}

/** Deletes rule `number`. */
export function deleteNumber(chain: ChainDraft, number: Argument, diagnostics: Diagnostics): void {
  const at = indexOf(chain, number, diagnostics);
  if (at !== undefined) chain.rules.splice(at, 1);
}

/** The index (0-based) of a rule that is there. */
export function indexOf(chain: ChainDraft, number: Argument, diagnostics: Diagnostics): number | undefined {
  const at = ruleNumber(number);
  if (at === undefined) return undefined;
  if (at <= chain.rules.length) return at - 1;
  diagnostics.error('rule-number-too-big', `${holding(chain)}, there is no rule ${at}`, number.span);
  return undefined;
}

function holding({ name, rules }: ChainDraft): string {
  return `chain ${name} has ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} here`;
}

/** Finds the first rule that is the same as each of `rules`, taking it out when `takeOut` says so. */
export function findRules(
  chain: ChainDraft,
  rules: readonly RuleTree[],
  { takeOut, ...place }: { readonly family: Family; readonly table: TableName; readonly takeOut: boolean },
  span: Span,
  diagnostics: Diagnostics,
): void {
  for (const rule of rules) {
    const at = chain.rules.findIndex((other) => isSameRule(rule, other, place));
    if (at < 0) diagnostics.error('no-such-rule', `chain ${chain.name} has no such rule here`, span);
    else if (takeOut) chain.rules.splice(at, 1);
  }
}

/** Gives a user chain another name; what leads to it leads to it still. */
export function renameChain(table: TableDraft, from: Argument, to: Argument, diagnostics: Diagnostics): void {
  const there = table.chains.get(to.text);
  if (there || isStandard(to.text)) {
    const notes = there ? [{ message: 'it is this one', span: there.span }] : [];
    const message = there ? `chain "${to.text}" is there already` : `a chain cannot be named as the target ${to.text}`;
    diagnostics.error('chain-name-taken', message, to.span, notes);
    return;
  }
  const chain = chainOf(table, from);
  if (!chain) return;
  if (chain.isBase) {
    diagnostics.error('base-chain-name', `chain ${chain.name} cannot be renamed: it is a base chain`, from.span);
  } else if (byteLength(to.text) > RENAMED_BYTES_MAX) {
    const message = `the chain name "${to.text}" is longer than ${RENAMED_BYTES_MAX} characters`;
    diagnostics.error('chain-name-too-long', message, to.span);
  } else {
    checkBare(to, diagnostics);
    if (byteLength(to.text) > NAME_BYTES_MAX || /^(?:[-!]|$)/.test(to.text)) {
      diagnostics.warning('unreadable-print', `iptables-restore takes no chain called "${to.text}"`, to.span);
    }
    table.chains.delete(from.text);
    table.chains.set(to.text, { ...chain, name: to.text });
    for (const { rules } of table.chains.values()) redirect(rules, from.text, to.text);
  }
}

function redirect(rules: RuleTree[], from: string, to: string): void {
  for (const [i, rule] of rules.entries()) {
    if (rule.target?.kind === 'chain' && rule.target.chain === from)
      rules[i] = { ...rule, target: { ...rule.target, chain: to } };
  }
}

/**
 * Sets counters to nothing: of one rule (`number`), of a chain, or of all. In a restore file only what the table had before the load
 * counts as counted; what its lines give stands.
 */
export function zeroCounters(
  table: TableDraft,
  name: Argument | undefined,
  number: Argument | undefined,
  mode: CommandContext['mode'],
  diagnostics: Diagnostics,
): void {
  for (const chain of name ? [chainOf(table, name)] : table.chains.values()) {
    if (!chain) continue;
    const only = number && indexOf(chain, number, diagnostics);
    if (number && only === undefined) continue;
    if (only === undefined && (mode === 'command' || chain.inherits)) delete chain.counters;
    if (mode === 'command')
      chain.rules = chain.rules.map((rule, i) => (only === undefined || i === only ? uncounted(rule) : rule));
  }
}

function uncounted(rule: RuleTree): RuleTree {
  const { counters, ...rest } = rule;
  return counters ? rest : rule;
}

export function setPolicy(
  table: TableDraft,
  chain: Argument,
  policy: Argument,
  counters: Counters | undefined,
  diagnostics: Diagnostics,
): void {
  const draft = chainOf(table, chain);
  if (!draft) return;
  if (!draft.isBase) {
    const bases = TABLE_HOOKS[table.name].join(', ');
    const hint = didYouMean(chain.text, TABLE_HOOKS[table.name]);
    const message = `only a base chain has a policy (in ${table.name}: ${bases}), "${chain.text}" is a user chain${hint}`;
    diagnostics.error('policy-on-user-chain', message, policy.span);
  } else if (policy.text !== 'ACCEPT' && policy.text !== 'DROP') {
    const hint = didYouMean(policy.text, ['ACCEPT', 'DROP']);
    diagnostics.error('bad-policy', `a policy is ACCEPT or DROP, found "${policy.text}"${hint}`, policy.span);
  } else {
    draft.policy = policy.text;
    draft.span = chain.span;
    if (counters) Object.assign(draft, { counters, inherits: false });
  }
}

/** Empties a chain, or all of them. */
export function flush(table: TableDraft, name: Argument | undefined): void {
  const chains = name ? [chainOf(table, name)] : [...table.chains.values()];
  for (const chain of chains) if (chain) chain.rules = [];
}

/** Deletes a user chain, or all of them, in the order of their names. */
export function deleteChains(table: TableDraft, name: Argument | undefined, command: Argument, diagnostics: Diagnostics): void {
  const users = [...table.chains.values()].filter((chain) => !chain.isBase);
  const chains = name ? [chainOf(table, name)] : users.sort((a, b) => compareBytes(a.name, b.name));
  for (const chain of chains) if (chain) deleteChain(table, chain, (name ?? command).span, diagnostics);
}

function deleteChain(table: TableDraft, chain: ChainDraft, span: Span, diagnostics: Diagnostics): void {
  const reference = [...table.chains.values()]
    .flatMap(({ rules }) => rules)
    .find(({ target }) => target?.kind === 'chain' && target.chain === chain.name);
  if (chain.isBase) {
    diagnostics.error('delete-base-chain', `chain ${chain.name} cannot be deleted: it is a base chain`, span);
  } else if (reference) {
    const notes = [{ message: 'a rule leads there', span: reference.span }];
    diagnostics.error('chain-in-use', `chain "${chain.name}" cannot be deleted while rules lead to it`, span, notes);
  } else if (chain.rules.length > 0) {
    diagnostics.error('chain-not-empty', `chain "${chain.name}" cannot be deleted: it is not empty`, span);
  } else {
    table.chains.delete(chain.name);
  }
}
