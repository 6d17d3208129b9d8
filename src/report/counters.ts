// A ruleset with what it counted, as `iptables-save -c` prints it.

import type { RuleCounters } from '../compile/counters.ts';
import type { Ruleset } from '../ir/ir.ts';
import { printRuleset } from '../ruleset/print.ts';
import type { ChainTree, Counters, RulesetTree, RuleTree } from '../ruleset/tree.ts';

/**
 * The text of a ruleset with the counters of a replay. Counters that the text came with are not added: they are what a load
 * without `iptables-restore -c` starts from, zero.
 */
export function savedRuleset(tree: RulesetTree, ruleset: Ruleset, counters: RuleCounters): string {
  const ids = new Map<RuleTree | ChainTree, number>();
  // Lowering keeps tables, chains and rules in the order of the tree.
  tree.tables.forEach((table, t) => {
    table.chains.forEach((chain, c) => {
      const lowered = ruleset.tables[t]!.chains[c]!;
      if (lowered.policy) ids.set(chain, lowered.policy.id);
      chain.rules.forEach((rule, r) => {
        ids.set(rule, lowered.rules[r]!.id);
      });
    });
  });
  const countersOf = (item: RuleTree | ChainTree): Counters | undefined => {
    const id = ids.get(item);
    return id === undefined ? undefined : { packets: counters.packets[id]!, bytes: counters.bytes[id]! };
  };
  return printRuleset(tree, { counters: true, countersOf });
}
