// A table as `iptables -S` prints it: the commands that would make it.
//
// Ref: iptables 1.8.9, iptables/iptables.c:list_rules(), print_rule4()

import type { Family } from '../ir/ir.ts';
import { NO_COUNTERS } from './counters.ts';
import { chainsInOrder, printRule } from './print.ts';
import type { ChainTree, TableTree } from './tree.ts';

/** What a listing is of, as words behind -L and -S say it. */
export interface Selection {
  /** One chain; all when absent. */
  readonly chain?: string;
  /** One rule of that chain, counted from 1: neither the chain's header nor any other rule is printed. */
  readonly rule?: number;
}

export interface SpecificationOptions extends Selection {
  /** With counters (`-v`). */
  readonly verbose?: boolean;
}

/** Gives the text of `iptables -S`; undefined when there is no such chain. */
export function specifyTable(table: TableTree, family: Family, options: SpecificationOptions = {}): string | undefined {
  const { rule: only, verbose } = options;
  const chains = selectChains(table, options);
  if (chains.length === 0) return undefined;
  const lines = only === undefined ? chains.map((chain) => specifyChain(chain, options)) : [];
  for (const { name, rules } of chains) {
    for (const [index, rule] of rules.entries()) {
      if (only !== undefined && index + 1 !== only) continue;
      const counters = verbose ? (rule.counters ?? NO_COUNTERS) : undefined;
      lines.push(`-A ${name}${printRule(rule, family, counters)}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The chains that a listing is of, in the order in which iptables has them. */
export function selectChains(table: TableTree, { chain }: Selection): ChainTree[] {
  return chainsInOrder(table).filter(({ name }) => chain === undefined || name === chain);
}

function specifyChain({ name, policy, counters = NO_COUNTERS }: ChainTree, { verbose }: SpecificationOptions): string {
  if (!policy) return `-N ${name}`;
  return `-P ${name} ${policy}${verbose ? ` -c ${counters.packets} ${counters.bytes}` : ''}`;
}
