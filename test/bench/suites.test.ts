// Each suite at its smallest: it runs, its answers are asserted by itself, and each figure has a sample a round. No time is looked at.

import { describe, expect, test } from 'vitest';
import type { BenchRun } from '../../bench/suite.ts';
import { SUITES } from '../../bench/suites.ts';

const RUN: BenchRun = { seed: 7, scale: 'tiny', rounds: 2, sizes: {}, note: () => undefined };

test('suites have names of their own', () => {
  expect(new Set(SUITES.map(({ name }) => name)).size).toBe(SUITES.length);
});

describe.each(SUITES)('suite $name', (suite) => {
  test('runs, and has a figure or says why not', { timeout: 120_000 }, async () => {
    const { figures, notices } = await suite.run(RUN);
    expect(figures.length + notices.length).toBeGreaterThan(0);
    expect(new Set(figures.map(({ of, what }) => `${of}: ${what}`)).size).toBe(figures.length);
    for (const { of, what, samples } of figures) {
      expect(samples.length, `${of}: ${what}`).toBeGreaterThan(0);
      for (const sample of samples) expect(Number.isFinite(sample) && sample >= 0, `${of}: ${what} is ${sample}`).toBe(true);
    }
  });
});
