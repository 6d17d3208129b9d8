// What the kernel says of a packet under TRACE: the place of each rule, policy and end of a user chain that it meets.
//
// The core tells the rules and policies in their order. The ends of user chains, rules of the kernel's own which it names too, follow
// from that order and from what each rule says.

import type { RulesetTree, RuleTree, TableTree } from '../../ruleset/tree.ts';

/** A place as `TRACE: table:chain:kind:number` names it. */
export interface TracePlace {
  readonly table: string;
  readonly chain: string;
  readonly kind: 'rule' | 'return' | 'policy';
  readonly number: number;
}

/** Where a rule leads; `end` = the run of the base chain ends, whatever the verdict. */
type Way = { readonly kind: 'on' | 'return' | 'end' } | { readonly kind: 'jump' | 'goto'; readonly chain: string };

interface Chain {
  readonly table: string;
  readonly name: string;
  readonly isBase: boolean;
  readonly rules: number;
}

interface Stop {
  readonly place: TracePlace;
  readonly chain: Chain;
  readonly way: Way;
}

/** What is known of each counter id of one family. */
export interface TraceMap {
  readonly stops: readonly Stop[];
  /** Chains by table and name. */
  readonly chains: ReadonlyMap<string, Chain>;
}

/** Ids as lowering gives them: rules in the order of the tree, then the policies. */
export function traceMap(tree: RulesetTree): TraceMap {
  const stops: Stop[] = [];
  const policies: Stop[] = [];
  const chains = new Map<string, Chain>();
  for (const table of tree.tables) {
    for (const { name, policy, rules } of table.chains) {
      const chain: Chain = { table: table.name, name, isBase: policy !== undefined, rules: rules.length };
      chains.set(chainKey(table.name, name), chain);
      rules.forEach((rule, i) => {
        stops.push({ place: { ...placeOf(chain, kindOf(rule, chain)), number: i + 1 }, chain, way: wayOf(rule, table) });
      });
      if (policy)
        policies.push({ place: { ...placeOf(chain, 'policy'), number: rules.length + 1 }, chain, way: { kind: 'end' } });
    }
  }
  return { stops: [...stops, ...policies], chains };
}

function chainKey(table: string, chain: string): string {
  return `${table}:${chain}`;
}

function placeOf({ table, name }: Chain, kind: TracePlace['kind']): Omit<TracePlace, 'number'> {
  return { table, chain: name, kind };
}

/**
 * The kernel calls every rule that asks nothing and has a verdict of its own the end of its chain.
 * Ref: net/ipv4/netfilter/ip_tables.c:get_chainname_rulenum()
 */
function kindOf(rule: RuleTree, chain: Chain): TracePlace['kind'] {
  if (rule.target?.kind !== 'standard' || !isUnconditional(rule)) return 'rule';
  return chain.isBase ? 'policy' : 'return';
}

/** Ref: net/ipv4/netfilter/ip_tables.c:unconditional() */
function isUnconditional({ source, destination, inInterface, outInterface, protocol, fragment, matches }: RuleTree): boolean {
  const isAny = (address: RuleTree['source']): boolean =>
    !address || (!address.invert && [...address.value.address, ...address.value.mask].every((byte) => byte === 0));
  const isAnyName = (name: RuleTree['inInterface']): boolean => !name || (!name.invert && name.value === '');
  return (
    isAny(source) &&
    isAny(destination) &&
    isAnyName(inInterface) &&
    isAnyName(outInterface) &&
    !protocol &&
    !fragment &&
    matches.length === 0
  );
}

function wayOf({ target }: RuleTree, { name }: TableTree): Way {
  switch (target?.kind) {
    case undefined:
      return { kind: 'on' };
    case 'chain':
      return { kind: target.jump, chain: chainKey(name, target.chain) };
    case 'standard':
      return { kind: target.verdict === 'RETURN' ? 'return' : 'end' };
    case 'extension':
      return { kind: 'on' };
  }
}

/** Follows one packet through the chains of its family. */
export class TraceWalk {
  private readonly map: TraceMap;
  /** The chain it is in; undefined between the runs of base chains. */
  private chain: Chain | undefined;
  private base: Chain | undefined;
  private stack: Chain[] = [];
  /** The id met last. */
  private last: number | undefined;

  constructor(map: TraceMap) {
    this.map = map;
  }

  /** Comes to the rule or policy of an id: the ends of chains on the way there, and its own place. */
  meet(id: number): TracePlace[] {
    const { place, chain, way } = this.map.stops[id]!;
    const places = [...this.leave(chain), place];
    this.last = id;
    switch (way.kind) {
      case 'on':
        break;
      case 'end':
        this.chain = undefined;
        break;
      case 'return':
        this.pop();
        break;
      default:
        if (way.kind === 'jump') this.stack.push(this.chain!);
        this.chain = this.map.chains.get(way.chain)!;
    }
    return places;
  }

  /** A match of the rule with the id dropped the packet: the ends of chains on the way there, unless the rule was met all the same. */
  drop(id: number): TracePlace[] {
    const places = id === this.last ? [] : this.leave(this.map.stops[id]!.chain);
    this.chain = undefined;
    return places;
  }

  /** Leaves chains until it is in `next`, or begins a run there: a target may have ended the run before. */
  private leave(next: Chain): TracePlace[] {
    const places: TracePlace[] = [];
    const isOtherRun = next.table !== this.base?.table || (next.isBase && next !== this.base);
    if (this.chain === undefined || isOtherRun) {
      this.base = next;
      this.stack = [];
      this.chain = next;
    }
    while (this.chain !== next) {
      places.push({ ...placeOf(this.chain!, 'return'), number: this.chain!.rules + 1 });
      this.pop();
    }
    return places;
  }

  /** With nowhere to return to, as behind a goto from the base chain, the base chain's policy decides. */
  private pop(): void {
    this.chain = this.stack.pop() ?? this.base;
  }
}
