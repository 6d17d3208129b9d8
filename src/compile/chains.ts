// The chains of one table as a graph: who leads to whom, in an order where every chain stands behind those it leads to.

import type { Chain, Field, Table } from '../ir/ir.ts';
import { fieldSet, testChanges } from './fields.ts';

export interface ChainGraph {
  readonly byName: ReadonlyMap<string, Chain>;
  /** Every chain, after all those it jumps or goes to. */
  readonly bottomUp: readonly Chain[];
}

/** Names of the chains a chain leads to, once for each rule that does. */
export function targets(chain: Chain): string[] {
  const names: string[] = [];
  for (const { action } of chain.rules) if (action.kind === 'jump' || action.kind === 'goto') names.push(action.chain);
  return names;
}

/** Orders the chains of a table. The parser has refused loops and unknown chains; meeting one here is a bug. */
export function chainGraph(table: Table): ChainGraph {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]));
  const bottomUp: Chain[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of table.chains) {
    const stack: { chain: Chain; targets: string[] }[] = [];
    const enter = (name: string): void => {
      const chain = byName.get(name);
      if (!chain) throw new Error(`table ${table.name}: no chain ${name}`);
      if (state.get(name) === 'open') throw new Error(`table ${table.name}: chain ${name} leads back to itself`);
      if (state.has(name)) return;
      state.set(name, 'open');
      stack.push({ chain, targets: targets(chain).reverse() });
    };
    enter(start.name);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.targets.pop();
      if (next !== undefined) {
        enter(next);
        continue;
      }
      stack.pop();
      state.set(top.chain.name, 'done');
      bottomUp.push(top.chain);
    }
  }
  return { byName, bottomUp };
}

/** The chains that are inlined wherever rules lead to them, and how many items that adds to the lists of the others. */
export interface Inlining {
  readonly names: ReadonlySet<string>;
  readonly added: number;
}

/** Where not all can be inlined: chains of up to so many items, each tried in turn, and those that one rule leads to. */
const SHORT_CHAINS = [256, 64, 16, 8, 4, 2, 1] as const;
/** Of the items that inlining may add it may add this share then: a ruleset that is that entangled is long enough. */
const ENTANGLED = 1 / 3;

/**
 * Chooses what is inlined: all that packets can reach, if that adds no more than `most` items; otherwise the same chains everywhere, so that
 * no part of a ruleset is worse off than the others because it comes last.
 */
export function planInlining(graph: ChainGraph, most: number): Inlining {
  const uses = usesOfReached(graph);
  const all = inliningOf(graph, uses, () => true);
  if (all.added <= most) return all;
  for (const short of SHORT_CHAINS) {
    const some = inliningOf(graph, uses, (name, items) => uses.get(name) === 1 || items <= short);
    if (some.added <= most * ENTANGLED) return some;
  }
  return { names: new Set(), added: 0 };
}

/** For each chain that packets can reach how many rules of such chains lead to it. */
function usesOfReached({ bottomUp }: ChainGraph): Map<string, number> {
  const uses = new Map<string, number>();
  for (let at = bottomUp.length - 1; at >= 0; at--) {
    const chain = bottomUp[at]!;
    if (!chain.policy && !uses.has(chain.name)) continue;
    for (const name of targets(chain)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}

/** What inlining some chains comes to: `isInlined` is told how many items they come to. Those grow exponentially in hostile rulesets; they stay finite. */
function inliningOf(
  { bottomUp }: ChainGraph,
  uses: ReadonlyMap<string, number>,
  isInlined: (name: string, items: number) => boolean,
): Inlining {
  const items = new Map<string, number>();
  let added = 0;
  for (const chain of bottomUp) {
    if (!chain.policy && !uses.has(chain.name)) continue;
    const inlined = targets(chain).reduce((sum, name) => sum + (items.get(name) ?? 0), 0);
    const own = Math.min(chain.rules.length + inlined, Number.MAX_SAFE_INTEGER);
    if (!chain.policy && isInlined(chain.name, own)) items.set(chain.name, own);
    else added += inlined;
  }
  return { names: new Set(items.keys()), added };
}

/** For each chain the set of fields that a run of it may change, as a bit mask of field numbers. */
export function changedFields(graph: ChainGraph): ReadonlyMap<string, number> {
  const changes = new Map<string, number>();
  for (const chain of graph.bottomUp) {
    let set = targets(chain).reduce((fields, name) => fields | changes.get(name)!, 0);
    for (const { action, tests } of chain.rules) {
      set |= testChanges(tests);
      if (action.kind === 'effect') set |= fieldSet(action.changes as readonly Field[]);
    }
    changes.set(chain.name, set);
  }
  return changes;
}
