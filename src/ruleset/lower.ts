// Ruleset tree in, IR out: what each rule asks, in the order the kernel asks it, and what it does.
//
// Ref: net/ipv4/netfilter/ip_tables.c:ip_packet_match(), net/ipv6/netfilter/ip6_tables.c:ip6_packet_match()

import { ACTION_LOG, ACTION_VERDICT, TEST_IPV6_PROTO } from '../../assembly/abi/opcode.ts';
import { PACKET_FLAG_LATER_FRAGMENT } from '../../assembly/abi/packet.ts';
import { VERDICT_QUEUE } from '../../assembly/abi/verdict.ts';
import { Assumptions } from '../ir/assume.ts';
import {
  type Action,
  type Chain,
  type Family,
  type Field,
  type InterfaceUniverse,
  type MaskTest,
  type Rule,
  type Ruleset,
  TABLE_HOOKS,
  type Test,
} from '../ir/ir.ts';
import { KERNEL_DEFAULTS, type KernelSettings } from '../ir/kernel.ts';
import type { LogEntry, LogPlan } from '../ir/log.ts';
import type { Fingerprint } from '../ir/osf.ts';
import { type SetPlace, type SetSource, StatePlan, type StateRequest } from '../ir/state.ts';
import { addressWord, isZero } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import type { Extension, LowerContext } from './extension.ts';
import { title } from './instance.ts';
import { chainsInOrder } from './print.ts';
import type { AddressMask, ChainTree, Invertible, MatchTree, RulesetTree, RuleTree, TableTree } from './tree.ts';

/** Code of the error at each match and target that can be read but not evaluated yet. */
export const NOT_EVALUATED = 'not-evaluated';
/** Code of the error at the first rule that names an IP set which is not there. */
export const UNKNOWN_SET = 'unknown-set';
/** Code of the error at each rule that names a timeout policy which is not there. */
export const UNKNOWN_TIMEOUT = 'unknown-timeout';

/** Code of the error at each rule that names a label of connections which is not there. */
export const UNKNOWN_LABEL = 'unknown-label';

/** Code of the warning at each match and target that is evaluated, but not wholly as the kernel does. */
export const NOT_EXACT = 'not-exact';

const ADDRESS_FIELDS = {
  src: ['src0', 'src1', 'src2', 'src3'],
  dst: ['dst0', 'dst1', 'dst2', 'dst3'],
} as const satisfies Record<string, readonly Field[]>;

/**
 * Lowers a tree that was parsed without errors. Warns of rules that can never match as they stand; what cannot be evaluated yet is an
 * error, and the result then not to be used.
 */
export function lowerRuleset(
  tree: RulesetTree,
  interfaces: InterfaceUniverse,
  diagnostics: Diagnostics,
  settings: LowerSettings = { state: new StatePlan() },
): Ruleset {
  if (tree.tables.length === 0) {
    diagnostics.warning('empty-ruleset', `${tree.source.name} has no table: it accepts every packet`);
  }
  const ruleCount = tree.tables.reduce((sum, table) => sum + table.chains.reduce((n, chain) => n + chain.rules.length, 0), 0);
  const lowering: Lowering = {
    family: tree.family,
    interfaces,
    diagnostics,
    settings,
    reported: new Set(),
    unknownSets: new Set(),
    nextRule: 0,
    nextPolicy: ruleCount,
  };
  return {
    family: tree.family,
    tables: tree.tables.map((table) => ({ name: table.name, chains: lowerChains(table, lowering) })),
    interfaces,
    ...switchedOn(tree),
    ruleCount,
  };
}

/** What lowering takes into account beside the rules, and where it leaves what they keep. */
export interface LowerSettings {
  /** Receives the objects that rules keep; one for the rulesets of both families. */
  readonly state: StatePlan;
  /** The kernel that runs the rules; without it one with default settings. */
  readonly kernel?: KernelSettings;
  /** The operating systems' fingerprints that the kernel has been given. */
  readonly fingerprints?: readonly Fingerprint[];
  /** Groups of interfaces, by name; 0 for those that are not there. */
  readonly groups?: ReadonlyMap<string, number>;
  /** What a capture cannot tell; without it, what is assumed when nobody says otherwise. */
  readonly assume?: Assumptions;
  /** Receives what LOG and NFLOG write; one for the rulesets of both families. Absent: no log is kept. */
  readonly log?: LogPlan;
  /** The IP sets there are; absent: none is known. */
  readonly sets?: SetSource;
}

interface Lowering {
  readonly settings: LowerSettings;
  readonly family: Family;
  readonly interfaces: InterfaceUniverse;
  readonly diagnostics: Diagnostics;
  /** Places of matches and targets that cannot be evaluated: rules of one line share them. */
  readonly reported: Set<Span>;
  /** IP sets that were reported as unknown. */
  readonly unknownSets: Set<string>;
  nextRule: number;
  nextPolicy: number;
  /** The match or target that is lowered, and where it stands. */
  extension?: Extension;
  span?: Span;
}

/** What matches and targets of a table are lowered with: one object for all of them, of which only what the rule says changes. */
type TableLowerContext = Omit<LowerContext, 'protocol'> & { protocol: LowerContext['protocol'] };

/**
 * Chains and rules in the order of the tree; rules and policies take the next numbers. They are lowered in the order in which the kernel
 * checks them: of rules that share something, the first makes it.
 */
function lowerChains(table: TableTree, lowering: Lowering): Chain[] {
  const firstIds = new Map<ChainTree, number>();
  for (const chain of table.chains) {
    firstIds.set(chain, lowering.nextRule);
    lowering.nextRule += chain.rules.length;
  }
  const context = contextOf(table, lowering);
  const rulesOf = new Map(
    chainsInOrder(table).map((chain) => {
      const first = firstIds.get(chain)!;
      const rules = chain.rules.map((rule, i) => {
        warnOfNever(rule, lowering.diagnostics);
        return lowerRule(rule, first + i, i + 1, context, lowering);
      });
      return [chain, rules] as const;
    }),
  );
  return table.chains.map((chain): Chain => {
    const rules = rulesOf.get(chain)!;
    const hook = TABLE_HOOKS[table.name].find((name) => name === chain.name && chain.policy);
    if (!hook || !chain.policy) return { name: chain.name, rules };
    return { name: chain.name, hook, policy: { verdict: chain.policy, id: lowering.nextPolicy++ }, rules };
  });
}

function warnOfNever(rule: RuleTree, diagnostics: Diagnostics): void {
  const { source, destination, inInterface, outInterface } = rule;
  const addresses = (source?.invert && isZero(source.value.mask)) || (destination?.invert && isZero(destination.value.mask));
  const names = (inInterface?.invert && inInterface.value === '+') || (outInterface?.invert && outInterface.value === '+');
  const what = addresses ? 'every address' : names ? 'every interface' : undefined;
  if (what) diagnostics.warning('never-matches', `the rule never matches: it excludes ${what}`, rule.span);
}

/** Ref: net/netfilter/nf_conntrack_proto.c:nf_ct_netns_get() */
function usesConntrack({ extension, options }: UsedExtension): boolean {
  return typeof extension.usesConntrack === 'function' ? extension.usesConntrack(options) : extension.usesConntrack === true;
}

/** A match or target of a rule. */
interface UsedExtension {
  readonly extension: Extension;
  readonly options: unknown;
}

/** What matches and targets switch on in the kernel. Those of unreachable rules count too: they do it when the rule is loaded. */
function switchedOn(tree: RulesetTree): Pick<Ruleset, 'usesConntrack' | 'defragments' | 'countsConnections'> {
  const found = { usesConntrack: false, defragments: false, countsConnections: false };
  const look = (used: UsedExtension): void => {
    const { extension } = used;
    if (extension.usesConntrack && !found.usesConntrack) found.usesConntrack = usesConntrack(used);
    if (extension.defragments) found.defragments = true;
    if (extension.countsConnections) found.countsConnections = true;
  };
  for (const { chains } of tree.tables) {
    for (const { rules } of chains) {
      for (const { matches, target } of rules) {
        for (const match of matches) look(match);
        if (target?.kind === 'extension') look(target);
      }
    }
  }
  return found;
}

const NO_GROUPS: ReadonlyMap<string, number> = new Map();

function lowerRule(rule: RuleTree, id: number, number: number, context: TableLowerContext, lowering: Lowering): Rule {
  const { family, interfaces } = lowering;
  context.protocol = rule.protocol;
  const tests: Test[] = [];
  addAddressTests(tests, ADDRESS_FIELDS.src, rule.source);
  addAddressTests(tests, ADDRESS_FIELDS.dst, rule.destination);
  addInterfaceTests(tests, 'in', rule.inInterface, interfaces);
  addInterfaceTests(tests, 'out', rule.outInterface, interfaces);
  addProtocolTests(tests, rule.protocol, family);
  addFragmentTests(tests, rule.fragment);
  for (const match of rule.matches) for (const test of lowerMatch(match, context, lowering)) tests.push(test);
  return { id, number, tests, action: lowerTarget(rule, context, lowering), span: rule.span };
}

/** The context of the matches and targets of a table; `lowering` says of which one. */
function contextOf({ name: table }: TableTree, lowering: Lowering): TableLowerContext {
  const { family, interfaces, settings, diagnostics } = lowering;
  const { kernel = KERNEL_DEFAULTS, assume = new Assumptions(), groups = NO_GROUPS, fingerprints = [] } = settings;
  const state = (request: StateRequest): number => settings.state.take(request, title(lowering.extension!), lowering.span!);
  return {
    family,
    table,
    interfaces,
    kernel,
    assume,
    groups,
    logs: settings.log !== undefined,
    fingerprints,
    protocol: undefined,
    state,
    set: (name) => placeSet(name, state, lowering.span!, lowering),
    log: (entry) => logAction(entry, settings.log),
    findState: (key) => settings.state.find(key),
    refuse: (code, message, at) => diagnostics.error(code, message, at ?? lowering.span),
    warn: (message) => diagnostics.warning(NOT_EXACT, message, lowering.span),
  };
}

/** Ref: iptables 1.8.9, extensions/libxt_set.h:get_set_byname() */
function placeSet(name: string, take: LowerContext['state'], span: Span, lowering: Lowering): SetPlace | undefined {
  const place = lowering.settings.sets?.place(name, take);
  if (!place) return reportNoSet(name, span, lowering);
  if (place.family === 0 || place.family === lowering.family) return place;
  const what = `the protocol family of set "${name}" is IPv${place.family}, which is not applicable to a rule of IPv${lowering.family}`;
  lowering.diagnostics.error('set-of-other-family', what, span);
  return undefined;
}

/** Reports each set once. Ref: iptables 1.8.9, extensions/libxt_set.h:get_set_byname() */
function reportNoSet(name: string, span: Span, { settings, diagnostics, unknownSets }: Lowering): undefined {
  if (unknownSets.has(name)) return undefined;
  unknownSets.add(name);
  const names = settings.sets?.names();
  const hint = names ? didYouMean(name, names) : ' (--ipset FILE, or sets.ipset of a host folder, says which there are)';
  const what = names?.includes(name) ? `set "${name}" is too large to be held` : `set "${name}" doesn't exist${hint}`;
  diagnostics.error(UNKNOWN_SET, what, span);
  return undefined;
}

function logAction(entry: LogEntry, plan: LogPlan | undefined): Action {
  if (!plan) return { kind: 'continue' };
  return { kind: 'effect', opcode: ACTION_LOG, operands: [plan.take(entry)], name: entry.kind, changes: [] };
}

function lowerMatch({ extension, options, span }: MatchTree, context: TableLowerContext, lowering: Lowering): readonly Test[] {
  lowering.extension = extension;
  lowering.span = span;
  const tests = extension.lower?.(options, context);
  if (!tests) reportNotEvaluated(extension, span, lowering);
  return tests ?? [];
}

function reportNotEvaluated(extension: Extension, span: Span, { diagnostics, reported }: Lowering): void {
  if (reported.has(span)) return;
  reported.add(span);
  const what = `${title(extension)}${extension.lower ? ' with these options' : ''}`;
  diagnostics.error(NOT_EVALUATED, `${what} is read and printed, but cannot be evaluated yet`, span);
}

function addAddressTests(tests: Test[], fields: readonly Field[], address: Invertible<AddressMask> | undefined): void {
  if (!address) return;
  const { mask, address: value } = address.value;
  const own: MaskTest[] = address.invert ? [] : (tests as MaskTest[]);
  for (let i = 0; 4 * i < mask.length; i++) {
    const word = addressWord(mask, i);
    if (word !== 0) own.push({ kind: 'mask', field: fields[i]!, mask: word, value: addressWord(value, i), negate: false });
  }
  if (!address.invert) return;
  const [only, more] = own;
  // `! -s 0.0.0.0/0` never matches.
  if (!only) tests.push({ kind: 'mask', field: fields[0]!, mask: 0, value: 0, negate: true });
  else tests.push(more ? { kind: 'not', tests: own } : { ...only, negate: true });
}

function addInterfaceTests(
  tests: Test[],
  field: 'in' | 'out',
  name: Invertible<string> | undefined,
  interfaces: InterfaceUniverse,
): void {
  if (!name) return;
  if (name.value === '' || name.value === '+') {
    // Every packet has "any" interface, also one that has none: negated, it never matches.
    if (name.invert) tests.push({ kind: 'mask', field, mask: 0, value: 0, negate: true });
    return;
  }
  const [low, high] = interfaces.range(name.value);
  tests.push({ kind: 'range', field, low, high, negate: name.invert });
}

const ASK_PROTOCOL: Test = { kind: 'ask', opcode: TEST_IPV6_PROTO, operands: [], negate: false, effect: true };

function addProtocolTests(tests: Test[], protocol: Invertible<number> | undefined, family: Family): void {
  if (!protocol) return;
  if (family === 6) tests.push(ASK_PROTOCOL);
  if (protocol.value === 0) return;
  tests.push({ kind: 'mask', field: 'proto', mask: 0xff, value: protocol.value, negate: protocol.invert });
}

function addFragmentTests(tests: Test[], fragment: { readonly invert: boolean } | undefined): void {
  if (!fragment) return;
  const flag = PACKET_FLAG_LATER_FRAGMENT;
  tests.push({ kind: 'mask', field: 'flags', mask: flag, value: flag, negate: fragment.invert });
}

function lowerTarget({ target }: RuleTree, context: TableLowerContext, lowering: Lowering): Action {
  switch (target?.kind) {
    case undefined:
      return { kind: 'continue' };
    case 'chain':
      return { kind: target.jump, chain: target.chain };
    case 'extension': {
      const { extension, options, span } = target;
      lowering.extension = extension;
      lowering.span = span;
      const action = extension.lower?.(options, context);
      if (!action) reportNotEvaluated(target.extension, target.span, lowering);
      return action ?? { kind: 'continue' };
    }
    case 'standard':
      if (target.verdict === 'RETURN') return { kind: 'return' };
      if (target.verdict === 'QUEUE')
        return { kind: 'terminate', opcode: ACTION_VERDICT, operands: [VERDICT_QUEUE], name: 'QUEUE' };
      return { kind: 'verdict', verdict: target.verdict };
  }
}
