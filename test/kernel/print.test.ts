// Every case of the extension tables, put to the iptables of this machine: what they say is taken is taken and prints so, and
// what they say is refused is refused. Needs root, iptables-legacy and network namespaces.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/ir/ir.ts';
import { type Case, readTable } from '../extensions/table.ts';
import { whyNoIptables } from './requirements.ts';

const FOLDER = new URL('../extensions/', import.meta.url);

/** Codes of rules that iptables takes and we do not yet. */
const OURS_ALONE = new Set(['not-supported-yet']);

/** What rules are loaded with: the tool, the table, and commands that make what they need. */
interface Place {
  readonly family: Family;
  readonly table: string;
  readonly setup: readonly string[];
}

/** Loads rules in a namespace of their own; gives the rules it prints, or undefined when they were refused. */
function load({ family, table, setup }: Place, rules: readonly string[]): string[] | undefined {
  const tool = family === 4 ? 'iptables-legacy' : 'ip6tables-legacy';
  const first = setup.map((command) => `${command} || exit 8; `).join('');
  const script = `${first}${tool}-restore 2>/dev/null || exit 9; ${tool}-save -t ${table}`;
  const input = `*${table}\n${rules.map((rule) => `-A ${rule}\n`).join('')}COMMIT\n`;
  try {
    const text = execFileSync('unshare', ['-n', 'sh', '-c', script], { input, encoding: 'utf8' });
    return text
      .split('\n')
      .filter((line) => line.startsWith('-A '))
      .map((line) => line.slice(3));
  } catch (error) {
    if ((error as { status?: number }).status === 9) return undefined;
    throw error;
  }
}

/** Finds what is wrong with the cases that should print, one by one where all at once do not come out right. */
function wrongPrints(family: Family, cases: readonly Case[]): string[] {
  const keyOf = ({ table, setup }: Case): string => [table, ...setup].join(';');
  return [...new Set(cases.map(keyOf))].flatMap((key) => {
    const group = cases.filter((theCase) => keyOf(theCase) === key);
    const { table, setup } = group[0]!;
    const place = { family, table, setup };
    const rules = group.flatMap(({ rule, chains, expected }) =>
      expected.kind === 'prints' ? chains.map((chain) => [`${chain} ${rule}`, `${chain} ${expected.canonical}`] as const) : [],
    );
    const all = load(
      place,
      rules.map(([rule]) => rule),
    );
    // Rules come out chain by chain, so compare as sorted lists.
    if (all && String([...all].sort()) === String(rules.map(([, canonical]) => canonical).sort())) return [];
    return rules.flatMap(([rule, canonical]) => {
      const printed = load(place, [rule])?.[0];
      return printed === canonical ? [] : [`-t ${table} ${rule}\n  expected ${canonical}\n  printed  ${printed ?? '(refused)'}`];
    });
  });
}

function wrongRefusals(family: Family, cases: readonly Case[]): string[] {
  return cases.flatMap(({ rule, chains, table, setup, expected }) => {
    if (expected.kind !== 'refused' || expected.codes.some((code) => OURS_ALONE.has(code))) return [];
    return load({ family, table, setup }, [`${chains[0]} ${rule}`]) ? [`-t ${table} ${chains[0]} ${rule}\n  was taken`] : [];
  });
}

const reason = whyNoIptables();

describe.skipIf(reason)(`the extension tables say what iptables does${reason ? ` (skipped: ${reason})` : ''}`, () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.t'))) {
    const cases = readTable(file, readFileSync(new URL(file, FOLDER), 'utf8'));
    for (const family of [4, 6] as const) {
      const ours = cases.filter(({ families, offline }) => families.includes(family) && !offline);
      if (ours.length === 0) continue;
      it(`${file}, IPv${family}`, () => {
        expect([...wrongPrints(family, ours), ...wrongRefusals(family, ours)].join('\n')).toBe('');
      });
    }
  }
});
