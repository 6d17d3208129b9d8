// Which IP sets rules name, and what they do with them.

import type { SetUse } from '../ir/state.ts';
import type { RulesetTree } from './tree.ts';

/** Every use of a set in rulesets; one set may have several. */
export function setUses(trees: readonly Pick<RulesetTree, 'tables'>[]): SetUse[] {
  const rules = trees.flatMap(({ tables }) => tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)));
  return rules.flatMap(({ matches, target }) => [
    ...matches.flatMap(({ extension, options }) => extension.sets?.(options) ?? []),
    ...(target?.kind === 'extension' ? (target.extension.sets?.(target.options) ?? []) : []),
  ]);
}
