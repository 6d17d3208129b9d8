// Tests of the IR as test programs: words the core interprets (assembly/abi/opcode.ts).

import {
  TEST_END,
  TEST_FIELD_SHIFT,
  TEST_MASK,
  TEST_NEGATE,
  TEST_NOT,
  TEST_RANGE,
  TEST_RANGES,
  TEST_SIZED,
} from '../../assembly/abi/opcode.ts';
import type { Field, Test } from '../ir/ir.ts';
import { FIELD_OFFSET } from './fields.ts';

/** The words of a conjunction, TEST_END included. */
export function encodeTests(tests: readonly Test[]): number[] {
  const words: number[] = [];
  for (const test of tests) words.push(...encodeTest(test));
  words.push(TEST_END);
  return words;
}

function encodeTest(test: Test): number[] {
  switch (test.kind) {
    case 'mask':
      return [opcodeWord(TEST_MASK, test.negate, test.field), test.mask, test.value];
    case 'range':
      return [opcodeWord(TEST_RANGE, test.negate, test.field), test.low, test.high];
    case 'ranges':
      return [opcodeWord(TEST_RANGES, test.negate, test.field), test.ranges.length, ...test.ranges.flat()];
    case 'not': {
      const inner = encodeTests(test.tests);
      return [opcodeWord(TEST_NOT, false), inner.length, ...inner];
    }
    case 'ask':
      if (test.opcode >= TEST_SIZED) return [sizedWord(test.opcode, test.negate, test.operands.length), ...test.operands];
      return [opcodeWord(test.opcode, test.negate, test.field), ...test.operands];
  }
}

function opcodeWord(opcode: number, negate: boolean, field?: Field): number {
  return opcode | (negate ? TEST_NEGATE : 0) | ((field ? FIELD_OFFSET[field] : 0) << TEST_FIELD_SHIFT);
}

/** Most operand words of a test: what the upper half of its first word can say. */
const OPERANDS_MAX = 0xffff;

function sizedWord(opcode: number, negate: boolean, operands: number): number {
  if (operands > OPERANDS_MAX) throw new Error(`a test has ${operands} operand words, ${OPERANDS_MAX} can be written`);
  return (opcode | (negate ? TEST_NEGATE : 0) | (operands << TEST_FIELD_SHIFT)) >>> 0;
}
