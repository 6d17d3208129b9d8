// What a report knows of one family's rules: what each counter id stands for, how the rule reads, what it counted.

import type { CounterName, RuleCounters } from '../compile/counters.ts';
import type { Family, Ruleset } from '../ir/ir.ts';

/** Counters and rules of a family by counter id. */
export interface NamedRules {
  readonly names: readonly CounterName[];
  readonly texts: readonly string[];
}

/** One family's rules in a report. */
export interface ReportRules extends NamedRules {
  readonly family: Family;
  /** The file they came from. */
  readonly source: string;
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

/** A family's ruleset as it was loaded. */
interface LoadedRules {
  readonly family: Family;
  readonly ruleset: Ruleset;
  readonly program: { readonly counterNames: readonly CounterName[] };
}

/** Counters and rules of each family that has some. */
export function namedRules(rulesets: readonly LoadedRules[]): { readonly rules4?: NamedRules; readonly rules6?: NamedRules } {
  return Object.fromEntries(
    rulesets.map(({ family, program, ruleset }) => [
      `rules${family}`,
      { names: program.counterNames, texts: ruleTexts(ruleset) },
    ]),
  );
}
