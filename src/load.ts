// Text in, images out: parse, lower, simplify, compile, and the host beside it. The one place where the front end's stages meet.

import type { Surroundings } from './commands/firewall.ts';
import { readRulesets } from './commands/read.ts';
import { type CompileOptions, compile, type Program } from './compile/compile.ts';
import { extensions } from './extensions/index.ts';
import { assumedHost } from './host/assume.ts';
import { type Host, hostInterfaceNames } from './host/host.ts';
import { hostImage } from './host/image.ts';
import { tellings } from './host/peers.ts';
import type { IpsetCollection } from './ipset/collection.ts';
import { interfacePatterns, SetImages } from './ipset/image.ts';
import { Assumptions, type Sender } from './ir/assume.ts';
import { NUMBER_SETTINGS } from './ir/conntrack.ts';
import type { Family, InterfaceUniverse, Ruleset } from './ir/ir.ts';
import { LogPlan } from './ir/log.ts';
import type { Fingerprint } from './ir/osf.ts';
import { simplify } from './ir/simplify.ts';
import { causeTitle, type SpanningCause, StatePlan, type Telling } from './ir/state.ts';
import { expectsOthers, HELPERS, HELPERS_KEY, helperSettings } from './net/helper.ts';
import { familySign } from './ruleset/family.ts';
import { interfaceUniverse } from './ruleset/interfaces.ts';
import { type LowerSettings, lowerRuleset } from './ruleset/lower.ts';
import { setUses } from './ruleset/sets.ts';
import type { RulesetTree } from './ruleset/tree.ts';
import { planSides } from './shards/sides.ts';
import { type Diagnostic, Diagnostics } from './text/diagnostic.ts';
import { renderDiagnostics } from './text/render.ts';
import { locate, type Source } from './text/source.ts';

export interface LoadInput {
  /** iptables-save text, or command lines, which may make rulesets of both families. */
  readonly rules?: Source;
  /** ip6tables-save text, or command lines. */
  readonly rules6?: Source;
  /** The machine; without it every interface exists and every received packet is for this host. */
  readonly host?: Host;
  /** Names of interfaces that the captures are known to have. */
  readonly interfaces?: readonly string[];
  /** The IP sets of the machine; without them rules can name none. */
  readonly sets?: IpsetCollection;
  readonly compile?: CompileOptions;
  /** Keep what LOG, NFLOG and TRACE say. */
  readonly log?: boolean;
  /** The operating systems' fingerprints that the kernel has been given; without them nothing looks like any. */
  readonly fingerprints?: readonly Fingerprint[];
  /** What to take for true of what captures cannot tell, each `KEY=VALUE`. */
  readonly assume?: readonly string[];
}

/** One family's ruleset in all its forms. */
export interface LoadedRuleset {
  readonly family: Family;
  readonly tree: RulesetTree;
  readonly ruleset: Ruleset;
  readonly program: Program;
}

export interface Loaded {
  /** IPv4 first. */
  readonly rulesets: readonly LoadedRuleset[];
  readonly interfaces: InterfaceUniverse;
  readonly host: Host;
  /** What the rules write to the log, where one is kept. */
  readonly log?: LogPlan;
  /** The IP sets, and where those are in the core that rules name. */
  readonly sets?: SetImages;
  readonly fingerprints: readonly Fingerprint[];
  /** Whose socket the packets of this host are taken to come from. */
  readonly sender?: Sender;
  /** What the core runs with. */
  readonly images: {
    readonly program4?: Uint8Array;
    readonly program6?: Uint8Array;
    readonly host: Uint8Array;
    /** What rules keep from packet to packet. */
    readonly state: StatePlan;
    /** What connection tracking helpers are told, by their place in net/helper.ts. */
    readonly helpers: ReturnType<typeof helperSettings>;
    /** Who is inside, where connections are translated; absent = nothing is, or all packets pass one shard. */
    readonly sides?: Uint8Array;
    /** What this host answers depends on what it has told whom before. */
    readonly tellsPeers: boolean;
  };
  /** What had to be assumed, in sentences. */
  readonly assumptions: readonly string[];
  /** Who keeps what packets of several connections change, so that all packets pass one shard. */
  readonly spanning: readonly SpanningCause[];
  /** What this host tells others of which it keeps how often, whatever their connections. */
  readonly tells: readonly Telling[];
  /** Interfaces to the outside, where packets are spread by the one of their addresses that is there. */
  readonly outside?: readonly string[];
  /** How packets are spread over the workers where that is not as usual, in sentences. */
  readonly notes: readonly string[];
  /** Warnings; errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A ruleset has errors. */
export class RulesetError extends Error {
  override readonly name = 'RulesetError';
  readonly code = 'ERR_RULESET';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(renderDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}

/** An assumption cannot be made. */
export class AssumptionError extends Error {
  override readonly name = 'AssumptionError';
  readonly code = 'ERR_ASSUMPTION';
}

/** Reads `KEY=VALUE` texts; `hasHost`: a host says what its routes are. Throws AssumptionError at the first that cannot be. */
export function readAssumptions(texts: readonly string[], hasHost = true): Assumptions {
  const assume = new Assumptions(hasHost);
  for (const text of texts) {
    const fault = assume.set(text);
    if (fault !== undefined) throw new AssumptionError(fault);
  }
  return assume;
}

/** Whether lines of the log tell who sent a packet. */
function namesSender({ entries }: LogPlan, lowered: readonly { readonly ruleset: Ruleset }[]): boolean {
  if (entries.some((entry) => entry.kind === 'NFLOG' || entry.uid)) return true;
  const rules = lowered.flatMap(({ ruleset }) => ruleset.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules)));
  return rules.some(({ action }) => action.kind === 'effect' && action.name === 'TRACE');
}

/** Loads rulesets and host. Throws RulesetError with everything that is wrong with either ruleset. */
export function load(input: LoadInput): Loaded {
  const diagnostics = new Diagnostics();
  const around: Surroundings = { objects: new Map(), ...(input.sets ? { sets: input.sets } : {}) };
  const trees = parse(input, around, diagnostics);
  if (diagnostics.hasErrors) throw new RulesetError(diagnostics.list);
  const names = input.interfaces ?? [];
  const host = input.host ?? assumedHost(names);
  const patterns = around.sets ? interfacePatterns(around.sets) : [];
  const interfaces = interfaceUniverse(trees, [...hostInterfaceNames(host), ...names], patterns);
  const sets = around.sets && new SetImages(around.sets, interfaces, setUses(trees), { knowsInterfaces: !host.assumed });
  const state = new StatePlan();
  const log = input.log ? new LogPlan() : undefined;
  const assume = readAssumptions(input.assume ?? [], !host.assumed);
  const groups = new Map(host.interfaces.map(({ name, group }) => [name, group ?? 0]));
  const settings: LowerSettings = {
    state,
    assume,
    groups,
    fingerprints: input.fingerprints ?? [],
    kernel: host.kernel,
    ...(log ? { log } : {}),
    ...(sets ? { sets } : {}),
  };
  const lowered = trees.map((tree) => ({ tree, ruleset: simplify(lowerRuleset(tree, interfaces, diagnostics, settings)) }));
  if (diagnostics.hasErrors) throw new RulesetError(diagnostics.list);
  const sender = log && namesSender(log, lowered) ? assume.sender : undefined;
  const rulesets = lowered.map(({ tree, ruleset }) => ({
    family: tree.family,
    tree,
    ruleset,
    program: compile(ruleset, input.compile),
  }));
  spanForSettings(host, lowered, state);
  const { sides, causes } = planSides(
    host,
    lowered.map(({ ruleset }) => ruleset),
  );
  for (const cause of causes) state.spanFor(cause);
  const spanning = spanningCauses(state);
  const tells = tellings(host);
  const programs = Object.fromEntries(rulesets.map(({ family, program }) => [`program${family}`, program.image]));
  return {
    rulesets,
    interfaces,
    host,
    ...(log ? { log } : {}),
    ...(sets ? { sets } : {}),
    fingerprints: input.fingerprints ?? [],
    ...(sender ? { sender } : {}),
    images: {
      ...programs,
      host: hostImage(host, interfaces),
      state,
      helpers: helperSettings(host.kernel.helpers),
      ...(sides && causes.length === 0 ? { sides: sides.image } : {}),
      tellsPeers: tells.length > 0,
    },
    assumptions: [...host.assumptions, ...assume.sentences],
    spanning,
    tells,
    ...(sides && causes.length === 0 ? { outside: sides.outside } : {}),
    notes: planNotes(spanning),
    diagnostics: diagnostics.list,
  };
}

/** The rulesets of the input, IPv4 first. A file of command lines may hold both, whichever it is given as. */
function parse({ rules, rules6 }: LoadInput, around: Surroundings, diagnostics: Diagnostics): RulesetTree[] {
  const trees: RulesetTree[] = [];
  const one = parseOne(rules, 4, around, diagnostics);
  for (const tree of [...one, ...(rules6 === rules ? [] : parseOne(rules6, 6, around, diagnostics))]) {
    const other = trees.find(({ family }) => family === tree.family);
    const span = tree.tables[0]?.span;
    if (!other) trees.push(tree);
    else if (span) {
      const notes = other.tables[0] ? [{ message: 'the others are here', span: other.tables[0].span }] : [];
      diagnostics.error('two-rulesets', `there are IPv${tree.family} rules in ${other.source.name} already`, span, notes);
    }
  }
  return trees.sort((a, b) => a.family - b.family);
}

function parseOne(source: Source | undefined, family: Family, around: Surroundings, diagnostics: Diagnostics): RulesetTree[] {
  if (!source) return [];
  const before = diagnostics.errorCount;
  const trees = readRulesets(source, family, extensions, diagnostics, around);
  const sign = diagnostics.errorCount > before ? familySign(source) : undefined;
  if (sign !== undefined && trees.every((tree) => tree.family !== sign)) {
    diagnostics.warning('other-family', `${source.name} looks like IPv${sign} rules, but is read as IPv${family} rules`);
  }
  return trees;
}

/** What keeps packets from being spread over several shards, the first rule of each kind first. */
function spanningCauses({ spanning }: StatePlan): SpanningCause[] {
  return spanning.map(({ title, reason, span }) => {
    if (!span) return { title, reason };
    const { line, column } = locate(span.source, span.start);
    return { title, reason, source: span.source.name, line, column };
  });
}

function planNotes([first, ...others]: readonly SpanningCause[]): string[] {
  if (!first) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return [`All packets pass one shard, in their order: ${causeTitle(first)}${more} ${first.reason}.`];
}

const HELPERS_BY_PORT = 'net.netfilter.nf_conntrack_helper';
const EXPECT_MAX = 'net.netfilter.nf_conntrack_expect_max';

/** Settings of the host with which packets of several connections must be seen in their order. */
function spanForSettings({ sysctl, kernel }: Host, rulesets: readonly { readonly ruleset: Ruleset }[], state: StatePlan): void {
  if (!rulesets.some(({ ruleset }) => ruleset.usesConntrack)) return;
  const isByPort = Number(sysctl[HELPERS_BY_PORT] ?? 0) !== 0;
  if (isByPort) {
    const helpers = HELPERS.filter((one) => one.port !== undefined && expectsOthers(one, kernel.helpers)).map(({ name }) => name);
    state.spanFor({
      title: HELPERS_BY_PORT,
      reason: `gives connections helpers that expect others of other addresses (${helpers.join(', ')})`,
    });
  }
  const most = sysctl[EXPECT_MAX];
  const isFew = most !== undefined && Number(most) < NUMBER_SETTINGS.find(({ name }) => EXPECT_MAX.endsWith(name))!.initial;
  if (isFew && (isByPort || state.find(HELPERS_KEY)))
    state.spanFor({ title: EXPECT_MAX, reason: `lets all connections expect ${most} others at a time` });
}
