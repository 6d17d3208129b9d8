// Random rulesets of one base chain and packets drawn near the edges of their tests.

import fc from 'fast-check';
import {
  ACTION_LOG,
  ACTION_MARK,
  ACTION_NOTRACK,
  ACTION_REJECT,
  TEST_ADDRESS_RANGE,
  TEST_TCP_OPTION,
  TEST_TRANSPORT,
} from '../../assembly/abi/opcode.ts';
import {
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_SNAT,
  CTSTATE_UNTRACKED,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_PLAIN,
} from '../../assembly/abi/packet.ts';
import type { Action, Chain, Field, InterfaceUniverse, Rule, Ruleset, Test } from '../../src/ir/ir.ts';
import type { PacketValues } from './interpret.ts';

const ADDRESSES = [0, 0x0a000000, 0x0a000001, 0x0a0000ff, 0x0a010000, 0x0aff0001, 0xc0a80101, 0xc0a801ff, 0xfffffffe, 0xffffffff];
const PORTS = [0, 1, 22, 53, 79, 80, 81, 443, 1023, 1024, 1025, 2047, 32767, 32768, 65534, 65535];
const PROTOS = [1, 6, 17, 58];
const MARKS = [0, 1, 2, 3, 0x10, 0xff00, 0xffffffff];
const STATES = [CTSTATE_INVALID, CTSTATE_ESTABLISHED, CTSTATE_RELATED, CTSTATE_NEW, CTSTATE_UNTRACKED];
const INTERFACES = [0, 1, 2, 3, 4, 5];

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const address: fc.Arbitrary<Test> = fc
  .tuple(pick<Field>(['src0', 'dst0']), pick(ADDRESSES), pick([0, 1, 8, 16, 24, 31, 32, -1]), fc.boolean())
  .map(([field, value, length, negate]) => {
    // -1: a mask that is no prefix.
    const mask = length < 0 ? 0xff0000ff : length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
    return { kind: 'mask', field, mask, value: (value & mask) >>> 0, negate };
  });

const range = (field: Field, values: readonly number[]): fc.Arbitrary<Test> =>
  fc.tuple(pick(values), pick(values), fc.boolean()).map(([a, b, negate]) => {
    return { kind: 'range', field, low: Math.min(a, b), high: Math.max(a, b), negate };
  });

const ranges: fc.Arbitrary<Test> = fc
  .tuple(
    pick<Field>(['sport', 'dport']),
    fc.array(fc.tuple(pick(PORTS), pick(PORTS)), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([field, pairs, negate]) => ({
    kind: 'ranges',
    field,
    ranges: pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    negate,
  }));

const exactly = (field: Field, values: readonly number[], mask = 0xffffffff): fc.Arbitrary<Test> =>
  fc
    .tuple(pick(values), fc.boolean())
    .map(([value, negate]) => ({ kind: 'mask', field, mask, value: (value & mask) >>> 0, negate }));

const ctstate: fc.Arbitrary<Test> = fc
  .tuple(fc.subarray([...STATES, CTSTATE_SNAT], { minLength: 1 }), fc.boolean())
  .map(([states, negate]) => ({ kind: 'mask', field: 'ctstate', mask: states.reduce((a, b) => a | b, 0), value: 0, negate }));

const transport: Test = { kind: 'ask', opcode: TEST_TRANSPORT, operands: [8, 0], negate: false, effect: true };

const asked: fc.Arbitrary<Test> = fc.oneof(
  fc.constant(transport),
  fc.boolean().map((negate): Test => ({ kind: 'ask', opcode: TEST_TCP_OPTION, operands: [7], negate, effect: true })),
  fc.tuple(pick(ADDRESSES), pick(ADDRESSES), fc.boolean()).map(([a, b, negate]): Test => {
    const operands = [Math.min(a, b), 0, 0, 0, Math.max(a, b), 0, 0, 0];
    return { kind: 'ask', opcode: TEST_ADDRESS_RANGE, field: 'src0', operands, negate, effect: false };
  }),
);

const pure: fc.Arbitrary<Test> = fc.oneof(
  { arbitrary: address, weight: 4 },
  { arbitrary: range('dport', PORTS), weight: 3 },
  { arbitrary: range('sport', PORTS), weight: 1 },
  { arbitrary: ranges, weight: 2 },
  { arbitrary: exactly('proto', PROTOS), weight: 2 },
  { arbitrary: exactly('mark', MARKS, 0xff), weight: 2 },
  { arbitrary: range('in', INTERFACES), weight: 1 },
  { arbitrary: ctstate, weight: 2 },
);

const test: fc.Arbitrary<Test> = fc.oneof(
  { arbitrary: pure, weight: 12 },
  { arbitrary: fc.array(pure, { maxLength: 3 }).map((tests): Test => ({ kind: 'not', tests })), weight: 1 },
  { arbitrary: asked, weight: 2 },
);

function actionFor(targets: readonly string[]): fc.Arbitrary<Action> {
  const leading = pick(targets.length > 0 ? targets : ['']);
  return fc.oneof(
    {
      arbitrary: pick<Action>([
        { kind: 'verdict', verdict: 'ACCEPT' },
        { kind: 'verdict', verdict: 'DROP' },
      ]),
      weight: 4,
    },
    { arbitrary: fc.constant<Action>({ kind: 'continue' }), weight: 2 },
    { arbitrary: fc.constant<Action>({ kind: 'return' }), weight: 2 },
    { arbitrary: fc.constant<Action>({ kind: 'terminate', opcode: ACTION_REJECT, operands: [3], name: 'REJECT' }), weight: 1 },
    {
      arbitrary: fc.constant<Action>({ kind: 'effect', opcode: ACTION_LOG, operands: [0], name: 'LOG', changes: [] }),
      weight: 1,
    },
    {
      arbitrary: fc.constant<Action>({
        kind: 'effect',
        opcode: ACTION_NOTRACK,
        operands: [],
        name: 'NOTRACK',
        changes: ['ctstate'],
      }),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(pick(MARKS), pick(MARKS)).map(
        ([and, xor]): Action => ({
          kind: 'effect',
          opcode: ACTION_MARK,
          operands: [and, xor],
          name: 'MARK',
          changes: ['mark'],
        }),
      ),
      weight: 2,
    },
    { arbitrary: leading.map((chain): Action => ({ kind: 'jump', chain })), weight: targets.length > 0 ? 6 : 0 },
    { arbitrary: leading.map((chain): Action => ({ kind: 'goto', chain })), weight: targets.length > 0 ? 3 : 0 },
  );
}

const USER_CHAINS = ['A', 'B', 'C', 'D', 'E'];

/** A ruleset of one table: INPUT and up to five user chains, each leading only to later ones. */
export const ruleset: fc.Arbitrary<Ruleset> = fc
  .integer({ min: 0, max: USER_CHAINS.length })
  .chain((count) => {
    const names = USER_CHAINS.slice(0, count);
    const rules = (targets: readonly string[]) =>
      fc.array(fc.tuple(fc.array(test, { maxLength: 3 }), actionFor(targets)), { maxLength: 6 });
    return fc.tuple(pick<'ACCEPT' | 'DROP'>(['ACCEPT', 'DROP']), rules(names), ...names.map((_, i) => rules(names.slice(i + 1))));
  })
  .map(([policy, base, ...users]) => makeRuleset(policy, [base, ...users]));

/** A ruleset with many rules in INPUT: about sources, about destinations, about both or neither; two user chains. */
export const longList: fc.Arbitrary<Ruleset> = fc
  .tuple(
    pick<'ACCEPT' | 'DROP'>(['ACCEPT', 'DROP']),
    fc.array(
      fc.tuple(
        fc.array(fc.oneof({ arbitrary: address, weight: 3 }, test), { minLength: 1, maxLength: 4 }),
        actionFor(['A', 'B']),
      ),
      {
        minLength: 80,
        maxLength: 120,
      },
    ),
    fc.array(fc.tuple(fc.array(test, { maxLength: 2 }), actionFor(['B'])), { maxLength: 4 }),
    fc.array(fc.tuple(fc.array(test, { maxLength: 2 }), actionFor([])), { maxLength: 4 }),
  )
  .map(([policy, ...chains]) => makeRuleset(policy, chains));

type RuleParts = readonly [readonly Test[], Action];

/** A filter table from the rules of INPUT and of the user chains A, B … */
export function makeRuleset(policy: 'ACCEPT' | 'DROP', chains: readonly (readonly RuleParts[])[]): Ruleset {
  let id = 0;
  const numbered = (parts: readonly RuleParts[]): Rule[] =>
    parts.map(([tests, action], index) => ({ id: id++, number: index + 1, tests, action }));
  const lists = chains.map(numbered);
  const made = lists.map((rules, index): Chain => {
    if (index > 0) return { name: USER_CHAINS[index - 1] ?? `U${index}`, rules };
    return { name: 'INPUT', hook: 'INPUT', policy: { verdict: policy, id }, rules };
  });
  return {
    family: 4,
    tables: [{ name: 'filter', chains: made }],
    interfaces,
    usesConntrack: false,
    defragments: false,
    countsConnections: false,
    ruleCount: id,
  };
}

const interfaces: InterfaceUniverse = {
  names: ['', 'a', 'b', 'c', 'd', 'e'],
  indexOf: () => 0,
  range: () => [0, 0],
};

/** A packet near the edges of the tests above; one in eight is not plain. */
export const packet: fc.Arbitrary<PacketValues> = fc
  .record({
    src0: pick(ADDRESSES),
    dst0: pick(ADDRESSES),
    sport: pick(PORTS),
    dport: pick(PORTS),
    proto: pick(PROTOS),
    mark: pick(MARKS),
    in: pick(INTERFACES),
    ctstate: pick([...STATES, CTSTATE_NEW | CTSTATE_SNAT]),
    length: fc.integer({ min: 20, max: 1500 }),
    flags: pick([...Array<number>(14).fill(PACKET_FLAG_PLAIN), PACKET_FLAG_LATER_FRAGMENT, 0]),
  })
  .chain((fields) =>
    pick<readonly number[] | undefined>([undefined, [], [7], [2, 7]]).map((tcpOptions) => {
      const readable = (fields.flags & PACKET_FLAG_PLAIN) !== 0 && tcpOptions !== undefined;
      return readable ? { fields, tcpOptions } : { fields };
    }),
  );
