// Random rulesets over everything that is evaluated: all tables, user chains called, jumped past and returned from.

import { BYTE_PROTOCOLS } from './generate-bytes.ts';
import { matchWords } from './generate-match.ts';
import { estimatorRules } from './generate-rate.ts';
import { goingOn, mssRule, type Protocol, type RuleContext, targetWords, teeRule } from './generate-target.ts';
import type { Random } from './random.ts';
import type { Family, World } from './world.ts';

const BASE_CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** What all rules of a scenario may use. */
export type RuleSettings = Pick<RuleContext, 'tracking' | 'sets'>;

/** What all rules of a table may use. */
type TableSettings = RuleSettings & Pick<RuleContext, 'translating'>;

export interface GeneratedRules {
  readonly text: string;
  /** Some rule makes the kernel track connections. */
  readonly tracks: boolean;
}

/** Gives iptables-save text for some of the tables. */
export function generateRules(random: Random, family: Family, world: World, settings: RuleSettings): GeneratedRules {
  const sets = settings.sets.filter((set) => set.family === 0 || set.family === family);
  const names = Object.keys(BASE_CHAINS).filter((name) => random.chance(name === 'filter' ? 0.9 : name === 'mangle' ? 0.7 : 0.5));
  if (names.length === 0) names.push('filter');
  const given: TableSettings = { ...settings, sets, translating: names.includes('nat') };
  const tables = names.map((name) => generateTable(random, family, world, name, given)).join('');
  const text = withEstimators(tables, BASE_CHAINS[names[0]!]![0]!);
  return {
    text,
    tracks:
      /conntrack|connmark|CONNMARK|connbytes|connlabel|cluster|connlimit|-m socket|SYNPROXY|TPROXY|CONNSECMARK|--state|-j CT|NOTRACK/.test(
        text,
      ),
  };
}

/** Puts in front what makes the estimators that rules ask for. `chain`: the first of the first table. */
function withEstimators(tables: string, chain: string): string {
  return tables.includes('-m rateest') ? tables.replace(/^(?=-A|COMMIT)/m, `${estimatorRules(chain).join('\n')}\n`) : tables;
}

function generateTable(random: Random, family: Family, world: World, table: string, given: TableSettings): string {
  const users = Array.from({ length: random.int(0, 5) }, (_, i) => `user${i}`);
  const lines = [`*${table}`];
  for (const chain of BASE_CHAINS[table]!) lines.push(`:${chain} ${random.chance(0.04) ? 'DROP' : 'ACCEPT'} [0:0]`);
  for (const chain of users) lines.push(`:${chain} - [0:0]`);
  for (const chain of BASE_CHAINS[table]!)
    lines.push(...generateChain(random, { family, world, table, chain, callable: users, ...given }));
  // A chain calls only chains behind it, so there are no loops.
  users.forEach((chain, i) => {
    lines.push(...generateChain(random, { family, world, table, chain, callable: users.slice(i + 1), ...given }));
  });
  return `${[...lines, 'COMMIT'].join('\n')}\n`;
}

function generateChain(random: Random, context: RuleContext): string[] {
  const count = random.weighted([
    [1, 0],
    [3, random.int(1, 4)],
    [3, random.int(3, 10)],
    [0.4, random.int(10, 40)],
  ]);
  return Array.from({ length: count }, () => {
    if (random.chance(context.table === 'mangle' ? 0.08 : 0.01))
      return ['-A', context.chain, ...mssRule(random, context)].join(' ');
    if (random.chance(0.02)) return ['-A', context.chain, ...teeRule(random, context)].join(' ');
    const protocol = generateProtocol(random, context);
    const matches = matchWords(random, context, protocol);
    // A rule for every packet that ends them all would leave nothing for those behind it.
    const target = matches.length > 0 || random.chance(0.1) ? targetWords(random, context, protocol) : goingOn(random, context);
    return ['-A', context.chain, ...matches, ...target].join(' ');
  });
}

/** The `-p` of a rule; undefined = none. */
function generateProtocol(random: Random, context: RuleContext): Protocol | undefined {
  if (random.chance(0.5)) return undefined;
  const icmp = context.family === 4 ? 'icmp' : 'ipv6-icmp';
  const name = random.weighted([
    [5, 'tcp'],
    [5, 'udp'],
    [2, icmp],
    [1, 'sctp'],
    [0.4, 'udplite'],
    [0.2, '47'],
    [0.2, '200'],
    [0.1, '59'],
    [1.5, random.pick(BYTE_PROTOCOLS[context.family])],
  ]);
  return { name, inverted: random.chance(0.1) };
}
