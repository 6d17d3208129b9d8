// The IR as text, for people and golden tests. One rule a line: id, number in its chain, tests, action.

import { type Action, assertNever, type Chain, type Rule, type Ruleset, type Test } from './ir.ts';

/** Opcode names as the core knows them; whoever calls hands them in, since the IR knows no opcodes. */
export type OpcodeName = (opcode: number) => string;

/** The whole ruleset as text. */
export function dumpRuleset(ruleset: Ruleset, opcodeName: OpcodeName = (opcode) => `ask${opcode}`): string {
  const lines = [`ipv${ruleset.family}, ${ruleset.ruleCount} rules${ruleset.usesConntrack ? ', uses conntrack' : ''}`];
  for (const table of ruleset.tables) {
    lines.push('', `table ${table.name}`);
    for (const chain of table.chains) {
      lines.push(`  ${dumpChain(chain)}`);
      for (const rule of chain.rules) lines.push(`    ${dumpRule(rule, opcodeName)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function dumpChain(chain: Chain): string {
  if (!chain.policy) return `chain ${chain.name}`;
  return `chain ${chain.name} hook ${chain.hook ?? '?'} policy ${chain.policy.verdict} #${chain.policy.id}`;
}

function dumpRule(rule: Rule, opcodeName: OpcodeName): string {
  const tests = rule.tests.map((test) => dumpTest(test, opcodeName)).join(' & ') || 'always';
  return `#${rule.id} ${rule.number}: ${tests} -> ${dumpAction(rule.action)}`;
}

/** One test as text; `!` in front negates. */
export function dumpTest(test: Test, opcodeName: OpcodeName): string {
  switch (test.kind) {
    case 'mask':
      return `${test.field}${dumpMask(test.mask, test.value, test.negate)}`;
    case 'range':
      return `${test.field} ${test.negate ? '!in' : 'in'} ${test.low}..${test.high}`;
    case 'ranges':
      return `${test.field} ${test.negate ? '!in' : 'in'} {${test.ranges.map(([low, high]) => (low === high ? low : `${low}..${high}`)).join(', ')}}`;
    case 'not':
      return test.tests.length === 0 ? 'never' : `!(${test.tests.map((inner) => dumpTest(inner, opcodeName)).join(' & ')})`;
    case 'ask': {
      const subject = [...(test.field ? [test.field] : []), ...test.operands].join(' ');
      return `${test.negate ? '!' : ''}${opcodeName(test.opcode)}(${subject})${test.effect ? '*' : ''}`;
    }
    default:
      return assertNever(test);
  }
}

function dumpMask(mask: number, value: number, negate: boolean): string {
  const relation = negate ? '!=' : '==';
  if (mask >>> 0 === 0xffffffff) return ` ${relation} ${hexOrDecimal(value)}`;
  return `&${hex(mask)} ${relation} ${hex(value)}`;
}

function dumpAction(action: Action): string {
  switch (action.kind) {
    case 'continue':
    case 'return':
      return action.kind;
    case 'verdict':
      return action.verdict;
    case 'jump':
    case 'goto':
      return `${action.kind} ${action.chain}`;
    case 'terminate':
      return `${action.name}(${action.operands.join(' ')})`;
    case 'effect': {
      const changes = action.changes.length > 0 ? ` changes ${action.changes.join(' ')}` : '';
      return `${action.name}(${action.operands.join(' ')})${changes}`;
    }
    default:
      return assertNever(action);
  }
}

function hexOrDecimal(value: number): string {
  return value > 0xffff ? hex(value) : String(value);
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
