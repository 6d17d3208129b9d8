// Rulesets made to blow a compiler up: they compile in bounded time and space and still mean what they say.

import { expect, test } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { type Action, HOOK_NAMES, type Ruleset, type Test } from '../../src/ir/ir.ts';
import { openClassifier } from '../support/classifier.ts';
import { makeRuleset } from '../support/random-rules.ts';

const accept: Action = { kind: 'verdict', verdict: 'ACCEPT' };
const goOn: Action = { kind: 'continue' };
const plain = 16;

/** A filter table with INPUT and the user chains U1, U2 … as random-rules names them beyond E. */
function chainsOf(count: number, rules: (chain: number, name: (index: number) => string) => [Test[], Action][]): Ruleset {
  const name = (index: number): string => `ABCDE`[index - 1] ?? `U${index}`;
  return makeRuleset(
    'DROP',
    Array.from({ length: count }, (_, chain) => rules(chain, name)),
  );
}

test('chains that each jump twice to the next are called, not copied without end', () => {
  const depth = 24;
  const rules = chainsOf(depth, (chain, name) => {
    if (chain === depth - 1) return [[[], goOn]];
    const jump: Action = { kind: 'jump', chain: name(chain + 1) };
    return [
      [[], jump],
      [[], jump],
    ];
  });
  const program = compile(rules);
  expect(program.image.length).toBeLessThan(2_000_000);
  const classifier = openClassifier(program);
  classifier.load([{ fields: { flags: plain, length: 60 } }]);
  classifier.runAll('filter', 'INPUT');
  const { packets } = classifier.counters();
  // The only rule of the last chain is reached once for each way through the others.
  expect(packets[rules.ruleCount - 1]).toBe(BigInt(2 ** (depth - 1)));
});

test('a thousand chains nested one in the other are walked without recursion', () => {
  const depth = 1000;
  const rules = chainsOf(depth, (chain, name) => {
    return chain === depth - 1
      ? [[[], accept]]
      : [
          [[], { kind: 'jump', chain: name(chain + 1) }],
          [[], goOn],
        ];
  });
  for (const inlineBudget of [0, 500, 100_000]) {
    const classifier = openClassifier(compile(rules, { inlineBudget }));
    for (const linear of [false, true]) {
      const { hits, by } = classifier.run('filter', 'INPUT', { fields: { flags: plain } }, { linear });
      expect(hits.length).toBe(depth);
      expect(by).toBe(rules.ruleCount - 1);
    }
  }
});

test('a chain that leads back to itself is a bug that is named', () => {
  const rules = makeRuleset('DROP', [[[[], { kind: 'jump', chain: 'A' }]], [[[], { kind: 'jump', chain: 'A' }]]]);
  expect(() => compile(rules)).toThrow('chain A leads back to itself');
});

test('rules full of wildcards stay within the limits of memory and work', () => {
  let state = 7;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const port = (field: 'sport' | 'dport'): Test => {
    const low = draw(60000);
    return { kind: 'range', field, low, high: low + 1 + draw(5000), negate: false };
  };
  const host = (field: 'src0' | 'dst0'): Test => ({ kind: 'mask', field, mask: 0xff, value: draw(256), negate: false });
  const rules = makeRuleset('DROP', [
    Array.from({ length: 1500 }, (_, i): [Test[], Action] => {
      const tests = [[port('sport')], [port('dport')], [host('src0')], [host('dst0'), port('dport')]][i % 4]!;
      return [tests, i % 3 === 0 ? goOn : accept];
    }),
  ]);
  const program = compile(rules);
  expect(program.image.length).toBeLessThan(4_000_000);
  const classifier = openClassifier(program);
  for (let i = 0; i < 200; i++) {
    const fields = { src0: draw(2 ** 32), dst0: draw(2 ** 32), sport: draw(65536), dport: draw(65536), flags: plain, length: 60 };
    expect(classifier.run('filter', 'INPUT', { fields })).toEqual(
      classifier.run('filter', 'INPUT', { fields }, { linear: true }),
    );
  }
});

test('every hook of every table finds its own chain', () => {
  const rules = makeRuleset('ACCEPT', [[]]);
  const [table] = rules.tables;
  const chains = HOOK_NAMES.map((hook, i) => ({
    name: hook,
    hook,
    policy: { verdict: i % 2 ? 'DROP' : 'ACCEPT', id: i } as const,
    rules: [],
  }));
  const classifier = openClassifier(compile({ ...rules, tables: [{ ...table!, name: 'mangle', chains }] }));
  expect(HOOK_NAMES.map((hook) => classifier.run('mangle', hook, { fields: { flags: plain } }).by)).toEqual([0, 1, 2, 3, 4]);
});
