// A whole scenario of translated connections from a seed: a world, rules that translate, connections in both directions. Replies are
// addressed to what the other side saw, which Hookline's own run of what came before tells.
//
// Where the kernel draws at random, what it draws cannot be compared: packets for which two runs of Hookline with different seeds differ
// are left out.

import { formatOutcome } from '../../support/outcome.ts';
import { parsePacketLine } from '../../support/packet-line.ts';
import { type ReplayRun, replayScenario, scenarioTimes } from '../../support/scenario-replay.ts';
import type { GeneratedScenario } from '../generate.ts';
import { Random } from '../random.ts';
import { type Family, makeWorld, type World } from '../world.ts';
import { natRules } from './rules.ts';
import { errorAbout, follower, opener, parseEntries } from './traffic.ts';

type Draft = Omit<GeneratedScenario, 'packets'>;

const ROUNDS = 4;
/** Draws from a small range may be the same for two seeds. */
const OTHER_SEEDS = [2, 3];
/** Packets that are left out before a scenario is cut short instead. */
const LEFT_OUT = 12;

export async function generateTranslations(seed: number, packets: number): Promise<GeneratedScenario> {
  const random = new Random(seed);
  const world = makeWorld(random, random.chance(0.3) ? ['net.ipv4.conf.all.route_localnet: 1'] : []);
  const families = random.weighted<Family[]>([
    [6, [4]],
    [4, [6]],
    [1, [4, 6]],
  ]);
  const rules = new Map(families.map((family) => [family, natRules(random, family, world)]));
  const draft: Draft = { seed, host: world.host, rules: rules.get(4), rules6: rules.get(6), ipset: undefined };
  let lines: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = round === 0 ? '' : (await run(draft, lines, 1)).conntrack;
    const drawn = drawRound(random, world, families, text, Math.ceil(packets / ROUNDS));
    lines = await withoutDraws(draft, [...lines, ...drawn.filter((line) => !isLeftQuoted(draft, line))]);
  }
  return { ...draft, packets: lines };
}

/**
 * SNPT looks for the packet that an error quotes behind the transport header, which a raw socket does not tell the kernel of: it leaves the
 * quote of errors that the bench sends as it is, but not of those that the host makes.
 *
 * Ref: net/ipv6/netfilter/ip6t_NPT.c:icmpv6_bounced_ipv6hdr(), net/ipv6/raw.c:rawv6_send_hdrinc()
 */
function isLeftQuoted({ rules6 }: Draft, line: string): boolean {
  return rules6?.includes('NPT') === true && /^sent: .* icmp6 [1-4]\//.test(line);
}

/** Packets of one round: of connections that are there, and new ones. */
function drawRound(random: Random, world: World, families: readonly Family[], conntrack: string, count: number): string[] {
  const entries = parseEntries(conntrack);
  return Array.from({ length: count }, () => {
    const kind = random.weighted<'open' | 'follow' | 'error'>([
      [entries.length === 0 ? 1 : 3, 'open'],
      [entries.length === 0 ? 0 : 6, 'follow'],
      [entries.length === 0 ? 0 : 2, 'error'],
    ]);
    if (kind === 'open') return opener(random, world, random.pick(families));
    return (kind === 'follow' ? follower : errorAbout)(random, world, random.pick(entries));
  });
}

function run(draft: Draft, lines: readonly string[], seed: number): Promise<ReplayRun> {
  const packets = lines.map((line) => parsePacketLine(line));
  return replayScenario({ ...draft, packets, times: scenarioTimes(packets) }, { seed });
}

/** What a run shows, as one text a packet, and the table as the last. */
function shown({ outcomes, conntrack }: ReplayRun, lines: readonly string[]): string[] {
  return [...lines.map((line, i) => formatOutcome(outcomes[i]!, parsePacketLine(line).bytes)), conntrack];
}

/** Whether nothing was drawn. */
async function isCertain(draft: Draft, lines: readonly string[]): Promise<boolean> {
  const texts = shown(await run(draft, lines, 1), lines);
  for (const seed of OTHER_SEEDS) {
    if (shown(await run(draft, lines, seed), lines).some((text, i) => text !== texts[i])) return false;
  }
  return true;
}

async function withoutDraws(draft: Draft, lines: readonly string[]): Promise<string[]> {
  let kept = [...lines];
  for (let i = 0; i < LEFT_OUT; i++) {
    if (await isCertain(draft, kept)) return kept;
    // The shortest start with a draw ends in the packet that draws.
    let certain = 0;
    let drawn = kept.length;
    while (drawn - certain > 1) {
      const middle = (certain + drawn) >> 1;
      if (await isCertain(draft, kept.slice(0, middle))) certain = middle;
      else drawn = middle;
    }
    kept = i === LEFT_OUT - 1 ? kept.slice(0, certain) : kept.filter((_, at) => at !== drawn - 1);
  }
  return kept;
}
