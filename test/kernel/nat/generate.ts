// A whole scenario of translated connections from a seed: a world, rules that translate, connections in both directions. Replies are
// addressed to what the other side saw, which Hookline's own run of what came before tells.
//
// Where the kernel draws at random, what it draws cannot be compared: packets for which runs of Hookline with different seeds differ are
// left out.

import { type GeneratedScenario, isAnswered } from '../generate.ts';
import { withFragments } from '../generate-fragments.ts';
import { Random } from '../random.ts';
import { type Family, makeWorld, type World } from '../world.ts';
import { natRules } from './rules.ts';
import { Talk } from './talk.ts';
import { type Entry, errorAbout, follower, opener } from './traffic.ts';
import { Trials } from './trials.ts';

type Draft = Omit<GeneratedScenario, 'packets'>;

/** Packets that are drawn at a time, before what came of them is looked at. */
const ROUND = 12;
/** Conversations of protocols with helpers that are held at a time. */
const TALKS = 3;
/** Rounds of which nothing may be left before a scenario is as long as it gets. */
const LEFT_OUT = 6;
/** Packets that are sent in fragments. */
const FRAGMENTED = 0.04;

export async function generateTranslations(seed: number, packets: number): Promise<GeneratedScenario> {
  const random = new Random(seed);
  const world = makeWorld(random, random.chance(0.3) ? ['net.ipv4.conf.all.route_localnet: 1'] : [], isAnswered(seed));
  const families = random.weighted<Family[]>([
    [6, [4]],
    [4, [6]],
    [1, [4, 6]],
  ]);
  const hasHelpers = random.chance(0.5);
  const rules = new Map(families.map((family) => [family, natRules(random, family, world, hasHelpers)]));
  const draft: Draft = {
    seed,
    answers: world.answers,
    host: world.host,
    rules: rules.get(4),
    rules6: rules.get(6),
    ipset: undefined,
  };
  const trials = new Trials(draft);
  const talks: Talk[] = [];
  try {
    for (let leftOut = 0; trials.lines.length < packets && leftOut < LEFT_OUT; ) {
      while (hasHelpers && talks.length < TALKS) talks.push(new Talk(random, world, random.pick(families)));
      const round = drawRound(random, world, families, trials.entries, talks);
      const outcomes = await trials.send(round.filter((line) => !isLeftQuoted(draft, line)));
      for (const talk of talks) for (const line of round) talk.heard(line, outcomes.get(line));
      talks.splice(0, talks.length, ...talks.filter(({ over }) => !over));
      if (outcomes.size === 0) leftOut++;
    }
    return { ...draft, packets: trials.lines };
  } finally {
    await trials.close();
  }
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

/** Packets of one round: of connections that are there, new ones, and the next of each conversation. */
function drawRound(
  random: Random,
  world: World,
  families: readonly Family[],
  entries: readonly Entry[],
  talks: readonly Talk[],
): string[] {
  const drawn = Array.from({ length: ROUND - talks.length }, () => {
    const kind = random.weighted<'open' | 'follow' | 'error'>([
      [entries.length === 0 ? 1 : 3, 'open'],
      [entries.length === 0 ? 0 : 6, 'follow'],
      [entries.length === 0 ? 0 : 2, 'error'],
    ]);
    if (kind === 'open') return opener(random, world, random.pick(families));
    return (kind === 'follow' ? follower : errorAbout)(random, world, random.pick(entries));
  });
  const lines = drawn.flatMap((line) => {
    const family: Family = /^\S+ \S*:/.test(line) ? 6 : 4;
    return line.startsWith('sent:') ? [line] : withFragments(random, [line], family, FRAGMENTED);
  });
  for (const talk of talks) {
    const line = talk.step(entries);
    if (line !== undefined) lines.splice(random.int(0, lines.length), 0, line);
  }
  return lines;
}
