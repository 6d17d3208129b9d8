// What a decision table may know of the items of one list.
//
// A table looks at the packet as it enters the list, so a test counts only if its fields cannot have changed before the item
// and no effectful test of the rule stands before it. An item inside an inlined body is reached only when the tests of the
// jumps to it held, so those are part of its guard.

import { TEST_IPV6_PROTO, TEST_TRANSPORT } from '../../assembly/abi/opcode.ts';
import type { Field, Test } from '../ir/ir.ts';
import type { Atom, AtomPool } from './atom.ts';
import { fieldSet, testChanges } from './fields.ts';
import type { FlatChain, Item } from './flatten.ts';

export interface GuardedItem {
  readonly item: Item;
  /** The item's own usable tests; never certain when some test is not usable. */
  readonly own: readonly Atom[];
  /** All that must hold for the item to be reached and to match. */
  readonly guard: readonly Atom[];
  /** Own tests that all hold make it match: none was left out. */
  readonly complete: boolean;
  /** The item's tests as far as plain packets must be asked them, in order. */
  readonly asked: readonly AskedTest[];
  /** Where an impossible item's miss leads is not simply the next item in the list that is still possible. */
  readonly detour: boolean;
}

/** Tests beyond this number are always asked, and never by a row. */
export const ASKED_BITS = 30;

/** A test, and the atom that tells where it need not be asked; none when only asking tells. */
export interface AskedTest {
  readonly test: Test;
  readonly atom?: Atom;
}

/** Most atoms in a guard: those of far-away jumps are left out, which costs precision only. */
const GUARD_MAX = 24;

/** Works out the guards of a list. `chainChanges`: the fields that a run of a called chain may change. */
export function guardItems(flat: FlatChain, chainChanges: ReadonlyMap<string, number>, pool: AtomPool): GuardedItem[] {
  const { items } = flat;
  const changed = changedBefore(items, chainChanges);
  const result: GuardedItem[] = [];
  let truncated = false;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const asked = askedTests(item.tests, changed[i]!, pool);
    const own: Atom[] = [];
    for (const { atom } of asked) if (atom) own.push(atom);
    const all = item.parent < 0 && isDistinct(own) ? own : [...new Set([...own, ...(result[item.parent]?.guard ?? [])])];
    if (all.length > GUARD_MAX) truncated = true;
    const guard = all.length > GUARD_MAX ? all.slice(0, Math.max(GUARD_MAX, own.length)) : all;
    result.push({ item, own, guard, complete: own.length === asked.length, asked, detour: item.miss !== item.after });
  }
  // With a guard cut short an item may look possible although the jump to it is not.
  return truncated ? result.map((guarded) => ({ ...guarded, detour: true })) : result;
}

function isDistinct(atoms: readonly Atom[]): boolean {
  for (let i = 1; i < atoms.length; i++) if (atoms.indexOf(atoms[i]!) < i) return false;
  return true;
}

/** For each item the fields that may have changed between the entry to the list and the item. */
function changedBefore(items: readonly Item[], chainChanges: ReadonlyMap<string, number>): Int32Array {
  const changed = new Int32Array(items.length + 1);
  for (let i = 0; i < items.length; i++) {
    const { action, next, miss, tests } = items[i]!;
    const asked = changed[i]! | testChanges(tests);
    changed[miss]! |= asked;
    changed[next]! |= asked | actionChanges(action, chainChanges);
  }
  return changed;
}

function actionChanges(action: Item['action'], chainChanges: ReadonlyMap<string, number>): number {
  if (action.kind === 'effect') return fieldSet(action.changes as readonly Field[]);
  if (action.kind === 'call' || action.kind === 'goto') return chainChanges.get(action.chain)!;
  return 0;
}

function askedTests(tests: readonly Test[], changed: number, pool: AtomPool): AskedTest[] {
  const asked: AskedTest[] = [];
  let mayDrop = false;
  for (const test of tests) {
    if (test.kind === 'ask') {
      if (alwaysTrueForPlainPackets(test.opcode) && !test.negate) continue;
      asked.push({ test });
      if (test.effect) mayDrop = true;
      continue;
    }
    const atom = pool.of(test);
    asked.push(mayDrop || atom.fields & changed ? { test } : { test, atom });
  }
  return asked;
}

/** Tables are used for plain packets only. */
function alwaysTrueForPlainPackets(opcode: number): boolean {
  return opcode === TEST_TRANSPORT || opcode === TEST_IPV6_PROTO;
}
