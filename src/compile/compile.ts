// The compiler: rules of one address family in, an image the core can run out.

import {
  HOOKS,
  PROGRAM_COUNTS_CONNECTIONS,
  PROGRAM_DEFRAGMENTS,
  PROGRAM_HAS_NAT,
  PROGRAM_NEEDS_ADDRTYPE,
  PROGRAM_USES_CONNTRACK,
  WALK_STACK_MAX,
} from '../../assembly/abi/program.ts';
import { type Family, HOOK_NAMES, type Ruleset, TABLE_NAMES, type Test } from '../ir/ir.ts';
import { simplify } from '../ir/simplify.ts';
import { AtomPool } from './atom.ts';
import { changedFields } from './chains.ts';
import { type CounterName, CounterSets, counterNames, expandCounters, type RuleCounters } from './counters.ts';
import { type Region, wholeRegion } from './fields.ts';
import { type Budget, type FlatChain, type FlatTable, flattenTable } from './flatten.ts';
import { guardItems } from './guard.ts';
import { callDepth, mostHits } from './hits.ts';
import { writeImage } from './image.ts';
import type { CompiledChain } from './image-parts.ts';
import { LeafStore } from './leaf.ts';
import { candidates } from './list.ts';
import { buildTable } from './tables.ts';
import { type TableLimits, Tools } from './tree.ts';

export interface CompileOptions {
  /** Items that inlining user chains may add, all together. */
  readonly inlineBudget?: number;
  /** false: no decision tables, every chain is walked linearly. */
  readonly tables?: boolean;
  /** Limits of each chain's table. */
  readonly limits?: TableLimits;
}

export interface Program {
  readonly family: Family;
  readonly image: Uint8Array;
  /** Ids below are rules, ids from here on are policies. */
  readonly ruleCount: number;
  /** Counters the core needs, COUNTER_BYTES each, in every shard. */
  readonly counterCount: number;
  /** What each rule's and policy's id stands for. */
  readonly counterNames: readonly CounterName[];
  /** The ids that each counter behind those of rules and policies stands for. */
  readonly counterSets: readonly (readonly number[])[];
}

/** Inlining may triple a ruleset and add some thousand items to a small one. */
function defaultInlineBudget(ruleCount: number): number {
  return 3 * ruleCount + 4096;
}

/** Compiles a ruleset. */
export function compile(ruleset: Ruleset, options: CompileOptions = {}): Program {
  const simple = simplify(ruleset);
  const budget: Budget = { left: options.inlineBudget ?? defaultInlineBudget(ruleset.ruleCount) };
  const tables = simple.tables.map((table) => flattenTable(table, budget));
  const region = wholeRegion(simple.family, simple.interfaces.names.length);
  const store = new LeafStore();
  const making: Making = { store, tools: new Tools(), pool: new AtomPool(region) };
  const chains: CompiledChain[] = [];
  for (const table of tables) {
    for (const chain of compileTable(table, chains.length, region, making, options)) chains.push(chain);
  }
  const names = counterNames(simple);
  const counters = new CounterSets(names.length);
  const image = writeImage({
    family: simple.family,
    flags: programFlags(simple),
    ruleCount: simple.ruleCount,
    maxHits: mostHits(tables),
    chains,
    leaves: store.leaves,
    counters,
  });
  return {
    family: simple.family,
    image,
    ruleCount: simple.ruleCount,
    counterCount: counters.count,
    counterNames: names,
    counterSets: counters.sets,
  };
}

/** Counters of rules and policies from what the core counted: `counted` holds packets and bytes of every counter in turn. */
export function ruleCounters(program: Program, counted: BigUint64Array): RuleCounters {
  return expandCounters(program.counterNames.length, program.counterSets, counted);
}

/** What the chains of a ruleset are compiled with, one after the other. */
interface Making {
  readonly store: LeafStore;
  readonly tools: Tools;
  readonly pool: AtomPool;
}

function compileTable(
  flatTable: FlatTable,
  firstIndex: number,
  region: Region,
  { store, tools, pool }: Making,
  options: CompileOptions,
): CompiledChain[] {
  if (callDepth(flatTable) >= WALK_STACK_MAX) throw new Error(`table ${flatTable.table.name}: calls nest too deep to be run`);
  const changes = changedFields(flatTable.graph);
  const indexes = new Map(flatTable.chains.map(({ chain }, index) => [chain.name, firstIndex + index]));
  const callee = (chain: string): number => indexes.get(chain)!;
  return flatTable.chains.map((flat, index) => {
    const slot = slotOf(flatTable, flat);
    if (options.tables === false) return { flat, callee, slot };
    const guarded = guardItems(flat, changes, pool);
    const context = candidates(flat, guarded);
    const table = buildTable(context, tools, region, store, firstIndex + index, options.limits);
    return { flat, callee, slot, guarded, table };
  });
}

/** Place of a base chain in the image's chain table. */
function slotOf({ table }: FlatTable, { chain }: FlatChain): number | undefined {
  if (!chain.policy || !chain.hook) return undefined;
  return TABLE_NAMES.indexOf(table.name) * HOOKS + HOOK_NAMES.indexOf(chain.hook);
}

function programFlags(ruleset: Ruleset): number {
  let flags = 0;
  if (ruleset.usesConntrack) flags |= PROGRAM_USES_CONNTRACK;
  if (ruleset.defragments) flags |= PROGRAM_DEFRAGMENTS;
  if (ruleset.countsConnections) flags |= PROGRAM_COUNTS_CONNECTIONS;
  if (ruleset.tables.some((table) => table.name === 'nat')) flags |= PROGRAM_HAS_NAT;
  const chains = ruleset.tables.flatMap((table) => table.chains);
  if (chains.some(({ rules }) => rules.some(({ tests }) => tests.some(readsAddressType)))) flags |= PROGRAM_NEEDS_ADDRTYPE;
  return flags;
}

function readsAddressType(test: Test): boolean {
  if (test.kind === 'not') return test.tests.some(readsAddressType);
  if (test.kind === 'ask') return false;
  return test.field === 'srcType' || test.field === 'dstType';
}
