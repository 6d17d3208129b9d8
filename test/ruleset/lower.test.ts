import { expect, test } from 'vitest';
import { TEST_IPV6_PROTO } from '../../assembly/abi/opcode.ts';
import type { Rule, Ruleset, Test } from '../../src/ir/ir.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset } from '../../src/ruleset/lower.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { type Read, read, readTable } from './reading.ts';

function lower({ tree, text }: Read, diagnostics = new Diagnostics()): Ruleset {
  expect(text).toBe('');
  return lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics);
}

function first(line: string, options: Parameters<typeof readTable>[1] = {}): Rule {
  const { tables } = lower(readTable(line, options));
  return tables[0]!.chains.flatMap(({ rules }) => rules)[0]!;
}

function tests(line: string, options?: Parameters<typeof readTable>[1]): readonly Test[] {
  return first(line, options).tests;
}

const mask = (field: string, bits: number, value: number, negate = false) => ({ kind: 'mask', field, mask: bits, value, negate });

test('IPv4 addresses are one mask test, negated or not', () => {
  expect(tests('-A INPUT -s 10.1.0.0/16 ! -d 255.0.0.1')).toEqual([
    mask('src0', 0xffff0000, 0x0a010000),
    mask('dst0', 0xffffffff, 0xff000001, true),
  ]);
  expect(tests('-A INPUT -s 0/0')).toEqual([]);
});

test('IPv6 addresses are a mask test a word, a negated one the negation of all of them together', () => {
  const v6 = { family: 6 } as const;
  expect(tests('-A INPUT -s 2001:db8::/32', v6)).toEqual([mask('src0', 0xffffffff, 0x20010db8)]);
  expect(tests('-A INPUT -d 2001:db8::/40', v6)).toEqual([mask('dst0', 0xffffffff, 0x20010db8), mask('dst1', 0xff000000, 0)]);
  expect(tests('-A INPUT ! -d 2001:db8::/40', v6)).toEqual([
    { kind: 'not', tests: [mask('dst0', 0xffffffff, 0x20010db8), mask('dst1', 0xff000000, 0)] },
  ]);
  expect(tests('-A INPUT ! -s fe80::/10', v6)).toEqual([mask('src0', 0xffc00000, 0xfe800000, true)]);
});

test('what excludes everything never matches, and is warned of', () => {
  const diagnostics = new Diagnostics();
  const { tables } = lower(readTable(['-A INPUT ! -s 0/0', '-A INPUT ! -i +', '-A INPUT -i +']), diagnostics);
  expect(tables[0]!.chains[0]!.rules.map((rule) => rule.tests)).toEqual([
    [mask('src0', 0, 0, true)],
    [mask('in', 0, 0, true)],
    [],
  ]);
  expect(diagnostics.list.map(({ code }) => code)).toEqual(['never-matches', 'never-matches']);
});

test('interfaces are range tests over the universe', () => {
  const { tables, interfaces } = lower(readTable(['-A FORWARD -i eth+ ! -o lo', '-A FORWARD -i eth1']));
  expect(interfaces.names).toEqual(['', '+', 'eth+', 'eth1', 'lo']);
  expect(tables[0]!.chains[1]!.rules.map((rule) => rule.tests)).toEqual([
    [
      { kind: 'range', field: 'in', low: 2, high: 3, negate: false },
      { kind: 'range', field: 'out', low: 4, high: 4, negate: true },
    ],
    [{ kind: 'range', field: 'in', low: 3, high: 3, negate: false }],
  ]);
});

test('IPv6 asks for a readable header chain before the protocol, also for -p all', () => {
  const ask = { kind: 'ask', opcode: TEST_IPV6_PROTO, operands: [], negate: false, effect: true };
  expect(tests('-A INPUT -p udp', { family: 6 })).toEqual([ask, mask('proto', 0xff, 17)]);
  expect(tests('-A INPUT -p all', { family: 6 })).toEqual([ask]);
  expect(tests('-A INPUT ! -p udp')).toEqual([mask('proto', 0xff, 17, true)]);
  expect(tests('-A INPUT -p all')).toEqual([]);
});

test('tests stand in the order of the kernel: addresses, interfaces, protocol, fragment, matches', () => {
  const fields = tests('-A FORWARD -m mark --mark 1 -f -p tcp -o b -i a -d 2.2.2.2 -s 1.1.1.1').map((t) =>
    'field' in t ? t.field : t.kind,
  );
  expect(fields).toEqual(['src0', 'dst0', 'in', 'out', 'proto', 'flags', 'mark']);
});

test('targets become actions', () => {
  expect(first('-A INPUT').action).toEqual({ kind: 'continue' });
  expect(first('-A INPUT -j ACCEPT').action).toEqual({ kind: 'verdict', verdict: 'ACCEPT' });
  expect(first('-A INPUT -j RETURN').action).toEqual({ kind: 'return' });
  expect(first('-A INPUT -j one').action).toEqual({ kind: 'jump', chain: 'one' });
  expect(first('-A INPUT -g one').action).toEqual({ kind: 'goto', chain: 'one' });
  expect(first('-A INPUT -j QUEUE').action).toMatchObject({ kind: 'terminate', name: 'QUEUE' });
});

test('what cannot be evaluated yet is an error at its place, once for the rules of one line', () => {
  const diagnostics = new Diagnostics();
  const lines = ['-A INPUT -s 1.1.1.1,2.2.2.2 -m bpf --bytecode x -j SET', '-A INPUT -m cpu', '-A INPUT -m cpu --cpu 1'];
  lower(readTable(lines), diagnostics);
  expect(
    diagnostics.list.map(({ severity, code, message, span }) => [
      `${severity} ${code}`,
      message,
      span!.source.text.slice(span!.start, span!.end),
    ]),
  ).toEqual([
    ['error not-evaluated', 'match "bpf" is read and printed, but cannot be evaluated yet', 'bpf'],
    ['error not-evaluated', 'target SET with these options is read and printed, but cannot be evaluated yet', 'SET'],
    ['error not-evaluated', 'match "cpu" with these options is read and printed, but cannot be evaluated yet', 'cpu'],
  ]);
});

test('rules are numbered through, then policies; in their chains from 1', () => {
  const text = '*nat\nCOMMIT\n*filter\n:u - [0:0]\n-A u\n-A INPUT\n-A u\nCOMMIT\n';
  const { tables, ruleCount } = lower(read(text));
  expect(ruleCount).toBe(3);
  expect(
    tables.map(({ name, chains }) => [name, chains.map((c) => [c.name, c.policy?.id, c.rules.map((r) => [r.id, r.number])])]),
  ).toEqual([
    [
      'nat',
      [
        ['PREROUTING', 3, []],
        ['INPUT', 4, []],
        ['OUTPUT', 5, []],
        ['POSTROUTING', 6, []],
      ],
    ],
    [
      'filter',
      [
        ['INPUT', 7, [[0, 1]]],
        ['FORWARD', 8, []],
        ['OUTPUT', 9, []],
        [
          'u',
          undefined,
          [
            [1, 1],
            [2, 2],
          ],
        ],
      ],
    ],
  ]);
});

test('an extension that needs conntrack makes the kernel track, wherever it stands', () => {
  expect(lower(readTable('-A one -m connmark --mark 1')).usesConntrack).toBe(true);
  expect(lower(readTable('-A one -m mark --mark 1')).usesConntrack).toBe(false);
});

test('a chain named as a base chain of another table is a user chain', () => {
  const { tables } = lower(readTable([':PREROUTING - [0:0]', '-A PREROUTING']));
  const chain = tables[0]!.chains.find(({ name }) => name === 'PREROUTING');
  expect(chain).toMatchObject({ name: 'PREROUTING' });
  expect(chain!.hook).toBeUndefined();
});
