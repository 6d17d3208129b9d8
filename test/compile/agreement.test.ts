// Tables, the linear walk and the meaning of the IR agree: verdict, deciding rule, hits in order, counters.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PACKET_FLAG_PLAIN } from '../../assembly/abi/packet.ts';
import { NO_COUNTER } from '../../assembly/abi/program.ts';
import { WHY_HOTDROP } from '../../assembly/abi/verdict.ts';
import { type CompileOptions, compile, type Program } from '../../src/compile/compile.ts';
import type { Ruleset } from '../../src/ir/ir.ts';
import { openClassifier } from '../support/classifier.ts';
import { interpret, type Outcome, type PacketValues } from '../support/interpret.ts';
import { longList, packet, ruleset } from '../support/random-rules.ts';

function agree(rules: Ruleset, packets: readonly PacketValues[], options: CompileOptions): void {
  const [table] = rules.tables;
  const base = table!.chains[0]!;
  const program = compile(rules, options);
  const expected = packets.map((values) => interpret(table!, base, values));
  agreeAbreast(program, packets, expected);
  const classifier = openClassifier(program);
  for (const linear of [false, true]) {
    packets.forEach((values, i) => {
      const { why, ...outcome } = classifier.run('filter', 'INPUT', values, { linear });
      expect(outcome).toEqual(expected[i]);
      expect(why).toBe(outcome.by === NO_COUNTER ? WHY_HOTDROP : 0);
    });
    const { packets: counted, bytes } = classifier.counters();
    expect([...counted]).toEqual(sums(expected, program.counterNames.length, () => 1));
    expect([...bytes]).toEqual(sums(expected, program.counterNames.length, (i) => packets[i]!.fields.length!));
  }
}

/** The same of plain packets without traces, of which many are taken at once. */
function agreeAbreast(program: Program, packets: readonly PacketValues[], outcomes: readonly Outcome[]): void {
  // There is one header only that packets with options point at.
  const plain = packets.flatMap(({ fields, tcpOptions }, i) => (fields.flags! & PACKET_FLAG_PLAIN && !tcpOptions ? [i] : []));
  const sent = Array.from({ length: plain.length > 0 ? 100 : 0 }, (_, i) => plain[i % plain.length]!);
  const classifier = openClassifier(program, sent.length);
  const expected = sent.map((i) => outcomes[i]!);
  for (const linear of [false, true]) {
    // Rules change packets.
    classifier.load(sent.map((i) => packets[i]!));
    expect([...classifier.runAll('filter', 'INPUT', { linear })]).toEqual(expected.map(({ verdict }) => verdict));
    const { packets: counted, bytes } = classifier.counters();
    expect([...counted]).toEqual(sums(expected, program.counterNames.length, () => 1));
    expect([...bytes]).toEqual(sums(expected, program.counterNames.length, (i) => packets[sent[i]!]!.fields.length!));
  }
}

function sums(outcomes: readonly Outcome[], ids: number, amount: (packet: number) => number): bigint[] {
  const result = new Array<bigint>(ids).fill(0n);
  outcomes.forEach(({ hits }, i) => {
    for (const id of hits) result[id]! += BigInt(amount(i));
  });
  return result;
}

const packets = fc.array(packet, { minLength: 24, maxLength: 24 });
const runs = { numRuns: 100, seed: 20 };

test('table, linear walk and plain chain semantics agree with everything inlined', () => {
  fc.assert(
    fc.property(ruleset, packets, (rules, sent) => agree(rules, sent, {})),
    runs,
  );
});

/** So that short lists have trees too. */
const limits = { memoryBytes: 1 << 15, work: 1 << 14, isEager: true };

test('they agree when lists are cut to the last item', () => {
  fc.assert(
    fc.property(ruleset, packets, (rules, sent) => agree(rules, sent, { limits })),
    { ...runs, numRuns: 200 },
  );
  fc.assert(
    fc.property(ruleset, packets, fc.integer({ min: 0, max: 8 }), (rules, sent, inlineBudget) =>
      agree(rules, sent, { limits, inlineBudget }),
    ),
    runs,
  );
});

test('they agree when nothing is inlined and every jump is a call', () => {
  fc.assert(
    fc.property(ruleset, packets, (rules, sent) => agree(rules, sent, { inlineBudget: 0 })),
    runs,
  );
});

test('they agree when the budget runs out half-way', () => {
  fc.assert(
    fc.property(ruleset, packets, fc.integer({ min: 1, max: 12 }), (rules, sent, inlineBudget) =>
      agree(rules, sent, { inlineBudget }),
    ),
    runs,
  );
});

test('they agree when the table may take no memory', () => {
  fc.assert(
    fc.property(ruleset, packets, (rules, sent) => agree(rules, sent, { limits: { memoryBytes: 1, work: 1 } })),
    { ...runs, numRuns: 60 },
  );
});

test('they agree on long lists that are shared between several trees', () => {
  fc.assert(
    fc.property(longList, packets, (rules, sent) => agree(rules, sent, {})),
    { ...runs, numRuns: 12 },
  );
  fc.assert(
    fc.property(longList, packets, (rules, sent) => agree(rules, sent, { limits })),
    { ...runs, numRuns: 12 },
  );
});
