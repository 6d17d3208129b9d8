// Names of test opcodes for dumps, from the one place that defines them.

import * as opcodes from '../../assembly/abi/opcode.ts';

/** TEST_* constants that are no opcodes. */
const MODIFIERS = ['TEST_NEGATE', 'TEST_OPCODE_MASK', 'TEST_FIELD_SHIFT'];

const NAMES = new Map(
  Object.entries(opcodes)
    .filter(([name]) => name.startsWith('TEST_') && !MODIFIERS.includes(name))
    .map(([name, opcode]) => [opcode, name.slice('TEST_'.length).toLowerCase().replaceAll('_', '-')]),
);

/** The name of a test opcode: TEST_TCP_OPTION is `tcp-option`. */
export function opcodeName(opcode: number): string {
  return NAMES.get(opcode) ?? `opcode-${opcode}`;
}
