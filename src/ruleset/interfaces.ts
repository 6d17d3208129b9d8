// Interface names as small numbers, so that `-i eth+` is a range test on one word of the packet record.
//
// Index 0 is "no interface", index 1 the class of every name that no pattern knows. From 2 on come the names and the classes
// of the wildcards in byte order; the class of `eth+` ("any other name that begins with eth") stands right before the names
// that begin with `eth`, so that what `eth+` matches is one run. Classes nest: `eth1+` lies within the run of `eth+`.

import type { InterfaceUniverse } from '../ir/ir.ts';
import type { RulesetTree } from './tree.ts';

/** Any name, also none. */
const ANY = '+';

/** Collects the interface names of rulesets and of a host. */
export function interfaceUniverse(trees: readonly RulesetTree[], hostNames: readonly string[]): InterfaceUniverse {
  const patterns = new Set<string>();
  for (const tree of trees) {
    for (const table of tree.tables) {
      for (const chain of table.chains) {
        for (const rule of chain.rules) {
          if (rule.inInterface) patterns.add(rule.inInterface.value);
          if (rule.outInterface) patterns.add(rule.outInterface.value);
        }
      }
    }
  }
  return universeOf(patterns, hostNames);
}

/** Makes the universe of some patterns (names, or prefixes with `+`) and concrete names. */
export function universeOf(patterns: Iterable<string>, hostNames: Iterable<string>): InterfaceUniverse {
  const prefixes = new Set<string>();
  const concrete = new Set<string>(hostNames);
  for (const pattern of patterns) {
    if (pattern.endsWith(ANY)) prefixes.add(pattern.slice(0, -1));
    else concrete.add(pattern);
  }
  prefixes.delete('');
  concrete.delete('');
  // A class sorts as its prefix and comes before the name that is just the prefix (`eth+` matches `eth`).
  const entries = [
    ...[...prefixes].map((prefix) => ({ key: prefix, name: prefix + ANY, isClass: 1 })),
    ...[...concrete].map((name) => ({ key: name, name, isClass: 0 })),
  ].sort((a, b) => (a.key === b.key ? b.isClass - a.isClass : a.key < b.key ? -1 : 1));
  const names = ['', ANY, ...entries.map((entry) => entry.name)];
  const indexes = new Map<string, number>();
  for (const [i, entry] of entries.entries()) if (!entry.isClass) indexes.set(entry.name, i + 2);
  const classes = new Map<string, number>();
  for (const [i, entry] of entries.entries()) if (entry.isClass) classes.set(entry.key, i + 2);
  const last = names.length - 1;

  /** Index behind the run of names and classes that begin with a prefix. */
  const endOfRun = (prefix: string, start: number): number => {
    let end = start;
    while (end < names.length && entries[end - 2]!.key.startsWith(prefix)) end++;
    return end;
  };
  const runs = new Map([...classes].map(([prefix, start]) => [prefix, [start, endOfRun(prefix, start) - 1] as const]));

  return {
    names,
    indexOf: (name) => {
      if (name === '') return 0;
      const known = indexes.get(name);
      if (known !== undefined) return known;
      for (let length = name.length; length > 0; length--) {
        const index = classes.get(name.slice(0, length));
        if (index !== undefined) return index;
      }
      return 1;
    },
    range: (pattern) => {
      if (pattern === '' || pattern === ANY) return [0, last];
      const run = pattern.endsWith(ANY) ? runs.get(pattern.slice(0, -1)) : undefined;
      if (run) return run;
      const index = indexes.get(pattern);
      if (index === undefined) throw new Error(`interface pattern ${pattern} is not in the universe`);
      return [index, index];
    },
  };
}
