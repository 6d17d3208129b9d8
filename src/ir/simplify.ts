// Meaning-preserving passes over the tests of each rule. Comes in: a ruleset from lowering. Goes out: the same rules with the
// same ids and actions, their tests fewer and plainer. A rule that can never match stays, with a test that never holds.
//
// A rule's tests are asked in order and an effectful one may drop the packet, so a pass may drop a test that earlier ones imply
// and may cut what stands behind a test that cannot hold, but never moves a pure test across an effectful one.

import type { Field, MaskTest, RangesTest, RangeTest, Rule, Ruleset, Test } from './ir.ts';

const ALL_ONES = 0xffffffff;

/** Never holds: "not all of no tests hold". */
export const NEVER: Test = { kind: 'not', tests: [] };

/** True for a test that cannot hold, whatever the packet. */
export function isNever(test: Test): boolean {
  return test.kind === 'not' && test.tests.length === 0;
}

/** Rulesets that are as plain as they get. */
const plainRulesets = new WeakSet<Ruleset>();

/** Simplifies the tests of every rule. */
export function simplify(ruleset: Ruleset): Ruleset {
  if (plainRulesets.has(ruleset)) return ruleset;
  const plain: Ruleset = {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(simplifyRule) })),
    })),
  };
  plainRulesets.add(plain);
  return plain;
}

function simplifyRule(rule: Rule): Rule {
  const tests = simplifyTests(rule.tests);
  if (isUnchanged(rule.tests, tests)) return rule;
  const { id, number, action, span } = rule;
  return span ? { id, number, tests, action, span } : { id, number, tests, action };
}

function isUnchanged(before: readonly Test[], after: readonly Test[]): boolean {
  if (before.length !== after.length) return false;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) return false;
  return true;
}

/** Simplifies a conjunction of tests; ends with NEVER when it cannot hold. */
export function simplifyTests(tests: readonly Test[]): Test[] {
  const result: Test[] = [];
  for (const test of tests) {
    const plain = simplifyTest(test);
    if (plain === true) continue;
    if (plain === false) return [...result, NEVER];
    const answer = implied(plain, result);
    if (answer === true) continue;
    if (answer === false) return [...result, NEVER];
    if (!mergeIntoLast(result, plain)) result.push(plain);
  }
  return result;
}

/** One test in its plainest form, or its constant answer. */
export function simplifyTest(test: Test): Test | boolean {
  switch (test.kind) {
    case 'mask':
      return simplifyMask(test);
    case 'range':
      return simplifyRange(test);
    case 'ranges':
      return simplifyRanges(test);
    case 'not':
      return simplifyNot(test.tests);
    case 'ask':
      return test;
  }
}

function simplifyMask(test: MaskTest): Test | boolean {
  const mask = test.mask >>> 0;
  const value = test.value >>> 0;
  if ((value & ~mask) !== 0) return test.negate;
  if (mask === 0) return !test.negate;
  if (mask === test.mask && value === test.value) return test;
  return { kind: 'mask', field: test.field, mask, value, negate: test.negate };
}

function simplifyRange(test: RangeTest): Test | boolean {
  const { field, low, high, negate } = test;
  if (low > high) return negate;
  if (low === 0 && high === ALL_ONES) return !negate;
  if (low === high) return { kind: 'mask', field, mask: ALL_ONES, value: low, negate };
  return test;
}

function simplifyRanges(test: RangesTest): Test | boolean {
  const sorted = test.ranges.filter(([low, high]) => low <= high).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  const [only] = merged;
  if (!only) return test.negate;
  if (merged.length > 1) return { ...test, ranges: merged };
  return simplifyRange({ kind: 'range', field: test.field, low: only[0], high: only[1], negate: test.negate });
}

function simplifyNot(tests: readonly Test[]): Test | boolean {
  const inner = simplifyTests(tests);
  const last = inner.at(-1);
  if (!last) return false;
  if (isNever(last) && inner.every((test) => test.kind !== 'ask' || !test.effect)) return true;
  if (inner.length === 1) {
    if (last.kind === 'not') return last.tests.length === 1 ? last.tests[0]! : { kind: 'not', tests: inner };
    if (last.kind !== 'ask') return { ...last, negate: !last.negate };
  }
  return { kind: 'not', tests: inner };
}

// ── What earlier tests of the rule say of a field ─────────────────────────────────────────────────────────────────────────

interface Knowledge {
  /** Bits known, and their values. */
  mask: number;
  value: number;
  low: number;
  high: number;
}

/** What tests that hold say of a field; undefined = nothing. */
function knowledgeOf(tests: readonly Test[], field: Field): Knowledge | undefined {
  let known: Knowledge | undefined;
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i]!;
    if ((test.kind !== 'mask' && test.kind !== 'range') || test.negate || test.field !== field) continue;
    known ??= { mask: 0, value: 0, low: 0, high: ALL_ONES };
    if (test.kind === 'mask') {
      known.mask = (known.mask | test.mask) >>> 0;
      known.value = (known.value | test.value) >>> 0;
    } else {
      known.low = Math.max(known.low, test.low);
      known.high = Math.min(known.high, test.high);
    }
  }
  return known;
}

/** The answer that the tests before already imply, or undefined. */
function implied(test: Test, before: readonly Test[]): boolean | undefined {
  if (test.kind !== 'mask' && test.kind !== 'range') return undefined;
  const k = knowledgeOf(before, test.field);
  if (!k) return undefined;
  const answer = test.kind === 'mask' ? impliedMask(test, k) : impliedRange(test, k);
  return answer === undefined ? undefined : answer !== test.negate;
}

function impliedMask(test: MaskTest, k: Knowledge): boolean | undefined {
  if (((k.value ^ test.value) & k.mask & test.mask) !== 0) return false;
  if ((test.mask & ~k.mask) === 0) return true;
  if (test.mask >>> 0 === ALL_ONES && (test.value < k.low || test.value > k.high)) return false;
  return undefined;
}

function impliedRange(test: RangeTest, k: Knowledge): boolean | undefined {
  const low = Math.max(k.low, k.value);
  const high = Math.min(k.high, (k.value | ~k.mask) >>> 0);
  if (test.low > high || test.high < low) return false;
  if (test.low <= low && high <= test.high) return true;
  return undefined;
}

/** Joins a test with the one before it when the two together are one test of the same kind. */
function mergeIntoLast(result: Test[], test: Test): boolean {
  const last = result.at(-1);
  if (!last || last.kind !== test.kind) return false;
  if (last.kind === 'mask' && test.kind === 'mask') {
    if (last.field !== test.field || last.negate || test.negate) return false;
    const mask = (last.mask | test.mask) >>> 0;
    const value = (last.value | test.value) >>> 0;
    result[result.length - 1] = { kind: 'mask', field: last.field, mask, value, negate: false };
    return true;
  }
  if (last.kind === 'range' && test.kind === 'range') {
    if (last.field !== test.field || last.negate || test.negate) return false;
    const joined = simplifyRange({
      kind: 'range',
      field: last.field,
      low: Math.max(last.low, test.low),
      high: Math.min(last.high, test.high),
      negate: false,
    });
    if (typeof joined === 'boolean') return false;
    result[result.length - 1] = joined;
    return true;
  }
  return false;
}
