// What a report knows of one family's rules: what each counter id stands for, how the rule reads, what it counted.

import type { CounterName, RuleCounters } from '../compile/counters.ts';
import type { Family, Ruleset } from '../ir/ir.ts';

/** One family's rules in a report. Lists are by counter id. */
export interface ReportRules {
  readonly family: Family;
  /** The file they came from. */
  readonly source: string;
  readonly names: readonly CounterName[];
  readonly texts: readonly string[];
  readonly counters: RuleCounters;
}

/** Each rule as it stands in its source, without counters, by counter id. */
export function ruleTexts(ruleset: Ruleset): string[] {
  const texts: string[] = [];
  for (const table of ruleset.tables) {
    for (const chain of table.chains) {
      for (const { id, span } of chain.rules) {
        const text = span ? span.source.text.slice(span.start, span.end) : '';
        texts[id] = text.replace(/^\s*\[\d+:\d+\]\s*/, '').trim();
      }
    }
  }
  return texts;
}
