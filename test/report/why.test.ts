import { expect, test } from 'vitest';
import * as codes from '../../assembly/abi/verdict.ts';
import { explainWhy, verdictName } from '../../src/report/why.ts';

const named = (prefix: string): [string, number][] => Object.entries(codes).filter(([name]) => name.startsWith(prefix));

test('every why-code has a word and a sentence of its own', () => {
  const whys = named('WHY_').filter(([, code]) => code !== codes.WHY_NONE);
  const unnamed = whys.filter(([, code]) => explainWhy(code)?.word === `why-${code}`).map(([name]) => name);
  expect(unnamed).toEqual([]);
  const words = whys.map(([, code]) => explainWhy(code)!.word);
  expect(new Set(words).size).toBe(words.length);
  for (const word of words) expect(word).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  for (const [, code] of whys) expect(explainWhy(code)!.sentence).not.toMatch(/\.$/);
});

test('no why-code means no why', () => {
  expect(explainWhy(codes.WHY_NONE)).toBeUndefined();
});

test('every verdict but "not evaluated" has its name', () => {
  for (const [name, code] of named('VERDICT_')) {
    expect(verdictName(code)).toBe(code === codes.VERDICT_NONE ? undefined : name.slice('VERDICT_'.length));
  }
});
