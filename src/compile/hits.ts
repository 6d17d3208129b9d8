// How many rules one packet can hit, for the room a trace needs; and how deep calls can nest.

import { TRACE_MAX } from '../../assembly/abi/batch.ts';
import { ACTION_TEE } from '../../assembly/abi/opcode.ts';
import type { FlatTable, Item } from './flatten.ts';

/** Most ids one traversal of all base chains can hit, at most TRACE_MAX; what TEE sends goes through OUTPUT and POSTROUTING besides. */
export function mostHits(tables: readonly FlatTable[]): number {
  const copies = tables.some(({ chains }) => chains.some(({ items }) => items.some(isCopy)));
  const ofCopy = copies ? sumOfBase(tables, 0, ['OUTPUT', 'POSTROUTING']) : 0;
  return Math.min(sumOfBase(tables, ofCopy), TRACE_MAX);
}

function sumOfBase(tables: readonly FlatTable[], ofCopy: number, names?: readonly string[]): number {
  let sum = 0;
  for (const table of tables) {
    const ofChain = mostHitsByChain(table, ofCopy);
    for (const { chain } of table.chains) {
      if (chain.policy && names?.includes(chain.name) !== false) sum += ofChain.get(chain.name)! + 1;
    }
  }
  return sum;
}

function isCopy({ action }: Item): boolean {
  return action.kind === 'effect' && action.opcode === ACTION_TEE;
}

function mostHitsByChain({ chains, graph }: FlatTable, ofCopy: number): Map<string, number> {
  const flat = new Map(chains.map((entry) => [entry.chain.name, entry]));
  const most = new Map<string, number>();
  for (const { name } of graph.bottomUp) {
    const items = flat.get(name)?.items;
    if (!items) continue;
    const from = new Float64Array(items.length + 1);
    for (let i = items.length - 1; i >= 0; i--) {
      const { action, next, miss } = items[i]!;
      const called = action.kind === 'call' || action.kind === 'goto' ? most.get(action.chain)! : 0;
      const copied = ofCopy > 0 && isCopy(items[i]!) ? ofCopy : 0;
      const ends = action.kind === 'verdict' || action.kind === 'terminate';
      from[i] = Math.min(TRACE_MAX, Math.max(from[miss]!, 1 + called + copied + (ends ? 0 : from[next]!)));
    }
    most.set(name, from[0]!);
  }
  return most;
}

/** Deepest nesting of calls. */
export function callDepth({ chains, graph }: FlatTable): number {
  const flat = new Map(chains.map((entry) => [entry.chain.name, entry]));
  const depths = new Map<string, number>();
  for (const { name } of graph.bottomUp) {
    let depth = 0;
    for (const { action } of flat.get(name)?.items ?? []) {
      if (action.kind === 'call' || action.kind === 'goto') depth = Math.max(depth, depths.get(action.chain)! + 1);
    }
    depths.set(name, depth);
  }
  return chains.reduce((deepest, { chain }) => Math.max(deepest, depths.get(chain.name)!), 0);
}
