// Names of opcodes and verdicts for dumps, from the one place that defines each.

import * as opcodes from '../../assembly/abi/opcode.ts';
import * as verdicts from '../../assembly/abi/verdict.ts';

/** TEST_* constants that are no opcodes. */
const MODIFIERS = ['TEST_NEGATE', 'TEST_OPCODE_MASK', 'TEST_FIELD_SHIFT', 'TEST_SIZED'];

const TESTS = namesOf(opcodes, 'TEST_', MODIFIERS);
const ACTIONS = namesOf(opcodes, 'ACTION_', []);
const VERDICTS = new Map([
  ...[...namesOf(verdicts, 'VERDICT_', [])].map(([verdict, name]) => [verdict, name.toUpperCase()] as const),
  [verdicts.CHAIN_PASSED, 'ACCEPT'],
]);

function namesOf(constants: Readonly<Record<string, number>>, prefix: string, except: readonly string[]): Map<number, string> {
  const named = Object.entries(constants).filter(([name]) => name.startsWith(prefix) && !except.includes(name));
  return new Map(named.map(([name, value]) => [value, name.slice(prefix.length).toLowerCase().replaceAll('_', '-')]));
}

/** The name of a test opcode: TEST_TCP_OPTION is `tcp-option`. */
export function opcodeName(opcode: number): string {
  return TESTS.get(opcode) ?? `opcode-${opcode}`;
}

/** The name of an action opcode: ACTION_CONNMARK is `connmark`. */
export function actionName(opcode: number): string {
  return ACTIONS.get(opcode) ?? `action-${opcode}`;
}

/** The name of a verdict, or of what a chain comes to: VERDICT_DROP is `DROP`; VERDICT_NONE, which returns to the caller, `return`. */
export function verdictName(verdict: number): string {
  if (verdict >= verdicts.CHAIN_REJECT) return 'REJECT';
  return verdict === verdicts.VERDICT_NONE ? 'return' : (VERDICTS.get(verdict) ?? `verdict-${verdict}`);
}
