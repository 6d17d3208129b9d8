// Test programs back into tests of the IR, for dumps.

import {
  ADDRESSES_WORDS,
  CONNTRACK_WORDS,
  TEST_ADDRESS_RANGE,
  TEST_ADDRESSES,
  TEST_ADDRTYPE,
  TEST_CONNMARK,
  TEST_CONNTRACK,
  TEST_END,
  TEST_FIELD_SHIFT,
  TEST_IPV6_PROTO,
  TEST_MASK,
  TEST_NEGATE,
  TEST_NOT,
  TEST_OPCODE_MASK,
  TEST_RANGE,
  TEST_RANGES,
  TEST_SIZED,
  TEST_TCP_OPTION,
  TEST_TRANSPORT,
} from '../../assembly/abi/opcode.ts';
import type { Field, Test } from '../ir/ir.ts';
import { fieldAt } from './fields.ts';

/** Reads the u32 at a byte offset of an image. */
export type ReadWord = (offset: number) => number;

/** Operand words of the tests below TEST_SIZED that only asking answers. */
const ASK_WORDS: ReadonlyMap<number, number> = new Map([
  [TEST_TRANSPORT, 2],
  [TEST_IPV6_PROTO, 0],
  [TEST_TCP_OPTION, 1],
  [TEST_ADDRESS_RANGE, 8],
  [TEST_CONNMARK, 2],
  [TEST_CONNTRACK, CONNTRACK_WORDS],
  [TEST_ADDRTYPE, 3],
]);

/** The tests of the program at an offset. Whether asking has an effect is not written in an image: it says false. */
export function decodeTests(word: ReadWord, offset: number): Test[] {
  const tests: Test[] = [];
  for (let at = offset; ; ) {
    const head = word(at);
    if ((head & TEST_OPCODE_MASK) === TEST_END) return tests;
    if ((head & TEST_OPCODE_MASK) === TEST_ADDRESSES) return addressTests(word, at + 4);
    const { test, next } = decodeTest(word, at, head);
    tests.push(test);
    at = next;
  }
}

function decodeTest(word: ReadWord, at: number, head: number): { test: Test; next: number } {
  const opcode = head & TEST_OPCODE_MASK;
  const negate = (head & TEST_NEGATE) !== 0;
  const field = opcode >= TEST_SIZED ? 'src0' : (fieldAt(head >>> TEST_FIELD_SHIFT) as Field);
  const operand = (index: number): number => word(at + 4 + 4 * index);
  switch (opcode) {
    case TEST_MASK:
      return { test: { kind: 'mask', field, mask: operand(0), value: operand(1), negate }, next: at + 12 };
    case TEST_RANGE:
      return { test: { kind: 'range', field, low: operand(0), high: operand(1), negate }, next: at + 12 };
    case TEST_RANGES: {
      const count = operand(0);
      const ranges = Array.from({ length: count }, (_, i) => [operand(1 + 2 * i), operand(2 + 2 * i)] as const);
      return { test: { kind: 'ranges', field, ranges, negate }, next: at + 8 + 8 * count };
    }
    case TEST_NOT:
      return { test: { kind: 'not', tests: decodeTests(word, at + 8) }, next: at + 8 + 4 * operand(0) };
    default: {
      const words = opcode >= TEST_SIZED ? head >>> TEST_FIELD_SHIFT : ASK_WORDS.get(opcode);
      if (words === undefined) throw new Error(`opcode ${opcode} at offset ${at} is none of this version`);
      const operands = Array.from({ length: words }, (_, i) => operand(i));
      const subject = opcode === TEST_ADDRESS_RANGE ? { field } : {};
      return { test: { kind: 'ask', opcode, operands, negate, effect: false, ...subject }, next: at + 4 + 4 * words };
    }
  }
}

const ADDRESS_WORDS = ['src0', 'src1', 'src2', 'src3', 'dst0', 'dst1', 'dst2', 'dst3'] as const;

/** What the operands of TEST_ADDRESSES ask, word by word. */
function addressTests(word: ReadWord, operands: number): Test[] {
  return ADDRESS_WORDS.flatMap((field, place): Test[] => {
    const mask = word(operands + 4 * place);
    const value = word(operands + 4 * (place + ADDRESSES_WORDS / 2));
    return mask === 0 ? [] : [{ kind: 'mask', field, mask, value, negate: false }];
  });
}
