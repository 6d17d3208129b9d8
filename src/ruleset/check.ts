// What can only be said once a whole table was read: chains that are missing, loops, and extensions that may not stand where
// rules can reach them.
//
// Ref: net/ipv4/netfilter/ip_tables.c:mark_source_chains(), net/netfilter/x_tables.c:xt_check_match()

import type { Family, HookName } from '../ir/ir.ts';
import { TABLE_HOOKS } from '../ir/ir.ts';
import { protocolName } from '../net/protocol.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import type { Extension, ExtensionRegistry, RuleContext } from './extension.ts';
import { title } from './instance.ts';
import { type SharedObjects, shareObjects } from './objects.ts';
import { compareBytes } from './print.ts';
import { type Reach, reachTable } from './reach.ts';
import type { ChainDraft, TableDraft } from './table-draft.ts';
import type { RuleTree } from './tree.ts';

export interface CheckContext {
  readonly table: TableDraft;
  readonly family: Family;
  readonly registry: ExtensionRegistry;
  readonly diagnostics: Diagnostics;
  /** What rules share by name; what the table's rules make is added. */
  readonly objects: SharedObjects;
}

/** Checks a table that was read to its COMMIT. */
export function checkTable(context: CheckContext): void {
  checkNames(context);
  const reach = reachTable(context.table, context.diagnostics);
  const chains = [...context.table.chains.values()];
  const users = chains.filter((chain) => !chain.isBase).sort((a, b) => compareBytes(a.name, b.name));
  for (const chain of [...chains.filter((chain) => chain.isBase), ...users]) checkChain(context, chain, reach);
}

/** Reports chains and targets that lines name and that are not there. */
export function checkNames(context: CheckContext): void {
  checkMissing(context);
  checkUnresolved(context);
}

function checkMissing({ table, diagnostics }: CheckContext): void {
  for (const [name, { span, count }] of table.missing) {
    const late = table.chains.get(name);
    if (late) {
      reportLate(name, late, span, diagnostics);
      continue;
    }
    const others = count > 1 ? ` (and ${count - 1} more ${count === 2 ? 'line' : 'lines'} below)` : '';
    const hint = didYouMean(name, table.chains.keys());
    diagnostics.error('unknown-chain', `table ${table.name} has no chain "${name}"${hint}${others}`, span);
  }
}

function reportLate(name: string, chain: ChainDraft, span: Span, diagnostics: Diagnostics): void {
  const notes = [{ message: 'declared here', span: chain.span }];
  diagnostics.error('late-chain', `chain "${name}" must be declared before the first line that names it`, span, notes);
}

function checkUnresolved({ table, family, registry, diagnostics }: CheckContext): void {
  for (const { name, jump, span } of table.unresolved) {
    const late = table.chains.get(name);
    const other: Family = family === 4 ? 6 : 4;
    if (late) {
      reportLate(name, late, span, diagnostics);
    } else if (jump === 'goto') {
      const hint = didYouMean(name, userChains(table));
      diagnostics.error('unknown-goto', `-g needs a user chain, table ${table.name} has no chain "${name}"${hint}`, span);
    } else if (registry.isKnown('target', name, other)) {
      const message = `the target "${name}" is for IPv${other}, these are IPv${family} rules`;
      diagnostics.error('unknown-extension', message, span);
    } else {
      const names = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE', ...userChains(table), ...registry.names('target', family)];
      const hint = didYouMean(name, names);
      diagnostics.error('unknown-target', `"${name}" is neither a target nor a chain of table ${table.name}${hint}`, span);
    }
  }
}

function userChains(table: TableDraft): string[] {
  return [...table.chains.values()].filter((chain) => !chain.isBase).map((chain) => chain.name);
}

/** Checks the rules of a chain from index `from` on; `only`: those of one line. */
export function checkChain(context: CheckContext, chain: ChainDraft, reach: Reach, from = 0, only?: Span): void {
  let previous: RuleTree | undefined;
  for (let i = from; i < chain.rules.length; i++) {
    const rule = chain.rules[i]!;
    if (only && rule.span !== only) continue;
    // Rules of one line (several addresses) share their extensions: once is enough.
    if (rule.span !== previous?.span) checkRule(context, rule, reach.hooks(chain.name, i));
    previous = rule;
  }
}

function checkRule(context: CheckContext, rule: RuleTree, hooks: ReadonlySet<HookName>): void {
  for (const { extension, options, span } of rule.matches) checkExtension(context, rule, hooks, extension, options, span);
  const { target } = rule;
  if (target?.kind === 'extension') checkExtension(context, rule, hooks, target.extension, target.options, target.span);
}

function checkExtension(
  { table, family, diagnostics, objects }: CheckContext,
  rule: RuleTree,
  hooks: ReadonlySet<HookName>,
  extension: Extension,
  options: unknown,
  span: Span,
): void {
  const isPlaced = extension.tables !== undefined || extension.hooks !== undefined || extension.protocols !== undefined;
  if (isPlaced || extension.finish) {
    const { protocol } = rule;
    const place: RuleContext = protocol
      ? { table: table.name, hooks, diagnostics, span, family, rule, protocol }
      : { table: table.name, hooks, diagnostics, span, family, rule };
    if (isPlaced && !checkPlace(extension, place)) return;
    extension.finish?.(options, place);
  }
  if (extension.objects) shareObjects(objects, extension, options, span, diagnostics);
}

/** Table, hooks and protocol, in the kernel's order. Gives whether the extension may stand there. */
function checkPlace(extension: Extension, place: RuleContext): boolean {
  const { table, hooks, protocol, diagnostics, span } = place;
  if (extension.tables && !extension.tables.includes(table)) {
    const tables = extension.tables.join(', ');
    diagnostics.error('wrong-table', `${title(extension)} can only stand in the table ${tables}, this is ${table}`, span);
    return false;
  }
  const allowed = extension.hooks;
  if (allowed && !areAmong(hooks, allowed)) {
    const bad = [...hooks].filter((hook) => !allowed.includes(hook));
    const where = TABLE_HOOKS[table].filter((hook) => allowed.includes(hook)).join(', ') || allowed.join(', ');
    const message = `${title(extension)} can only stand where packets come from ${where}, this rule is reached from ${bad.join(', ')}`;
    diagnostics.error('wrong-hook', message, span);
    return false;
  }
  if (extension.protocols && (!protocol || protocol.invert || !extension.protocols.includes(protocol.value))) {
    const names = extension.protocols.map((p) => `-p ${protocolName(p) ?? p}`).join(' or ');
    const found = protocol ? `, found ${protocol.invert ? '! ' : ''}-p ${protocolName(protocol.value) ?? protocol.value}` : '';
    diagnostics.error('wrong-protocol', `${title(extension)} needs ${names}${found}`, span);
    return false;
  }
  return true;
}

function areAmong(hooks: ReadonlySet<HookName>, allowed: readonly HookName[]): boolean {
  for (const hook of hooks) if (!allowed.includes(hook)) return false;
  return true;
}
