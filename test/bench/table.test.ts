import { expect, test } from 'vitest';
import { cost, gain } from '../../bench/suite.ts';
import { amount, markdownTable, textTable } from '../../bench/table.ts';

const FIGURES = [
  cost('10 rules', 'packet', 'ns', [40, 41, 42]),
  cost('10 rules', 'times floor', 'x', [3.9, 4, 4.2], { bar: 4, aim: 3 }),
  cost('1,000 rules', 'packet', 'ns', [1234, 1234, 1234]),
  gain('1,000 rules', 'speed-up', 'x', [1.5, 1.5, 1.5], { bar: 1.7 }),
];

test('rows are what was measured, columns what of it, with the spread where there is any', () => {
  expect(textTable(FIGURES)).toMatchInlineSnapshot(`
    "             packet, ns  times floor  speed-up
    10 rules         41 ±4%       4x ±4%
    1,000 rules       1,234                  1.50x
    met: 10 rules: times floor 4x (at most 4x, aim 3x)
    MISSED: 1,000 rules: speed-up 1.50x (at least 1.70x)"
  `);
  expect(markdownTable(FIGURES)).toMatchInlineSnapshot(`
    "| measured | packet, ns | times floor | speed-up |
    |---|---:|---:|---:|
    | 10 rules | 41 ±4% | 4x ±4% |  |
    | 1,000 rules | 1,234 |  | 1.50x |

    - met: 10 rules: times floor 4x (at most 4x, aim 3x)
    - MISSED: 1,000 rules: speed-up 1.50x (at least 1.70x)"
  `);
});

test('what is only meant to be reached is told apart from what must be', () => {
  const aims = [cost('near', 'packet', 'ns', [10], { aim: 10 }), gain('far', 'speed-up', 'x', [1.5], { aim: 1.85 })];
  expect(textTable(aims).split('\n').slice(-2)).toEqual([
    'reached: near: packet 10 ns (aim 10)',
    'not reached: far: speed-up 1.50x (aim 1.85x)',
  ]);
});

test('numbers have about three digits', () => {
  expect([0.0123, 0.5, 9.876, 45.67, 1234.5, 3].map((value) => amount(value, 'ms'))).toEqual([
    '0.0123',
    '0.50',
    '9.88',
    '45.7',
    '1,235',
    '3',
  ]);
});
