// Counter ids: what each stands for, and rule counters worked out from what the core counted.

import { COUNTER_BYTES } from '../../assembly/abi/program.ts';
import type { Ruleset, TableName } from '../ir/ir.ts';

/** What the counter of a rule or a policy stands for. `rule` is the 1-based number in the chain. */
export type CounterName = { readonly table: TableName; readonly chain: string } & (
  | { readonly rule: number; readonly policy?: never }
  | { readonly policy: 'ACCEPT' | 'DROP'; readonly rule?: never }
);

/** Counters of rules and policies by id. */
export interface RuleCounters {
  readonly packets: BigUint64Array;
  readonly bytes: BigUint64Array;
}

const WORDS = COUNTER_BYTES / 8;

/** Names of all rules and policies by id. */
export function counterNames(ruleset: Ruleset): CounterName[] {
  // Its length is given: policies, which come last, are met first.
  const policies = ruleset.tables.reduce((sum, { chains }) => sum + chains.filter(({ policy }) => policy).length, 0);
  const names = new Array<CounterName>(ruleset.ruleCount + policies);
  for (const table of ruleset.tables) {
    for (const chain of table.chains) {
      for (const rule of chain.rules) names[rule.id] = { table: table.name, chain: chain.name, rule: rule.number };
      if (chain.policy) names[chain.policy.id] = { table: table.name, chain: chain.name, policy: chain.policy.verdict };
    }
  }
  return names;
}

/** Gives each set of ids that is counted together one counter, numbered behind those of rules and policies. */
export class CounterSets {
  /** The ids of each set; set k has the counter `first + k`. */
  readonly sets: (readonly number[])[] = [];
  private readonly first: number;
  private readonly byKey = new Map<string, number>();

  constructor(first: number) {
    this.first = first;
  }

  get count(): number {
    return this.first + this.sets.length;
  }

  /** The counter of a set; undefined for the empty one. A single id is its own counter. */
  of(ids: readonly number[]): number | undefined {
    if (ids.length <= 1) return ids[0];
    const key = ids.join(' ');
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const counter = this.first + this.sets.push(ids) - 1;
    this.byKey.set(key, counter);
    return counter;
  }
}

/** Adds up the counters of rules and policies from what the core counted (COUNTER_BYTES each: packets, bytes). */
export function expandCounters(first: number, sets: readonly (readonly number[])[], counted: BigUint64Array): RuleCounters {
  const packets = new BigUint64Array(first);
  const bytes = new BigUint64Array(first);
  for (let id = 0; id < first; id++) {
    packets[id] = counted[id * WORDS]!;
    bytes[id] = counted[id * WORDS + 1]!;
  }
  for (let k = 0; k < sets.length; k++) {
    const setPackets = counted[(first + k) * WORDS]!;
    const setBytes = counted[(first + k) * WORDS + 1]!;
    if (setPackets === 0n) continue;
    for (const id of sets[k]!) {
      packets[id]! += setPackets;
      bytes[id]! += setBytes;
    }
  }
  return { packets, bytes };
}
