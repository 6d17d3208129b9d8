// Which hooks each rule can be reached from, and chains that lead back to themselves.
//
// Follows jumps from the base chains as the kernel does when a table is loaded: a chain is read up to its first unconditional
// verdict, and chains that no base chain leads to are not looked at, loops in them included.
// Ref: net/ipv4/netfilter/ip_tables.c:mark_source_chains()

import { type HookName, TABLE_HOOKS } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { ChainDraft, TableDraft } from './table-draft.ts';
import type { RuleTree, TargetTree } from './tree.ts';

type ChainTarget = Extract<TargetTree, { kind: 'chain' }>;

interface Passage {
  /** Rules up to the first unconditional verdict, Infinity without one; those behind it are never reached. */
  readonly length: number;
  readonly jumps: readonly ChainTarget[];
}

export interface Reach {
  /** The hooks from which a rule (0-based index) of a chain can be reached. */
  hooks(chain: string, index: number): ReadonlySet<HookName>;
  /** A text that is the same as long as the same hooks lead to the same rules of a chain. */
  key(chain: string): string;
}

const NO_HOOKS: ReadonlySet<HookName> = new Set();

/** Follows every jump of a table, reporting each that closes a loop. */
export function reachTable(table: TableDraft, diagnostics: Diagnostics): Reach {
  const passages = new Map<string, Passage>();
  for (const chain of table.chains.values()) passages.set(chain.name, passageOf(chain));
  const hooks = new Map<string, Set<HookName>>();
  const reported = new Set<ChainTarget>();
  for (const hook of TABLE_HOOKS[table.name]) {
    follow(
      hook,
      passages,
      (chain) => hooks.get(chain) ?? hooks.set(chain, new Set()).get(chain)!,
      (jump, path) => {
        if (reported.has(jump)) return;
        reported.add(jump);
        const circle = [...path.slice(path.indexOf(jump.chain)), jump.chain].join(' -> ');
        diagnostics.error('chain-loop', `this jump closes a loop, which the kernel refuses: ${circle}`, jump.span);
      },
    );
  }
  return {
    hooks: (chain, index) => (index < (passages.get(chain)?.length ?? 0) ? (hooks.get(chain) ?? NO_HOOKS) : NO_HOOKS),
    key: (chain) => `${passages.get(chain)?.length} ${[...(hooks.get(chain) ?? NO_HOOKS)].join(' ')}`,
  };
}

/** Walks depth first from a base chain, without recursion: chains may be nested thousands deep. */
function follow(
  hook: HookName,
  passages: ReadonlyMap<string, Passage>,
  hooksOf: (chain: string) => Set<HookName>,
  reportLoop: (jump: ChainTarget, path: readonly string[]) => void,
): void {
  const path: string[] = [hook];
  const next: number[] = [0];
  const onPath = new Set<string>(path);
  hooksOf(hook).add(hook);
  while (path.length > 0) {
    const jump = passages.get(path.at(-1)!)?.jumps[next[next.length - 1]!++];
    if (!jump) {
      onPath.delete(path.pop()!);
      next.pop();
    } else if (onPath.has(jump.chain)) {
      reportLoop(jump, path);
    } else if (!hooksOf(jump.chain).has(hook)) {
      hooksOf(jump.chain).add(hook);
      path.push(jump.chain);
      next.push(0);
      onPath.add(jump.chain);
    }
  }
}

function passageOf(chain: ChainDraft): Passage {
  const end = chain.rules.findIndex(endsPassage);
  const length = end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  const jumps: ChainTarget[] = [];
  for (let i = 0; i < length && i < chain.rules.length; i++) {
    const target = chain.rules[i]!.target;
    if (target?.kind === 'chain') jumps.push(target);
  }
  return { length, jumps };
}

/** Nothing behind the rule is ever reached. */
export function endsPassage(rule: RuleTree): boolean {
  return rule.target?.kind === 'standard' && isUnconditional(rule);
}

/** The rule has nothing but a target. An interface `+` counts as something. Ref: net/ipv4/netfilter/ip_tables.c:unconditional() */
function isUnconditional(rule: RuleTree): boolean {
  return (
    rule.matches.length === 0 &&
    !rule.source &&
    !rule.destination &&
    !rule.inInterface &&
    !rule.outInterface &&
    !rule.protocol &&
    !rule.fragment
  );
}
