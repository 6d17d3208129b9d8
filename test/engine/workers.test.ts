// Results never depend on workers: a few random scenarios here, many in the kernel suite, a large capture in the corpus suite.

import { expect, test } from 'vitest';
import { differencesByWorkers, differencesOfTranslations } from '../support/workers.ts';

test.each([1, 2, 3])('1, 2, 3, 4 and 8 workers tell the same of random scenarios of seed %i', async (seed) => {
  expect(await differencesByWorkers(seed)).toEqual([]);
});

test('1, 2, 3, 4 and 8 workers tell the same of random translations', async () => {
  expect(await differencesOfTranslations(1)).toEqual([]);
});
