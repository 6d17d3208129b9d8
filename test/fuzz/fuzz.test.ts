// A small piece of `npm run fuzz`, always the same.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkInput } from './check.ts';
import { inputOf, TAPES } from './input.ts';
import { readPool } from './pool.ts';

test('broken and odd inputs neither crash nor hang, and what is printed reads back as the same', () => {
  const pool = readPool();
  let taken = 0;
  fc.assert(
    fc.property(TAPES, (tape) => {
      if (checkInput(inputOf(pool, tape))) taken++;
    }),
    { numRuns: 5000, seed: 7 },
  );
  expect(taken).toBeGreaterThan(500);
});
