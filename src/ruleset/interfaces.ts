// Interface names as small numbers, so that `-i eth+` is a range test on one word of the packet record.
//
// Index 0 is "no interface", index 1 the class of every name that no pattern knows. From 2 on come the names and the classes
// of the wildcards in byte order; the class of `eth+` ("any other name that begins with eth") stands right before the names
// that begin with `eth`, so that what `eth+` matches is one run. Classes nest: `eth1+` lies within the run of `eth+`.

import type { InterfaceUniverse } from '../ir/ir.ts';
import type { RulesetTree } from './tree.ts';

/** Any name, also none. */
const ANY = '+';

/** Collects the interface names of rulesets and of a host; `more`: names and patterns of what rules refer to. */
export function interfaceUniverse(
  trees: readonly RulesetTree[],
  hostNames: readonly string[],
  more: readonly string[] = [],
): InterfaceUniverse {
  const patterns = new Set(more);
  for (const tree of trees) {
    for (const table of tree.tables) {
      for (const chain of table.chains) {
        for (const rule of chain.rules) {
          if (rule.inInterface) patterns.add(rule.inInterface.value);
          if (rule.outInterface) patterns.add(rule.outInterface.value);
          if (rule.target?.kind === 'extension') {
            for (const name of rule.target.extension.interfaces?.(rule.target.options) ?? []) patterns.add(name);
          }
        }
      }
    }
  }
  return universeOf(patterns, hostNames);
}

interface Entry {
  /** What it sorts by: the name, or the prefix of a class. */
  readonly key: string;
  readonly isClass: boolean;
}

/** Makes the universe of some patterns (names, or prefixes with `+`) and concrete names. */
export function universeOf(patterns: Iterable<string>, hostNames: Iterable<string>): InterfaceUniverse {
  const entries = sortedEntries(patterns, hostNames);
  const names = ['', ANY, ...entries.map(({ key, isClass }) => (isClass ? key + ANY : key))];
  const indexes = new Map<string, number>();
  const runs = new Map<string, readonly [number, number]>();
  for (const [i, { key, isClass }] of entries.entries()) {
    if (isClass) runs.set(key, [i + 2, endOfRun(entries, i) + 1]);
    else indexes.set(key, i + 2);
  }
  return {
    names,
    indexOf: (name) => (name === '' ? 0 : (indexes.get(name) ?? classOf(name, runs))),
    range: (pattern) => {
      if (pattern === '' || pattern === ANY) return [0, names.length - 1];
      const run = pattern.endsWith(ANY) ? runs.get(pattern.slice(0, -1)) : undefined;
      const index = indexes.get(pattern);
      if (run) return run;
      if (index === undefined) throw new Error(`interface pattern ${pattern} is not in the universe`);
      return [index, index];
    },
  };
}

/** Names and classes in byte order; a class stands before the name that is just its prefix (`eth+` matches `eth`). */
function sortedEntries(patterns: Iterable<string>, hostNames: Iterable<string>): Entry[] {
  const prefixes = new Set<string>();
  const concrete = new Set<string>(hostNames);
  for (const pattern of patterns) {
    if (pattern.endsWith(ANY)) prefixes.add(pattern.slice(0, -1));
    else concrete.add(pattern);
  }
  prefixes.delete('');
  concrete.delete('');
  const entries: Entry[] = [
    ...[...prefixes].map((key) => ({ key, isClass: true })),
    ...[...concrete].map((key) => ({ key, isClass: false })),
  ];
  return entries.sort((a, b) => (a.key === b.key ? Number(b.isClass) - Number(a.isClass) : a.key < b.key ? -1 : 1));
}

/** Index behind the entries that begin as the class at `start` does. */
function endOfRun(entries: readonly Entry[], start: number): number {
  const prefix = entries[start]!.key;
  let end = start + 1;
  while (end < entries.length && entries[end]!.key.startsWith(prefix)) end++;
  return end;
}

/** The class of a name that no rule and no host has: the one with the longest prefix, else that of all others. */
function classOf(name: string, runs: ReadonlyMap<string, readonly [number, number]>): number {
  for (let length = name.length; length > 0; length--) {
    const run = runs.get(name.slice(0, length));
    if (run) return run[0];
  }
  return 1;
}
