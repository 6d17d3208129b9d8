// What `hookline rules` prints is what iptables-legacy 1.8.9 prints, byte for byte: -L with and without names, counters and exact
// numbers, -S, and iptables-save -c. Asked of every rule of the tables in test/extensions, and with CORPUS set of every test line of
// iptables itself and of every ruleset there. Each ruleset is loaded in a network namespace of its own.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Family } from '../../src/ir/ir.ts';
import { lineFiles, readLines } from '../corpus/iptables-t.ts';
import { readTable } from '../extensions/table.ts';
import { ourViews, readText, SAMPLES, tablesOf, transcript } from '../support/listing.ts';
import { differences, liveDescription, liveViews } from './listing.ts';
import { whyNoIptables } from './requirements.ts';

const TABLES = new URL('../extensions/', import.meta.url);
const RULESETS = process.env.CORPUS ? join(process.env.CORPUS, 'rulesets') : '';

/** Counters around every place where `-L -v` turns to another unit. */
const COUNTS = [0, 7, 99_999, 100_000, 9_999_499, 9_999_500, 9_999_500_000, 12_345_678_901_234, 2 ** 53];

interface Rules {
  readonly table: string;
  readonly setup: readonly string[];
  /** Behind `-A `. */
  readonly rules: readonly string[];
}

const tally = { rules: 0, described: 0, refused: 0, rulesets: 0, unloadable: [] as string[] };
afterAll(() => {
  const { rules, described, refused, rulesets, unloadable } = tally;
  console.log(`printed as iptables prints them: ${rules} rules and ${rulesets} rulesets`);
  console.log(`not in this kernel, but described as iptables -v -A does: ${described} rules`);
  console.log(`refused by iptables on this machine: ${refused} rules, rulesets ${unloadable.join(', ') || 'none'}`);
});

/** A ruleset of some rules, each with counters of its own. */
function textOf({ table, rules }: Rules): string {
  const lines = rules.map((rule, i) => `[${COUNTS[i % COUNTS.length]}:${COUNTS[(i * 5 + 3) % COUNTS.length]}] -A ${rule}\n`);
  return `*${table}\n${lines.join('')}COMMIT\n`;
}

/** What differs, asked of all at once, or of one after the other where this machine does not load them all. */
function wrong(rules: Rules, family: Family): string[] {
  const text = textOf(rules);
  const live = liveViews(text, family, [rules.table], rules.setup);
  if (!live) {
    if (rules.rules.length > 1) return rules.rules.flatMap((rule) => wrong({ ...rules, rules: [rule] }, family));
    return wrongDescription(rules, family);
  }
  tally.rules += rules.rules.length;
  const ours = ourViews(text, family, [rules.table], rules.setup);
  return ours ? differences(live, ours) : [`refused: ${text}`];
}

/** What is wrong with a rule that this kernel does not take. */
function wrongDescription({ table, setup, rules: [rule = ''] }: Rules, family: Family): string[] {
  const live = liveDescription(rule, family, table);
  if (live === undefined) {
    tally.refused++;
    return [];
  }
  tally.described++;
  const listed = ourViews(textOf({ table, setup, rules: [rule] }), family, [table], setup)?.get(`${table} -L -n`) ?? '';
  return listed.includes(`${live}\n`) ? [] : [`${rule}\n  live ${live}\n  ours ${listed}`];
}

function inGroups(all: readonly Rules[]): Rules[] {
  const groups = new Map<string, Rules>();
  for (const one of all) {
    const key = [one.table, ...one.setup].join(';');
    groups.set(key, { ...one, rules: [...(groups.get(key)?.rules ?? []), ...one.rules] });
  }
  return [...groups.values()];
}

/** Commands that make the IP sets a ruleset asks for. Of how many dimensions they are is not asked when it is loaded. */
function setsOf(text: string, family: Family): string[] {
  const names = [...text.matchAll(/--(?:match|add|del|map)-set (\S+)/g)].map(([, name]) => name);
  return [...new Set(names)].map((name) => `ipset create ${name} hash:net family ${family === 4 ? 'inet' : 'inet6'}`);
}

const reason = whyNoIptables();

describe.skipIf(reason)(`rules print as iptables prints them${reason ? ` (skipped: ${reason})` : ''}`, () => {
  for (const file of readdirSync(TABLES).filter((name) => name.endsWith('.t'))) {
    for (const family of [4, 6] as const) {
      const cases = readTable(file, readFileSync(new URL(file, TABLES), 'utf8')).filter(
        ({ families, expected }) => families.includes(family) && expected.kind === 'prints',
      );
      if (cases.length === 0) continue;
      it(`${file}, IPv${family}`, () => {
        const all = cases.map(({ table, setup, chains, rule }) => ({
          table,
          setup,
          rules: chains.map((chain) => `${chain} ${rule}`),
        }));
        expect(
          inGroups(all)
            .flatMap((rules) => wrong(rules, family))
            .join('\n'),
        ).toBe('');
      });
    }
  }

  // `vitest --mode kernel -u` writes them anew.
  it.each(SAMPLES)('the file beside the sample $name says what iptables prints', async ({ name, family, rules, printed }) => {
    const text = readText(readFileSync(rules));
    const live = liveViews(text, family, tablesOf(text), setsOf(text, family));
    await expect(transcript(name, live!)).toMatchFileSnapshot(printed);
  });

  for (const { name, family } of lineFiles()) {
    const lines = readLines(name).filter(({ taken }) => taken);
    if (lines.length === 0) continue;
    it(`iptables' own ${name}`, () => {
      const all = lines.map(({ setup, table, chains, rule }) => ({
        table,
        setup: setup.map((command) => command.replace(/^iptables/, 'iptables-legacy')),
        rules: chains.map((chain) => `${chain} ${rule}`),
      }));
      expect(
        inGroups(all)
          .flatMap((rules) => wrong(rules, family))
          .join('\n'),
      ).toBe('');
    });
  }

  for (const name of RULESETS ? readdirSync(RULESETS).filter((file) => file.endsWith('.rules')) : []) {
    it(`the ruleset ${name}`, () => {
      // With -c, the tools want counters behind every policy.
      const text = readText(readFileSync(join(RULESETS, name))).replace(/^(:\S+ \S+)[ \t]*$/gm, '$1 [0:0]');
      const family = name.includes('.v6.') ? 6 : 4;
      const tables = tablesOf(text);
      const live = liveViews(text, family, tables, setsOf(text, family));
      if (!live) {
        tally.unloadable.push(name);
        return;
      }
      tally.rulesets++;
      const ours = ourViews(text, family, tables);
      expect(ours ? differences(live, ours).join('\n') : 'refused').toBe('');
    });
  }
});
