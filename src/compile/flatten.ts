// Chains -> linear lists. Each base chain becomes one list of items with the user chains it reaches inlined where they are
// called; where that would grow beyond the budget an item calls the user chain, which is then a list of its own.
//
// In a list control only goes forward: an item names the item to go on with after a match and after a miss.

import type { Action, Chain, Rule, Table, Test } from '../ir/ir.ts';
import { type ChainGraph, chainGraph, planInlining } from './chains.ts';

/** What a matching item does; jumps that were inlined and RETURN only go on. */
export type ItemAction =
  | Exclude<Action, { kind: 'jump' | 'goto' | 'return' }>
  | { readonly kind: 'call'; readonly chain: string }
  /** As call, but the end of that chain is the end of this list. */
  | { readonly kind: 'goto'; readonly chain: string };

export interface Item {
  readonly rule: Rule;
  readonly tests: readonly Test[];
  readonly action: ItemAction;
  /** Index of the item after a match; the list's length = its end. */
  next: number;
  /** Index of the item after a miss. */
  miss: number;
  /** Index behind the item and the body inlined at it. */
  after: number;
  /** Index of the jump whose inlined body holds the item; -1 = none. */
  readonly parent: number;
}

/** A base chain, or a user chain that is called, as one list. */
export interface FlatChain {
  readonly chain: Chain;
  readonly items: readonly Item[];
}

export interface FlatTable {
  readonly table: Table;
  readonly graph: ChainGraph;
  /** Base chains first, in the table's order, then called chains in the order found. */
  readonly chains: readonly FlatChain[];
}

/** Items that inlining may add, all tables together. */
export interface Budget {
  left: number;
}

/** Flattens all chains of a table that packets can reach. */
export function flattenTable(table: Table, budget: Budget): FlatTable {
  const graph = chainGraph(table);
  const { names, added } = planInlining(graph, budget.left);
  budget.left -= added;
  const context: Context = { graph, inlined: names, called: new Set() };
  const bases = table.chains.filter((chain) => chain.policy);
  const flat = new Map(bases.map((chain) => [chain.name, flattenChain(chain, context)]));
  // A set is walked in the order of insertion, members added on the way included.
  for (const name of context.called) flat.set(name, flattenChain(graph.byName.get(name)!, context));
  const order = [...bases.map((chain) => chain.name), ...context.called];
  return { table, graph, chains: order.map((name) => flat.get(name)!) };
}

/** A place in the list that is not known yet. Items hold ~label until the labels are resolved. */
type Label = number;

interface Body {
  readonly chain: Chain;
  /** Next rule of the chain. */
  rule: number;
  /** Where the end of the chain leads. */
  readonly end: Label;
  /** Set where the body's items end. */
  readonly behind: Label;
  readonly parent: number;
}

class Flattener {
  readonly items: Item[] = [];
  private readonly places: number[] = [];
  private readonly stack: Body[] = [];

  label(): Label {
    return this.places.push(-1) - 1;
  }

  enter(chain: Chain, end: Label, behind: Label, parent: number): void {
    this.stack.push({ chain, rule: 0, end, behind, parent });
  }

  /** The body in hand; ends those that have no rule left. */
  body(): Body | undefined {
    for (let top = this.stack.at(-1); top; top = this.stack.at(-1)) {
      if (top.rule < top.chain.rules.length) return top;
      this.place(top.behind);
      this.stack.pop();
    }
    return undefined;
  }

  place(label: Label): void {
    this.places[label] = this.items.length;
  }

  add(rule: Rule, action: ItemAction, to: { next: Label; miss: Label; after: Label }, parent: number): number {
    const { next, miss, after } = to;
    return this.items.push({ rule, tests: rule.tests, action, next: ~next, miss: ~miss, after: ~after, parent }) - 1;
  }

  resolve(): readonly Item[] {
    for (const item of this.items) {
      item.next = this.places[~item.next]!;
      item.miss = this.places[~item.miss]!;
      item.after = this.places[~item.after]!;
    }
    return this.items;
  }
}

interface Context {
  readonly graph: ChainGraph;
  readonly inlined: ReadonlySet<string>;
  /** Chains that some item calls, in the order found. */
  readonly called: Set<string>;
}

function flattenChain(chain: Chain, context: Context): FlatChain {
  const list = new Flattener();
  const end = list.label();
  list.enter(chain, end, end, -1);
  for (let body = list.body(); body; body = list.body()) {
    const rule = body.chain.rules[body.rule++]!;
    const { action } = rule;
    // Where the chain goes on behind this rule and behind the body it may have.
    const behind = list.label();
    const on = body.rule === body.chain.rules.length ? body.end : behind;
    if (action.kind === 'jump' || action.kind === 'goto') {
      const bodyEnd = action.kind === 'jump' ? on : body.end;
      if (context.inlined.has(action.chain)) {
        const target = context.graph.byName.get(action.chain)!;
        const first = target.rules.length > 0 ? list.label() : bodyEnd;
        const parent = list.add(rule, { kind: 'continue' }, { next: first, miss: on, after: behind }, body.parent);
        if (first !== bodyEnd) list.place(first);
        list.enter(target, bodyEnd, behind, parent);
        continue;
      }
      context.called.add(action.chain);
      const kind = bodyEnd === end ? 'goto' : 'call';
      list.add(rule, { kind, chain: action.chain }, { next: bodyEnd, miss: on, after: behind }, body.parent);
    } else {
      const plain: ItemAction = action.kind === 'return' ? { kind: 'continue' } : action;
      list.add(rule, plain, { next: action.kind === 'return' ? body.end : on, miss: on, after: behind }, body.parent);
    }
    list.place(behind);
  }
  return { chain, items: list.resolve() };
}
