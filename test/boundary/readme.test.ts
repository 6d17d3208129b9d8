import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';

const at = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = at('README.md');

/** The names in the list that begins with `- kind:`. */
function listed(kind: string): string[] {
  const list = new RegExp(`^- ${kind}: ([^]*?)\\n(?:- |\\n)`, 'm').exec(readme)![1]!;
  return list.split(/,\s+/).map((name) => name.trim());
}

/** Names of the extensions of either family that can be evaluated; one with several names goes by the extension's own. */
function evaluated(kind: 'match' | 'target'): string[] {
  const names = new Set<string>();
  for (const family of [4, 6] as const) {
    for (const name of extensions.names(kind, family)) {
      const extension = extensions[kind](name, family);
      if (extension?.lower) names.add(extension.name);
    }
  }
  return [...names];
}

test('README lists the matches and targets that are evaluated, all of them and no other', () => {
  const standard = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'];
  expect(listed('matches')).toEqual(evaluated('match').sort());
  expect(listed('targets')).toEqual([...evaluated('target'), ...standard].sort());
});

test('every npm script that README names exists', () => {
  const { scripts } = JSON.parse(at('package.json')) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm (?:run )?([a-z][a-z:]*)/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'registry');
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
