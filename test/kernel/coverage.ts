// What a run has tried of every match and target that is evaluated: the committed scenarios whose rules have it, the random rules that
// have it, and the packets that those rules counted.

import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import type { Extension } from '../../src/ruleset/extension.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import type { RulesetTree, RuleTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import type { Count } from '../support/outcome.ts';
import { fillTimes, SCENARIO_SECONDS } from '../support/rule-times.ts';
import type { Scenario } from '../support/scenario.ts';
import type { SeedKind } from './seeds.ts';

/** Extensions that are evaluated, and why the live kernel is not asked about them, by kind and name. */
const UNTRIED: ReadonlyMap<string, string> = new Map([
  ['target LED', 'not in this kernel'],
  ['target SECMARK', 'needs a security module, which this kernel does not have'],
  ['target ULOG', 'not in any kernel since 3.17'],
]);
/** What only scenarios try, and why. */
const UNDRAWN: ReadonlyMap<string, string> = new Map([['match osf', 'its fingerprints are the whole machine’s']]);
/** What only random translations have. */
const TRANSLATES: ReadonlySet<string> = new Set(
  ['SNAT', 'DNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP', 'SNPT', 'DNPT'].map((name) => `target ${name}`),
);
/** What random packets never meet, and why. */
const UNMET: ReadonlyMap<string, string> = new Map([['match socket', 'nothing listens in the bench’s network']]);

/** From so many seeds on random rules must have every extension, and from so many on packets must have met one of each. */
const RULE_SEEDS = 100;
const HIT_SEEDS = 1000;

const FAMILIES = [4, 6] as const;
/** Scenario files that a line of the table names. */
const FILES_SHOWN = 3;

/** What random rules had of an extension in one family. */
export type RuleCount = readonly [title: string, family: Family, rules: number, hits: number];

/** One extension in one family. */
interface Share {
  readonly scenarios: Set<string>;
  rules: number;
  hits: number;
}

interface Row {
  /** `match limit`. */
  readonly title: string;
  readonly shares: ReadonlyMap<Family, Share>;
}

/** Every extension with a meaning to Hookline, by kind and name. */
function evaluated(): Map<string, Row> {
  const families = new Map<string, Map<Family, Share>>();
  for (const kind of ['match', 'target'] as const) {
    for (const family of FAMILIES) {
      for (const name of extensions.names(kind, family)) {
        const extension = extensions[kind](name, family)!;
        if (!extension.lower) continue;
        const title = titleOf(extension);
        const shares = families.get(title) ?? new Map<Family, Share>();
        families.set(title, shares.set(family, { scenarios: new Set(), rules: 0, hits: 0 }));
      }
    }
  }
  return new Map([...families].map(([title, shares]) => [title, { title, shares }]));
}

function titleOf({ kind, name }: Extension): string {
  return `${kind} ${name}`;
}

/** The extensions of a rule, each once. */
function extensionsOf({ matches, target }: RuleTree): Set<string> {
  const found = new Set(matches.map(({ extension }) => titleOf(extension)));
  return target?.kind === 'extension' ? found.add(titleOf(target.extension)) : found;
}

export class Coverage {
  private readonly rows = evaluated();

  /** Notes the extensions in a scenario's rules. */
  addScenario(scenario: Scenario): void {
    const texts = { 4: scenario.rules, 6: scenario.rules6 };
    for (const family of FAMILIES) {
      const text = fillTimes(texts[family], SCENARIO_SECONDS);
      if (text === undefined) continue;
      const tree = parseRuleset({ name: scenario.name, text }, family, extensions, new Diagnostics());
      for (const share of this.sharesOf(tree)) share.scenarios.add(scenario.name);
    }
  }

  /** Notes the extensions of random rules, and what each rule of them counted. */
  addRandom(tree: RulesetTree, totals: readonly Count[]): void {
    const packets = new Map(totals.map(([table, chain, number, count]) => [`${table} ${chain} ${number}`, count]));
    for (const table of tree.tables) {
      for (const chain of table.chains) {
        for (const [i, rule] of chain.rules.entries()) {
          for (const title of extensionsOf(rule)) {
            const share = this.rows.get(title)?.shares.get(tree.family);
            if (!share) continue;
            share.rules++;
            share.hits += packets.get(`${table.name} ${chain.name} ${i + 1}`) ?? 0;
          }
        }
      }
    }
  }

  /** What random rules had, to be added to another's. */
  counts(): RuleCount[] {
    return [...this.rows.values()].flatMap(({ title, shares }) =>
      [...shares].map(([family, { rules, hits }]): RuleCount => [title, family, rules, hits]),
    );
  }

  addCounts(counts: readonly RuleCount[]): void {
    for (const [title, family, rules, hits] of counts) {
      const share = this.rows.get(title)!.shares.get(family)!;
      share.rules += rules;
      share.hits += hits;
    }
  }

  private *sharesOf(tree: RulesetTree): Iterable<Share> {
    for (const { chains } of tree.tables) {
      for (const title of chains.flatMap(({ rules }) => rules.flatMap((rule) => [...extensionsOf(rule)]))) {
        const share = this.rows.get(title)?.shares.get(tree.family);
        if (share) yield share;
      }
    }
  }

  /** What was not tried that should have been by a run of so many seeds of `kinds`, one a line. */
  faults(seeds: number, kinds: readonly SeedKind[]): string[] {
    if (seeds < RULE_SEEDS) return [];
    const isDrawn = (title: string) => !UNDRAWN.has(title) && (kinds.includes('translations') || !TRANSLATES.has(title));
    return [...this.rows.values()].flatMap(({ title, shares }) => {
      if (UNTRIED.has(title)) return [];
      return [...shares].flatMap(([family, { scenarios, rules, hits }]) => [
        ...(scenarios.size === 0 ? [`${title} (IPv${family}): no scenario has it`] : []),
        ...(rules === 0 && isDrawn(title) ? [`${title} (IPv${family}): no random rule has it`] : []),
        ...(rules > 0 && hits === 0 && seeds >= HIT_SEEDS && !UNMET.has(title)
          ? [`${title} (IPv${family}): no packet met the ${rules} random rules that have it`]
          : []),
      ]);
    });
  }

  /** The table, for people. */
  toString(): string {
    const lines = [...this.rows.values()].sort((a, b) => (a.title < b.title ? -1 : 1)).map((row) => this.line(row));
    const head = cells('', 'rules', 'hits', 'rules6', 'hits6', 'scenarios');
    return ['What random rules and scenarios had of each match and target:', head, ...lines].join('\n');
  }

  private line({ title, shares }: Row): string {
    const untried = UNTRIED.get(title);
    if (untried !== undefined) return cells(title, '-', '-', '-', '-', untried);
    const number = (family: Family, part: 'rules' | 'hits') => String(shares.get(family)?.[part] ?? '-');
    const files = [...new Set([...shares.values()].flatMap(({ scenarios }) => [...scenarios]))].sort(nearestTo(title));
    const more = files.length > FILES_SHOWN ? ` and ${files.length - FILES_SHOWN} more` : '';
    const named = files.slice(0, FILES_SHOWN).join(', ');
    return cells(title, number(4, 'rules'), number(4, 'hits'), number(6, 'rules'), number(6, 'hits'), named + more);
  }
}

/** Files that are named for the extension first. */
function nearestTo(title: string): (a: string, b: string) => number {
  const path = title.toLowerCase().replace(' ', '/');
  const rank = (file: string) =>
    file === `${path}.md` ? 0 : file.startsWith(path) ? 1 : file.startsWith(path.split('/')[0]!) ? 2 : 3;
  return (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);
}

function cells(title: string, rules: string, hits: string, rules6: string, hits6: string, files: string): string {
  return [title.padEnd(20), rules.padStart(7), hits.padStart(8), rules6.padStart(7), hits6.padStart(8), ` ${files}`].join('');
}
