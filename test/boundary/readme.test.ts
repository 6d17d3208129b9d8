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

/** Names of the extensions that are evaluated for no family; one with several names goes by the extension's own. */
function notEvaluated(kind: 'match' | 'target'): string[] {
  const names = new Set<string>();
  const evaluated = new Set<string>();
  for (const family of [4, 6] as const) {
    for (const name of extensions.names(kind, family)) {
      const extension = extensions[kind](name, family);
      if (extension) (extension.lower ? evaluated : names).add(extension.name);
    }
  }
  return [...names].filter((name) => !evaluated.has(name)).sort();
}

test('README lists the matches and targets that are not evaluated, all of them and no other', () => {
  expect(listed('matches')).toEqual(notEvaluated('match'));
  expect(listed('targets')).toEqual(notEvaluated('target'));
});

test('every npm script that README names exists', () => {
  const { scripts } = JSON.parse(at('package.json')) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm (?:run )?([a-z][a-z:]*)/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'registry');
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
