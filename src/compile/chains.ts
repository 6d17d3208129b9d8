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

/** The number of items each chain comes to with everything inlined. Grows exponentially in hostile rulesets; stays finite. */
export function inlinedSizes(graph: ChainGraph): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const chain of graph.bottomUp) {
    const size = targets(chain).reduce((sum, name) => sum + sizes.get(name)!, chain.rules.length);
    sizes.set(chain.name, Math.min(size, Number.MAX_SAFE_INTEGER));
  }
  return sizes;
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
