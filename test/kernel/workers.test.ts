// Results never depend on workers: many random scenarios. A few are in the default suite.

import { expect, test } from 'vitest';
import { differencesByWorkers, differencesOfTranslations } from '../support/workers.ts';

const SEEDS = Array.from({ length: 100 }, (_, i) => 1000 + i);
const MINUTES = 60_000;

test('1, 2, 3, 4 and 8 workers tell the same of 300 random scenarios, byte for byte', { timeout: 20 * MINUTES }, async () => {
  const differences: string[] = [];
  for (const seed of SEEDS) differences.push(...(await differencesByWorkers(seed)));
  expect(differences).toEqual([]);
});

test('1, 2, 3, 4 and 8 workers tell the same of 50 random translations, byte for byte', { timeout: 20 * MINUTES }, async () => {
  const differences: string[] = [];
  for (const seed of SEEDS.slice(0, 50)) differences.push(...(await differencesOfTranslations(seed)));
  expect(differences).toEqual([]);
});
