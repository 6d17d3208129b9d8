// The ruleset tree as iptables-legacy-save prints it, byte for byte, header and footer comments aside.
//
// Ref: iptables 1.8.9, iptables/iptables-save.c:do_output(), iptables/iptables.c:print_rule4(), iptables/xshared.c:save_rule_details()

import { type Family, TABLE_HOOKS } from '../ir/ir.ts';
import { formatAddress, formatMask } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import { formatCounters } from './counters.ts';
import type { PrintContext } from './extension.ts';
import type { AddressMask, ChainTree, Counters, Invertible, RulesetTree, RuleTree, TableTree } from './tree.ts';

export interface PrintOptions {
  /** Print `[packets:bytes]` before each rule, as `-c` does. Policies have theirs always. */
  readonly counters?: boolean;
  /**
   * `save`: the table loaded last comes first, as `iptables-save` prints them after a load (the kernel lists tables so).
   * `text`: the order of the text.
   */
  readonly order?: 'save' | 'text';
  /** Counters to print in place of the tree's own. */
  readonly countersOf?: (item: RuleTree | ChainTree) => Counters | undefined;
}

/** Gives the text of all tables. */
export function printRuleset(tree: RulesetTree, options: PrintOptions = {}): string {
  const tables = (options.order ?? 'save') === 'save' ? tree.tables.toReversed() : tree.tables;
  return tables.map((table) => printTable(table, tree.family, options)).join('');
}

export function printTable(table: TableTree, family: Family, options: PrintOptions = {}): string {
  const chains = chainsInOrder(table);
  const countersOf = options.countersOf ?? ((item: RuleTree | ChainTree) => item.counters);
  const lines = [`*${table.name}`];
  for (const chain of chains) {
    lines.push(chain.policy ? `:${chain.name} ${chain.policy} ${formatCounters(countersOf(chain))}` : `:${chain.name} - [0:0]`);
  }
  for (const chain of chains) {
    for (const rule of chain.rules) {
      const counters = options.counters ? `${formatCounters(countersOf(rule))} ` : '';
      lines.push(`${counters}-A ${chain.name}${printRule(rule, family)}`);
    }
  }
  lines.push('COMMIT', '');
  return lines.join('\n');
}

/** Base chains in the order of their hooks, then user chains by the bytes of their names. Ref: libiptc/libiptc.c:iptc_insert_chain() */
export function chainsInOrder(table: TableTree): ChainTree[] {
  const hooks: readonly string[] = TABLE_HOOKS[table.name];
  const base = table.chains.filter((chain) => chain.policy).sort((a, b) => hooks.indexOf(a.name) - hooks.indexOf(b.name));
  const user = table.chains.filter((chain) => !chain.policy).sort((a, b) => compareBytes(a.name, b.name));
  return [...base, ...user];
}

/** Orders names as strcmp() does, which for UTF-8 is the order of code points. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  const [first, second] = [a.charCodeAt(at), b.charCodeAt(at)];
  return isSurrogate(first) || isSurrogate(second) ? compareCharacters(a, b) : first - second;
}

function isSurrogate(code: number): boolean {
  return (code & 0xf800) === 0xd800;
}

function compareCharacters(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * Gives a rule's words behind `-A CHAIN`, with a blank in front; '' for a rule without any. `counters`: what `-c` says before the
 * target, as in `iptables -S -v`.
 */
export function printRule(rule: RuleTree, family: Family, counters?: Counters): string {
  const words: string[] = [];
  const context = printContext(rule, family, { numeric: true });
  printAddress('-s', rule.source, words);
  printAddress('-d', rule.destination, words);
  printInterface('-i', rule.inInterface, words);
  printInterface('-o', rule.outInterface, words);
  if (rule.protocol && rule.protocol.value !== 0) {
    const { value, invert } = rule.protocol;
    words.push(...bang(invert), '-p', protocolName(value) ?? String(value));
  }
  if (rule.fragment) words.push(...bang(rule.fragment.invert), '-f');
  for (const { extension, options } of rule.matches) {
    words.push('-m', extension.name, ...extension.save(options, context));
  }
  if (counters) words.push('-c', String(counters.packets), String(counters.bytes));
  words.push(...printTarget(rule, context));
  return words.map((word) => ` ${word}`).join('');
}

/** What the extensions of a rule may know of it when they print. */
export function printContext({ protocol }: RuleTree, family: Family, { numeric }: { readonly numeric: boolean }): PrintContext {
  return { family, numeric, protocol: protocol?.value ?? 0 };
}

function printTarget({ target }: RuleTree, context: PrintContext): string[] {
  switch (target?.kind) {
    case undefined:
      return [];
    case 'chain':
      return [target.jump === 'goto' ? '-g' : '-j', target.chain];
    case 'standard':
      return ['-j', target.verdict];
    case 'extension':
      return ['-j', target.extension.name, ...target.extension.save(target.options, context)];
  }
}

function bang(invert: boolean): string[] {
  return invert ? ['!'] : [];
}

function printAddress(option: string, address: Invertible<AddressMask> | undefined, words: string[]): void {
  if (!address) return;
  const { value, invert } = address;
  words.push(...bang(invert), option, `${formatAddress(value.address)}/${formatMask(value.mask)}`);
}

/** `+` alone is every interface, and is not printed, not even negated. Ref: iptables/xshared.c:save_iface() */
function printInterface(option: string, name: Invertible<string> | undefined, words: string[]): void {
  if (!name || name.value === '' || name.value === '+') return;
  words.push(...bang(name.invert), option, name.value);
}
