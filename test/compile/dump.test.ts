// The two printed forms: the IR, and the image as the core runs it.

import { expect, test } from 'vitest';
import { ACTION_MARK, ACTION_REJECT, TEST_TRANSPORT } from '../../assembly/abi/opcode.ts';
import { compile } from '../../src/compile/compile.ts';
import { disassemble } from '../../src/compile/disassemble.ts';
import { opcodeName } from '../../src/compile/opcode-name.ts';
import { dumpRuleset } from '../../src/ir/dump.ts';
import type { Action, Test } from '../../src/ir/ir.ts';
import { simplify } from '../../src/ir/simplify.ts';
import { makeRuleset } from '../support/random-rules.ts';

const tcp: Test = { kind: 'mask', field: 'proto', mask: 0xffffffff, value: 6, negate: false };
const header: Test = { kind: 'ask', opcode: TEST_TRANSPORT, operands: [20, 1], negate: false, effect: true };
const from10: Test = { kind: 'mask', field: 'src0', mask: 0xff000000, value: 0x0a000000, negate: false };
const known: Test = { kind: 'mask', field: 'ctstate', mask: 6, value: 0, negate: true };
const port = (low: number, high = low): Test => ({ kind: 'range', field: 'dport', low, high, negate: false });
const accept: Action = { kind: 'verdict', verdict: 'ACCEPT' };
const mark: Action = { kind: 'effect', opcode: ACTION_MARK, operands: [0xffffff00, 5], name: 'MARK', changes: ['mark'] };
const reject: Action = { kind: 'terminate', opcode: ACTION_REJECT, operands: [0x303], name: 'REJECT' };

const rules = makeRuleset('DROP', [
  [
    [[known], accept],
    [[], { kind: 'continue' }],
    [[tcp], { kind: 'jump', chain: 'A' }],
    [[from10, { kind: 'not', tests: [] }], mark],
    [[{ kind: 'mask', field: 'mark', mask: 0xff, value: 5, negate: false }], reject],
  ],
  [
    [[tcp, header, port(22)], accept],
    [
      [
        tcp,
        header,
        {
          kind: 'ranges',
          field: 'dport',
          ranges: [
            [80, 80],
            [443, 443],
          ],
          negate: false,
        },
      ],
      mark,
    ],
    [[from10], { kind: 'return' }],
    [[port(0, 1023)], { kind: 'goto', chain: 'B' }],
  ],
  [[[{ kind: 'not', tests: [from10, port(1000, 1023)] }], accept]],
]);

test('the IR dump shows each rule with its tests and what it does', () => {
  expect(dumpRuleset(simplify(rules), opcodeName)).toMatchInlineSnapshot(`
    "ipv4, 10 rules

    table filter
      chain INPUT hook INPUT policy DROP #10
        #0 1: ctstate&0x6 != 0x0 -> ACCEPT
        #1 2: always -> continue
        #2 3: proto == 6 -> jump A
        #3 4: src0&0xff000000 == 0xa000000 & never -> MARK(4294967040 5) changes mark
        #4 5: mark&0xff == 0x5 -> REJECT(771)
      chain A
        #5 1: proto == 6 & transport(20 1)* & dport == 22 -> ACCEPT
        #6 2: proto == 6 & transport(20 1)* & dport in {80, 443} -> MARK(4294967040 5) changes mark
        #7 3: src0&0xff000000 == 0xa000000 -> return
        #8 4: dport in 0..1023 -> goto B
      chain B
        #9 1: !(src0&0xff000000 == 0xa000000 & dport in 1000..1023) -> ACCEPT
    "
  `);
});

test('the disassembly shows items, trees and leaves with what is left to ask', () => {
  expect(disassemble(compile(rules).image)).toMatchInlineSnapshot(`
    "ipv4 program: 10 rules, 11 counters, at most 7 hits, 1408 bytes

    filter INPUT: 10 items, policy DROP #10
      0 #0 ctstate&0x6 != 0x0 -> ACCEPT
      1 #1 always -> continue
      2 #2 proto == 6 -> continue else 8
      3 #5 proto == 6 & transport(20 1) & dport == 22 -> ACCEPT
      4 #6 proto == 6 & transport(20 1) & dport in {80, 443} -> mark
      5 #7 src0&0xff000000 == 0xa000000 -> continue then 8
      6 #8 dport in 0..1023 -> continue else 8
      7 #9 !(src0&0xff000000 == 0xa000000 & dport in 1000..1023) -> ACCEPT
      8 #3 src0&0xff000000 == 0xa000000 & never -> mark
      9 #4 mark&0xff == 0x5 -> reject 771 else end
      table: 1 tree, at most 1 deep, 2 leaves of at most 7 steps, 552 bytes
      tree 0: N0
      N0 (ctstate >> 1) & 3: 0 L0, 1..3 L1
      L0 count #1 in counter 1
        0 item 2 proto == 6 else 6
        1 item 3 dport == 22 & proto == 6 then end
        2 item 4 dport in 80..443 & proto == 6 & dport in {80, 443}
        3 item 5 src0 in 167772160..184549375 then 6
        4 item 6 dport in 0..1023 else 6
        5 item 7 !(src0&0xff000000 == 0xa000000 & dport in 1000..1023) then end
        6 item 9 mark&0xff == 0x5 then end else end
      L1 count #0 in counter 0 -> ACCEPT
    "
  `);
});

test('the disassembly shows chains that are called', () => {
  expect(disassemble(compile(rules, { inlineBudget: 0, tables: false }).image)).toMatchInlineSnapshot(`
    "ipv4 program: 10 rules, 11 counters, at most 8 hits, 864 bytes

    filter INPUT: 5 items, policy DROP #10
      0 #0 ctstate&0x6 != 0x0 -> ACCEPT
      1 #1 always -> continue
      2 #2 proto == 6 -> call chain 1
      3 #3 src0&0xff000000 == 0xa000000 & never -> mark
      4 #4 mark&0xff == 0x5 -> reject 771 else end
      no table

    chain 1: 4 items, returns
      0 #5 proto == 6 & transport(20 1) & dport == 22 -> ACCEPT
      1 #6 proto == 6 & transport(20 1) & dport in {80, 443} -> mark
      2 #7 src0&0xff000000 == 0xa000000 -> continue then end
      3 #8 dport in 0..1023 -> goto chain 2 else end
      no table

    chain 2: 1 items, returns
      0 #9 !(src0&0xff000000 == 0xa000000 & dport in 1000..1023) -> ACCEPT else end
      no table
    "
  `);
});

test('images of the same rules are the same bytes', () => {
  expect(compile(rules).image).toEqual(compile(rules).image);
});
