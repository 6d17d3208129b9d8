// Simplifying tests keeps their meaning.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TEST_TRANSPORT } from '../../assembly/abi/opcode.ts';
import type { RangesTest, Test } from '../../src/ir/ir.ts';
import { isNever, NEVER, simplify, simplifyTests } from '../../src/ir/simplify.ts';
import { interpret } from '../support/interpret.ts';
import { packet, ruleset } from '../support/random-rules.ts';

const mask = (field: 'src0' | 'proto', bits: number, value: number, negate = false): Test => {
  return { kind: 'mask', field, mask: bits, value, negate };
};
const range = (low: number, high: number, negate = false): Test => ({ kind: 'range', field: 'dport', low, high, negate });
const header: Test = { kind: 'ask', opcode: TEST_TRANSPORT, operands: [8, 0], negate: false, effect: true };

test('a simplified ruleset does to every packet what it did before', () => {
  fc.assert(
    fc.property(ruleset, fc.array(packet, { minLength: 16, maxLength: 16 }), (rules, packets) => {
      const before = rules.tables[0]!;
      const after = simplify(rules).tables[0]!;
      for (const values of packets) {
        expect(interpret(after, after.chains[0]!, values)).toEqual(interpret(before, before.chains[0]!, values));
      }
    }),
    { numRuns: 300, seed: 11 },
  );
});

test('tests that always hold are dropped', () => {
  expect(simplifyTests([mask('src0', 0, 0), range(0, 0xffffffff), { kind: 'not', tests: [NEVER] }])).toEqual([]);
});

test('a test that an earlier one implies is dropped', () => {
  expect(simplifyTests([mask('src0', 0xffff0000, 0x0a010000), mask('src0', 0xff000000, 0x0a000000)])).toEqual([
    mask('src0', 0xffff0000, 0x0a010000),
  ]);
  expect(simplifyTests([range(80, 90), range(1, 100)])).toEqual([range(80, 90)]);
});

test('tests of the same field join', () => {
  expect(simplifyTests([mask('src0', 0xff, 1), mask('src0', 0xff00, 0x200)])).toEqual([mask('src0', 0xffff, 0x201)]);
  expect(simplifyTests([range(10, 90), range(50, 100)])).toEqual([range(50, 90)]);
});

test('a contradiction ends in a test that never holds, behind the effectful tests before it', () => {
  const tests = simplifyTests([mask('proto', 0xffffffff, 6), header, mask('proto', 0xffffffff, 17), range(1, 2)]);
  expect(tests).toEqual([mask('proto', 0xffffffff, 6), header, NEVER]);
  expect(isNever(tests.at(-1)!)).toBe(true);
});

test('ranges are sorted and joined, and a single one is a range', () => {
  const ranges = (list: [number, number][]): RangesTest => ({ kind: 'ranges', field: 'dport', ranges: list, negate: false });
  expect(
    simplifyTests([
      ranges([
        [80, 90],
        [10, 20],
        [21, 30],
      ]),
    ]),
  ).toEqual([
    ranges([
      [10, 30],
      [80, 90],
    ]),
  ]);
  expect(
    simplifyTests([
      ranges([
        [5, 9],
        [7, 12],
      ]),
    ]),
  ).toEqual([range(5, 12)]);
});

test('a double negation is none', () => {
  expect(simplifyTests([{ kind: 'not', tests: [{ kind: 'not', tests: [range(1, 2)] }] }])).toEqual([range(1, 2)]);
});
