// What inputs are made of: rules of the extension tables, command lines, scripts, ipset lines, and rules of the corpus where it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { readTable } from '../extensions/table.ts';

/** A rule and where it may stand. */
export interface PoolRule {
  readonly table: string;
  /** Behind `-A `. */
  readonly rule: string;
}

export interface Pool {
  /** Rules that are taken, by table; those of the corpus stand in filter, where not all are. */
  readonly good: Readonly<Record<Family, ReadonlyMap<string, readonly string[]>>>;
  /** All rules, those that are refused among them. */
  readonly rules: Readonly<Record<Family, readonly PoolRule[]>>;
  /** Names of matches, with the options of each. */
  readonly matches: Readonly<Record<Family, readonly Named[]>>;
  readonly targets: Readonly<Record<Family, readonly Named[]>>;
  readonly commands: readonly string[];
  readonly ipset: readonly string[];
}

export interface Named {
  readonly name: string;
  readonly options: readonly string[];
}

/** Most rules of one corpus file: files repeat themselves. */
const RULES_OF_FILE = 150;

const TESTS = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../test/' : '../', import.meta.url));

export function readPool(): Pool {
  const rules = [...tableRules(), ...corpusRules()];
  return {
    good: { 4: byTable(rules, 4), 6: byTable(rules, 6) },
    rules: { 4: rules.filter(({ family }) => family === 4), 6: rules.filter(({ family }) => family === 6) },
    matches: { 4: named('match', 4), 6: named('match', 6) },
    targets: { 4: named('target', 4), 6: named('target', 6) },
    commands: [...linesOf('commands/session.txt'), ...scripts()],
    ipset: readdirSync(join(TESTS, 'ipset/scripts')).flatMap((name) => linesOf(join('ipset/scripts', name))),
  };
}

interface FoundRule extends PoolRule {
  readonly family: Family;
  readonly isGood: boolean;
}

function byTable(rules: readonly FoundRule[], family: Family): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const { table, rule } of rules.filter((rule) => rule.family === family && rule.isGood)) {
    const list = tables.get(table);
    if (list) list.push(rule);
    else tables.set(table, [rule]);
  }
  return tables;
}

function tableRules(): FoundRule[] {
  const folder = join(TESTS, 'extensions');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.t'))
    .flatMap((name) => readTable(name, readFileSync(join(folder, name), 'utf8')))
    .flatMap(({ families, table, chains, rule, expected }) =>
      families.map((family) => ({ family, table, rule: `${chains[0]} ${rule}`, isGood: expected.kind === 'prints' })),
    );
}

function corpusRules(): FoundRule[] {
  const folder = join(process.env.CORPUS ?? '', 'rulesets');
  if (!process.env.CORPUS || !existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.rules'))
    .flatMap((name) => {
      const lines = readFileSync(join(folder, name), 'latin1').split('\n');
      const family: Family = name.includes('.v6.') ? 6 : 4;
      const rules = lines.filter((line) => line.startsWith('-A ')).map((line) => line.slice(3));
      const step = Math.max(1, Math.floor(rules.length / RULES_OF_FILE));
      return rules.filter((_, i) => i % step === 0).map((rule) => ({ family, table: 'filter', rule, isGood: true }));
    });
}

function named(kind: 'match' | 'target', family: Family): Named[] {
  return extensions.names(kind, family).map((name) => ({
    name,
    options: extensions[kind](name, family)!.options.map((option) => option.name),
  }));
}

function linesOf(path: string): string[] {
  const lines = readFileSync(join(TESTS, path), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' => ')[0]!);
}

function scripts(): string[] {
  return readdirSync(join(TESTS, 'record/scripts')).flatMap((name) => linesOf(join('record/scripts', name)));
}
