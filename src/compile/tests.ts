// Tests of the IR as test programs: words the core interprets (assembly/abi/opcode.ts).

import {
  ADDRESSES_WORDS,
  TEST_ADDRESSES,
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
  for (let k = 0; k < tests.length; k++) encodeTest(tests[k]!, words);
  words.push(TEST_END);
  return words;
}

function encodeTest(test: Test, words: number[]): void {
  switch (test.kind) {
    case 'mask':
      words.push(opcodeWord(TEST_MASK, test.negate, test.field), test.mask, test.value);
      return;
    case 'range':
      words.push(opcodeWord(TEST_RANGE, test.negate, test.field), test.low, test.high);
      return;
    case 'ranges':
      words.push(opcodeWord(TEST_RANGES, test.negate, test.field), test.ranges.length);
      for (const [low, high] of test.ranges) words.push(low, high);
      return;
    case 'not': {
      const inner = encodeTests(test.tests);
      words.push(opcodeWord(TEST_NOT, false), inner.length);
      for (const word of inner) words.push(word);
      return;
    }
    case 'ask': {
      const { opcode, operands, negate, field } = test;
      words.push(opcode >= TEST_SIZED ? sizedWord(opcode, negate, operands.length) : opcodeWord(opcode, negate, field));
      for (let k = 0; k < operands.length; k++) words.push(operands[k]!);
    }
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

/** Where the mask of each word of an address stands among the operands of TEST_ADDRESSES; its value stands eight words behind it. */
const ADDRESS_PLACE: Partial<Record<Field, number>> = { src0: 0, src1: 1, src2: 2, src3: 3, dst0: 4, dst1: 5, dst2: 6, dst3: 7 };

/** The words of a conjunction as the one test TEST_ADDRESSES, TEST_END included; undefined when it is about anything else. */
export function addressesWords(tests: readonly Test[]): number[] | undefined {
  const words: number[] = new Array(1 + ADDRESSES_WORDS + 1).fill(0);
  words[0] = opcodeWord(TEST_ADDRESSES, false);
  words[1 + ADDRESSES_WORDS] = TEST_END;
  for (const test of tests) {
    const place = test.kind === 'mask' && !test.negate ? ADDRESS_PLACE[test.field] : undefined;
    if (test.kind !== 'mask' || place === undefined || words[1 + place] !== 0) return undefined;
    words[1 + place] = test.mask;
    words[1 + place + ADDRESSES_WORDS / 2] = test.value;
  }
  return words;
}
