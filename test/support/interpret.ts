// What a chain does to a packet, straight from the meaning of the IR: a recursive walk over named chains, without flattening,
// tables or the core. Slow, and written apart from the code under test.

import {
  ACTION_MARK,
  ACTION_NOTRACK,
  ACTION_REJECT,
  TEST_ADDRESS_RANGE,
  TEST_TCP_OPTION,
  TEST_TRANSPORT,
} from '../../assembly/abi/opcode.ts';
import { CTSTATE_UNTRACKED, PACKET_FLAG_LATER_FRAGMENT, PACKET_FLAG_PLAIN } from '../../assembly/abi/packet.ts';
import { NO_COUNTER } from '../../assembly/abi/program.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, VERDICT_REJECT } from '../../assembly/abi/verdict.ts';
import type { Chain, Field, Rule, Table, Test } from '../../src/ir/ir.ts';

/** A packet as tests see it. */
export interface PacketValues {
  fields: Partial<Record<Field, number>>;
  /** Kinds of options in its TCP header; absent = it has no readable TCP header. */
  readonly tcpOptions?: readonly number[];
}

export interface Outcome {
  readonly verdict: number;
  /** Counter id that decided; NO_COUNTER for a packet dropped on the spot. */
  readonly by: number;
  readonly hits: readonly number[];
}

class Hotdrop extends Error {}

/** Runs a base chain of a table. */
export function interpret(table: Table, base: Chain, packet: PacketValues): Outcome {
  const values = { ...packet, fields: { ...packet.fields } };
  const hits: number[] = [];
  try {
    const decided = runChain(table, base, values, hits);
    if (decided) return { ...decided, hits };
    const { policy } = base;
    hits.push(policy!.id);
    return { verdict: policy!.verdict === 'ACCEPT' ? VERDICT_ACCEPT : VERDICT_DROP, by: policy!.id, hits };
  } catch (error) {
    if (error instanceof Hotdrop) return { verdict: VERDICT_DROP, by: NO_COUNTER, hits };
    throw error;
  }
}

/** The verdict of a chain, or undefined when it returns to its caller. */
function runChain(table: Table, chain: Chain, packet: PacketValues, hits: number[]): Omit<Outcome, 'hits'> | undefined {
  for (const rule of chain.rules) {
    if (!rule.tests.every((test) => holds(test, packet))) continue;
    hits.push(rule.id);
    const { action } = rule;
    if (action.kind === 'return') return undefined;
    if (action.kind === 'jump' || action.kind === 'goto') {
      const decided = runChain(table, table.chains.find(({ name }) => name === action.chain)!, packet, hits);
      if (decided || action.kind === 'goto') return decided;
    } else {
      const verdict = act(rule, packet);
      if (verdict !== undefined) return { verdict, by: rule.id };
    }
  }
  return undefined;
}

function act({ action }: Rule, packet: PacketValues): number | undefined {
  if (action.kind === 'verdict') return action.verdict === 'ACCEPT' ? VERDICT_ACCEPT : VERDICT_DROP;
  if (action.kind === 'terminate' && action.opcode === ACTION_REJECT) return VERDICT_REJECT;
  if (action.kind === 'effect' && action.opcode === ACTION_MARK) {
    packet.fields.mark = (((packet.fields.mark ?? 0) & action.operands[0]!) ^ action.operands[1]!) >>> 0;
  }
  if (action.kind === 'effect' && action.opcode === ACTION_NOTRACK) packet.fields.ctstate = CTSTATE_UNTRACKED;
  return undefined;
}

function holds(test: Test, packet: PacketValues): boolean {
  switch (test.kind) {
    case 'mask':
      return ((field(packet, test.field) & test.mask) >>> 0 === test.value) !== test.negate;
    case 'range':
      return inside(field(packet, test.field), [test.low, test.high]) !== test.negate;
    case 'ranges':
      return test.ranges.some((range) => inside(field(packet, test.field), range)) !== test.negate;
    case 'not':
      return !test.tests.every((inner) => holds(inner, packet));
    case 'ask':
      return ask(test.opcode, test.operands, packet) !== test.negate;
  }
}

function ask(opcode: number, operands: readonly number[], packet: PacketValues): boolean {
  if (opcode === TEST_TRANSPORT) {
    const flags = field(packet, 'flags');
    if (flags & PACKET_FLAG_PLAIN) return true;
    if (flags & PACKET_FLAG_LATER_FRAGMENT) return false;
    throw new Hotdrop();
  }
  if (opcode === TEST_TCP_OPTION) {
    if (!packet.tcpOptions) throw new Hotdrop();
    return packet.tcpOptions.includes(operands[0]!);
  }
  if (opcode === TEST_ADDRESS_RANGE) {
    const number = (at: (i: number) => number): bigint => [0, 1, 2, 3].reduce((sum, i) => (sum << 32n) | BigInt(at(i)), 0n);
    const address = number((i) => field(packet, `src${i}` as Field));
    return number((i) => operands[i]!) <= address && address <= number((i) => operands[4 + i]!);
  }
  throw new Error(`the interpreter does not know opcode ${opcode}`);
}

function field(packet: PacketValues, name: Field): number {
  return packet.fields[name] ?? 0;
}

function inside(value: number, [low, high]: readonly [number, number]): boolean {
  return low <= value && value <= high;
}
