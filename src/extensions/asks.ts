// Tests that the core answers from the bytes of a packet, and operands for them.

import { TEST_TRANSPORT_RANGES } from '../../assembly/abi/opcode.ts';
import type { AskTest } from '../ir/ir.ts';
import type { Range } from './values.ts';

/** A test that nothing but the packet's bytes answers: asking changes nothing. */
export function ask(opcode: number, operands: readonly number[], negate = false): AskTest {
  return { kind: 'ask', opcode, operands, negate, effect: false };
}

/** A test that may drop the packet on the spot, so that it is asked exactly when the kernel would. */
export function askOrDrop(opcode: number, operands: readonly number[], negate = false): AskTest {
  return { kind: 'ask', opcode, operands, negate, effect: true };
}

/** Where a field lies in a transport header: bits of the big-endian word at an offset. */
export interface TransportField {
  readonly offset: number;
  readonly shift?: number;
  readonly mask?: number;
}

/** The field is in one of the ranges. The header must be asked for first. */
export function transportRanges(field: TransportField, ranges: readonly Range[], negate: boolean): AskTest {
  const { offset, shift = 0, mask = 0xffff_ffff } = field;
  return ask(TEST_TRANSPORT_RANGES, [offset, shift, mask, ...ranges.flat()], negate);
}

/** Bytes as words that lie in memory as the bytes do; the last is filled up with 0. */
export function wordsOf(bytes: Uint8Array): number[] {
  const words = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  words.set(bytes);
  const view = new DataView(words.buffer);
  return Array.from({ length: words.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/** The bits whose condition holds. */
export function flagsOf(...conditions: readonly (readonly [boolean | undefined, number])[]): number {
  return conditions.reduce((all, [holds, bit]) => (holds ? all | bit : all), 0);
}
