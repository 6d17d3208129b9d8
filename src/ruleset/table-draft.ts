// A table while its lines are read: its chains, and what its commands do to them, as libiptc does it.
//
// Ref: iptables 1.8.9, iptables/iptables-restore.c, libiptc/libiptc.c:TC_CREATE_CHAIN(), TC_INSERT_ENTRY(), TC_SET_POLICY()

import { TABLE_HOOKS, type TableName } from '../ir/ir.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength, type Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { NAME_BYTES_MAX } from './command.ts';
import type { Argument } from './extension.ts';
import { isStandard } from './jump.ts';
import type { Counters, RuleTree } from './tree.ts';

/** Largest rule number. Ref: iptables/xshared.c:parse_rulenumber() */
const RULE_NUMBER_MAX = 0x7fff_ffff;

export interface ChainDraft {
  readonly name: string;
  /** Where it is declared; for a base chain that no line names, the table's line. */
  span: Span;
  readonly isBase: boolean;
  policy?: 'ACCEPT' | 'DROP';
  counters?: Counters;
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
      ...(counters ? { counters } : {}),
      rules: [],
    });
  }
  return { name, span, chains, missing: new Map(), unresolved: [] };
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
  const at = number ? parseUnsigned(number.text, RULE_NUMBER_MAX, 1) : 1;
  if (at === undefined) {
    diagnostics.error('bad-rule-number', `"${number!.text}" is no rule number: expected 1 or more`, number!.span);
  } else if (at > chain.rules.length + 1) {
    const message = `chain ${chain.name} has ${chain.rules.length} rules here: a rule can be inserted as 1 to ${chain.rules.length + 1}`;
    diagnostics.error('bad-rule-number', message, number!.span);
  } else {
    for (const rule of rules) chain.rules.splice(at - 1, 0, rule);
  }
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
    if (counters) draft.counters = counters;
  }
}

/** Empties a chain, or all of them. */
export function flush(table: TableDraft, name: Argument | undefined): void {
  const chains = name ? [chainOf(table, name)] : [...table.chains.values()];
  for (const chain of chains) if (chain) chain.rules = [];
}

/** Deletes a user chain, or all of them. */
export function deleteChains(table: TableDraft, name: Argument | undefined, command: Argument, diagnostics: Diagnostics): void {
  const chains = name ? [chainOf(table, name)] : [...table.chains.values()].filter((chain) => !chain.isBase);
  for (const chain of chains) if (chain) deleteChain(table, chain, (name ?? command).span, diagnostics);
}

function deleteChain(table: TableDraft, chain: ChainDraft, span: Span, diagnostics: Diagnostics): void {
  const reference = [...table.chains.values()]
    .flatMap(({ rules }) => rules)
    .find(({ target }) => target?.kind === 'chain' && target.chain === chain.name);
  if (chain.isBase) {
    diagnostics.error('bad-delete', `chain ${chain.name} cannot be deleted: it is a base chain`, span);
  } else if (reference) {
    const notes = [{ message: 'a rule leads there', span: reference.span }];
    diagnostics.error('bad-delete', `chain "${chain.name}" cannot be deleted while rules lead to it`, span, notes);
  } else if (chain.rules.length > 0) {
    diagnostics.error('bad-delete', `chain "${chain.name}" cannot be deleted: it is not empty`, span);
  } else {
    table.chains.delete(chain.name);
  }
}
